"""The answer of a list: the records of one page, as many as fit, and first of all what is said of the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.catalog import Listing, Tool
from generator.suggestions import ask_if_meant, find_nearest_name
from generator.vendor import Integration, Pagination
from runtime.exchange import bounds, remarks
from runtime.exchange.allowance import Allowance
from runtime.exchange.context import CallContext
from runtime.exchange.page_request import PageRequest, get_listing
from runtime.upstream import figures, paging, query
from runtime.upstream.answer import UnexpectedShape, find_records, follow_path
from runtime.upstream.empty import drop_empty
from runtime.upstream.rows import Rows, ValueRows, strip_slice
from runtime.upstream.table_rows import Table

LONGEST_VENDOR_CURSOR = 4096
"""Bytes. Ours holds it in base64."""
MOST_ABSENT = 5
"""Fields that a note names because no record has them."""
LONGEST_TOTAL = 100
"""Bytes of a number, which may be written as a text."""
FULL, TABLE = "full", "table"
"""What the arguments `detail` and `format` may say beside what is usual."""
AS_RECORDS = "One row does not fit into an answer, so that these are records."
READ_ON_IN_IT = "To read on in it, repeat this call with fields {fields}."
NO_ROWS = bounds.Source(0, lambda _place: b"")


def choose_names(tool: Tool, arguments: Mapping[str, Any]) -> Sequence[str]:
    """Return the fields that a list shows of each record, in this order; none for all."""
    if arguments.get("fields"):
        return list_asked(arguments)
    detail = arguments.get("detail") or (FULL if arguments.get("query") else "")
    return () if detail == FULL else get_listing(tool).columns


def list_asked(arguments: Mapping[str, Any]) -> list[str]:
    """Return the fields that a caller asks for, each once."""
    return list(dict.fromkeys(_name_field(name) for name in arguments.get("fields") or ()))


def _name_field(name: str) -> str:
    """Return the field that a name is about: what is inside one, such as `CustomerRef.name`, is shown with it."""
    return name.partition(".")[0] if "." in name and "[" not in name else name


def can_be_quick(tool: Tool, integration: Integration, arguments: Mapping[str, Any]) -> bool:
    """Return whether the records of a page are all that is read of an answer."""
    loose = query.find_loose_texts(integration.query_language, get_listing(tool), arguments)
    return integration.pagination.style != "cursor" and not loose


def read_rows(tool: Tool, integration: Integration, arguments: Mapping[str, Any], value: Any) -> ValueRows:
    """Return the records of an answer that was read as a value. Raises UnexpectedShape when they are no list."""
    records = find_records(value, tool.returns.path, integration.pagination.beside)
    return ValueRows(records, choose_names(tool, arguments))


@dataclass(frozen=True, slots=True)
class PageContent:
    """What a response holds of a list: the records, and what stands beside them, None where that is not read."""

    rows: Rows
    value: Any = None
    link: str = ""
    """The Link header, which may say where the next page begins."""


def write_page(call: CallContext, asked: PageRequest, content: PageContent, allowance: Allowance) -> str:
    """Return the answer of a list tool: `{returned, next_cursor?, note?, records}` as JSON.

    The records come last: a host that cuts a long answer leaves its cursor whole.

    `next_cursor` is there exactly when there may be more; `note` says when the size of the answer made the cut.
    Raises UnexpectedShape when the vendor answered something other than a list of records.
    """
    is_empty = not len(content.rows)
    total = _total(call.tool, call.integration, content.value) if is_empty else None
    raw = str(call.arguments.get("query") or "") if is_empty and not total else ""
    notes = [*asked.notes]
    notes += remarks.remark_on_nothing(call.tool, call.integration.query_language, raw, call.known)
    if total is not None:
        head = {"total": total, "note": " ".join(notes)} if notes else {"total": total}
        return bounds.append_rows(lambda _count, _remark: head, "records", NO_ROWS, allowance)
    page = _Page.of(call, asked, content, notes)
    return append_records(call, page.pick_shown(), page.head, allowance)


def append_records(call: CallContext, rows: Rows, head: bounds.Head, allowance: Allowance) -> str:
    """Return an answer with as many records as fit, in the form that the call asks for, behind what `head` says."""
    if call.arguments.get("format") == TABLE and len(rows):
        if text := _write_table(call, rows.make_table(), head, allowance):
            return text
        head = _say_first(head, AS_RECORDS)
    write = _as_it_is if call.arguments.get("fields") else drop_empty
    texts = bounds.Source(len(rows), lambda place: call.mark(write(rows.write_record(place))))
    return bounds.append_rows(head, "records", texts, allowance, READ_ON_IN_IT)


def _write_table(call: CallContext, table: Table, head: bounds.Head, allowance: Allowance) -> str:
    """Return the answer `{returned, next_cursor?, note?, columns, rows}`; empty when not even one row fits."""

    def with_columns(count: int, remark: str) -> dict[str, Any]:
        return {**head(count, remark), "columns": table.columns}

    if call.is_fenced or not allowance.holds(table.text):
        first = allowance.measure(call.mark(bytes(table.rows[0])) + b',"rows":[]')
        if bounds.measure_head(with_columns(1, ""), allowance) + first > allowance.size:
            return ""
    whole = b"" if call.is_fenced else table.text
    source = bounds.Source(table.count, lambda place: call.mark(bytes(table.rows[place])), whole)
    return bounds.append_rows(with_columns, "rows", source, allowance)


def _say_first(head: bounds.Head, text: str) -> bounds.Head:
    return lambda count, remark: head(count, f"{text} {remark}".strip())


def _as_it_is(text: bytes) -> bytes:
    return text


def _total(tool: Tool, integration: Integration, value: Any) -> Any:
    """Return the number of an answer that only counts; None for any other. Raises UnexpectedShape."""
    counted = integration.pagination.total
    total = follow_path(value, counted) if counted and tool.returns.path else None
    if not isinstance(total, (int, float, str, figures.Figure)):
        return None
    if len(bounds.write_json(total)) > LONGEST_TOTAL:
        raise UnexpectedShape("the total is no number")
    return total


@dataclass(frozen=True, slots=True)
class _Page:
    """The records of one page, and what is said before them."""

    call: CallContext
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
    def of(cls, call: CallContext, asked: PageRequest, content: PageContent, notes: Sequence[str]) -> _Page:
        listing, integration = get_listing(call.tool), call.integration
        rows = content.rows
        page = rows.cut(asked.skip, asked.limit + (asked.skip if listing.is_whole else 0))
        meant = _Meant.of(integration, listing, call.arguments)
        places = meant.places(page)
        shown = _only(page, places)
        cursor = _next_cursor(integration.pagination, content) if not listing.is_whole else ""
        remarks_on_page = [*notes, *note_absent(shown, list_asked(call.arguments))]
        return cls(call, asked, page, places, len(rows), cursor, remarks_on_page, meant)

    def pick_shown(self) -> Rows:
        """Return the records that are shown, if all of them fit."""
        return _only(self.rows, self.places)

    def head(self, count: int, remark: str) -> dict[str, Any]:
        """Return what stands before the records when so many of them are shown."""
        is_cut = count < len(self.places)
        used = self.places[count] if is_cut else len(self.rows)
        head: dict[str, Any] = {"returned": count}
        following = self._following(used, is_cut=is_cut)
        if following:
            head["next_cursor"] = paging.make_cursor(self.call.tool.name, self.call.arguments, following)
        notes = [*self.notes]
        if len(self.places) < len(self.rows):
            notes.append(self.meant.note(len(self.rows) - len(self.places), has_more=bool(following)))
        if is_cut:
            notes.append(
                f"Only {count} of the {len(self.places)} records of this page fit into one answer. "
                f"Pass next_cursor to read on, or {self._narrower()}."
            )
        elif following and self.asked.limit == self.call.max_rows:
            notes.append(note_most(self.asked.limit))
        if remark:
            notes.append(remark)
        return {**head, "note": " ".join(notes)} if notes else head

    def _narrower(self) -> str:
        """Return how more records would fit into an answer."""
        takes_table = "format" in self.call.tool.input_schema["properties"]
        is_table = not takes_table or self.call.arguments.get("format") == TABLE
        return "name fewer fields" if is_table else f"name fewer fields, or ask for format {TABLE}"

    def _following(self, used: int, *, is_cut: bool) -> str:
        """Return where the next page begins when this one ends behind so many records; empty when it was the last."""
        asked = self.asked
        if get_listing(self.call.tool).is_whole:
            passed = asked.skip + used
            return f"{asked.position}/{passed}/0" if passed < self.received else ""
        return _following(self.call.integration, asked, self.next_cursor, self.received, used, is_cut=is_cut)


def _only(rows: Rows, places: Sequence[int]) -> Rows:
    return rows if len(places) == len(rows) else rows.pick(places)


@dataclass(frozen=True, slots=True)
class _Meant:
    """What `contains` arguments mean, where the vendor's own search finds more: each with its field and its text."""

    texts: dict[str, tuple[tuple[str, ...], str]]

    @classmethod
    def of(cls, integration: Integration, listing: Listing, arguments: Mapping[str, Any]) -> _Meant:
        loose = query.find_loose_texts(integration.query_language, listing, arguments)
        return cls({name: (path, str(arguments[name]).casefold()) for name, path in loose.items()})

    def places(self, page: Rows) -> Sequence[int]:
        """Return which records of a page contain each text as it is written, in capitals or not."""
        if not self.texts or not isinstance(page, ValueRows):
            return range(len(page))
        return [place for place, record in enumerate(page.records) if self._holds(record)]

    def _holds(self, record: Mapping[str, Any]) -> bool:
        found = ((figures.read_number(follow_path(record, path)), text) for path, text in self.texts.values())
        return all(text in str(there or "").casefold() for there, text in found)

    def note(self, others: int, *, has_more: bool) -> str:
        """Return the sentence that says why a page has fewer records than the vendor answered."""
        said = f"Every character of {', '.join(self.texts)} means itself; similar records left out: {others}."
        return f"{said} Pass next_cursor to read on." if has_more else said


