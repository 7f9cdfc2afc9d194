"""An OR as several requests, one for each branch, and what merges their answers. Called by `listing`.

What a branch asks for is bounded as any page is: no more records than fit the page, from where the branch was left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, combinations, islice

from generator.catalog import Listing, QueryField
from generator.vendor import QueryLanguage
from runtime.errors import InvalidArguments
from runtime.exchange.context import CallContext, Request
from runtime.exchange.filters import ANY_OF, is_branched, refuse_unknown, write_branches
from runtime.exchange.merging import Place, SortField
from runtime.exchange.named_filters import NAMED, replace_named
from runtime.exchange.page_request import get_listing, read_page_request, read_raw_limit
from runtime.exchange.raw_query import find_listing
from runtime.upstream import paging, query
from runtime.upstream.statements import SortKey, Statement, parse_statement
from runtime.upstream.terms import Branch, join_branches, join_terms, read_terms

MOST_BRANCHES = 8
"""Calls to the vendor for one page. The vendor counts each of them, and some allow ten a second."""
MOST_WRITTEN = 64
"""Branches that typed filters may come to before those that differ in the values of one field are put together."""
MOST_COUNTED = 3
"""Branches whose records are counted by inclusion and exclusion, in up to 7 calls; of more, the records are read."""


@dataclass(frozen=True, slots=True)
class MergedPage:
    """One page of several lists: what each was asked for, and how they are merged."""

    branches: tuple[Branch, ...]
    keys: tuple[SortField, ...]
    identifier: str
    place: Place
    starts: tuple[int, ...]
    """What was asked for of each begins one record before its place, so that a wrong order shows."""
    limit: int
    probe: int
    """How many records each branch was asked for."""
    names: tuple[str, ...] = ()
    """The fields that a raw query names."""
    is_count: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountedBranches:
    """How many records some branches have together, from a count of each combination: with these signs."""

    signs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """An OR: its branches, and how its records are sorted and shown."""

    listing: Listing
    branches: tuple[Branch, ...]
    order: tuple[SortKey, ...]
    limit: int
    start: int = 1
    names: tuple[str, ...] = ()


def prepare_query(call: CallContext, statement: Statement) -> Request:
    """Return the requests for a raw query with an OR or brackets. Raises InvalidArguments."""
    integration, raw = call.integration, str(call.arguments["query"])
    language = integration.query_language
    branches = join_branches(language, read_terms(language, statement, raw))
    refuse_many(branches)
    if len(branches) == 1:
        rewritten = {**call.arguments, "query": _with_condition(language, statement, raw, branches[0])}
        page = read_page_request(call.tool, integration, rewritten, call.arguments, call.max_rows)
        return Request(values=page.values, plan=page)
    if statement.is_count:
        return count_branches(call, statement, branches)
    found = find_listing(get_listing(call.tool), integration.name, statement, call.known)
    limit = read_raw_limit(statement.limit, integration.pagination, call.arguments)
    names = tuple(dict.fromkeys(each.text.partition(".")[0] for each in statement.columns))
    order = statement.order or read_order(language, found.default_order)
    listing = replace(found, entity=statement.entity.text)
    return merge(call, Either(listing, branches, order, limit, statement.start or 1, names))


def prepare_filters(call: CallContext) -> Request:
    """Return the requests for typed filters with words for them, or with an OR. Raises InvalidArguments."""
    listing, language, notes = get_listing(call.tool), call.integration.query_language, list[str]()
    if listing.named and NAMED in call.arguments:
        call.arguments, notes = replace_named(listing, call.arguments, call.today(), call.time_zone)
    refuse_unknown(listing, call.arguments.get(ANY_OF, ()))
    if not is_branched(language, listing, call.arguments):
        page = read_page_request(call.tool, call.integration, call.arguments, most=call.max_rows)
        return _with_notes(Request(values=page.values, plan=page), notes)
    branches = join_branches(
        language, islice(write_branches(language, listing, call.arguments), MOST_WRITTEN)
    )
    refuse_many(branches)
    order = read_order(language, query.build_order(language, listing, call.arguments))
    limit = int(call.arguments.get("limit") or call.integration.pagination.default)
    return _with_notes(merge(call, Either(listing, branches, order, limit)), notes)


def _with_notes(request: Request, notes: Sequence[str]) -> Request:
    return replace(request, plan=replace(request.plan, notes=tuple(notes))) if notes else request


def refuse_many(branches: Sequence[Branch]) -> None:
    """Raise InvalidArguments for more branches than are asked for."""
    if len(branches) > MOST_BRANCHES:
        raise InvalidArguments(
            f"The OR comes to {len(branches)} calls, and at most {MOST_BRANCHES} are made for one answer. "
            "Nothing was sent.",
            advice="Name several values of one field with IN, or ask several times.",
        )


def merge(call: CallContext, either: Either) -> Request:
    """Return the requests for one page of an OR, in their order."""
    either = replace(either, limit=min(either.limit, call.max_rows or either.limit))
    language, plan = call.integration.query_language, _plan(call, either)
    order = _write_order(language, plan.keys)
    requests = [
        _request(language, either.listing, join_terms(language, branch), order, query.Page(start, plan.probe))
        for start, branch in zip(plan.starts, either.branches, strict=True)
    ]
    return Request(requests[0], plan=plan, others=tuple(Request(each) for each in requests[1:]))


def _plan(call: CallContext, either: Either) -> MergedPage:
    found = paging.read_position(call.tool.name, call.arguments, _position_form(len(either.branches)))
    place = Place((1,) * len(either.branches), either.start - 1)
    if found is not None:
        place = Place(tuple(map(int, found[1].split("."))), int(found[2]))
    starts = tuple(max(1, each - 1) for each in place.starts)
    probe = min(place.skip + either.limit + 2, call.integration.pagination.maximum)
    identifier = call.tool.identifier or call.integration.identifier
    keys = _sort_fields(either, identifier)
    return MergedPage(either.branches, keys, identifier, place, starts, either.limit, probe, either.names)


@lru_cache(maxsize=MOST_BRANCHES)
def _position_form(count: int) -> re.Pattern[str]:
    """Return the form of a position in a cursor: where each branch goes on, and how many merged records are passed."""
    return re.compile(rf"([0-9]{{1,9}}(?:\.[0-9]{{1,9}}){{{count - 1}}})/([0-9]{{1,9}})")


def _sort_fields(either: Either, identifier: str) -> tuple[SortField, ...]:
    """Return what the branches are sorted by: what was asked for, and last the Id, so that no two are equal."""
    known = {each.path.lower(): each for each in either.listing.fields}
    fields = []
    for key in either.order:
        found = known.get(key.field.text.lower(), QueryField(key.field.text))
        path = tuple(found.path.split("."))
        fields.append(SortField(path, found.kind, key.is_descending, found.path == identifier))
    own = known.get(identifier.lower())
    if own is not None and own.can_sort and not any(each.is_identifier for each in fields):
        fields.append(SortField((identifier,), own.kind, is_identifier=True))
    return tuple(fields)


def _write_order(language: QueryLanguage, keys: Sequence[SortField]) -> str:
    texts = [
        query.fill(language.order_by if at == 0 else language.then_by, _order_values(key))
        for at, key in enumerate(keys)
    ]
    return "".join(texts)


def _order_values(key: SortField) -> dict[str, str]:
    return {"field": ".".join(key.path), "direction": "DESC" if key.is_descending else "ASC"}


def read_order(language: QueryLanguage, order: str) -> tuple[SortKey, ...]:
    """Return an order that a definition writes in the vendor's language; nothing for none."""
    return _read_order(language.grammar, language.statement, order) if order else ()


