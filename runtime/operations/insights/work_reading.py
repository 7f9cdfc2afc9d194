"""Reading the lists of a work system for an analysis of the books: page after page, in few requests.

Called by `answering`. How a list goes on is said by its vendor, so pages of one list follow one another; several lists,
and the months of dated records, are read at the same time. What is not read is reported, as for the books.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import orjson

from generator.catalog import Tool
from generator.insight_rules import WorkRules
from runtime.exchange.bundle import Read
from runtime.exchange.page_request import get_listing
from runtime.insights.analysis import WorkRecords
from runtime.insights.books import Missing, Span
from runtime.insights.worker import PackedPage
from runtime.operations.insights.fetching import AT_ONCE, Fetcher
from runtime.operations.insights.questions import find_argument
from runtime.operations.insights.work_parts import WITHIN, find_owner_argument, list_owners
from runtime.upstream.answer import follow_path
from runtime.upstream.paging import find_next, make_cursor

MOST_REQUESTS = 110
"""Requests to a work system in one call: 60,000 time entries take 60 to 84, the other lists about 10."""
SELECTION = "selection"
"""What a request of a list is filled with, so that a vendor which can answers the fields that are read alone: of 60,000
time entries 24 MB come in place of 64.
"""
_DATED = frozenset({"time_entries", "expenses", "products", "invoices"})
_IN_PARTS = frozenset({"time_entries"})
"""Lists of which a month has thousands of records: some parts of the days are read at once."""
MOST_PARTS = 12
"""Parts that days are read in: three times what is under way at once, so that a part with many records is not waited
for in the end; more would cost a request each for a last page with few records, or for days without any.
"""


@dataclass(frozen=True, slots=True)
class Chain:
    """Pages of a list that follow one another: all of it, or the records of some days."""

    list: str
    rules: WorkRules
    tool: Tool
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def name_page(self, number: int) -> str:
        """Return the name of a page, counted from 1, among the parts of a reading."""
        return f"work {self.list} {orjson.dumps(dict(self.arguments), option=orjson.OPT_SORT_KEYS).decode()} {number}"


@dataclass(frozen=True, slots=True)
class WorkRead:
    """What was read of a work system."""

    pages: tuple[PackedPage, ...]
    lists: frozenset[str]
    read: Mapping[str, Span]
    missing: tuple[Missing, ...]


class WorkReader:
    """Reads for one call. The fetcher is one of the work system's account."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher, self._call, self._found = fetcher, fetcher.call, fetcher.found
        self._integration = fetcher.call.integration
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._pages: dict[str, PackedPage] = {}
        self._unfinished: dict[str, str] = {}

    async def read(self, wanted: WorkRecords) -> WorkRead:
        """Return the lists that are wanted, as far as they can be read."""
        rules = self._integration.insights.work
        named = [name for name in wanted.lists if name in rules]
        found = {name: tool for name in named if (tool := self._find_tool(name, rules[name])) is not None}
        alone = {name: tool for name, tool in found.items() if not find_owner_argument(tool)}
        await self._follow_all(
            each for name, tool in alone.items() for each in _list_chains(name, rules[name], tool, wanted)
        )
        for name in found.keys() - alone.keys():
            await self._follow_all(await self._list_within(name, rules, found[name], wanted))
        whole = found.keys() - self._unfinished.keys()
        missing = [
            Missing(f"{name.replace('_', ' ')} of the work system", why)
            for name, why in self._unfinished.items()
        ]
        span = Span(wanted.since, wanted.until or date.max)
        return WorkRead(
            tuple(self._pages[name] for name in sorted(self._pages)),
            frozenset(whole),
            dict.fromkeys(whole & _DATED, span),
            tuple(missing),
        )

    def count_least(self, wanted: WorkRecords) -> int:
        """Return the requests that are still to be made, of each chain the next one: no more are known of it."""
        return sum(not self._is_whole(each) for each in self._list_wanted(wanted))

    def _is_whole(self, chain: Chain) -> bool:
        """Whether all pages of a chain were read before."""
        parts, number = self._found.parts, 1
        while (name := chain.name_page(number)) in parts:
            if f"{name} next" not in parts:
                return True
            number += 1
        return False

    def _list_wanted(self, wanted: WorkRecords) -> Iterator[Chain]:
        """Yield the pages of the lists that are wanted, but for those that are found through another one."""
        rules = self._integration.insights.work
        for name in wanted.lists:
            tool = self._find_tool(name, rules[name]) if name in rules else None
            if tool is not None and not find_owner_argument(tool):
                yield from _list_chains(name, rules[name], tool, wanted)

    def _find_tool(self, name: str, rules: WorkRules) -> Tool | None:
        """Return what lists records; None, which is noted, where nothing does without arguments that we do not have."""
        tool = self._call.listings.get((self._integration.name, rules.resource))
        is_usable = tool is not None and (
            not tool.input_schema.get("required") or (name in WITHIN and find_owner_argument(tool))
        )
        if not is_usable:
            self._unfinished[name] = "No tool lists them."
        return tool if is_usable else None

    async def _list_within(
        self, name: str, rules: Mapping[str, WorkRules], tool: Tool, wanted: WorkRecords
    ) -> list[Chain]:
        """Return the pages of a list that is found through another one, which was read before."""
        owner = WITHIN[name]
        if owner in self._unfinished or owner not in rules:
            self._unfinished[name] = f"Not all {owner.replace('_', ' ')} could be read."
        pages = [each for each in self._pages.values() if each.part == owner]
        owners = await asyncio.to_thread(lambda: sorted(set(list_owners(owner, rules, pages, wanted))))
        argument = find_owner_argument(tool)
        return [Chain(name, rules[name], tool, {argument: each}) for each in owners]

    async def _follow_all(self, chains: Iterable[Chain]) -> None:
        async with asyncio.TaskGroup() as group:
            for each in chains:
                group.create_task(self._follow(each))

    async def _follow(self, chain: Chain) -> None:
        """Read the pages of a chain until there is none after the last."""
        number, position = 1, ""
        while number == 1 or position:
            name = chain.name_page(number)
            if name not in self._found.parts and not await self._fetch(chain, name, position):
                why = self._found.refused.get(name, self._found.stopped)
                self._unfinished.setdefault(chain.list, why or "They could not be read.")
                return
            body = self._found.parts[name]
            path = chain.tool.returns.path
            self._pages[name] = PackedPage(chain.list, chain.rules.resource, path, body, "", -1)
            position = self._found.parts.get(f"{name} next", b"").decode()
            number += 1

    async def _fetch(self, chain: Chain, name: str, position: str) -> bool:
        """Read a page, and note where the next one begins. False where the vendor did not answer."""
        async with self._turns:
            if not self._fetcher.may_go_on():
                return False
            maximum = self._integration.pagination.maximum
            arguments = {**chain.arguments, "limit": maximum}
            if position:
                arguments["next_cursor"] = make_cursor(chain.tool.name, arguments, f"{position}/0/{maximum}")
            call = self._fetcher.make_call(chain.tool, arguments)
            request = self._fetcher.kind_of(chain.tool).prepare(call)
            request = replace(request, values={**request.values, SELECTION: self._select(chain.rules)})
            found = await self._fetcher.fetch_linked(call, Read(chain.tool, request), name)
        if found is None:
            return False
        body, link = found
        self._found.add(name, await asyncio.to_thread(zlib.compress, body, 1))
        if following := self._find_following(chain, body, link, position):
            self._found.add(f"{name} next", following.encode())
        return True

    def _select(self, rules: WorkRules) -> str:
        """Return the fields that are read of a record, as the vendor writes a choice of them."""
        conditions = (path for each in rules.flags.values() for path, _ in each)
        paths = dict.fromkeys([*(path for each in rules.fields.values() for path in each), *conditions])
        return ",".join(self._integration.query_language.path_separator.join(each) for each in paths)

    def _find_following(self, chain: Chain, body: bytes, link: str, position: str) -> str:
        """Return where the page after one begins; empty after the last."""
        paging = self._integration.pagination
        if paging.style == "link_header":
            following = find_next(link, paging.parameter)
            return "" if following == position else following
        records = follow_path(orjson.loads(body), chain.tool.returns.path)
        if not isinstance(records, list) or len(records) < paging.maximum:
            return ""
        step = paging.maximum if paging.style == "offset" else 1
        return str(int(position or paging.first) + step)


