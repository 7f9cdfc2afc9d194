"""The company mapping at the management API: both systems of a tenant, suggestions, decisions, what goes with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.api.harness import ApiHarness
from tests.operations.mapping_world import CATALOG, LEDGER, WORK, World, add_accounts
from tests.operations.test_company_mapping import CUSTOMERS, FIRMS, HOURS

MAPPING = "/tenant/default/company-mapping"


@pytest.fixture
def world() -> World:
    return World(list(FIRMS), list(CUSTOMERS), list(HOURS))


@pytest.fixture
def harness(tmp_path: Path, world: World) -> ApiHarness:
    made = ApiHarness(tmp_path, catalog=CATALOG, calls=world)
    add_accounts(made.here.stores.records)
    return made


def ask(harness: ApiHarness, method: str, path: str = "", **more: Any) -> Any:
    answer = harness.ask(method, MAPPING + path, **more)
    return answer.json() | {"http": answer.status_code}


def test_a_mapping_is_made_suggested_decided_and_read(harness: ApiHarness) -> None:
    assert ask(harness, "GET")["version"] == 0

    made = ask(harness, "POST", "/auto", json={"version": 0})
    assert (made["http"], made["linked"], made["incomplete"]) == (200, 1, [])

    found = ask(harness, "GET", "/suggestions")
    [first, _] = found["suggestions"]
    assert first["reason"].endswith(".")
    assert found["unmapped_hours"] == "3.5"
    assert found["unmapped_revenue"] is None

    pair = {name: first[name] for name in ("work_id", "customer_id")}
    decided = ask(
        harness, "POST", "/suggestions", json={"version": 1, "confirm": [pair], "not_clients": ["4"]}
    )
    assert (decided["http"], decided["version"]) == (200, 2)
    assert decided["links"] == ask(harness, "GET")["links"]
    assert {each["how"] for each in decided["links"]} == {"normalised", "confirmed", "manual"}


def test_links_are_replaced(harness: ApiHarness) -> None:
    links = [{"work_id": "1", "customer_id": "a"}, {"work_id": "4", "status": "not_a_client"}]
    answer = ask(harness, "PUT", json={"version": 0, "links": links})

    assert [(each["work_id"], each["customer_id"]) for each in answer["links"]] == [("1", "a"), ("4", None)]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/auto", {"version": 7}, 409),
        ("POST", "/auto", {}, 400),
        ("POST", "/suggestions", {"version": 0, "confirm": [{"work_id": "nobody", "customer_id": "a"}]}, 400),
        ("POST", "/suggestions", {"version": 0, "above": 101}, 400),
        ("POST", "/suggestions", {"version": 0, "confirm": "all"}, 400),
        ("PUT", "", {"version": 0, "links": [{"work_id": "1", "customer_id": "a"}] * 2}, 400),
        ("PUT", "?work_account=nobody", {"version": 0, "links": []}, 404),
    ],
)
def test_what_does_not_fit_is_refused_with_what_to_do(
    harness: ApiHarness, method: str, path: str, body: Any, status: int
) -> None:
    answer = ask(harness, method, path, json=body)

    assert (answer["http"], answer["error"]) == (status, True)
    assert ask(harness, "GET")["version"] == 0


def test_a_tenant_without_both_systems_reads_what_to_connect(harness: ApiHarness) -> None:
    answer = harness.ask("GET", "/tenant/nobody/company-mapping")

    assert answer.status_code == 404
    assert "Connect a work system" in answer.text


def test_a_token_of_a_tenant_or_without_the_scope_is_refused(harness: ApiHarness) -> None:
    for wanted in ({"scopes": ["accounts:read"]}, {"tenant_id": "default", "scopes": ["admin"]}):
        token = harness.ask("POST", "/api-token", json={"name": "x", **wanted}).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert ask(harness, "GET", headers=headers)["http"] == 403


@pytest.mark.parametrize("ended", [WORK, LEDGER])
def test_what_is_deleted_with_a_connection_is_said(harness: ApiHarness, ended: str) -> None:
    ask(harness, "POST", "/auto", json={"version": 0})

    answer = harness.ask("DELETE", f"/integrated-account/{ended}").json()

    assert answer["company_mappings_deleted"] == 1
    assert ask(harness, "GET")["http"] == 404


def test_reads_are_made_read_only_and_for_the_token(harness: ApiHarness, world: World) -> None:
    ask(harness, "GET", "/suggestions")

    assert {name for name, _ in world.asked} == {
        "list_all_desk_firms", "list_all_books_customers", "list_all_desk_hours",
    }  # fmt: skip
    assert any("since" in arguments for _, arguments in world.asked)
