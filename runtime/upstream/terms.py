"""Conditions as terms, so that an OR between them can be asked for in as few calls as it takes.

A term is one comparison as it is sent. A branch is terms that all hold; several branches are an OR, which a vendor's
language may lack. Called by `exchange.branches`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.catalog import Condition, Listing
from generator.vendor import QueryLanguage
from runtime.upstream.query import fill, is_loose, write_condition, write_literals
from runtime.upstream.statements import Comparison, Statement

EQUALS, ANY_OF = "equals", "any_of"
_OPERATOR = re.compile(r"\{field\}\s*([^\s({]+)")


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison: its field, its values as they are written, and the whole as it is sent.

    `kind` is equals or any_of where it says that the field has one of the values; empty for any other comparison.
    """

    field: str
    kind: str
    values: tuple[str, ...]
    text: str
    loose: tuple[tuple[str, ...], str] = ((), "")
    """The path of a field and a text in it, where the vendor answers records too many (`query.find_loose_texts`)."""


Branch = tuple[Term, ...]


def write_terms(language: QueryLanguage, listing: Listing, arguments: Mapping[str, Any]) -> Branch:
    """Return the typed filters of a list call as terms."""
    given = (each for each in listing.conditions if each.argument in arguments)
    return tuple(write_term(language, each, arguments[each.argument]) for each in given)


def write_term(language: QueryLanguage, condition: Condition, value: Any) -> Term:
    """Return one typed filter as a term."""
    text = write_condition(language, condition, value)
    loose = tuple(condition.field.split(".")) if is_loose(language, condition, value) else ()
    looked_for = (loose, str(value).casefold()) if loose else ((), "")
    if condition.operator not in (EQUALS, ANY_OF):
        return Term(condition.field, "", (), text, looked_for)
    return Term(condition.field, condition.operator, write_literals(language, condition, value), text)


def read_terms(language: QueryLanguage, statement: Statement, text: str) -> tuple[Branch, ...]:
    """Return the branches of a raw statement."""
    kinds = {operator: kind for kind in (EQUALS, ANY_OF) if (operator := find_operator(language, kind))}
    return tuple(tuple(_raw_term(each, kinds, text) for each in branch) for branch in statement.branches)


def find_operator(language: QueryLanguage, kind: str) -> str:
    """Return the operator by which a language writes a kind of condition, in small letters; empty without one."""
    found = _OPERATOR.match(language.conditions.get(kind, ""))
    return found[1].lower() if found else ""


def _raw_term(comparison: Comparison, kinds: Mapping[str, str], text: str) -> Term:
    kind = kinds.get(comparison.operator, "")
    values = tuple(each.text for each in comparison.values) if kind else ()
    return Term(comparison.field.text, kind, values, text[comparison.start : comparison.end])


def join_terms(language: QueryLanguage, branch: Branch) -> str:
    """Return the terms of a branch as one condition, each once."""
    return language.conjunction.join(dict.fromkeys(each.text for each in branch))


def join_branches(language: QueryLanguage, branches: Iterable[Branch]) -> tuple[Branch, ...]:
    """Return fewer branches that say the same.

    Those that are equal but for the values of one field become one with all of them; one that another includes is left
    out.
    """
    found = [_without_repeats(each) for each in branches]
    at = 0
    while at < len(found):
        joined = _join_with_later(language, found, at)
        at = 0 if joined else at + 1
    return tuple(each for place, each in enumerate(found) if not _is_included(found, place))


def _join_with_later(language: QueryLanguage, found: list[Branch], at: int) -> bool:
    """Put a branch and a later one together where they differ in the values of one field. Return whether it did."""
    for later in range(at + 1, len(found)):
        joined = _joined(language, found[at], found[later])
        if joined is not None:
            found[at] = joined
            del found[later]
            return True
    return False


def _joined(language: QueryLanguage, one: Branch, other: Branch) -> Branch | None:
    """Return two branches as one; None where that takes an OR."""
    ours = [each for each in one if each not in other]
    theirs = [each for each in other if each not in one]
    if len(ours) != 1 or len(theirs) != 1 or not _are_values_of_one(language, ours[0], theirs[0]):
        return None
    term = _with_values(language, ours[0].field, (*ours[0].values, *theirs[0].values))
    return tuple(term if each is ours[0] else each for each in one)


def _are_values_of_one(language: QueryLanguage, one: Term, other: Term) -> bool:
    if one.field.lower() != other.field.lower() or not (one.kind and other.kind):
        return False
    # an empty text may ask for an empty field, which is no value
    blank = any(not each.strip(language.quote).strip() for each in (*one.values, *other.values))
    return not blank and ANY_OF in language.conditions


def _with_values(language: QueryLanguage, field: str, values: Sequence[str]) -> Term:
    unique = tuple(dict.fromkeys(values))
    text = fill(language.conditions[ANY_OF], {"field": field, "values": ", ".join(unique)})
    return Term(field, ANY_OF, unique, text)


def _without_repeats(branch: Branch) -> Branch:
    return tuple({each.text: each for each in branch}.values())


def _is_included(found: Sequence[Branch], place: int) -> bool:
    """Return whether every record of a branch is one of another, which asks for less; of equal ones the first stays."""
    own = {each.text for each in found[place]}
    others = ((at, {each.text for each in other}) for at, other in enumerate(found) if at != place)
    return any(other < own or (other == own and at < place) for at, other in others)
