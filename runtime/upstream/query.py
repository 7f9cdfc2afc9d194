"""Conditions in the vendor's own query language, from typed arguments or a raw statement.

Typed values are quoted and escaped by the definition's rules, so that no value can leave its quotes. A raw
statement is let through only when it reads the tool's own entity: the filter of an MCP server holds here too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import quote

from generator.catalog import Condition, Listing
from generator.templates import fill_template, find_names
from generator.vendor import QueryLanguage
from runtime.errors import InvalidArguments
from runtime.upstream.quoted_text import blank

MOST_DIGITS = 12
"""Of a number in a raw statement; no list is that long."""
MOST_CHARACTERS = 30_000
"""Of a raw statement: a condition that names a thousand Ids of ten digits has about 15,000."""
LONGEST_PART, MOST_PARTS = 40, 3
"""Characters of a part of a raw statement that an error repeats, and how many of them."""
_DATE = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})(?![0-9])")
_PARTS = ("year", "month", "day", "hour", "minute", "second")
NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page begins, in the vendor's own counting, and how many records it may hold."""

    start: int
    limit: int


@dataclass(frozen=True, slots=True)
class RawPaging:
    """What a raw statement says of its own paging; None where it says nothing."""

    start: int | None
    limit: int | None


def join_conditions(language: QueryLanguage, listing: Listing, arguments: Mapping[str, Any]) -> str:
    """Return the conditions of a list call, joined; empty when there are none."""
    return language.conjunction.join(_write_conditions(language, listing, arguments))


def join_parameters(language: QueryLanguage, listing: Listing, arguments: Mapping[str, Any]) -> str:
    """Return the conditions of a list call as parameters of an address, encoded; empty when there are none.

    The first `=` of a condition is the definition's, so that a value adds no parameter and names none.
    """
    pairs = (each.partition("=") for each in _write_conditions(language, listing, arguments))
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, _, value in pairs)


def _write_conditions(language: QueryLanguage, listing: Listing, arguments: Mapping[str, Any]) -> list[str]:
    """Return each condition of a call that the language can write; the request itself names the others."""
    return [
        write_condition(language, condition, arguments[condition.argument])
        for condition in listing.conditions
        if condition.argument in arguments and condition.operator in language.conditions
    ]


def find_loose_texts(
    language: QueryLanguage, listing: Listing, arguments: Mapping[str, Any]
) -> dict[str, tuple[str, ...]]:
    """Return the `contains` arguments for which the vendor answers too many records, each with the path of its field.

    Their text has a character that stands for others in the vendor's language and cannot be written as itself.
    """
    return {
        each.argument: tuple(each.field.split("."))
        for each in listing.conditions
        if each.argument in arguments and is_loose(language, each, arguments[each.argument])
    }


def is_loose(language: QueryLanguage, condition: Condition, value: Any) -> bool:
    """Return whether the vendor answers too many records for a filter: its text has a character that stands for
    others and cannot be written as itself.
    """
    loose = (sign for sign, written in language.wildcards.items() if not written)
    return condition.operator == "contains" and any(sign in value for sign in loose)


def build_statement(language: QueryLanguage, listing: Listing, where: str, order: str, page: Page) -> str:
    """Return the whole statement of a typed list call."""
    return fill(
        language.statement,
        {
            "entity": listing.entity,
            "where": fill(language.where, {"conditions": where}) if where else "",
            "order_by": order,
            "start": str(page.start),
            "limit": str(page.limit),
        },
    )


def build_order(language: QueryLanguage, listing: Listing, arguments: Mapping[str, Any]) -> str:
    """Return the order of a list call in the vendor's words; the definition's own order when the caller names none."""
    name = arguments.get("order_by")
    if name is None:
        return listing.default_order
    direction = "DESC" if arguments.get("descending") else "ASC"
    field = _as_named(language, _sort_field(listing, name))
    return fill(language.order_by, {"field": field, "direction": direction})


def refuse_long(query: str) -> None:
    """Raise InvalidArguments for a raw statement that is longer than any has to be, before it is read."""
    if len(query) > MOST_CHARACTERS:
        raise InvalidArguments(
            f'Argument "query" has {len(query):,} characters; at most {MOST_CHARACTERS:,} are read.',
            advice="Name fewer values, and ask several times.",
        )


def refuse_unsupported(language: QueryLanguage, query: str) -> None:
    """Raise InvalidArguments for what the vendor's language lacks, each with what to write instead."""
    found = list(islice(list_unsupported(language, query), MOST_PARTS))
    if found:
        shown = " and ".join(f'"{query[start:end].strip()[:LONGEST_PART]}"' for (start, end), _ in found)
        raise InvalidArguments(
            f'Argument "query" has {shown}, which queries here cannot have. Nothing was sent.',
            advice=" ".join(dict.fromkeys(says for _, says in found)),
        )


def list_unsupported(language: QueryLanguage, query: str) -> Iterator[tuple[tuple[int, int], str]]:
    """Yield the places of a query that its language lacks, none within another, each with what to write instead.

    Taken one by one: a place is compared with those before it, so that all of a long query would take quadratic time.
    """
    blanked = blank(language, query)[0]
    passed: list[tuple[int, int]] = []
    for lack in language.unsupported:
        for match in re.finditer(lack.form, query if lack.with_text else blanked):
            start, end = match.span()
            is_new = all(end <= taken[0] or start >= taken[1] for taken in passed)
            if is_new and not blanked[start:end].isspace() and query[start] == blanked[start]:
                passed.append((start, end))
                yield (start, end), lack.says


