"""The rules of what waits in the management API: of an MCP server and of a tenant, set, shown, cleared and refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from runtime.approval import ApprovalRule
from runtime.stores.tables import AUDIT
from tests.api.harness import ApiHarness
from tests.deployment import TOOLS

RULE: dict[str, Any] = {
    "risks": ["overwrite", "destroy"],
    "tags": [],
    "tools": [],
    "above_amount": 500,
    "roles": ["admin", "owner"],
    "people": ["anna@shop.example"],
    "expires_after_hours": 24,
    "four_eyes": False,
    "confirm": ["send"],
}
USUAL = {"expires_after_hours": 72, "four_eyes": True, "confirm": ["send", "destroy"]}
WRITE = next(each.name for each in TOOLS if not each.is_read_only)


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ApiHarness]:
    made = ApiHarness(tmp_path)
    yield made
    made.here.stores.close()


def make_server(harness: ApiHarness, account: str, **config: Any) -> Any:
    made = harness.ask("POST", f"/integrated-account/{account}/mcp", json={"name": "Agent", "config": config})
    assert made.status_code == 201, made.text
    return made.json()


def set_floor(harness: ApiHarness, approval: Any, tenant: str = "default") -> httpx2.Response:
    return harness.ask("PATCH", f"/tenant/{tenant}", json={"approval": approval})


def list_floors(harness: ApiHarness) -> list[Any]:
    """The rules of the tenant that the audit has, before and after each change."""
    with harness.here.stores.records._engine.begin() as connection:
        found = connection.execute(
            select(AUDIT.c.details).where(AUDIT.c.action == "tenant.changed")
        ).scalars()
        return [json.loads(each) for each in found]


def test_a_rule_of_a_server_is_set_shown_and_cleared_and_the_rest_of_its_config_stays(
    harness: ApiHarness,
) -> None:
    account = harness.account()
    made = make_server(harness, account, approval=RULE, max_rows=7)
    path = f"/integrated-account/{account}/mcp/{made['id']}"
    assert made["config"]["approval"] == RULE

    other = harness.ask("PATCH", path, json={"config": {"max_rows": 9}}).json()["config"]
    assert (other["approval"], other["max_rows"]) == (RULE, 9)
    replaced = harness.ask("PATCH", path, json={"config": {"approval": {"risks": ["send"]}}}).json()["config"]
    assert (replaced["max_rows"], replaced["approval"]["risks"]) == (9, ["send"])
    assert {name: replaced["approval"][name] for name in USUAL} == USUAL, "it is replaced as a whole"
    for none in (None, {}):
        make = harness.ask("PATCH", path, json={"config": {"approval": RULE}})
        assert make.json()["config"]["approval"] == RULE
        cleared = harness.ask("PATCH", path, json={"config": {"approval": none}}).json()["config"]
        assert (cleared["approval"], cleared["max_rows"]) == ({}, 9)


@pytest.mark.parametrize(
    ("approval", "said"),
    [
        ({"risks": ["destory"]}, 'Did you mean "destroy"?'),
        ({"risk": ["destroy"]}, 'approval.risk" is not known here. Did you mean "risks"?'),
        ({"roles": ["admn"], "risks": ["send"]}, 'Did you mean "admin"?'),
        ({"tools": [WRITE + "s"]}, f'Did you mean "{WRITE}"?'),
        ({"people": ["anna"], "risks": ["send"]}, "which is no email address"),
        ({"above_amount": -1}, "above_amount"),
        ({"above_amount": True}, "above_amount"),
        ({"above_amount": 10**13}, "above_amount"),
        ({"risks": ["send"], "expires_after_hours": 745}, "expires_after_hours"),
        ({"four_eyes": True}, "names no risk, tag, tool or amount"),
        ("overwrite", "approval"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_rule_that_cannot_hold_is_refused_for_servers_and_tenants_alike(
    harness: ApiHarness, approval: Any, said: str
) -> None:
    account = harness.account()
    body = {"name": "Agent", "config": {"approval": approval}}
    server = harness.ask("POST", f"/integrated-account/{account}/mcp", json=body)
    tenant = set_floor(harness, approval)
    assert (server.status_code, tenant.status_code) == (400, 400)
    for answer in (server, tenant):
        assert said in answer.json()["message"]
    assert harness.ask("GET", f"/integrated-account/{account}/mcp").json()["result"] == []
    assert harness.ask("GET", "/tenant/default").json()["approval"] == {}


def test_somebody_may_be_named_who_does_not_belong_to_the_tenant_yet(harness: ApiHarness) -> None:
    answer = set_floor(harness, {"risks": ["send"], "people": ["Later@Shop.example"]})
    assert answer.json()["approval"]["people"] == ["later@shop.example"]


def test_the_rule_of_a_tenant_is_set_shown_cleared_and_audited(harness: ApiHarness) -> None:
    harness.account()
    assert harness.ask("GET", "/tenant/default").json()["approval"] == {}
    assert set_floor(harness, RULE).json()["approval"] == RULE
    assert harness.ask("GET", "/tenant").json()["result"][0]["approval"] == RULE
    limited = harness.ask("PATCH", "/tenant/default", json={"limits": {"accounts": 5}}).json()
    assert (limited["approval"], limited["limits"]["accounts"]) == (RULE, 5)
    assert set_floor(harness, None).json()["approval"] == {}
    assert set_floor(harness, RULE).json()["limits"]["accounts"] == 5
    assert set_floor(harness, {}).json()["approval"] == {}

    noted = list_floors(harness)
    assert len(noted) == 5
    assert noted[0] == {"before": {}, "after": {"approval": RULE}}
    assert noted[-1] == {"before": {"accounts": 5, "approval": RULE}, "after": {"accounts": 5}}


def test_the_same_rule_again_writes_nothing(harness: ApiHarness) -> None:
    set_floor(harness, RULE)
    before = len(list_floors(harness))
    set_floor(harness, RULE)
    assert len(list_floors(harness)) == before


def test_a_token_of_a_tenant_cannot_lower_what_its_platform_has_wait(harness: ApiHarness) -> None:
    set_floor(harness, RULE, "one")
    made = harness.ask(
        "POST", "/api-token", json={"name": "x", "tenant_id": "one", "scopes": ["admin"]}
    ).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    refused = harness.ask("PATCH", "/tenant/one", json={"approval": None}, headers=headers)
    assert refused.status_code == 403
    assert harness.ask("GET", "/tenant/one").json()["approval"] == RULE


def test_the_rule_of_a_tenant_holds_for_the_next_call_of_its_servers_and_tokens(harness: ApiHarness) -> None:
    account = harness.account()
    made = make_server(harness, account, approval={"risks": ["send"]})
    stores, now = harness.here.stores, harness.here.clock()
    token_hash = harness.here.keys.hash_token(made["token"])

    def list_sources() -> list[str]:
        grant: Any = stores.look_up.find_grant(token_hash, now)
        return [each.source for each in grant.config.approval]

    assert list_sources() == ["mcp_server"]
    set_floor(harness, {"risks": ["create"]})
    assert list_sources() == ["tenant", "mcp_server"]
    called = harness.ask("POST", f"/integrated-account/{account}/tools/{WRITE}", json={})
    assert called.status_code == 200, called.text
    assert [each.source for each in harness.calls.grants[-1].config.approval] == ["tenant"]
    set_floor(harness, None)
    assert list_sources() == ["mcp_server"]


def test_a_url_lists_what_it_lists_under_the_rule_of_its_tenant(harness: ApiHarness) -> None:
    account = harness.account()
    path = f"/integrated-account/{account}/mcp/{make_server(harness, account)['id']}"
    before = harness.ask("GET", path).json()["listing"]
    set_floor(harness, {"risks": ["create"]})
    with_floor = harness.ask("GET", path).json()["listing"]
    assert with_floor["listed"] == before["listed"] + 1, "the tool that says how a change stands"
    assert with_floor["tokens"] > before["tokens"]


def test_a_rule_read_back_from_storage_is_the_one_that_was_set(harness: ApiHarness) -> None:
    set_floor(harness, {"above_amount": 0.1, "tools": [WRITE]})
    tenant = harness.here.stores.records.find_tenant("default")  # type: ignore[arg-type]
    assert tenant is not None
    (rule,) = tenant.limits.approval
    assert isinstance(rule, ApprovalRule)
    assert (rule.source, str(rule.above_amount), rule.tools) == ("tenant", "0.1", (WRITE,))


def test_the_document_describes_the_rules(harness: ApiHarness) -> None:
    schemas = harness.ask("GET", "/openapi.json").json()["components"]["schemas"]
    described = schemas["ApprovalShape"]["properties"]
    assert set(described) == set(RULE)
    assert all(each.get("description") for each in described.values())
    for name in ("Config", "ConfigChange", "TenantChange", "TenantShape"):
        assert "ApprovalShape" in str(schemas[name]["properties"]["approval"]), name
        assert schemas[name]["properties"]["approval"]["description"]
