"""The policies of an MCP server in the management API: set, shown, replaced, refused with what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.vendor_rules import Draft, PolicyFacts, RecordAmount, Setting
from runtime.errors import InvalidRequest
from runtime.model import CLOSING_DATE, NO_POLICIES, AccountId, McpServerId, Policies, ServerConfig
from runtime.operations.policy_config import read_policies
from runtime.stores.configs import read_config, write_config
from tests.api.harness import ApiHarness
from tests.deployment import BOOKS, CATALOG

FACTS = PolicyFacts(
    amounts={"invoices": RecordAmount("TotalAmt")},
    days={"invoices": "TxnDate"},
    drafts={"quotes": Draft()},
    closing_date=Setting("get_books_settings", ("closed",)),
)
ALL = {
    "max_amount": 1000,
    "max_amount_per_day": 2500.5,
    "max_writes_per_hour": 20,
    "allow": {"invoices": ["1", "2"]},
    "deny": {"invoices": ["3"]},
    "not_before": "2026-10-01",
    "drafts_only": True,
}


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ApiHarness]:
    catalog = replace(CATALOG, integrations={"books": replace(BOOKS, policy_facts=FACTS)})
    made = ApiHarness(tmp_path, catalog=catalog)
    yield made
    made.here.stores.close()


def create(harness: ApiHarness, policies: Any, account: str = "") -> Any:
    path = f"/integrated-account/{account or harness.account()}/mcp"
    return harness.ask("POST", path, json={"name": "Agent", "config": {"policies": policies}})


def test_policies_are_set_shown_and_stored(harness: ApiHarness) -> None:
    account = harness.account()
    made = create(harness, ALL, account).json()

    assert made["config"]["policies"] == ALL
    path = f"/integrated-account/{account}/mcp/{made['id']}"
    assert harness.ask("GET", path).json()["config"]["policies"] == ALL
    stored = harness.here.stores.records.find_mcp_server(
        AccountId(account), McpServerId(made["id"]), harness.here.clock()
    )
    assert stored is not None
    assert stored.config.policies == Policies.read(ALL)


def test_policies_are_replaced_as_a_whole_and_other_changes_leave_them(harness: ApiHarness) -> None:
    account = harness.account()
    path = f"/integrated-account/{account}/mcp/{create(harness, ALL, account).json()['id']}"

    def change(config: dict[str, Any]) -> Any:
        return harness.ask("PATCH", path, json={"config": config}).json()["config"]["policies"]

    assert change({"methods": ["write"]}) == ALL
    assert change({"policies": {"max_amount": 5, "not_before": None}}) == {"max_amount": 5}
    assert change({"policies": {}}) == {}
    assert change({"policies": ALL}) == ALL
    assert change({"policies": None}) == {}


def test_without_a_day_policies_hold_the_closing_date(harness: ApiHarness) -> None:
    assert create(harness, {"max_amount": 5}).json()["config"]["policies"]["not_before"] == CLOSING_DATE
    assert create(harness, {}).json()["config"]["policies"] == {}


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        ({"max_amuont": 1}, "max_amuont"),
        ({"max_amount": 0}, "greater than 0"),
        ({"max_amount": "5"}, "number"),
        ({"max_writes_per_hour": -1}, "greater than or equal to 0"),
        ({"allow": {"invoces": ["1"]}}, "which no write refers to. Did you mean"),
        ({"deny": {"invoices": "1"}}, "list"),
        ({"deny": {"invoices": [""]}}, "at least 1"),
        (
            {"not_before": "01/10/2026"},
            "config.policies.not_before is a day as YYYY-MM-DD, closing_date, or null",
        ),
        ({"not_before": "2026-02-30"}, "config.policies.not_before is a day"),
        ({"drafts_only": "yes"}, "boolean"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    harness: ApiHarness, policies: dict[str, Any], said: str
) -> None:
    account = harness.account()
    answer = create(harness, policies, account)

    assert answer.status_code == 400
    assert said in answer.text
    assert harness.ask("GET", f"/integrated-account/{account}/mcp").json()["result"] == []


@pytest.mark.parametrize(
    "policies",
    [{"max_amount": 1}, {"not_before": "closing_date"}, {"not_before": "2026-01-01"}, {"drafts_only": True}],
)
def test_a_policy_that_the_definitions_cannot_hold_is_refused(
    tmp_path: Path, policies: dict[str, Any]
) -> None:
    harness = ApiHarness(tmp_path)
    answer = create(harness, policies)

    assert answer.status_code == 400
    assert "cannot hold here: the definitions of Books do not say" in answer.json()["message"]
    assert create(harness, {"max_writes_per_hour": 3}).json()["config"]["policies"] == {
        "max_writes_per_hour": 3
    }
    harness.here.stores.close()


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        ([], "config.policies is an object"),
        ({"max_amount": True}, "config.policies.max_amount is a number"),
        ({"max_amount": 1e13}, "config.policies.max_amount is a number"),
        ({"max_writes_per_hour": 1.5}, "config.policies.max_writes_per_hour is a whole number"),
        ({"allow": ["invoices"]}, "config.policies.allow is an object of lists"),
        ({"deny": {"invoices": [1]}}, "config.policies.deny.invoices is a list"),
        ({"drafts_only": 1}, "config.policies.drafts_only is true or false"),
    ],
)
def test_the_same_is_checked_where_no_schema_was(harness: ApiHarness, policies: Any, said: str) -> None:

    with pytest.raises(InvalidRequest, match=said):
        read_policies(policies, replace(BOOKS, policy_facts=FACTS), CATALOG.tools)


@pytest.mark.parametrize("policies", [NO_POLICIES, Policies.read(ALL), Policies(not_before=CLOSING_DATE)])
def test_policies_are_read_as_they_were_stored(policies: Policies) -> None:
    config = ServerConfig(policies=policies, tool_exposure="full")

    assert read_config(write_config(config)) == config


def test_a_time_zone_is_set_shown_and_cleared_and_an_unknown_one_is_refused(harness: ApiHarness) -> None:
    path = f"/integrated-account/{harness.account()}/mcp"
    made = harness.ask("POST", path, json={"name": "A", "config": {"time_zone": "America/New_York"}}).json()
    cleared = harness.ask("PATCH", f"{path}/{made['id']}", json={"config": {"time_zone": ""}})
    refused = harness.ask("POST", path, json={"name": "B", "config": {"time_zone": "America/New_Yorck"}})

    assert made["config"]["time_zone"] == "America/New_York"
    assert cleared.json()["config"]["time_zone"] == "UTC"
    assert refused.status_code == 400
    assert "Did you mean" in refused.json()["message"]
    assert "America/New_York" in refused.json()["message"]
