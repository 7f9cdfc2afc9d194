"""Holds a parsed statement to what is known of its fields, so that an error costs no call.

Called by `exchange.raw_query`. What the definitions do not settle, such as a field of which nobody knows whether it can
be filtered, is sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import islice

from generator.catalog import Listing, QueryField
from generator.suggestions import ask_if_meant, find_nearest_name
from generator.vendor import QueryLanguage
from runtime.errors import InvalidArguments
from runtime.upstream.statements import Comparison, Name, Statement, Value
from runtime.upstream.terms import find_operator

MOST_PROBLEMS = 5
"""Of one statement; more than that is another statement."""
MOST_FIELDS = 30
"""Fields that an error names as those that will do."""
LONGEST_PART = 40
"""Characters of a statement that an error repeats."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ].*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a statement, where, and what to write."""

    found: str
    place: int
    right: str
    size: int = 0
    """Characters that are wrong, from its place on."""
    replacement: str = ""
    """What is written in their place, where one thing is nearly certain."""


def refuse_problems(language: QueryLanguage, listing: Listing, statement: Statement) -> None:
    """Raise InvalidArguments with every problem of a statement that reads the records of a listing."""
    problems = list(islice(list_problems(language, listing, statement), MOST_PROBLEMS))
    if problems:
        said = " ".join(f"{each.found} (character {each.place + 1})." for each in problems)
        raise InvalidArguments(
            f'Argument "query": {said} Nothing was sent.',
            advice=" ".join(dict.fromkeys(each.right for each in problems if each.right)),
        )


def list_problems(language: QueryLanguage, listing: Listing, statement: Statement) -> Iterator[Problem]:
    """Yield every problem of a statement that reads the records of a listing, in the order of its parts."""
    for value in (value for each in statement.comparisons for value in each.values):
        if value.is_bare:
            yield _bare(language, value)
    if not listing.fields:
        return
    fields = _Fields.of(listing)
    for name in statement.columns:
        yield from fields.unknown(name)
    for each in statement.comparisons:
        yield from fields.unfiltered(each.field)
        yield from _wrong_operator(language, fields.find(each.field), each)
        yield from _wrong_values(language, fields.find(each.field), each)
    for key in statement.order:
        yield from fields.unsorted(key.field)


def _bare(language: QueryLanguage, value: Value) -> Problem:
    shown, quote = value.text[:LONGEST_PART], language.quote
    right = f"Text stands in quotes. Write {quote}{shown}{quote}."
    written = f"{quote}{value.text}{quote}"
    return Problem(f'"{shown}" is no value', value.place, right, len(value.text), written)


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of one kind of record, by their names in small letters."""

    entity: str
    by_name: Mapping[str, QueryField]

    @classmethod
    def of(cls, listing: Listing) -> _Fields:
        return cls(listing.entity, _by_name(listing.fields))

    def find(self, name: Name) -> QueryField | None:
        return self.by_name.get(name.text.lower())

    def around(self, name: Name) -> QueryField | None:
        """Return the field, or the one that it is a part of."""
        return self.find(name) or self.by_name.get(name.text.partition(".")[0].lower())

    def unknown(self, name: Name) -> Iterator[Problem]:
        if self.around(name) is None:
            found = f'{self.entity} has no field "{name.text[:LONGEST_PART]}"'
            nearest = self._find_nearest(name.text)
            yield Problem(found, name.place, self._advise(nearest), len(name.text), nearest)

    def unfiltered(self, name: Name) -> Iterator[Problem]:
        yield from self.unknown(name)
        field = self.around(name)
        if field is not None and field.can_filter is False:
            those = self._named(each.path for each in self.by_name.values() if each.can_filter)
            yield Problem(
                f"{field.path} cannot be filtered", name.place, f"These can: {those}.", len(name.text)
            )

    def unsorted(self, name: Name) -> Iterator[Problem]:
        yield from self.unknown(name)
        field = self.around(name)
        if field is not None and field.can_sort is False:
            those = self._named(each.path for each in self.by_name.values() if each.can_sort)
            yield Problem(
                f"{field.path} cannot be sorted by", name.place, f"These can: {those}.", len(name.text)
            )

    def _find_nearest(self, name: str) -> str:
        paths = [each.path for each in self.by_name.values()]
        own = [each for each in paths if each.lower().rpartition(".")[2] == name.lower()]
        return own[0] if own else find_nearest_name(name, paths)

    def _advise(self, nearest: str) -> str:
        if nearest:
            return ask_if_meant(nearest)
        those = self._named(each.path for each in self.by_name.values() if each.can_filter)
        return f"These can be filtered: {those}."

    def _named(self, paths: Iterable[str]) -> str:
        return ", ".join(islice(paths, MOST_FIELDS))


@lru_cache(maxsize=128)
def _by_name(fields: tuple[QueryField, ...]) -> Mapping[str, QueryField]:
    return {each.path.lower(): each for each in fields}


def _wrong_operator(
    language: QueryLanguage, field: QueryField | None, comparison: Comparison
) -> Iterator[Problem]:
    """Yield a comparison by an operator that its field does not take."""
    those = language.operators.get(field.path) if field is not None else None
    if field is None or those is None or comparison.operator in [each.lower() for each in those]:
        return
    found = f"{field.path} cannot be compared by {comparison.operator.upper()}"
    yield Problem(
        found,
        comparison.field.place,
        f"{field.path} takes {' and '.join(those)} only: name the values wanted.",
        len(comparison.field.text),
    )


def _wrong_values(
    language: QueryLanguage, field: QueryField | None, comparison: Comparison
) -> Iterator[Problem]:
    """Yield the values that a field of its kind never has. A part of a text may be anything."""
    if field is None or comparison.operator == find_operator(language, "contains"):
        return
    if field.kind not in _FORMS:
        return
    fits, form = _FORMS[field.kind]
    for value in comparison.values:
        text = value.text.strip(language.quote) if value.is_text else value.text
        is_empty = value.is_text and not text.strip()  # asks for what is empty
        is_keyword = not value.is_text and value.text[:1].isalpha() and value.text.lower() not in _BOOLEANS
        if not (value.is_bare or is_empty or is_keyword) and not fits(text):
            shown = value.text[:LONGEST_PART]
            right = f"Write {field.path} {comparison.operator} {language.quote}{form}{language.quote}."
            if field.kind == "boolean":
                right = f"Write {field.path} = true or {field.path} = false."
            yield Problem(
                f"{field.path} is a {field.kind}, and {shown} is none", value.place, right, len(value.text)
            )


def _is_number(text: str) -> bool:
    try:
        return Decimal(text.strip()).is_finite()
    except InvalidOperation:
        return False


_BOOLEANS = ("true", "false")
_FORMS: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "date": (lambda text: bool(_DATE.fullmatch(text)), "2026-01-31"),
    "date-time": (lambda text: bool(_DATE.fullmatch(text)), "2026-01-31T00:00:00Z"),
    "number": (_is_number, "10.00"),
    "boolean": (lambda text: text.lower() in _BOOLEANS, "true"),
}
"""For each kind of field, what its values are, and one of them."""
