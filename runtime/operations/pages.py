"""The answer of a list: the records of one page, as many as fit, and first of all what is said of the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.catalog import Listing, Tool
from generator.vendor import Integration, Pagination
from runtime.errors import AnswerTooLarge
from runtime.operations import bounds, remarks
from runtime.operations.allowance import Allowance
from runtime.operations.lists import PageRequest, listing_of
from runtime.operations.suggestions import nearest_name
from runtime.upstream import figures, paging, query
from runtime.upstream.answer import UnexpectedShape, at, records_in
from runtime.upstream.rows import Rows, ValueRows, base_name

ROW = re.compile(r"[0-9]{1,9}")
"""A position in a cursor of rows: the next one."""
LONGEST_VENDOR_CURSOR = 4096
"""Bytes. Ours holds it in base64."""
MOST_ABSENT = 5
"""Fields named for nothing that a note tells."""
MOST_HEAD = 0.6
"""Of an answer, what may stand before its rows: the rest holds some of them, and remarks."""
LONGEST_TOTAL = 100
"""Bytes of a number, which may be written as a text."""
MOST_NARROWING = 8
"""Arguments that a note names."""
READ_ON_IN_IT = "To read on in it, repeat this call with fields {fields}."
NO_ROWS = bounds.Source(0, lambda place: b"")


def names_shown(tool: Tool, arguments: Mapping[str, Any]) -> Sequence[str]:
    """The fields that a list shows of each record, in this order; none for all."""
    if names := arguments.get("fields"):
        return list(dict.fromkeys(names))
    return () if arguments.get("query") else listing_of(tool).columns


def can_be_quick(tool: Tool, integration: Integration, arguments: Mapping[str, Any]) -> bool:
    """Whether the records of a page are all that is read of an answer."""
    loose = query.loose_texts(integration.query_language, listing_of(tool), arguments)
    return integration.pagination.style != "cursor" and not loose


def rows_in(tool: Tool, integration: Integration, arguments: Mapping[str, Any], value: Any) -> ValueRows:
    """The records of an answer that was read as a value. Raises UnexpectedShape when they are no list."""
    records = records_in(value, tool.returns.path, integration.pagination.beside)
    return ValueRows(records, names_shown(tool, arguments))


def page_answer(
    tool: Tool,
    integration: Integration,
    arguments: Mapping[str, Any],
    asked: PageRequest,
    rows: Rows,
    value: Any,
    allowance: Allowance,
    link: str = "",
    tools: Iterable[Tool] = (),
) -> str:
    """The answer of a list tool: `{returned, next_cursor?, note?, records}` as JSON.

    The records come last: a host that cuts a long answer leaves its cursor whole. `value` is what stands beside them,
    and None where that is not read. `tools` say what each record can be asked, where a query reads any of them.

    `next_cursor` is there exactly when there may be more; `note` says when the size of the answer made the cut.
    Raises UnexpectedShape when the vendor answered something other than a list of records.
    """
    total = None if len(rows) else _total(tool, integration, value)
    raw = "" if len(rows) or total else str(arguments.get("query") or "")
    notes = remarks.on_nothing(tool, integration.query_language, raw, tools)
    if total is not None:
        head = {"total": total, "note": " ".join(notes)} if notes else {"total": total}
        return bounds.with_rows(lambda _count, _remark: head, "records", NO_ROWS, allowance)
    page = _Page.of(tool, integration, arguments, asked, rows, value, link, notes)
    texts = bounds.Source(len(page.places), lambda place: page.rows.text(page.places[place]))
    return bounds.with_rows(page.head, "records", texts, allowance, READ_ON_IN_IT)


def _total(tool: Tool, integration: Integration, value: Any) -> Any:
    """The number of an answer that only counts; None for any other. Raises UnexpectedShape for what is no number."""
    counted = integration.pagination.total
    total = at(value, counted) if counted and tool.returns.path else None
    if not isinstance(total, (int, float, str, figures.Figure)):
        return None
    if len(bounds.written(total)) > LONGEST_TOTAL:
        raise UnexpectedShape("the total is no number")
    return total


@dataclass(frozen=True, slots=True)
class _Page:
    """The records of one page, and what is said before them."""

    tool: Tool
    integration: Integration
    arguments: Mapping[str, Any]
    asked: PageRequest
    rows: Rows
    places: Sequence[int]
    """Which of the rows are shown."""
    received: int
    """How many records the vendor answered."""
    next_cursor: str
    """What the vendor calls the beginning of the next page."""
    notes: list[str]
    """What is said of the page, however much of it is shown."""
    meant: _Meant

    @classmethod
    def of(
        cls,
        tool: Tool,
        integration: Integration,
        arguments: Mapping[str, Any],
        asked: PageRequest,
        rows: Rows,
        value: Any,
        link: str,
        notes: Sequence[str],
    ) -> _Page:
        listing = listing_of(tool)
        page = rows.between(asked.skip, asked.limit + (asked.skip if listing.is_whole else 0))
        meant = _Meant.of(integration, listing, arguments)
        places = meant.places(page)
        shown = page if len(places) == len(page) else page.only(places)
        cursor = "" if listing.is_whole else _next_cursor(integration.pagination, value, link)
        said = [*notes, *_absent(shown, arguments.get("fields", ()))]
        return cls(tool, integration, arguments, asked, page, places, len(rows), cursor, said, meant)

    def head(self, count: int, remark: str) -> dict[str, Any]:
        """What stands before the records when so many of them are shown."""
        is_cut = count < len(self.places)
        used = self.places[count] if is_cut else len(self.rows)
        head: dict[str, Any] = {"returned": count}
        following = self._following(used, is_cut=is_cut)
        if following:
            head["next_cursor"] = paging.cursor_for(self.tool.name, self.arguments, following)
        notes = [*self.notes]
        if len(self.places) < len(self.rows):
            notes.append(self.meant.note(len(self.rows) - len(self.places), has_more=bool(following)))
        if is_cut:
            notes.append(
                f"Only {count} of the {len(self.places)} records of this page fit into one answer. "
                "Pass next_cursor to read on, or name fewer fields."
            )
        if remark:
            notes.append(remark)
        return {**head, "note": " ".join(notes)} if notes else head

    def _following(self, used: int, *, is_cut: bool) -> str:
        """Where the next page begins when this one ends behind so many records; empty when it was the last."""
        asked = self.asked
        if listing_of(self.tool).is_whole:
            passed = asked.skip + used
            return f"{asked.position}/{passed}/0" if passed < self.received else ""
        return _following(self.integration, asked, self.next_cursor, self.received, used, is_cut)


@dataclass(frozen=True, slots=True)
class _Meant:
    """What `contains` arguments mean, where the vendor's own search finds more: each with its field and its text."""

    texts: dict[str, tuple[tuple[str, ...], str]]

    @classmethod
    def of(cls, integration: Integration, listing: Listing, arguments: Mapping[str, Any]) -> _Meant:
        loose = query.loose_texts(integration.query_language, listing, arguments)
        return cls({name: (path, str(arguments[name]).casefold()) for name, path in loose.items()})

    def places(self, page: Rows) -> Sequence[int]:
        """Which records of a page contain each text as it is written, in capitals or not."""
        if not self.texts or not isinstance(page, ValueRows):
            return range(len(page))
        return [place for place, record in enumerate(page.records) if self._holds(record)]

    def _holds(self, record: Mapping[str, Any]) -> bool:
        found = ((figures.number_in(at(record, path)), text) for path, text in self.texts.values())
        return all(text in str(there or "").casefold() for there, text in found)

    def note(self, others: int, *, has_more: bool) -> str:
        """The sentence that says why a page has fewer records than the vendor answered."""
        said = f"Every character of {', '.join(self.texts)} means itself; similar records left out: {others}."
        return f"{said} Pass next_cursor to read on." if has_more else said


