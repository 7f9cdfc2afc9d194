"""Several processes over one PostgreSQL: none exceeds what all may spend, and one key is under way once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import BudgetReached, KeyInUse, KeyReused
from runtime.exchange.context import CallContext, Request
from runtime.model import AccountId, Budget, Grant, McpServerId, ServerConfig, SpentKey
from runtime.operations.spending import Spending
from runtime.safety.once import CLAIM_SECONDS, KeyedCall, Once
from runtime.upstream.client import VendorResponse
from tests.contexts import context_of
from tests.deployment import Deployment, HandClock, deploy
from tests.engines import Postgres
from tests.made_up import GET, VENDOR

DONE = VendorResponse(200, {}, b"{}")
BUDGET = Budget(reads_per_month=7)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def pair(tmp_path: Path, postgres: Postgres, clock: HandClock) -> Iterator[tuple[Deployment, Deployment]]:
    shared = {
        "LEDGERPORT_DATABASE_URL": postgres.make_migrated(),
        "LEDGERPORT_REDIS_URL": "redis://127.0.0.1:1",
    }
    made = deploy(tmp_path, clock, **shared), deploy(tmp_path, clock, **shared)
    yield made
    for each in made:
        each.stores.close()


def read_of(here: Deployment, account_id: str, server: str) -> CallContext:
    made = context_of(GET, VENDOR, {"id": "7"})
    made.account = replace(here.accounts.find(account_id), budget=BUDGET)
    made.grant, made.changes_data = Grant(made.account, ServerConfig(), McpServerId(server)), False
    return made


def test_processes_that_spend_from_one_budget_never_exceed_it_together(
    pair: tuple[Deployment, Deployment], clock: HandClock
) -> None:
    account = pair[0].accounts.create("Shop", "books")["id"]
    calls = [read_of(pair[number % 2], account, f"m{number % 3}") for number in range(20)]

    async def spend(spending: Spending, call: CallContext) -> bool:
        try:
            await spending.spend(call, Request())
        except BudgetReached:
            return False
        return True

    async def main() -> list[bool]:
        spendings = [Spending(each.stores, clock=clock) for each in pair]
        sent = await asyncio.gather(
            *(spend(spendings[number % 2], call) for number, call in enumerate(calls))
        )
        await asyncio.gather(*(each.flush() for each in spendings))
        return list(sent)

    assert asyncio.run(main()).count(True) == 7
    assert sum(each.reads for each in pair[0].stores.read_spending(AccountId(account)).values()) == 7


def test_what_is_refused_counts_nothing(pair: tuple[Deployment, Deployment]) -> None:
    account = AccountId(pair[0].accounts.create("Shop", "books")["id"])

    def refuse(_sums: object) -> None:
        raise BudgetReached("no")

    with pytest.raises(BudgetReached):
        pair[0].stores.spend_within(SpentKey(account, "m1", "2026-11"), _one_read(), refuse)
    assert pair[1].stores.read_spending(account) == {}


def _one_read() -> Any:
    from runtime.model import Spent

    return Spent(reads=1)


def keyed(**other: Any) -> KeyedCall:
    values: dict[str, Any] = {
        "account_id": AccountId("a1"), "caller": "mcp_server:m1", "key": "k-1", "tool_name": "create_a_bill",
        "arguments": {"amount": 1}, "is_recognized": True,
    }  # fmt: skip
    return KeyedCall(**values | other)


def make_once(pair: tuple[Deployment, Deployment], clock: HandClock) -> list[Once]:
    return [Once(each.keys, each.stores, clock=clock) for each in pair]


async def answer(_key: str) -> VendorResponse:
    return DONE


@pytest.mark.parametrize(
    ("other", "error"), [({}, KeyInUse), ({"arguments": {}}, KeyReused)], ids=["the same", "another"]
)
def test_a_key_that_is_under_way_in_one_process_is_so_in_the_other(
    pair: tuple[Deployment, Deployment], clock: HandClock, other: dict[str, Any], error: type[Exception]
) -> None:
    async def main() -> None:
        here, there = make_once(pair, clock)
        began, held = asyncio.Event(), asyncio.Event()

        async def slow(_key: str) -> VendorResponse:
            began.set()
            await held.wait()
            return DONE

        first = asyncio.create_task(here.send(keyed(), slow))
        await began.wait()
        with pytest.raises(error):
            await there.send(keyed(**other), answer)
        held.set()
        assert await first == DONE
        assert await there.send(keyed(), answer) == DONE, "a repeat may come as soon as there is an answer"

    asyncio.run(main())


def test_a_key_whose_process_died_is_free_again_after_a_while(
    pair: tuple[Deployment, Deployment], clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        here, there = make_once(pair, clock)
        with monkeypatch.context() as dead:
            dead.setattr(pair[0].stores, "release_key", lambda *_binding: None)
            await here.send(keyed(), answer)
        with pytest.raises(KeyInUse):
            await there.send(keyed(), answer)
        clock.pass_(CLAIM_SECONDS)
        assert await there.send(keyed(), answer) == DONE

    asyncio.run(main())