def note_most(limit: int) -> str:
    """Return the sentence that says that an MCP server answers no more records at once."""
    return f"This MCP server answers at most {limit} records. Pass next_cursor to read on."


def note_absent(rows: Rows, names: Sequence[str]) -> list[str]:
    """Return a sentence for each field that was named and that no record has: it may be empty in all, or misspelt."""
    wanted = [name for name in dict.fromkeys(names) if name != "*"]
    absent = rows.find_absent([strip_slice(name) for name in wanted]) if len(rows) and wanted else []
    if not absent:
        return []
    there = rows.list_names()
    return [_absent_note(name, there) for name in absent[:MOST_ABSENT]]


def _absent_note(name: str, there: list[str]) -> str:
    whole = name.partition(".")[0]
    nearest = whole if whole in there else find_nearest_name(name, there)
    hint = ask_if_meant(nearest[:80]) if nearest else ""
    return f'No record of this page has "{name[:80]}". {hint}'.rstrip()


def _following(
    integration: Integration, asked: PageRequest, cursor: str, received: int, shown: int, *, is_cut: bool
) -> str:
    """Return where the next page begins; empty when this was the last."""
    style = integration.pagination.style
    if style == "offset":
        has_more = is_cut or (
            received > asked.limit if asked.probe > asked.limit else received >= asked.limit
        )
        return f"{int(asked.position) + shown}/0/0" if has_more and received else ""
    if is_cut:
        return f"{asked.position}/{asked.skip + shown}/{asked.limit}"
    if style == "page":
        return f"{int(asked.position) + 1}/0/{asked.limit}" if received >= asked.limit else ""
    return f"{cursor}/0/{asked.limit}" if cursor else ""


def _next_cursor(pagination: Pagination, content: PageContent) -> str:
    """Return what the vendor calls the next page, in the answer or its Link header; empty at the end."""
    if pagination.style == "link_header":
        return paging.find_next(content.link, pagination.parameter)
    found = follow_path(content.value, pagination.cursor) if pagination.style == "cursor" else None
    if not found:
        return ""
    if not isinstance(found, (str, int)) or len(str(found).encode()) > LONGEST_VENDOR_CURSOR:
        raise UnexpectedShape("the cursor of the next page is none")
    return str(found)
