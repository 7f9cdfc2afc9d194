"""The call log, the metrics and the probes over the management API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from runtime.errors import NotFound
from runtime.exchange.tool_answer import Answer
from runtime.watching.calls import LoggedCall
from tests.api.harness import ApiHarness
from tests.deployment import NOON, TOOLS, HandClock

CANARY = "canary-77aa01"
TOOL = TOOLS[1].name


@pytest.fixture
def harness(tmp_path: Path) -> ApiHarness:
    return ApiHarness(tmp_path, HandClock())


def listed(harness: ApiHarness, query: str = "") -> list[dict[str, Any]]:
    answer = harness.ask("GET", f"/log{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["result"]
    return found


def call(harness: ApiHarness, account: str, tool: str = TOOL) -> Any:
    agent = {"User-Agent": "books-sync/3.2", "Request-Id": "one-of-a-client"}
    return harness.ask(
        "POST", f"/integrated-account/{account}/tools/{tool}", json={"id": CANARY}, headers=agent
    )


def test_a_call_over_the_api_is_in_the_log_without_what_it_said(harness: ApiHarness) -> None:
    account = harness.account()
    harness.calls.answer = lambda: Answer(f'{{"Id":"{CANARY}"}}')
    assert call(harness, account).status_code == 200
    (found,) = listed(harness)
    assert found["duration_ms"] >= 0
    token = harness.ask("GET", "/api-token").json()["result"][0]["id"]
    assert found | {"id": "", "duration_ms": 0} == {
        "id": "", "log_type": "api", "at": "2027-01-15T08:00:00.000Z", "tenant_id": "default",
        "integrated_account_id": account,
        "mcp_server_id": None, "api_token_id": token, "person_id": None, "tool_name": TOOL, "client_name": "books-sync",
        "client_version": "3.2", "status": "ok", "error_code": None, "duration_ms": 0, "answer_size": 22,
        "request_id": "one-of-a-client",
    }  # fmt: skip
    assert CANARY not in str(harness.lines) + str(found)


def test_a_failed_call_has_its_code_and_one_of_an_unknown_account_is_in_no_log(harness: ApiHarness) -> None:
    account = harness.account()
    harness.calls.answer = lambda: Answer(status=404, error=NotFound(CANARY))
    call(harness, account)
    call(harness, account, CANARY)
    call(harness, "0b0e7c1e-1111-4222-8333-444455556666")
    found = [
        (each["tool_name"], each["error_code"], each["integrated_account_id"]) for each in listed(harness)
    ]
    assert found == [("unknown", "not_found", account), (TOOL, "not_found", account)]
    assert any("'account': 'unknown'" in line for line in harness.lines)


def row(**more: Any) -> LoggedCall:
    made = LoggedCall("mcp", NOON, "default", "a1", "m1", "get", "claude", "1", "", 1.0, 2, "")
    return made._replace(**more)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?log_type=mcp&mcp_server_id=m1&tool_name=get&client_name=claude", ["get"]),
        ("?mcp_server_id=m2", []),
        ("?api_token_id=t1", ["list"]),
        ("?mcp_server_id=t1", []),
        ("?status=error", ["list"]),
        ("?error_code=not_found&status=ok", []),
        ("?integrated_account_id=a2", ["list"]),
        ("?since=2027-01-15T08:00:01Z", ["list"]),
        ("?until=2027-01-15T08:00:01Z", ["get"]),
        ("?since=2026-12-16T00:00:00Z&until=2027-01-15T09:00:00Z", ["list", "get"]),
    ],
)
def test_the_log_is_filtered(harness: ApiHarness, query: str, found: list[str]) -> None:
    harness.here.clock.pass_(2)
    harness.call_log.add(row())
    harness.call_log.add(
        row(
            log_type="api", at=NOON + 1, account_id="a2", caller_id="t1", tool="list", client_name="sync",
            error_code="not_found",
        )
    )  # fmt: skip
    assert [each["tool_name"] for each in listed(harness, query)] == found


@pytest.mark.parametrize(
    "query",
    [
        "?log_type=http", "?status=failed", "?since=yesterday", "?limit=0", "?limit=201", "?next_cursor=x", "?tool=x",
        "?since=2026-01-01T00:00:00Z", "?since=2026-11-01T00:00:00Z&until=2027-01-01T00:00:00Z",
    ],
)  # fmt: skip
def test_a_query_that_is_none_is_refused(harness: ApiHarness, query: str) -> None:
    answer = harness.ask("GET", f"/log{query}")
    assert (answer.status_code, answer.json()["error"]) == (400, True)


def test_metrics_need_an_api_token_whose_scope_opens_nothing_else(harness: ApiHarness) -> None:
    call(harness, harness.account())
    made = harness.ask("POST", "/api-token", json={"name": "prometheus", "scopes": ["metrics:read"]})
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    assert harness.ask("GET", "/metrics", headers={"Authorization": ""}).status_code == 401
    assert harness.ask("GET", "/integrated-account", headers=headers).status_code == 403
    assert harness.ask("GET", "/log", headers=headers).status_code == 403
    found = harness.ask("GET", "/metrics", headers=headers)
    assert (found.status_code, found.headers["content-type"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
    )
    samples = {
        sample.name: sample.value
        for family in text_string_to_metric_families(found.text)
        for sample in family.samples
    }
    assert samples["ledgerport_tool_calls_total"] == 1
    assert CANARY not in found.text


def test_metrics_are_of_the_whole_deployment_and_for_no_token_that_is_bound(harness: ApiHarness) -> None:
    account = harness.account()
    for bound in ({"tenant_id": "one"}, {"integrated_account_id": account}):
        made = harness.ask("POST", "/api-token", json={"name": "x", "scopes": ["metrics:read"], **bound})
        headers = {"Authorization": f"Bearer {made.json()['token']}"}
        assert harness.ask("GET", "/metrics", headers=headers).status_code == 403


def test_a_token_sees_the_calls_within_its_reach_and_no_others(harness: ApiHarness) -> None:
    mine, other = harness.account(), harness.account()
    for account in (mine, other):
        call(harness, account)
    harness.call_log.add(row(tenant_id="one"))
    seen = {}
    for name, bound in {
        "account": {"integrated_account_id": mine},
        "tenant": {"tenant_id": "one"},
        "all": {},
    }.items():
        made = harness.ask("POST", "/api-token", json={"name": name, "scopes": ["log:read"], **bound})
        headers = {"Authorization": f"Bearer {made.json()['token']}"}
        for query in ("", f"?integrated_account_id={other}", "?tenant_id=default"):
            found = harness.ask("GET", f"/log{query}", headers=headers).json()["result"]
            seen[name, query[:9]] = sorted(each["integrated_account_id"] for each in found)
    assert seen == {
        ("account", ""): [mine], ("account", "?integrat"): [], ("account", "?tenant_i"): [mine],
        ("tenant", ""): ["a1"], ("tenant", "?integrat"): [], ("tenant", "?tenant_i"): [],
        ("all", ""): sorted([mine, other, "a1"]), ("all", "?integrat"): [other],
        ("all", "?tenant_i"): sorted([mine, other]),
    }  # fmt: skip


def test_probes_need_no_token_and_only_readiness_looks_at_the_database(harness: ApiHarness) -> None:
    public = {"Authorization": ""}
    ready = harness.ask("GET", "/readyz", headers=public)
    well = {"status": "ok", "reason": None}
    assert (ready.status_code, ready.json()) == (
        200, {**well, "parts": {"database": well, "migrations": well, "definitions": well}},
    )  # fmt: skip
    harness.here.stores.condition.note_failure("The disk is full.")
    degraded = harness.ask("GET", "/readyz", headers=public)
    assert (degraded.status_code, degraded.json()["status"], degraded.json()["reason"]) == (
        200, "degraded", "The disk is full.",
    )  # fmt: skip
    harness.here.stores.look_up.find_fault = lambda: "It is gone."  # type: ignore[method-assign]
    gone = harness.ask("GET", "/readyz", headers=public)
    assert (gone.status_code, gone.json()["parts"]["database"]) == (
        503, {"status": "unavailable", "reason": "It is gone."},
    )  # fmt: skip
    alive = harness.ask("GET", "/healthz", headers=public)
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
