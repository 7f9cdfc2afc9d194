"""What was sent to the vendor, and the budgets of it, in the management API."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.exchange.context import Request
from runtime.model import AccountId, Budget, Grant, McpServerId, ServerConfig
from runtime.operations.spending import Spending
from runtime.stores.configs import read_config, write_config
from tests.api.harness import ApiHarness
from tests.contexts import context_of
from tests.deployment import HandClock
from tests.made_up import GET, VENDOR

NOVEMBER = 1_795_000_000.0
BUDGET = {"reads_per_month": 1000, "writes_per_month": 50}


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[ApiHarness]:
    made = ApiHarness(tmp_path, HandClock(NOVEMBER), counts_spending=True)
    yield made
    made.here.stores.close()


def read_once(harness: ApiHarness, account: str, server: str = "m1") -> None:
    """Have one read counted, by an MCP server."""
    call = context_of(GET, VENDOR, {"id": "7"})
    call.account, call.changes_data = harness.here.accounts.find(account), False
    call.grant = Grant(call.account, ServerConfig(), McpServerId(server))

    async def spend() -> None:
        spending = Spending(harness.here.stores, clock=harness.here.clock)
        await spending.spend(call, Request())
        await spending.flush()

    asyncio.run(spend())


def test_the_usage_of_an_account_is_by_month_and_mcp_server(harness: ApiHarness) -> None:
    account = harness.account()
    path = f"/integrated-account/{account}/usage"
    assert harness.ask("GET", path).json() == {"budget": {}, "result": [], "next_cursor": None}

    read_once(harness, account)
    read_once(harness, account, "m2")
    assert harness.ask("GET", path).json()["result"] == [
        {
            "month": "2026-11",
            "reads": 2,
            "writes": 0,
            "mcp_servers": [{"id": "m1", "reads": 1, "writes": 0}, {"id": "m2", "reads": 1, "writes": 0}],
            "rest": {"reads": 0, "writes": 0},
        }
    ]


def test_the_usage_of_an_account_that_is_not_there_is_not_found(harness: ApiHarness) -> None:
    assert harness.ask("GET", "/integrated-account/nothing/usage").status_code == 404
    assert harness.ask("PATCH", "/integrated-account/nothing", json={"budget": None}).status_code == 404


def test_an_account_gets_a_budget_and_loses_it(harness: ApiHarness) -> None:
    account = harness.account()
    path = f"/integrated-account/{account}"

    assert harness.ask("PATCH", path, json={"budget": BUDGET}).json()["budget"] == BUDGET
    assert harness.ask("GET", path).json()["budget"] == BUDGET
    assert harness.ask("GET", f"{path}/usage").json()["budget"] == BUDGET
    assert harness.here.accounts.find(account).budget == Budget(1000, 50)
    assert harness.ask("PATCH", path, json={"budget": None}).json()["budget"] == {}


def test_an_mcp_server_gets_a_budget_and_other_changes_leave_it(harness: ApiHarness) -> None:
    owner = f"/integrated-account/{harness.account()}/mcp"
    body = {"name": "Agent", "config": {"budget": {"reads_per_month": 5}}}
    made = harness.ask("POST", owner, json=body).json()
    path = f"{owner}/{made['id']}"

    def change(config: dict[str, Any]) -> Any:
        return harness.ask("PATCH", path, json={"config": config}).json()["config"]["budget"]

    assert made["config"]["budget"] == {"reads_per_month": 5}
    assert change({"methods": ["read"]}) == {"reads_per_month": 5}
    assert change({"budget": {"writes_per_month": 2}}) == {"writes_per_month": 2}
    assert change({"budget": None}) == {}


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({"reads": 5}, "reads"),
        ({"reads_per_month": -1}, "greater than or equal to 0"),
        ({"writes_per_month": "5"}, "integer"),
        (5, "budget"),
    ],
)
def test_a_budget_that_is_none_is_refused(harness: ApiHarness, budget: Any, said: str) -> None:
    account = f"/integrated-account/{harness.account()}"
    for method, path, body in (
        ("PATCH", account, {"budget": budget}),
        ("POST", f"{account}/mcp", {"name": "Agent", "config": {"budget": budget}}),
    ):
        answer = harness.ask(method, path, json=body)
        assert answer.status_code == 400
        assert said in answer.text


def test_a_budget_is_read_as_it_was_stored(harness: ApiHarness) -> None:
    config = ServerConfig(budget=Budget(3, 4), tool_exposure="full")

    assert read_config(write_config(config)) == config
    assert harness.here.stores.read_spending(AccountId("nobody")) == {}