@lru_cache(maxsize=128)
def _read_order(grammar: str, template: str, order: str) -> tuple[SortKey, ...]:
    values = {"entity": "X", "order_by": order, "start": "1", "limit": "1"}
    return parse_statement(grammar, query.fill(template, values)).order


def _request(
    language: QueryLanguage, listing: Listing, where: str, order: str, page: query.Page
) -> dict[str, str]:
    statement = query.build_statement(language, listing, where, order, page)
    return {
        "entity": listing.entity,
        "statement": statement,
        "limit": str(page.limit),
        "start": str(page.start),
    }


def _with_condition(language: QueryLanguage, statement: Statement, raw: str, branch: Branch) -> str:
    """Return a raw query with another condition."""
    where = query.fill(language.where, {"conditions": join_terms(language, branch)})
    return f"{raw[: statement.head_end]} {where} {raw[statement.tail_start :]}".rstrip()


def count_branches(call: CallContext, statement: Statement, branches: tuple[Branch, ...]) -> Request:
    """Return the requests that count the records of an OR: each once."""
    if len(branches) <= MOST_COUNTED:
        return _count_combinations(call, statement, branches)
    language, most = call.integration.query_language, call.integration.pagination.maximum
    listing = replace(get_listing(call.tool), entity=statement.entity.text)
    identifier = call.tool.identifier or call.integration.identifier
    place = Place((1,) * len(branches))
    plan = MergedPage(branches, (), identifier, place, place.starts, most, most, is_count=True)
    requests = [
        Request(_request(language, listing, join_terms(language, each), "", query.Page(1, most)))
        for each in branches
    ]
    return replace(requests[0], plan=plan, others=tuple(requests[1:]))


def _count_combinations(call: CallContext, statement: Statement, branches: tuple[Branch, ...]) -> Request:
    """Return a count of each combination of branches: of an odd number added, of an even one taken off."""
    language, raw = call.integration.query_language, str(call.arguments["query"])
    combined = [some for size in range(1, len(branches) + 1) for some in combinations(branches, size)]
    signs = tuple(1 if len(some) % 2 else -1 for some in combined)
    bare = raw[: statement.tail_start]
    requests = [
        Request({"statement": _with_condition(language, statement, bare, tuple(chain(*some)))})
        for some in combined
    ]
    return replace(requests[0], plan=CountedBranches(signs), others=tuple(requests[1:]))