def _absent(rows: Rows, names: Sequence[str]) -> list[str]:
    """A sentence for each field that was named and that no record has: it may be empty in all, or misspelt."""
    wanted = [name for name in dict.fromkeys(names) if name != "*"]
    absent = rows.absent([base_name(name) for name in wanted]) if len(rows) and wanted else []
    if not absent:
        return []
    there = rows.names()
    return [_absent_note(name, there) for name in absent[:MOST_ABSENT]]


def _absent_note(name: str, there: list[str]) -> str:
    whole = name.partition(".")[0]
    nearest = whole if whole in there else nearest_name(name, there)
    hint = f' Did you mean "{nearest[:80]}"?' if nearest else ""
    return f'No record of this page has "{name[:80]}".{hint}'


def rows_answer(tool: Tool, arguments: Mapping[str, Any], shape: dict[str, Any], allowance: Allowance) -> str:
    """The answer of a tool whose behaviour gives rows: the same object with as many rows as asked for and fit.

    What is said of the rows comes first, and the rows last. Raises AnswerTooLarge when too much stands beside them.
    """
    rows: Sequence[Any] = shape.pop("rows")
    found = paging.position_in(tool.name, arguments, ROW)
    start = int(found[0]) if found else 0
    wanted = rows[start : start + int(arguments.get("limit") or len(rows))]
    totals, own = shape.pop("totals", None), shape.pop("note", "")
    narrow = _narrower(tool)

    def head(count: int, remark: str) -> dict[str, Any]:
        end = start + count
        first: dict[str, Any] = {"returned": count, "rows_in_all": len(rows)}
        notes = [own, remark]
        if end < len(rows):
            first["next_cursor"] = paging.cursor_for(tool.name, arguments, str(end))
            notes.insert(0, f"Rows {start + 1} to {end} of {len(rows)}. Pass next_cursor to read on{narrow}.")
        if text := " ".join(note for note in notes if note):
            first["note"] = text
        # where all rows are here, the totals stand among them
        return {**first, **shape, **({"totals": totals} if totals and (end < len(rows) or start) else {})}

    if bounds.head_cost(head(0, ""), allowance) > allowance.size * MOST_HEAD:
        totals = None
    if bounds.head_cost(head(0, ""), allowance) > allowance.size * MOST_HEAD:
        raise AnswerTooLarge(
            f"The answer has {len(shape.get('columns') or ()):,} columns, whose names alone are more than one answer "
            "holds.",
            advice=f"Ask for less{narrow}." if narrow else "Look at it at the vendor.",
        )
    source = bounds.Source(len(wanted), lambda place: bounds.written(wanted[place]))
    return bounds.with_rows(head, "rows", source, allowance)


