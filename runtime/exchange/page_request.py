"""Reading a long list page by page: which page to ask the vendor for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.catalog import SPREAD, Listing, Tool
from generator.vendor import Integration, Pagination
from runtime.errors import InvalidArguments
from runtime.upstream import conditions, paging, query

COUNTED = re.compile(r"([0-9]{1,9})/([0-9]{1,9})/([0-9]{1,9})")
BY_VENDOR = re.compile(r"(.*)/([0-9]{1,9})/([0-9]{1,9})", re.DOTALL)
"""A position in a cursor: where the page begins, counted here or said by the vendor, how many of its records were
answered already, and its size.
"""
MOST_FIELDS = 200
"""Names under `fields`. The largest entity has about 100; each name is looked for in each record."""
PLACES = {"offset": "start", "page": "page", "cursor": "cursor", "link_header": "cursor"}
"""The value of a request that says where its page begins, for each style of paging."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page to ask for. `probe` is one more than `limit` where that shows whether there are more."""

    values: dict[str, str]
    position: str
    skip: int
    limit: int
    probe: int
    notes: tuple[str, ...] = ()
    """What the answer says of how the page was asked for."""


def read_page_request(
    tool: Tool,
    integration: Integration,
    arguments: Mapping[str, Any],
    given: Mapping[str, Any] | None = None,
    most: int = 0,
) -> PageRequest:
    """Return what the vendor is asked for, by arguments whose raw query was looked at (`raw_query`).

    `given` are the arguments of the call where the query was written anew: a cursor belongs to them. No more than
    `most` records are asked for, 0 for no such limit. Raises InvalidArguments for a query or cursor that does not fit.
    """
    listing, pagination, language = get_listing(tool), integration.pagination, integration.query_language
    position, skip, size = _position(tool, pagination, arguments if given is None else given)
    most = most or pagination.maximum
    limit = size or min(int(arguments.get("limit") or pagination.default), most)
    raw = str(arguments.get("query") or "") if listing.raw_query else ""
    _check_lengths(raw, arguments.get("fields") or ())
    if listing.raw_query and raw:
        own = query.read_raw_paging(language, listing, raw)
        limit = min(_raw_limit(own.limit, arguments, limit), pagination.maximum, most)
        position = position or (str(own.start) if own.start is not None else "")
        probe = limit if own.limit is not None else _probe(pagination, limit)
    else:
        probe = _probe(pagination, limit)
    position = position or (str(pagination.first) if pagination.style in ("offset", "page") else "")
    values = {"limit": str(probe), "entity": listing.entity, "cursor": "", "page": "", "start": ""}
    values[PLACES[pagination.style]] = position
    page = query.Page(int(position) if position.isascii() and position.isdigit() else pagination.first, probe)
    if raw:
        values["statement"] = query.build_raw_page(language, raw, page)
    else:
        if listing.entity == "*":
            raise InvalidArguments('Argument "query" is empty.', advice="Write the statement to read.")
        values["conditions"] = conditions.join_all(language, listing, arguments)
        values["order_by"] = query.build_order(language, listing, arguments)
        values["statement"] = query.build_statement(
            language, listing, values["conditions"], values["order_by"], page
        )
        if SPREAD in tool.call.query:
            values["conditions"] = query.join_parameters(language, listing, arguments)
    return PageRequest(values, position, skip, limit, probe)


def _check_lengths(raw: str, fields: Sequence[str]) -> None:
    """Raise InvalidArguments for a query or a list of fields that is too long to be looked through."""
    query.refuse_long(raw)
    if len(fields) > MOST_FIELDS:
        raise InvalidArguments(
            f'Argument "fields" has {len(fields):,} names; at most {MOST_FIELDS} are allowed.',
            advice="Name fewer fields, or * for all of them.",
        )


def get_listing(tool: Tool) -> Listing:
    """Return what a list tool can be asked. Raises TypeError for any other tool."""
    if tool.listing is None:
        raise TypeError(f"{tool.name} is not a list tool")
    return tool.listing


def _position(tool: Tool, pagination: Pagination, arguments: Mapping[str, Any]) -> tuple[str, int, int]:
    """Return where the page begins, how many of its records were answered already, and the page size that stays."""
    form = COUNTED if pagination.style in ("offset", "page") else BY_VENDOR
    found = paging.read_position(tool.name, arguments, form)
    if found is None:
        return "", 0, 0
    position, skip, size = found.groups()
    return position, int(skip), int(size) if pagination.style != "offset" else 0


def _probe(pagination: Pagination, limit: int) -> int:
    return limit + 1 if pagination.style == "offset" and limit < pagination.maximum else limit


def read_raw_limit(own: int | None, pagination: Pagination, arguments: Mapping[str, Any]) -> int:
    """Return how many records a page of a raw query has. Raises InvalidArguments when two numbers are given."""
    limit = _raw_limit(own, arguments, int(arguments.get("limit") or pagination.default))
    return min(limit, pagination.maximum)


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
