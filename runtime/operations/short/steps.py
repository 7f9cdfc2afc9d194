"""The records that a short tool reads before it calls its tool: found by digits or a name, spread over, or one for each
element of a list.

Called by `short_calls`. Each step reads pages of a list by ordinary calls, which its caller sees nothing of.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from decimal import Decimal
from typing import Any

from generator.filling import ABSENT, Filler, look_up
from generator.short_tools import DIGITS, FIND, FOR_EACH, ShortTool, Step, Target
from runtime.operations.short.reading import make_error

Record = dict[str, Any]
ReadPage = Callable[[Target, dict[str, Any], Mapping[str, str]], Awaitable[tuple[list[Record], str]]]
"""Returns the records of a page and the cursor of the next one, by the templates' arguments and their origins."""
LEAST_DIGITS = 3
"""Digits of a number that is looked for: fewer are in nearly every one."""
MOST_PAGES = 10
"""Pages of a list that one step reads: 10,000 records where a page has 1,000."""
MOST_FOUND = 100
"""Records that are found by their digits: more are no answer to a search."""
MOST_NEAR = 5
"""Names that an error lists, as in `name_resolution`."""
AT_ONCE = 8
"""Elements of a list in one call, each a set of filters of an OR (`MOST_BRANCHES`)."""
AMOUNT = "amount"
"""The member of a record that says how much of a spread amount it takes."""


class Steps:
    """Carries out the steps of one call. `notes` are sentences for its answer; `mark` writes a text of a record."""

    def __init__(self, short: ShortTool, read_page: ReadPage, mark: Callable[[str], str] = str) -> None:
        self._short, self._read_page, self._mark = short, read_page, mark
        self.notes: list[str] = []

    async def take(self, scope: dict[str, Any]) -> dict[str, Any]:
        """Return the scope with what each step found. Raises what stands in the way of a call."""
        for step in self._short.steps:
            if step.kind == FOR_EACH:
                scope = {**scope, step.source: await self._find_for_each(step, scope)}
            elif step.kind == FIND:
                found = await self._find(step, scope) if step.source in scope else []
                scope = {**scope, step.name: found}
            elif not step.unless or step.unless not in scope:
                find = self._find_by_digits if step.kind == DIGITS else self._spread
                scope = {**scope, step.name: await find(step, scope)}
        return scope

    async def _find(self, step: Step, scope: Mapping[str, Any]) -> list[Record]:
        """Return the records that an argument names; refuse it where there are none, with names that are near."""
        name = str(scope[step.source]).strip()
        if step.ids and re.fullmatch(step.ids, name, re.ASCII):
            return [{step.call.identifier: name}]
        scope = {**scope, step.source: name}
        found = [row async for row in self._read(step, step.call, scope)]
        if not found and step.otherwise:
            near = await self._find_near(step, scope)
            raise make_error(self._short, step.source, step.otherwise, f"Nothing was sent.{near}")
        return found

    async def _find_near(self, step: Step, scope: Mapping[str, Any]) -> str:
        """Return a sentence with names that are near, each with its Id; empty without one."""
        names: list[str] = []
        if step.also is None:
            return ""
        async for row in self._read(step, step.also, scope):
            id_ = row.get(step.call.identifier)
            names += [f"{self._mark(str(row[field]))} ({id_})" for field in step.fields if row.get(field)]
            if len(names) >= MOST_NEAR:
                break
        return f" Near names: {', '.join(names)}." if names else ""

    async def _find_by_digits(self, step: Step, scope: Mapping[str, Any]) -> list[Record]:
        wanted = str(scope.get(step.source, ""))
        digits = _list_digits(wanted)
        if len(digits) < LEAST_DIGITS or any(each.isalpha() for each in wanted):
            return []
        found: list[Record] = []
        async for record in self._read(step, step.call, scope):
            values = (look_up(record, path) for path in step.fields)
            if any(digits in _list_digits(str(each)) for each in values if each is not ABSENT):
                found.append(record)
        if len(found) > MOST_FOUND:
            self.notes.append(f"{len(found)} records have these digits; {MOST_FOUND} of them are here.")
        return found[:MOST_FOUND]

    async def _spread(self, step: Step, scope: Mapping[str, Any]) -> list[Record]:
        """Return the records that take a part of the amount, in their order, each with its part."""
        left = Decimal(str(scope.get(step.source, 0)))
        taken: list[Record] = []
        is_empty = True
        async for record in self._read(step, step.call, scope):
            is_empty = False
            if left <= 0:
                break
            part = min(left, Decimal(str(look_up(record, step.fields[0]))))
            if part > 0:
                taken.append({**record, AMOUNT: float(part)})
                left -= part
        if is_empty:
            self._refuse_nothing(step, scope)
        return taken

    async def _find_for_each(self, step: Step, scope: Mapping[str, Any]) -> list[Record]:
        """Return the elements of a list, each that lacks something with the record that was found for it."""
        elements: list[Record] = [dict(each) for each in scope.get(step.source) or ()]
        lacking = [each for each in elements if not each.get(step.unless)]
        for start in range(0, len(lacking), AT_ONCE) if step.match else ():
            part = lacking[start : start + AT_ONCE]
            rows = [row async for row in self._read(step, step.call, {**scope, step.source: part})]
            by_value = {_fold(look_up(row, step.fields[0])): row for row in reversed(rows)}
            for each in part:
                if row := by_value.get(_fold(each.get(step.match))):
                    each[step.name] = row
        left = [each for each in lacking if step.name not in each]
        target = step.also if step.match else step.call
        first = await self._read_first(step, target, scope) if left and target else None
        for each in left if first else ():
            each[step.name] = first
        if left and not first:
            self._refuse_nothing(step, scope)
        return elements

    async def _read_first(self, step: Step, target: Target, scope: Mapping[str, Any]) -> Record | None:
        async for record in self._read(step, target, scope):
            return record
        return None

    async def _read(self, step: Step, target: Target, scope: Mapping[str, Any]) -> AsyncIterator[Record]:
        """Yield the records of a list that a step may take, page by page."""
        filler = Filler(scope)
        arguments = filler.fill(target.fill)
        cursor = ""
        for _ in range(MOST_PAGES):
            more = {"next_cursor": cursor} if cursor else {}
            rows, cursor = await self._read_page(target, {**arguments, **more}, filler.origins)
            for row in rows:
                if all(look_up(row, name) in values for name, values in step.where.items()):
                    yield row
            if not cursor:
                return
        self.notes.append(f"Only the first {MOST_PAGES} pages of {target.resource} were looked through.")

    def _refuse_nothing(self, step: Step, scope: Mapping[str, Any]) -> None:
        if step.otherwise and (not step.otherwise_if or step.otherwise_if in scope):
            argument = step.otherwise_if or step.source
            raise make_error(self._short, argument, step.otherwise, "Nothing was sent.")


def _list_digits(text: str) -> str:
    return "".join(each for each in text if each.isascii() and each.isdigit())


def _fold(value: Any) -> str:
    return " ".join(str(value).split()).casefold()