def _list_chains(name: str, rules: WorkRules, tool: Tool, wanted: WorkRecords) -> Iterator[Chain]:
    """Yield the chains of a list: the whole of it, or of dated records those of the days that are wanted."""
    since, until = (find_argument(tool, rules.fields, "day", each) for each in ("from", "until"))
    if name not in _DATED or since is None or until is None or wanted.since is None or wanted.until is None:
        yield Chain(name, rules, tool)
        return
    for first, last in _list_spans(wanted.since, wanted.until, in_parts=name in _IN_PARTS):
        yield Chain(
            name, rules, tool, {since: _write_day(tool, since, first), until: _write_day(tool, until, last)}
        )


def _list_spans(since: date, until: date, *, in_parts: bool) -> Iterator[tuple[date, date]]:
    """Yield some days, in parts of whole months where that is asked for."""
    months = (until.year - since.year) * 12 + until.month - since.month + 1
    step = -(-months // MOST_PARTS) if in_parts else months
    while since <= until:
        following = _add_months(since, step)
        yield since, min(following - timedelta(1), until)
        since = following


def _add_months(day: date, count: int) -> date:
    """Return the first day of the month that is so many months later."""
    years, month = divmod(day.month - 1 + count, 12)
    return date(day.year + years, month + 1, 1)


def _write_day(tool: Tool, argument: str, day: date) -> str:
    """Return a day as an argument takes it: with the time at which it begins or ends where that is a moment."""
    takes_time = tool.input_schema["properties"][argument].get("format") == "date-time"
    if not takes_time:
        return day.isoformat()
    conditions = get_listing(tool).conditions
    is_end = any(each.argument == argument and each.operator == "until" for each in conditions)
    return f"{day.isoformat()}T{'23:59:59' if is_end else '00:00:00'}Z"
