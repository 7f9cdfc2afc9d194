"""What may be written at a place of a query: fields, records and words of the language, by the definitions.

Called by the explorer's page while somebody writes. The grammar says what may follow (`upstream.completing`); the
fields are those of the record that the query names, also where it does so behind the place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from generator.catalog import QueryField
from runtime.operations.explorer.language import Entity, Queryable
from runtime.upstream.completing import NameKind, list_expected, list_keywords

MOST_OPTIONS = 12
"""Options of one list: more are not read, and another letter leaves fewer."""
LONGEST_QUERY = 8_000
"""Characters of a query that somebody writes into a page."""
_PREFIX = re.compile(r"[A-Za-z_][\w.]*$")
_TOKEN = re.compile(r"'(?:\\.|[^'\\])*'?|[A-Za-z_][\w.]*|\S", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Option:
    """Something that may be written. `about` says what it is, `kind` what sort of value it has."""

    text: str
    about: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Completion:
    """What may stand in the place of the characters from `start` to `end`."""

    start: int
    end: int
    options: tuple[Option, ...] = ()


def complete(queryable: Queryable, text: str, place: int) -> Completion:
    """Return what may be written at a place of a query, the likeliest first."""
    text, place = text[:LONGEST_QUERY], max(0, min(place, len(text), LONGEST_QUERY))
    found = _PREFIX.search(text[:place])
    start = found.start() if found else place
    grammar = queryable.integration.query_language.grammar
    if not grammar:
        return Completion(start, place)
    expected = list_expected(grammar, text[:start])
    entity = find_entity(queryable, text, start)
    prefix = text[start:place]
    names = list(_list_names(queryable, entity, expected.names))
    options = _pick(names, prefix) + _pick([Option(word, "", "keyword") for word in expected.words], prefix)
    if [each.text.lower() for each in options] == [prefix.lower()]:
        options = []
    return Completion(start, place, tuple(options[:MOST_OPTIONS]))


def find_entity(queryable: Queryable, text: str, place: int = -1) -> Entity | None:
    """Return the record that a query reads, also while it is being written; what begins at `place` is passed over.

    That is the first name of a record that stands behind a word of the language other than the first.
    """
    keywords = list_keywords(queryable.integration.query_language.grammar)
    before, count = "", 0
    for token in _TOKEN.finditer(text):
        word = token.group()
        is_record = count > 1 and before.upper() in keywords and token.start() != place
        if is_record and (found := queryable.find(word)):
            return found
        before, count = word, count + 1
    return None


def _list_names(queryable: Queryable, entity: Entity | None, kind: NameKind) -> Iterator[Option]:
    if kind == "entity":
        for each in queryable.entities:
            yield Option(each.name, each.summary, "record")
    elif kind == "column" and entity is None:
        yield from _list_common(queryable)
    elif kind in ("column", "filter", "sort") and entity is not None:
        for field in entity.fields:
            if _fits(field, kind):
                yield Option(field.path, entity.about.get(field.path, ""), _describe_kind(field))


def _list_common(queryable: Queryable) -> Iterator[Option]:
    """Yield the fields of all records, while nobody has said which: first those that most of their tables have."""
    found = Counter(field.path for each in queryable.entities for field in each.listing.fields)
    usual = Counter(path for each in queryable.entities for path in each.columns)
    for path, count in sorted(found.items(), key=lambda each: (-usual[each[0]], -each[1], each[0])):
        if "." not in path:
            yield Option(path, "", f"of {count} {'record' if count == 1 else 'records'}")


def _fits(field: QueryField, kind: NameKind) -> bool:
    if kind == "sort":
        return field.can_sort is not False and field.kind != "object"
    return kind == "column" or field.can_filter is not False


def _describe_kind(field: QueryField) -> str:
    return f"{field.kind}, sorts" if field.can_sort else field.kind


def _pick(options: list[Option], prefix: str) -> list[Option]:
    """Return the options that begin with a prefix, then those of which a part does, then those that have it in them."""
    wanted = prefix.lower()
    ranked: dict[int, list[Option]] = {}
    for each in options:
        name = each.text.lower()
        if name.startswith(wanted):
            rank = 0
        elif any(part.startswith(wanted) for part in name.split(".")):
            rank = 1
        elif len(wanted) > 1 and wanted in name:
            rank = 2
        else:
            continue
        ranked.setdefault(rank, []).append(each)
    return [each for rank in sorted(ranked) for each in ranked[rank]]
