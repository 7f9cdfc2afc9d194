"""A raw query before anything is sent: parsed, and each of its errors explained. Called by `listing`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from generator.catalog import Listing, Tool
from generator.suggestions import ask_if_meant, find_nearest_name
from generator.vendor import Integration, QueryLanguage
from runtime.errors import InvalidArguments
from runtime.exchange.filters import refuse_mixture
from runtime.safety.comparisons import refuse_comparisons
from runtime.upstream import query
from runtime.upstream.conditions import refuse_unbalanced
from runtime.upstream.query_facts import refuse_problems
from runtime.upstream.statements import NotParsed, Statement, parse_statement

LONGEST_PART = 40
"""Characters of a query that an error repeats, from where it cannot be read on."""


def read_query(
    tool: Tool, integration: Integration, arguments: Mapping[str, Any], known: Iterable[Tool] = ()
) -> Statement | None:
    """Return what the raw query of a list call says; None without one, or in a language without a grammar.

    `known` are the tools that say what can be asked of a record, where this one reads any. Raises InvalidArguments.
    """
    raw, listing, language = str(arguments.get("query") or ""), tool.listing, integration.query_language
    if not raw or listing is None or not (listing.raw_query or listing.raw_conditions):
        return None
    query.refuse_long(raw)
    if listing.raw_conditions:
        _check_condition(tool, language, raw)
        return None
    refuse_mixture(listing, arguments)
    query.refuse_unsupported(language, raw)
    refuse_comparisons(tool, language, raw)
    if not language.grammar:
        return None
    query.read_raw_paging(language, listing, raw)
    statement = _parse(language.grammar, raw)
    refuse_problems(language, find_listing(listing, integration.name, statement, known), statement)
    return statement


def _check_condition(tool: Tool, language: QueryLanguage, raw: str) -> None:
    """Raise InvalidArguments for a raw condition that is known to fail, or that would reach beyond itself."""
    query.refuse_unsupported(language, raw)
    refuse_unbalanced(language, raw)
    refuse_comparisons(tool, language, raw)


def _parse(grammar: str, raw: str) -> Statement:
    try:
        return parse_statement(grammar, raw)
    except NotParsed as error:
        rest = raw[error.place :].strip()[:LONGEST_PART]
        found = f'"{rest}" (character {error.place + 1})' if rest else "its end"
        raise InvalidArguments(
            f'Argument "query" cannot be read from {found} on. Nothing was sent.',
            advice="Compare it with the example in the tool's description.",
        ) from None


def find_listing(listing: Listing, integration: str, statement: Statement, known: Iterable[Tool]) -> Listing:
    """Return what is known of the records that a statement reads; the listing itself where nothing is.

    Raises InvalidArguments for a record that is not known and named almost as one that is.
    """
    if listing.entity != "*":
        return listing
    own = {
        each.listing.entity.lower(): each.listing
        for each in known
        if each.integration == integration and each.listing is not None and each.listing.entity != "*"
    }
    name = statement.entity.text
    if name.lower() in own:
        return own[name.lower()]
    if nearest := find_nearest_name(name, [each.entity for each in own.values()]):
        raise InvalidArguments(
            f'Argument "query" asks for "{name[:LONGEST_PART]}" (character {statement.entity.place + 1}), which '
            "is no record here. Nothing was sent.",
            advice=ask_if_meant(nearest),
        )
    return listing
