"""What of the arguments of a list call chooses records, and the branches that typed filters come to.

Called by `raw_query` and `branches`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, product
from typing import Any

from generator.catalog import Condition, Listing
from generator.suggestions import did_you_mean
from generator.vendor import QueryLanguage
from runtime.errors import InvalidArguments
from runtime.exchange.named_filters import NAMED
from runtime.upstream.terms import Branch, write_term, write_terms

LONGEST_NAME = 40
"""Characters of a name that an error repeats."""
SEARCH, ANY_OF = "search", "any_of"
BESIDE = (NAMED, SEARCH, ANY_OF)


def refuse_mixture(listing: Listing, arguments: Mapping[str, Any]) -> None:
    """Raise InvalidArguments for typed filters beside a raw query."""
    typed = [each.argument for each in listing.conditions if each.argument in arguments]
    typed += [name for name in (*list_own(listing), "order_by", "descending") if name in arguments]
    if typed:
        raise InvalidArguments(
            f'Argument "query" cannot stand beside {", ".join(typed)}.',
            advice="Put the conditions into the query, or leave the query out.",
        )


def list_own(listing: Listing) -> tuple[str, ...]:
    """Return the arguments of a list that choose records and are no filters themselves."""
    has = {NAMED: bool(listing.named), SEARCH: bool(listing.search), ANY_OF: listing.merges}
    return tuple(name for name in BESIDE if has[name])


def is_branched(language: QueryLanguage, listing: Listing, arguments: Mapping[str, Any]) -> bool:
    """Return whether typed filters have an OR that takes several calls."""
    if language.disjunction:
        return False
    return (ANY_OF in arguments and listing.merges) or (SEARCH in arguments and bool(listing.search))


def refuse_unknown(listing: Listing, sets: Sequence[Mapping[str, Any]]) -> None:
    """Raise InvalidArguments for a set of filters with a name that is no filter: without it, too much would fit."""
    known = [each.argument for each in listing.conditions]
    for at, each in enumerate(sets):
        for name in each:
            if name not in known:
                raise InvalidArguments(
                    f'Argument "{ANY_OF}[{at}].{name[:LONGEST_NAME]}" is no filter. Nothing was sent.',
                    advice=did_you_mean(name, known) or f"Filters are {', '.join(known)}.",
                )


def write_branches(
    language: QueryLanguage, listing: Listing, arguments: Mapping[str, Any]
) -> Iterable[Branch]:
    """Yield the branches of typed filters: each set of any_of with each field of search, and what is beside them."""
    beside = write_terms(language, listing, arguments)
    sets = [write_terms(language, listing, each) for each in arguments.get(ANY_OF, ())] or [()]
    text = arguments.get(SEARCH)
    paths = listing.search if text is not None else ()
    searched: list[Branch] = [
        (write_term(language, Condition(SEARCH, path, "contains"), text),) for path in paths
    ]
    for some in product(sets, searched or [()]):
        yield (*beside, *chain(*some))
