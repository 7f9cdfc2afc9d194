"""Reading a long list page by page: what to ask the vendor for, and what to tell the caller of the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.catalog import Integration, Listing, Pagination, Tool
from runtime.errors import InvalidArguments
from runtime.operations import bounds, remarks
from runtime.operations.suggestions import nearest_name
from runtime.safety.comparisons import refuse_comparisons
from runtime.upstream import paging, query
from runtime.upstream.answer import UnexpectedShape, at, records_in

COUNTED = re.compile(r"([0-9]{1,9})/([0-9]{1,9})/([0-9]{1,9})")
TOLD = re.compile(r"(.*)/([0-9]{1,9})/([0-9]{1,9})", re.DOTALL)
ROW = re.compile(r"[0-9]{1,9}")
"""A position in a cursor: where the page begins, counted here or told by the vendor, how many of its records were told
already, and its size; or the next row.
"""
MOST_FIELDS = 200
"""Names under `fields`. The largest entity has about 100; each name is looked for in each record."""
LONGEST_VENDOR_CURSOR = 4096
LARGEST_HEAD = 65_536
"""Bytes of what stands beside the rows of an answer, where the budget is smaller."""
MOST_ABSENT = 5
"""Fields named for nothing that a note tells."""
PLACES = {"offset": "start", "page": "page", "cursor": "cursor", "link_header": "cursor"}
"""Which word of a request says where its page begins, for each style of paging."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page to ask for. `probe` is one more than `limit` where that shows whether there are more."""

    values: dict[str, str]
    position: str
    skip: int
    limit: int
    probe: int


def page_request(tool: Tool, integration: Integration, arguments: Mapping[str, Any]) -> PageRequest:
    """What the vendor is asked for. Raises InvalidArguments for a query or cursor that does not fit."""
    listing, pagination, language = _listing(tool), integration.pagination, integration.query_language
    position, skip, size = _position(tool, pagination, arguments)
    limit = size or int(arguments.get("limit") or pagination.default)
    raw = str(arguments.get("query") or "")
    _check_lengths(raw, arguments.get("fields") or ())
    if listing.raw_query and raw:
        _refuse_mixture(listing, arguments)
        query.refuse_unsupported(language, raw)
        refuse_comparisons(tool, language, raw)
        own = query.raw_paging(language, listing, raw)
        limit = min(_raw_limit(own.limit, arguments, limit), pagination.maximum)
        position = position or (str(own.start) if own.start is not None else "")
        probe = limit if own.limit is not None else _probe(pagination, limit)
    else:
        probe = _probe(pagination, limit)
    position = position or (str(pagination.first) if pagination.style in ("offset", "page") else "")
    values = {"limit": str(probe), "entity": listing.entity, "cursor": "", "page": "", "start": ""}
    values[PLACES[pagination.style]] = position
    page = query.Page(int(position) if position.isascii() and position.isdigit() else pagination.first, probe)
    if raw:
        values["statement"] = query.raw_page(language, raw, page)
    else:
        if listing.entity == "*":
            raise InvalidArguments('Argument "query" is empty.', advice="Write the statement to read.")
        values["conditions"] = query.conditions(language, listing, arguments)
        values["order_by"] = query.order_by(language, listing, arguments)
        values["statement"] = query.statement(
            language, listing, values["conditions"], values["order_by"], page
        )
    return PageRequest(values, position, skip, limit, probe)


def _check_lengths(raw: str, fields: Sequence[str]) -> None:
    """Raises InvalidArguments for a query or a list of fields that is too long to be looked through."""
    query.refuse_long(raw)
    if len(fields) > MOST_FIELDS:
        raise InvalidArguments(
            f'Argument "fields" has {len(fields):,} names; at most {MOST_FIELDS} are allowed.',
            advice="Name fewer fields, or * for all of them.",
        )


def page_answer(
    tool: Tool,
    integration: Integration,
    arguments: Mapping[str, Any],
    asked: PageRequest,
    value: Any,
    budget: int,
    link: str = "",
    tools: Iterable[Tool] = (),
) -> str:
    """The answer of a list tool: `{returned, next_cursor?, note?, records}` as JSON.

    The records come last: a host that cuts a long answer leaves its cursor whole.
    `tools` say what each record can be asked, where a query reads any of them.

    `next_cursor` is there exactly when there may be more; `note` says when the size of the answer made the cut.
    Raises UnexpectedShape when the vendor answered something other than a list of records.
    """
    records = records_in(value, tool.returns.path, integration.pagination.beside)
    counted = integration.pagination.total
    total = at(value, counted) if counted and tool.returns.path and not records else None
    raw = "" if records or total else str(arguments.get("query") or "")
    notes = remarks.on_nothing(tool, integration.query_language, raw, tools)
    if isinstance(total, (int, float, str)):
        head = {"total": total, "note": " ".join(notes)} if notes else {"total": total}
        return bounds.with_rows(head, "records", bounds.fit([], budget), {})
    is_whole = _listing(tool).is_whole
    page = records[asked.skip : asked.limit + (asked.skip if is_whole else 0)]
    if not all(isinstance(record, dict) for record in page):
        raise UnexpectedShape("a record is no object")
    meant = _Meant.of(integration, _listing(tool), arguments)
    places = meant.places(page)
    found = [page[place] for place in places] if meant.texts else page
    shown = bounds.project(found, _names(tool, arguments))
    fitted = bounds.fit(shown, budget)
    notes += _absent(found, arguments.get("fields", ()))
    tail: dict[str, Any] = {"returned": fitted.count}
    is_cut = fitted.count < len(shown)
    used = places[fitted.count] if is_cut else len(page)
    if is_whole:
        passed = asked.skip + used
        following = f"{asked.position}/{passed}/0" if passed < len(records) else ""
    else:
        next_cursor = _next_cursor(integration.pagination, value, link)
        following = _following(integration, asked, next_cursor, len(records), used, is_cut)
    if following:
        tail["next_cursor"] = paging.cursor_for(tool.name, arguments, following)
    if len(found) < len(page):
        notes.append(meant.note(len(page) - len(found), has_more=bool(following)))
    if is_cut:
        notes.append(
            f"Only {fitted.count} of the {len(shown)} records of this page fit into one answer. "
            "Pass next_cursor to read on, or name fewer fields."
        )
    if notes:
        tail["note"] = " ".join(notes)
    return bounds.with_rows(tail, "records", fitted, {})


