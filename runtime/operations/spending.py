"""What is spent: reads and writes sent to the vendor, by account, MCP server and month in UTC, and the budgets of them.

Called by `vendor_calls` before each request is sent. Counts are made in memory and stored every few seconds and at the
stop, so that a call waits for no disk: a crash loses the counts of the last seconds. Where several processes serve, a
call with a budget is counted in the database before it is sent, one at a time for each account, so that all together
never exceed it; what they sent in the last two seconds before a budget was first set is the exception.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from runtime.errors import BudgetReached, StorageUnavailable
from runtime.events import Event
from runtime.exchange.context import CallContext, Request
from runtime.model import NO_BUDGET, AccountId, Budget, Clock, Spent, SpentKey
from runtime.recent import Recent

STORE_SECONDS = 2.0
"""How often counts are stored: one small transaction, and no more than that is lost in a crash."""
MOST_KNOWN = 10_000
"""Accounts whose sums are cached; others are read anew when a budget is looked at."""
WARN_FROM = 0.8
"""The part of a budget from which answers carry a warning."""
DAY = 24 * 3600
"""Seconds; months of UTC begin with a day of it."""
ONE_READ = Spent(reads=1)
T = TypeVar("T")
Month = tuple[AccountId, str]
Counts = dict[SpentKey, Spent]


class SpendingStore(Protocol):
    """Where counts are stored. A change is made through `write`; each raises StorageUnavailable."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes count in the same store."""
        ...

    async def write(self, work: Callable[[], T]) -> T:
        """Return the result of a change, made in the thread that writes."""
        ...

    def add_spending(self, added: Sequence[tuple[SpentKey, Spent]]) -> Counts:
        """Add counts, and return the sums of the same accounts and months."""
        ...

    def spend_within(self, key: SpentKey, spent: Spent, check: Callable[[Counts], object]) -> Counts:
        """Add counts where `check` lets the sums of the account in the month pass; nobody else adds meanwhile."""
        ...

    def read_spending(self, account_id: AccountId, month: str = "") -> Counts:
        """Return the sums of an account."""
        ...

    def report_event(self, event: Event, done: Callable[[], object]) -> None:
        """Have an event stored that nobody waits for, and call `done` when it is."""
        ...