def read_raw_paging(language: QueryLanguage, listing: Listing, query: str) -> RawPaging:
    """Read a raw statement's own paging.

    Raises InvalidArguments when the statement is not one that reads the listing's entity.
    """
    entry = re.match(language.entry, query)
    if entry is None:
        raise InvalidArguments(
            f'Argument "query" is not a statement that can be read: {query[:80]!r}.',
            advice=f"{language.entry_says} {_instead(listing)}".strip(),
        )
    entity = entry.group("entity")
    if listing.entity not in ("*", entity) and entity.lower() != listing.entity.lower():
        raise InvalidArguments(
            f'Argument "query" asks for {entity[:40]!r}, but this tool reads {listing.entity} only.',
            advice=f"Read {listing.entity} here, or use the list tool of the other record.",
        )
    masked = blank(language, query)[0]
    found = {name: re.search(pattern, masked) for name, pattern in language.paging_words.items()}
    numbers = {name: int(match.group(1)[:MOST_DIGITS]) for name, match in found.items() if match}
    return RawPaging(numbers.get("start"), numbers.get("limit"))


def _instead(listing: Listing) -> str:
    if listing.entity == "*":
        return "Correct the query and call again."
    return f"Correct the query to read {listing.entity}, or leave it out and use the typed filters."


def build_raw_page(language: QueryLanguage, query: str, page: Page) -> str:
    """Return a raw statement that reads the given page: its own paging taken out, the page's put in."""
    masked = blank(language, query)[0]
    spans = [
        found.span() for pattern in language.paging_words.values() if (found := re.search(pattern, masked))
    ]
    for begin, end in sorted(spans, reverse=True):
        query = query[:begin] + query[end:]
    return f"{query.rstrip()} {fill(language.paging, {'start': str(page.start), 'limit': str(page.limit)})}"


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return a template with its names filled, those without a value with nothing, and no blanks around it."""
    return fill_template(template, lambda name: values.get(name, "")).strip()


def write_literals(language: QueryLanguage, condition: Condition, value: Any) -> tuple[str, ...]:
    """Return the values of a condition as they are written."""
    values = value if isinstance(value, list) else [value]
    return tuple(_literal(language, condition.kind, each) for each in values)


def write_condition(language: QueryLanguage, condition: Condition, value: Any) -> str:
    """Return one typed filter as it is sent, its values quoted and escaped."""
    template = language.conditions[condition.operator]
    values = {"field": _as_named(language, condition.field)}
    if isinstance(value, list):
        values["values"] = ", ".join(_literal(language, condition.kind, each) for each in value)
    else:
        values["value"] = _literal(language, condition.kind, value)
        values["text"] = _escaped(language, str(value), language.wildcards)
    return fill(template, values)


def _as_named(language: QueryLanguage, path: str) -> str:
    """Return a dotted path of a field as the vendor's language names it."""
    return path.replace(".", language.path_separator)


def _literal(language: QueryLanguage, kind: str, value: Any) -> str:
    if isinstance(value, bool):
        text = language.booleans[value]
    else:
        text = str(value)
    if formatted := language.formats.get(kind):
        values = {"value": _escaped(language, text), **_date_parts(text)}
        _check_filled(formatted, values, kind)
        return fill(formatted, values)
    if kind in language.literals:
        return text
    quote = _choose_quote(language, text)
    return f"{quote}{_escaped(language, text)}{quote}"


def _choose_quote(language: QueryLanguage, text: str) -> str:
    """Return the sign for a text that it does not hold. Raises InvalidArguments for one that holds them all."""
    if not language.other_quote or language.quote not in text:
        return language.quote
    if language.other_quote in text:
        raise InvalidArguments(
            f"{text[:LONGEST_PART]!r} has both kinds of quote, which a condition cannot hold. Nothing was sent.",
            advice="Give a part of the text without one of them, to a filter that takes any part.",
        )
    return language.other_quote


def _check_filled(template: str, values: Mapping[str, str], kind: str) -> None:
    """Raise InvalidArguments for a value that lacks a part which the vendor's literal has, such as an hour."""
    if not values.keys() >= set(find_names(template)):
        raise InvalidArguments(
            f"{values['value'][:40]!r} is no {kind} that can be written for the vendor. Nothing was sent.",
            advice="Give a moment such as 2026-05-31T10:00:00Z, with whole minutes and seconds below 60.",
        )


def _date_parts(text: str) -> dict[str, str]:
    """Return the parts of a date, or of a time as UTC has it; nothing for another text."""
    found = _DATE.match(text)
    if found is None or found.end() == len(text):
        return found.groupdict() if found else {}
    try:
        moment = datetime.fromisoformat(text.upper())
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return found.groupdict()
    return {name: f"{getattr(moment, name):0{4 if name == 'year' else 2}}" for name in _PARTS}


def _escaped(language: QueryLanguage, text: str, more: Mapping[str, str] = NOTHING) -> str:
    escaped = {sign: written for sign, written in more.items() if written}
    table: dict[str, str | int | None] = {**language.escape, **escaped}
    return text.translate(str.maketrans(table))


def _sort_field(listing: Listing, name: str) -> str:
    for each in listing.sortable:
        if name in (each, each.rsplit(".", 1)[-1]):
            return each
    return name