@dataclass(frozen=True, slots=True)
class _Meant:
    """What `contains` arguments mean, where the vendor's own search finds more: each with its field and its text."""

    texts: dict[str, tuple[tuple[str, ...], str]]

    @classmethod
    def of(cls, integration: Integration, listing: Listing, arguments: Mapping[str, Any]) -> _Meant:
        loose = query.loose_texts(integration.query_language, listing, arguments)
        return cls({name: (path, str(arguments[name]).casefold()) for name, path in loose.items()})

    def places(self, page: Sequence[Mapping[str, Any]]) -> Sequence[int]:
        """Which records of a page contain each text as it is written, in capitals or not."""
        if not self.texts:
            return range(len(page))
        return [place for place, record in enumerate(page) if self._holds(record)]

    def _holds(self, record: Mapping[str, Any]) -> bool:
        return all(text in str(at(record, path) or "").casefold() for path, text in self.texts.values())

    def note(self, others: int, *, has_more: bool) -> str:
        """The sentence that says why a page has fewer records than the vendor answered."""
        said = f"Every character of {', '.join(self.texts)} means itself; similar records left out: {others}."
        return f"{said} Pass next_cursor to read on." if has_more else said


def _absent(records: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    """A sentence for each field that was named and that no record has: it may be empty in all, or misspelt."""
    if not records or not names:
        return []
    there = {name: None for record in records for name in record}
    notes: list[str] = []
    for name in dict.fromkeys(names):
        if len(notes) == MOST_ABSENT:
            break
        if name not in there and name != "*":
            whole = name.partition(".")[0]
            nearest = whole if whole in there else nearest_name(name, list(there))
            hint = f' Did you mean "{nearest}"?' if nearest else ""
            notes.append(f'No record of this page has "{name[:80]}".{hint}')
    return notes


def rows_answer(tool: Tool, arguments: Mapping[str, Any], shape: dict[str, Any], budget: int) -> str:
    """The answer of a tool whose behaviour gives rows: the same object with as many rows as asked for and fit."""
    rows: Sequence[Any] = shape.pop("rows")
    found = paging.position_in(tool.name, arguments, ROW)
    start = int(found[0]) if found else 0
    wanted = rows[start : start + int(arguments.get("limit") or len(rows))]
    fitted = bounds.fit(wanted, budget)
    end = start + fitted.count
    tail: dict[str, Any] = {"returned": fitted.count, "rows_in_all": len(rows)}
    if end < len(rows):
        tail["next_cursor"] = paging.cursor_for(tool.name, arguments, str(end))
        tail["note"] = f"Rows {start + 1} to {end} of {len(rows)}. Pass next_cursor to read on."
    elif start == 0:
        shape.pop("totals", None)  # they stand among the rows
    if len(bounds.written(shape)) > max(budget, LARGEST_HEAD):
        raise UnexpectedShape("too much stands beside the rows")
    return bounds.with_rows({**shape, **tail}, "rows", fitted, {})


def _listing(tool: Tool) -> Listing:
    if tool.listing is None:
        raise TypeError(f"{tool.name} is not a list tool")
    return tool.listing


def _names(tool: Tool, arguments: Mapping[str, Any]) -> Sequence[str]:
    if names := arguments.get("fields"):
        return list(dict.fromkeys(names))
    return () if arguments.get("query") else _listing(tool).columns


def _position(tool: Tool, pagination: Pagination, arguments: Mapping[str, Any]) -> tuple[str, int, int]:
    """Where the page begins, how many of its records were told already, and the page size it must keep."""
    form = COUNTED if pagination.style in ("offset", "page") else TOLD
    found = paging.position_in(tool.name, arguments, form)
    if found is None:
        return "", 0, 0
    position, skip, size = found.groups()
    return position, int(skip), int(size) if pagination.style != "offset" else 0


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
    if not isinstance(found, (str, int)) or len(str(found)) > LONGEST_VENDOR_CURSOR:
        raise UnexpectedShape("the cursor of the next page is none")
    return str(found)


def _probe(pagination: Pagination, limit: int) -> int:
    return limit + 1 if pagination.style == "offset" and limit < pagination.maximum else limit


def _raw_limit(own: int | None, arguments: Mapping[str, Any], limit: int) -> int:
    if own is None:
        return limit
    given = arguments.get("limit")
    if given is not None and given != own:
        raise InvalidArguments(
            f'Argument "limit" is {given}, but the query itself asks for {own}.',
            advice="Give one of the two.",
        )
    return own


def _refuse_mixture(listing: Listing, arguments: Mapping[str, Any]) -> None:
    typed = [each.argument for each in listing.conditions if each.argument in arguments]
    typed += [name for name in ("order_by", "descending") if name in arguments]
    if typed:
        raise InvalidArguments(
            f'Argument "query" cannot stand beside {", ".join(typed)}.',
            advice="Put the conditions into the query, or leave the query out.",
        )
