"""The whole condition of a list whose language has OR: typed filters, a search, sets of filters, and a raw condition.

Called by `exchange.page_request` and `exchange.raw_query`. What each filter comes to is `query`; a language without OR
is served by `exchange.branches`. A raw condition stands in brackets beside the filters, and may not leave them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.catalog import Condition, Listing
from generator.vendor import QueryLanguage
from runtime.errors import InvalidArguments
from runtime.upstream import query
from runtime.upstream.quoted_text import blank

RAW, SEARCH, ANY_OF = "query", "search", "any_of"
"""The arguments beside the typed filters that choose records."""


def join_all(language: QueryLanguage, listing: Listing, arguments: Mapping[str, Any]) -> str:
    """Return everything that chooses the records of a call, joined; empty when nothing does."""
    parts = [query.join_conditions(language, listing, arguments), *_list_groups(language, listing, arguments)]
    return language.conjunction.join(each for each in parts if each)


def refuse_unbalanced(language: QueryLanguage, raw: str) -> None:
    """Raise InvalidArguments for a raw condition that would not end where it ends: in quotes, or beyond a bracket."""
    blanked, is_open = blank(language, raw)
    if is_open:
        raise InvalidArguments(
            'Argument "query" has a quote that is not closed. Nothing was sent.',
            advice="Close it; text with one kind of quote in it stands in the other kind.",
        )
    depth = 0
    for sign in blanked:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            break
    if depth:
        raise InvalidArguments(
            'Argument "query" has a bracket without the other one. Nothing was sent.',
            advice="Close each bracket that is opened.",
        )


def _list_groups(language: QueryLanguage, listing: Listing, arguments: Mapping[str, Any]) -> Iterator[str]:
    """Yield each part that holds an OR, in brackets."""
    if listing.search and (text := arguments.get(SEARCH)) is not None:
        found = [Condition(SEARCH, path, "contains") for path in listing.search]
        yield _group(language, [query.write_condition(language, each, text) for each in found])
    if listing.merges and (sets := arguments.get(ANY_OF)):
        yield _group(
            language, [_enclose(language, query.join_conditions(language, listing, each)) for each in sets]
        )
    if listing.raw_conditions and (raw := str(arguments.get(RAW) or "").strip()):
        yield _enclose(language, raw)


def _group(language: QueryLanguage, parts: list[str]) -> str:
    return _enclose(language, language.disjunction.join(parts))


def _enclose(language: QueryLanguage, text: str) -> str:
    return query.fill(language.group, {"conditions": text})
