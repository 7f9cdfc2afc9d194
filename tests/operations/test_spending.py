"""What is spent: counted in memory, stored in between, added up over processes, and held to budgets."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import BudgetReached, StorageUnavailable
from runtime.exchange.context import CallContext, Request
from runtime.model import AccountId, Budget, Grant, McpServerId, ServerConfig, Spent, SpentKey
from runtime.operations.spending import Spending
from tests.contexts import context_of
from tests.deployment import Deployment, HandClock, deploy, have_events_stored
from tests.made_up import GET, UPDATE, VENDOR
from tests.made_up_calls import BATCH, READ, WRITE, json_vendor, run

DAY = 86_400
NOVEMBER = 1_795_000_000.0  # 2026-11-18
MONTH = "2026-11"


class Place:
    """A deployment with an account; each `Spending` over it is a process."""

    def __init__(self, data: Path) -> None:
        self.data, self.clock = data, HandClock(NOVEMBER)
        self.here: Deployment = deploy(data, self.clock)
        self.id = AccountId(self.here.accounts.create("Shop", "books")["id"])

    def spending(self) -> Spending:
        return Spending(self.here.stores, clock=self.clock)

    def call(self, tool: Any = GET, server: str = "m1", budget: Budget | None = None) -> CallContext:
        """A call by an MCP server, or over REST when that is empty."""
        account = self.here.accounts.find(self.id)
        config = ServerConfig(budget=budget or Budget())
        made = context_of(tool, VENDOR, {"id": "7"})
        made.account, made.changes_data = account, not tool.is_read_only
        made.grant = Grant(account, config, McpServerId(server) if server else None)
        return made

    def sums(self) -> dict[SpentKey, Spent]:
        return self.here.stores.read_spending(self.id)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.here.stores.close()


def test_reads_and_writes_add_up_by_server_and_month_in_utc(place: Place) -> None:
    async def main() -> list[dict[str, Any]]:
        spending = place.spending()
        for call in (
            place.call(),
            place.call(),
            place.call(UPDATE),
            place.call(server="m2"),
            place.call(server=""),
        ):
            await spending.spend(call, Request())
        place.clock.pass_(13 * DAY)
        await spending.spend(place.call(UPDATE), Request())
        return await spending.read_usage(place.id)

    december, november = asyncio.run(main())
    assert december == {
        "month": "2026-12",
        "reads": 0,
        "writes": 1,
        "mcp_servers": [{"id": "m1", "reads": 0, "writes": 1}],
        "rest": {"reads": 0, "writes": 0},
    }
    assert (november["month"], november["reads"], november["writes"]) == (MONTH, 4, 1)
    assert november["mcp_servers"] == [
        {"id": "m1", "reads": 2, "writes": 1},
        {"id": "m2", "reads": 1, "writes": 0},
    ]
    assert november["rest"] == {"reads": 1, "writes": 0}


def test_each_write_of_a_batch_counts(place: Place) -> None:
    async def main() -> None:
        spending, batch = place.spending(), place.call(BATCH)
        await spending.spend(batch, Request(changes=(batch, batch, batch)))
        await spending.flush()

    asyncio.run(main())
    assert list(place.sums().values()) == [Spent(writes=3)]


def test_nothing_is_stored_until_it_is_flushed_and_then_once(place: Place) -> None:
    async def main() -> None:
        spending = place.spending()
        await spending.spend(place.call(), Request())
        assert place.sums() == {}
        await asyncio.gather(spending.flush(), spending.flush())
        await spending.flush()

    asyncio.run(main())
    assert place.sums() == {SpentKey(place.id, "m1", MONTH): Spent(1, 0)}


def test_counts_that_cannot_be_stored_now_are_stored_later(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_added: object) -> None:
        raise StorageUnavailable("no", reason="full")

    async def main() -> None:
        spending = place.spending()
        await spending.spend(place.call(), Request())
        with monkeypatch.context() as broken:
            broken.setattr(place.here.stores.records, "add_spending", fail)
            await spending.flush()
        await spending.spend(place.call(), Request())
        await spending.flush()

    asyncio.run(main())
    assert list(place.sums().values()) == [Spent(2, 0)]


@pytest.mark.parametrize("tool", [GET, UPDATE])
def test_a_budget_warns_from_four_fifths_on_and_then_refuses(place: Place, tool: Any) -> None:
    kind = "reads" if tool.is_read_only else "writes"

    async def main() -> list[str]:
        spending, notices = place.spending(), []
        for _ in range(5):
            call = place.call(tool, budget=Budget(**{f"{kind}_per_month": 5}))
            await spending.spend(call, Request())
            notices.append(call.notice)
        with pytest.raises(BudgetReached) as refused:
            await spending.spend(place.call(tool, budget=Budget(**{f"{kind}_per_month": 5})), Request())
        assert f"The budget of this MCP server is reached: 5 of 5 {kind}" in refused.value.message
        await spending.flush()
        return notices

    first, second, third, fourth, fifth = asyncio.run(main())
    assert (first, second, third) == ("", "", "")
    assert fourth == f"Budget: 4 of the 5 {kind} of this month of this MCP server are used."
    assert fifth.startswith("Budget: 5 of the 5")
    assert sum(sum(each) for each in place.sums().values()) == 5


def test_a_budget_that_is_reached_is_an_event_once_for_its_month_whichever_process_refuses(
    place: Place,
) -> None:
    have_events_stored(place.here.stores)

    async def main() -> None:
        for spending in (place.spending(), place.spending()):
            for _ in range(3):
                with contextlib.suppress(BudgetReached):
                    await spending.spend(place.call(budget=Budget(reads_per_month=1)), Request())
            await spending.flush()
            await place.here.stores.write(lambda: None)  # what was noted is stored before it

    asyncio.run(main())
    place.clock.pass_(13 * DAY)
    asyncio.run(main())

    with place.here.stores.records._reading.begin() as connection:
        rows = connection.exec_driver_sql("SELECT data FROM event WHERE type = 'budget.reached' ORDER BY at")
        found = [json.loads(row[0]) for row in rows]
    about = {"integrated_account_id": place.id, "mcp_server_id": "m1", "kind": "reads", "budget": 1}
    assert found == [{**about, "month": MONTH}, {**about, "month": "2026-12"}]


def test_a_budget_of_reads_lets_writes_through_and_the_next_month_begins_anew(place: Place) -> None:
    async def main() -> None:
        spending, budget = place.spending(), Budget(reads_per_month=1)
        await spending.spend(place.call(budget=budget), Request())
        await spending.spend(place.call(UPDATE, budget=budget), Request())
        with pytest.raises(BudgetReached):
            await spending.spend(place.call(budget=budget), Request())
        place.clock.pass_(13 * DAY)
        await spending.spend(place.call(budget=budget), Request())

    asyncio.run(main())


def test_the_budget_of_an_account_is_of_all_its_servers_and_rest(place: Place) -> None:
    place.here.accounts.change(place.id, budget={"reads_per_month": 2})

    async def main() -> None:
        spending = place.spending()
        await spending.spend(place.call(server="m1"), Request())
        await spending.spend(place.call(server="m2"), Request())
        with pytest.raises(BudgetReached, match="of the integrated account is reached: 2 of 2 reads"):
            await spending.spend(place.call(server=""), Request())

    asyncio.run(main())


def test_several_processes_add_up_and_a_restart_forgets_nothing(place: Place) -> None:
    async def main() -> None:
        budget, one, two = Budget(reads_per_month=3), place.spending(), place.spending()
        await one.spend(place.call(budget=budget), Request())
        await two.spend(place.call(budget=budget), Request())
        await asyncio.gather(one.flush(), two.flush())
        await one.spend(place.call(budget=budget), Request())
        await one.flush()
        with pytest.raises(BudgetReached):
            await one.spend(place.call(budget=budget), Request())
        with pytest.raises(BudgetReached):
            await place.spending().spend(place.call(budget=budget), Request())

    asyncio.run(main())
    assert list(place.sums().values()) == [Spent(3, 0)]


def test_what_an_account_that_is_gone_has_sent_is_not_stored(place: Place) -> None:
    async def main() -> None:
        spending, call = place.spending(), place.call()
        await spending.spend(call, Request())
        await place.here.accounts.delete(place.id)
        await spending.flush()

    asyncio.run(main())
    assert place.sums() == {}


def test_a_call_beyond_the_budget_does_not_reach_the_vendor_and_one_near_it_says_so(place: Place) -> None:
    spending = place.spending()
    budget = Budget(reads_per_month=1, writes_per_month=1)
    answers, server = run(
        json_vendor({"Invoice": {"Id": "7"}}),
        READ,
        READ,
        WRITE,
        WRITE,
        config=ServerConfig(budget=budget),
        spending=spending,
    )

    assert [answer.error.code if answer.error else "" for answer in answers] == [
        "", "budget_reached", "", "budget_reached",
    ]  # fmt: skip
    assert "Budget: 1 of the 1 reads" in answers[0].note
    assert len(server.requests) == 2
