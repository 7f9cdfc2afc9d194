"""The records of several lists as one, from the newest day on: complete down to the last day that is answered.

Called by `short_calls`. Each list is read by ordinary calls, page by page, until it has enough; what the service cannot
filter by is looked for in the records here. A cursor has the last day of a page, and how many records of that day each
list has answered: the next page reads from that day on. Where a list is longer than is looked through, the page ends
at the day that was reached, and says so.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from generator.catalog import COMPANY
from generator.filling import ABSENT, Filler, look_up
from generator.short_tools import Merge, ShortTool, Target
from runtime.exchange.tool_answer import Answer
from runtime.operations.short.reading import make_error
from runtime.operations.short.steps import MOST_PAGES, ReadPage, Record
from runtime.upstream import paging

USUAL_LIMIT = 50
"""Rows of a page, as lists have by default."""
MOST_ROWS = 200
"""Rows of a page: each of four lists is read for as many."""
NO_DAY = ""
RECORD = "record"
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: a day, and how many records of it each list has answered. No day is the beginning."""

    day: str = NO_DAY
    answered: tuple[int, ...] = ()

    def count(self, place: int) -> int:
        """Return how many records of its day a list has answered."""
        return self.answered[place] if self.day else 0


@dataclass(slots=True)
class Source:
    """What was read of one list: its rows, and the day that was reached where there is more."""

    rows: list[Record] = field(default_factory=list)
    reached: str = NO_DAY


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a page, with the list that it is of."""

    day: str
    place: int
    value: Record


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows, where the next one begins (None at the end), and sentences for the answer."""

    rows: tuple[Row, ...]
    next: Position | None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Gathered:
    """What the calls of one short tool say beside their records: sentences, what names became, and which company."""

    notes: list[str] = field(default_factory=list)
    resolved: list[Record] = field(default_factory=list)
    company: Record = field(default_factory=dict)
    last: Answer = field(default_factory=lambda: Answer(status=0))

    def add(self, answer: Answer, page: Values) -> None:
        """Add what one answer says."""
        self.last = answer
        self.notes += [answer.note] if answer.note else []
        self.company = page.get(COMPANY) or self.company
        self.resolved += [each for each in page.get("resolved", ()) if each not in self.resolved]


