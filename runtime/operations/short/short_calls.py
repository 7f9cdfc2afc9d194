"""The path of a call of a short tool: its arguments read, its steps taken, its tool called, the answer shaped.

Called by `mcp_server.methods`. What is called goes through the function that it is given, as any call of the grant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import orjson

from generator.client_filters import CLIENT
from generator.filling import Filler, list_paths
from generator.short_tools import Target
from runtime.errors import InvalidArguments, LedgerportError
from runtime.exchange.allowance import PLAIN, Form
from runtime.exchange.tool_answer import Answer
from runtime.model import Grant
from runtime.operations.clients import WHOLE_COMPANY
from runtime.operations.connections import list_connections
from runtime.operations.short.listing import ListedShortTool
from runtime.operations.short.merging import MOST_ROWS, USUAL_LIMIT, Gathered, Merging, choose_lists
from runtime.operations.short.reading import choose_target, read_arguments
from runtime.operations.short.renaming import Origins, rename_error
from runtime.operations.short.shapes import Shapes
from runtime.operations.short.steps import Record, Steps
from runtime.safety.fences import fence_text, strip_fences
from runtime.safety.write_options import Asked
from runtime.upstream import figures

PAGE_BYTES = 8 * 1024 * 1024
"""Of an answer that is read here and not sent: a page of 1,000 records with a few fields has about 200 kB."""


class Carry(Protocol):
    """Carries out one call of a tool of the toolset, as a call of the grant that it is given."""

    def __call__(
        self, grant: Grant, tool: str, arguments: dict[str, Any], form: Form, asked: Asked | None, /
    ) -> Awaitable[Answer]:
        """Return the answer. `asked` is what the caller asked for, where this call is what carries it out."""
        ...


IsRepeat = Callable[[str, Asked], Awaitable[bool]]
"""Whether what a caller asks for was carried out before by a tool, under the key that it gives."""

IsMapped = Callable[[], Awaitable[bool]]
"""Whether the clients of the tenant are mapped: whoever names none is then answered that it is of all of them."""


class Stopped(Exception):
    """A step was refused; carries the answer that says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True, slots=True)