class Spending:
    """Counts what is sent, and holds it to budgets. One for the process; `flush` it at the end."""

    def __init__(self, store: SpendingStore, *, clock: Clock = time.time) -> None:
        self._store, self._clock = store, clock
        self._added: Counts = {}
        self._being_stored: Counts = {}
        self._stored: Recent[Month, Counts] = Recent(MOST_KNOWN)
        self._reported: Recent[str, Event] = Recent(MOST_KNOWN)
        self._task: asyncio.Task[None] | None = None

    async def spend(self, call: CallContext, request: Request) -> None:
        """Count a request that is about to be sent. Raises BudgetReached; it is not sent and not counted then."""
        if call.grant is None:
            return
        month, spent = _month_of(int(self._clock() // DAY)), _weigh(call, request)
        key = SpentKey(call.account.id, call.grant.server_id or "", month)
        if call.grant.config.budget is not NO_BUDGET or call.account.budget is not NO_BUDGET:
            if self._store.is_shared:
                await self._spend_shared(call, key, spent)
                return
            stored = await self._load(key)
            self._check(call, spent, lambda server: self._sum(stored, key, server) + spent, key)
        added = self._added.get(key)
        self._added[key] = spent if added is None else added + spent

    async def _spend_shared(self, call: CallContext, key: SpentKey, spent: Spent) -> None:
        """Count a request in the database at once, together with what this process has not stored yet."""
        store = self._store

        def check(stored: Counts) -> None:
            self._check(call, spent, lambda server: self._sum(stored, key, server), key)

        sums = await store.write(lambda: store.spend_within(key, spent, check))
        self._stored.put((key.account_id, key.month), sums)

    def _check(
        self, call: CallContext, spent: Spent, find_used: Callable[[str | None], Spent], key: SpentKey
    ) -> None:
        """Have the answers of a call warn near the end of a budget. Raises BudgetReached where this would exceed one.

        `find_used` returns what an MCP server, or with None the whole account, has used with this request.
        """
        assert call.grant is not None
        warnings: list[str] = []
        for whose, budget, server in (
            ("this MCP server", call.grant.config.budget, key.server_id),
            ("the integrated account", call.account.budget, None),
        ):
            try:
                warnings += _compare(whose, budget, find_used(server), spent)
            except BudgetReached as reached:
                self._report(key, server, reached)
                raise
        call.notice = " ".join(dict.fromkeys(each for each in (call.notice, *warnings) if each))

    def _report(self, key: SpentKey, server: str | None, reached: BudgetReached) -> None:
        """Have it stored that a budget is reached, once for each month and kind."""
        about = {"integrated_account_id": key.account_id, "mcp_server_id": server, "month": key.month}
        details = {name: reached.details[name] for name in ("kind", "budget")}
        once = f"{server or key.account_id} {key.month} {details['kind']} {details['budget']}"
        if self._reported.get(once) is None:
            event = Event("budget.reached", self._clock(), {**about, **details}, key=once)
            self._store.report_event(event, lambda: self._reported.put(once, event))

    async def _load(self, key: SpentKey) -> Counts:
        month = (key.account_id, key.month)
        if self._stored.get(month) is None:
            read = await asyncio.to_thread(self._store.read_spending, *month)
            if self._stored.get(month) is None:  # else it was stored meanwhile, and that is newer
                self._stored.put(month, read or {key: Spent()})
        return self._stored.get(month) or {}

    def _sum(self, stored: Counts, key: SpentKey, server: str | None) -> Spent:
        """Return what an MCP server has spent in a month; None for the whole account."""
        total = Spent()
        for counts in (stored, self._being_stored, self._added):
            for each, spent in counts.items():
                if each.account_id == key.account_id and each.month == key.month:
                    total = total + spent if server is None or each.server_id == server else total
        return total

    async def run(self) -> None:
        """Store what was counted, every few seconds, until it is cancelled."""
        while True:
            await asyncio.sleep(STORE_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Store everything counted so far; what cannot be stored now is retained for the next time."""
        if self._task is not None and not self._task.done():
            await asyncio.shield(self._task)
        if self._added:
            self._task = asyncio.create_task(self._flush())
            await asyncio.shield(self._task)

    async def _flush(self) -> None:
        store, self._being_stored, self._added = self._store, self._added, {}
        added = list(self._being_stored.items())
        try:
            sums = await store.write(lambda: store.add_spending(added))
        except StorageUnavailable:
            for key, spent in added:
                self._added[key] = self._added.get(key, Spent()) + spent
            sums = {}
        self._being_stored = {}
        for month in {(key.account_id, key.month) for key in sums}:
            self._stored.put(month, {key: each for key, each in sums.items() if (key[0], key[2]) == month})

    async def read_usage(self, account_id: AccountId) -> list[dict[str, Any]]:
        """Return what an account has spent, by month from the newest on, and by MCP server."""
        await self.flush()
        sums = await asyncio.to_thread(self._store.read_spending, account_id)
        months = sorted({key.month for key in sums}, reverse=True)
        return [
            _describe(month, {key: each for key, each in sums.items() if key.month == month})
            for month in months
        ]


def _weigh(call: CallContext, request: Request) -> Spent:
    """Return what a request counts: each write in it, or one read."""
    return Spent(writes=max(1, len(request.changes))) if call.changes_data else ONE_READ


@lru_cache(maxsize=16)
def _month_of(day: int) -> str:
    return datetime.fromtimestamp(day * DAY, UTC).strftime("%Y-%m")


def _compare(whose: str, budget: Budget, used: Spent, spent: Spent) -> Iterator[str]:
    """Yield a warning for each budget that is nearly used up. Raises BudgetReached for one that this would exceed."""
    for kind, most, count, is_meant in (
        ("reads", budget.reads_per_month, used.reads, spent.reads),
        ("writes", budget.writes_per_month, used.writes, spent.writes),
    ):
        if not most or not is_meant:
            continue
        if count > most:
            raise _reached(whose, kind, most, count - is_meant)
        if count >= WARN_FROM * most:
            yield f"Budget: {count:,} of the {most:,} {kind} of this month of {whose} are used."


def _reached(whose: str, kind: str, most: int, used: int) -> BudgetReached:
    return BudgetReached(
        f"The budget of {whose} is reached: {used:,} of {most:,} {kind} of this month (UTC) are used. Nothing was "
        "sent.",
        advice="Stop here and report it to the person: the budget can be raised, and a new month begins on the 1st.",
        details={"of": whose, "kind": kind, "budget": most, "used": used},
    )


def _describe(month: str, sums: Mapping[SpentKey, Spent]) -> dict[str, Any]:
    total = sum(sums.values(), Spent())
    return {
        "month": month,
        **total._asdict(),
        "mcp_servers": [
            {"id": key.server_id, **each._asdict()} for key, each in sorted(sums.items()) if key.server_id
        ],
        "rest": next((each for key, each in sums.items() if not key.server_id), Spent())._asdict(),
    }