class Merging:
    """Merges the lists of one call. `targets` are those that are read, under their names.

    Raises InvalidArguments for a cursor of another call.
    """

    def __init__(
        self, short: ShortTool, targets: Mapping[str, Target], arguments: Values, read_page: ReadPage
    ) -> None:
        assert short.merge is not None
        self._short, self._targets, self._read_page = short, targets, read_page
        self._merge: Merge = short.merge
        self.name, self._arguments = short.merge.name, arguments
        self._position = self._read_position(arguments)

    def _read_position(self, arguments: Values) -> Position:
        count = len(self._targets)
        form = re.compile(
            rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})/([0-9]{{1,6}}(?:\.[0-9]{{1,6}}){{{count - 1}}})"
        )
        found = paging.read_position(self._short.name, arguments, form)
        return Position(found[1], tuple(map(int, found[2].split(".")))) if found else Position()

    def write_cursor(self, position: Position) -> str:
        """Return the cursor of a page."""
        counts = ".".join(map(str, position.answered))
        return paging.make_cursor(self._short.name, self._arguments, f"{position.day}/{counts}")

    async def read(self, scope: Values, limit: int) -> Page:
        """Return the page that is asked for."""
        if self._position.day:
            scope = {**scope, self._merge.until: self._position.day}
        read = (self._read(at, each, scope, limit) for at, each in enumerate(self._targets.values()))
        sources = await asyncio.gather(*read)
        reached = max(each.reached for each in sources)
        rows = [
            Row(str(row[self._merge.by]), at, row) for at, each in enumerate(sources) for row in each.rows
        ]
        known = sorted((row for row in rows if row.day >= reached), key=lambda row: row.day, reverse=True)
        if len(known) > limit or not reached:
            return self.cut(Page(tuple(known), None), limit)
        return self._end_at(reached, tuple(known))

    def cut(self, page: Page, limit: int) -> Page:
        """Return the first rows of a page, at least one."""
        if len(page.rows) <= limit:
            return page
        rows = page.rows[:limit]
        return Page(rows, self._count(rows[-1].day, rows))

    def _end_at(self, day: str, rows: tuple[Row, ...]) -> Page:
        """Return a page that ends at the day that was reached in a list of which there is more."""
        following = self._count(day, rows)
        if following == self._position:
            note = f"{day} has more records than are looked through: what is before it is not here."
            return Page(rows, None, (note,))
        note = f"Not everything before {day} was looked through: next_cursor goes on there."
        return Page(rows, following, (note,))

    def _count(self, day: str, rows: Sequence[Row]) -> Position:
        """Return the position behind some rows, the last of which are of a day."""
        position = self._position
        of_day = [row.place for row in rows if row.day == day]
        before = [position.count(at) if position.day == day else 0 for at in range(len(self._targets))]
        return Position(day, tuple(each + of_day.count(at) for at, each in enumerate(before)))

    async def _read(self, at: int, target: Target, scope: Values, limit: int) -> Source:
        """Return as many rows of a list as the page may have and one more, without those answered before."""
        source, filler, passed = Source(), Filler(scope), self._position.count(at)
        arguments, wanted = filler.fill(target.fill), limit + 1
        is_sifted = any(look_up(scope, path) is not ABSENT for path in target.where)
        size = arguments["limit"] if is_sifted else min(arguments["limit"], wanted + passed)
        cursor = ""
        for _ in range(MOST_PAGES):
            more = {"next_cursor": cursor} if cursor else {}
            records, cursor = await self._read_page(
                target, {**arguments, "limit": size, **more}, filler.origins
            )
            for row in self._make_rows(target, records, scope, source):
                is_answered = passed > 0 and source.reached == self._position.day
                passed -= int(is_answered)
                source.rows += [] if is_answered else [row]
            if not cursor:
                source.reached = NO_DAY
                return source
            if len(source.rows) >= wanted:
                return source
        return source

    def _make_rows(
        self, target: Target, records: Sequence[Record], scope: Values, source: Source
    ) -> Iterator[Record]:
        """Yield a row for each record that fits, and note in the source which day is reached."""
        for record in records:
            row = Filler({**scope, RECORD: record}).fill(target.row)
            source.reached = str(row[self._merge.by])
            if _fits(target, record, scope):
                yield row


def choose_lists(short: ShortTool, arguments: Values) -> tuple[dict[str, Target], list[str]]:
    """Return the lists that a call reads, and a sentence for each that it leaves out. Raises InvalidArguments where
    none is left.
    """
    named = arguments.get(short.by)
    chosen = {name: each for name, each in short.targets.items() if named in (None, name)}
    out = {name: each.unless for name, each in chosen.items() if each.unless and each.unless in arguments}
    if len(out) == len(chosen):
        name, argument = next(iter(out.items()))
        raise make_error(short, argument, f'Argument "{argument}" means nothing for {short.by} {name}.')
    notes = [f"{name} is left out, for it has no {argument}." for name, argument in out.items()]
    return {name: each for name, each in chosen.items() if name not in out}, notes


def _fits(target: Target, record: Record, scope: Values) -> bool:
    """Return whether a record has one of the values that were found, in each kind of its fields."""
    for path, fields in target.where.items():
        wanted = look_up(scope, path)
        if wanted is not ABSENT and not any(
            _flatten(look_up(record, each)) & _flatten(wanted) for each in fields
        ):
            return False
    return True


def _flatten(value: Any) -> set[str]:
    if value is ABSENT:
        return set()
    return set(map(str, value)) if isinstance(value, list) else {str(value)}