def _narrower(tool: Tool) -> str:
    """By which arguments of a tool less is asked for, to stand behind a sentence; empty when it has none."""
    own = [name for name in tool.input_schema["properties"] if name not in ("limit", "next_cursor", "id")]
    return f", or narrow it with {', '.join(own[:MOST_NARROWING])}" if own else ""


def _following(
    integration: Integration, asked: PageRequest, cursor: str, received: int, told: int, is_cut: bool
) -> str:
    """Where the next page begins; empty when this was the last."""
    style = integration.pagination.style
    if style == "offset":
        has_more = is_cut or (
            received > asked.limit if asked.probe > asked.limit else received >= asked.limit
        )
        return f"{int(asked.position) + told}/0/0" if has_more and received else ""
    if is_cut:
        return f"{asked.position}/{asked.skip + told}/{asked.limit}"
    if style == "page":
        return f"{int(asked.position) + 1}/0/{asked.limit}" if received >= asked.limit else ""
    return f"{cursor}/0/{asked.limit}" if cursor else ""


def _next_cursor(pagination: Pagination, value: Any, link: str) -> str:
    """What the vendor calls the beginning of the next page, in the answer or in its Link header; empty at the end."""
    if pagination.style == "link_header":
        return paging.next_in(link, pagination.parameter)
    found = at(value, pagination.cursor) if pagination.style == "cursor" else None
    if not found:
        return ""
    if not isinstance(found, (str, int)) or len(str(found).encode()) > LONGEST_VENDOR_CURSOR:
        raise UnexpectedShape("the cursor of the next page is none")
    return str(found)