class ShortCall:
    """One call of a short tool."""

    listed: ListedShortTool
    grant: Grant
    arguments: dict[str, Any]
    form: Form
    budget: int
    carry: Carry
    is_repeat: IsRepeat
    is_mapped: IsMapped
    public_url: str
    gathered: Gathered = field(default_factory=Gathered)

    async def answer(self) -> Answer:
        """Return what the call comes to; the error of a tool that it calls is in the answer. Raises what is wrong
        with its own arguments.
        """
        short = self.listed.short
        arguments = read_arguments(self.listed, self._strip(self.arguments))
        if short.answer == "connections":
            allowance = self.form.compute_allowance(self.budget, Answer(status=0))
            return Answer(list_connections([self.grant], self.grant, allowance))
        try:
            return await self._call(arguments)
        except Stopped as stopped:
            return stopped.answer

    async def _call(self, arguments: dict[str, Any]) -> Answer:
        short, steps = self.listed.short, Steps(self.listed.short, self._read_page)
        if short.answer == "results":
            return await self._search(arguments)
        if short.merge is not None:
            return await self._list_merged(arguments)
        target, rest = choose_target(short, arguments)
        asked = Asked(short.name, arguments)
        scope = await self._take(steps, arguments | ({"rest": rest} if rest else {}), target, asked)
        filler = Filler(scope)
        filled = filler.fill(target.fill)
        form = replace(self.form, most_frame=0) if short.adds else self.form
        grant = self.grant
        if short.answer == "document":
            grant, form = _widen(grant), PLAIN
        answer = await self.carry(grant, target.tool, filled, form, asked)
        if answer.error is not None:
            return self._rename(answer, target, filler.origins)
        if answer.is_held:
            return answer
        return self._shape(answer, target, scope, steps.notes)

    async def _take(
        self, steps: Steps, scope: dict[str, Any], target: Target, asked: Asked
    ) -> dict[str, Any]:
        """Return the scope with what the steps find; without it for a repeat, which is answered as the first call was.

        What a call has done is what its repeat no longer finds: an invoice that it paid is open no more.
        """
        try:
            return await steps.take(scope)
        except InvalidArguments:
            if not await self.is_repeat(target.tool, asked):
                raise
            return scope

    def _shape(self, answer: Answer, target: Target, scope: Mapping[str, Any], notes: list[str]) -> Answer:
        shapes = self._shapes()
        if self.listed.short.answer == "document":
            return shapes.write_document(target, orjson.loads(answer.text), answer)
        noted = answer._replace(note=" ".join([*([answer.note] if answer.note else []), *notes]))
        return shapes.add_members(noted, self.listed.short.adds, scope) if self.listed.short.adds else noted

    async def _search(self, arguments: dict[str, Any]) -> Answer:
        """Return the results of all tools, each from its list; the first error stands for all.

        The templates of a list may name the records of another one, which is read before.
        """
        targets = self.listed.short.targets
        later = {name for name, each in targets.items() if targets.keys() & _list_names(each)}
        scope, pages = dict(arguments), dict[str, tuple[list[Record], Answer]]()
        for names in (targets.keys() - later, later):
            asked = [name for name in targets if name in names]
            found = await asyncio.gather(*(self._read_target(targets[name], scope) for name in asked))
            pages |= dict(zip(asked, found, strict=True))
            scope |= {name: self._strip(rows) for name, (rows, _) in pages.items()}
        rows = [(targets[name], row) for name in targets for row in pages[name][0]]
        return self._shapes().write_results(rows, pages[next(reversed(pages))][1])

    async def _list_merged(self, arguments: dict[str, Any]) -> Answer:
        """Return the records of several lists as one page."""
        targets, notes = choose_lists(self.listed.short, arguments)
        merging = Merging(self.listed.short, targets, arguments, self._read_figures)
        steps = Steps(self.listed.short, self._read_figures, self._mark)
        scope = await steps.take(arguments)
        limit = arguments.get("limit", USUAL_LIMIT)
        page = await merging.read(scope, min(limit, MOST_ROWS, self.grant.config.max_rows or MOST_ROWS))
        self.gathered.notes += (*notes, *steps.notes)
        if await self._is_of_all(arguments):
            self.gathered.notes.append(WHOLE_COMPANY)
        return self._shapes().write_merged(merging, page, self.gathered)

    async def _is_of_all(self, arguments: Mapping[str, Any]) -> bool:
        """Return whether no client was named where one could be, and no list that was read says so itself."""
        if CLIENT not in self.listed.short.input_schema["properties"] or CLIENT in arguments:
            return False
        is_said = any(WHOLE_COMPANY in each for each in self.gathered.notes)
        return not is_said and await self.is_mapped()

    async def _read_target(self, target: Target, scope: Mapping[str, Any]) -> tuple[list[Record], Answer]:
        filler = Filler(scope)
        answer = await self._read(target, filler.fill(target.fill), filler.origins)
        return orjson.loads(answer.text)["records"], answer

    async def _read_page(
        self, target: Target, arguments: dict[str, Any], origins: Origins
    ) -> tuple[list[Record], str]:
        page = orjson.loads((await self._read(target, arguments, origins)).text)
        return self._strip(page["records"]), page.get("next_cursor", "")

    async def _read_figures(
        self, target: Target, arguments: dict[str, Any], origins: Origins
    ) -> tuple[list[Record], str]:
        """Return the records of a page, their figures as the vendor wrote them, and gather what is said beside."""
        answer = await self._read(target, arguments, origins)
        page = figures.read(answer.text.encode())
        self.gathered.add(answer, page)
        return self._strip(page["records"]), str(page.get("next_cursor", ""))

    def _mark(self, text: str) -> str:
        return fence_text(text) if self.grant.config.untrusted_text == "fenced" else text

    async def _read(self, target: Target, arguments: dict[str, Any], origins: Origins) -> Answer:
        """Return an answer that is read here. Raises Stopped with the answer that is an error."""
        answer = await self.carry(_widen(self.grant), target.tool, arguments, PLAIN, None)
        if answer.error is not None:
            raise Stopped(self._rename(answer, target, origins))
        return answer

    def _strip(self, value: Any) -> Any:
        """Return a value without the fences in which texts stand, where this grant has them."""
        return strip_fences(value) if self.grant.config.untrusted_text == "fenced" else value

    def _rename(self, answer: Answer, target: Target, origins: Origins) -> Answer:
        error: LedgerportError | None = answer.error
        assert error is not None
        return answer._replace(error=rename_error(error, self.listed.short, target.tool, origins))

    def _shapes(self) -> Shapes:
        return Shapes(self.grant, self.public_url, self.form, self.budget)


def _list_names(target: Target) -> set[str]:
    return {path[0] for path in list_paths(target.fill)}


def _widen(grant: Grant) -> Grant:
    """Return a grant for a call whose answer is read here: what is sent of it is bounded afterwards."""
    return replace(grant, config=replace(grant.config, max_answer_bytes=PAGE_BYTES, max_answer_tokens=0))
