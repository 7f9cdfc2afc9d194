"""A call that is answered with rows, such as a report: what a behaviour of the integration makes of the response."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from generator.catalog import Tool
from runtime.errors import AnswerTooLarge
from runtime.exchange import bounds
from runtime.exchange.allowance import Allowance
from runtime.exchange.context import CallContext, Request, record_request
from runtime.exchange.masked_response import MaskedResponse
from runtime.exchange.tool_answer import Answer
from runtime.safety.fences import fence_value
from runtime.upstream import paging
from runtime.upstream.answer import UnexpectedShape
from runtime.upstream.behaviours import BEHAVIOURS

ROW = re.compile(r"[0-9]{1,9}")
"""A position in a cursor of rows: the next one."""
OWN_SENTENCES = frozenset({"note", "may_be_cut"})
"""What a behaviour says of a table, beside what the vendor says in it."""
MOST_HEAD = 0.6
"""Of an answer, what may stand before its rows: the rest holds some of them, and remarks."""
MOST_INNER = 0.25
"""The same with totals of sections within sections, which stand among the rows as well."""
MOST_NARROWING = 8
"""Arguments that a note names."""


def prepare(call: CallContext) -> Request:
    """Return the request, made from the arguments."""
    return record_request(call)


def read(call: CallContext, response: MaskedResponse) -> Answer:
    """Return as many rows as asked for and fit. Raises UnexpectedShape for what the behaviour cannot read."""
    try:
        table = _shown(call, BEHAVIOURS[call.tool.returns.behaviour](response.read_record()))
    except (AttributeError, KeyError, TypeError) as other_shape:
        raise UnexpectedShape from other_shape
    return call.answer(write_table(call.tool, _bounded(call), table, call.compute_allowance()))


def _bounded(call: CallContext) -> Mapping[str, Any]:
    """Return the arguments with no greater limit than the MCP server has."""
    asked = call.arguments.get("limit")
    if not call.max_rows or (asked and asked <= call.max_rows):
        return call.arguments
    return {**call.arguments, "limit": call.max_rows}


def _shown(call: CallContext, table: dict[str, Any]) -> dict[str, Any]:
    """Return a table with the texts in it as its caller wants them: those of records, and not our own sentences."""
    if not call.is_fenced:
        return table
    return {name: each if name in OWN_SENTENCES else fence_value(each) for name, each in table.items()}


def write_table(tool: Tool, arguments: Mapping[str, Any], table: dict[str, Any], allowance: Allowance) -> str:
    """Return the table of a behaviour as JSON, with as many rows as asked for and fit.

    What is said of the rows comes first, and the rows last. Raises AnswerTooLarge when too much stands beside them.
    """
    page = _Rows.of(tool, arguments, table)
    wanted = page.rows[page.start : page.start + int(arguments.get("limit") or len(page.rows))]
    most = allowance.size * MOST_HEAD
    while (
        page.totals
        and bounds.measure_head(page.head(0, ""), allowance) > page.share_of_totals * allowance.size
    ):
        page = page.drop_inner_totals()
    if bounds.measure_head(page.head(0, ""), allowance) > most:
        raise _too_wide(page)
    source = bounds.Source(len(wanted), lambda place: bounds.write_json(wanted[place]))
    return bounds.append_rows(page.head, "rows", source, allowance)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a table from one of them on, and what is said before them."""

    tool: Tool
    arguments: Mapping[str, Any]
    rows: Sequence[Any]
    start: int
    totals: Any
    note: str
    beside: Mapping[str, Any]
    """What else the table holds, such as its columns."""

    @classmethod
    def of(cls, tool: Tool, arguments: Mapping[str, Any], table: Mapping[str, Any]) -> _Rows:
        found = paging.read_position(tool.name, arguments, ROW)
        beside = {name: value for name, value in table.items() if name not in ("rows", "totals", "note")}
        start = int(found[0]) if found else 0
        return cls(tool, arguments, table["rows"], start, table.get("totals"), table.get("note", ""), beside)

    @property
    def share_of_totals(self) -> float:
        """Of an answer, what may stand before its rows with these totals: those of the whole may take the most."""
        return MOST_INNER if any(_depth(each) for each in self.totals) else MOST_HEAD

    def drop_inner_totals(self) -> _Rows:
        """Return it without the totals of its innermost sections; they stand among the rows all the same."""
        depth = max(_depth(each) for each in self.totals)
        return replace(self, totals=[each for each in self.totals if _depth(each) < depth])

    def head(self, count: int, remark: str) -> dict[str, Any]:
        """Return what stands before so many rows."""
        end = self.start + count
        has_more = end < len(self.rows)
        first: dict[str, Any] = {"returned": count, "rows_in_all": len(self.rows)}
        notes = [self.note, remark]
        if has_more:
            first["next_cursor"] = paging.make_cursor(self.tool.name, self.arguments, str(end))
            notes.insert(0, self._said_of_more(end))
        if text := " ".join(note for note in notes if note):
            first["note"] = text
        # where all rows are here, the totals stand among them
        has_totals = self.totals and (has_more or self.start)
        return {**first, **self.beside, **({"totals": self.totals} if has_totals else {})}

    def _said_of_more(self, end: int) -> str:
        place = f"Rows {self.start + 1} to {end} of {len(self.rows)}."
        return f"{place} Pass next_cursor to read on{_narrower(self.tool)}."


def _depth(row: Any) -> int:
    return int(row.get("depth", 0)) if isinstance(row, Mapping) else 0


def _too_wide(page: _Rows) -> AnswerTooLarge:
    narrow = _narrower(page.tool)
    return AnswerTooLarge(
        f"The answer has {len(page.beside.get('columns') or ()):,} columns, whose names alone are more than one "
        "answer holds.",
        advice=f"Ask for less{narrow}." if narrow else "Look at it at the vendor.",
    )


def _narrower(tool: Tool) -> str:
    """Return which arguments of a tool ask for less, to stand behind a sentence; empty when it has none."""
    own = [name for name in tool.input_schema["properties"] if name not in ("limit", "next_cursor", "id")]
    return f", or narrow it with {', '.join(own[:MOST_NARROWING])}" if own else ""
