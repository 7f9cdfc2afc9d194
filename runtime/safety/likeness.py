"""Whether a new record is like one that is there already, as a rule of its resource says it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from generator.preflight_rules import DuplicateRule
from runtime.safety.preflight.amounts import list_lines, read_amount

Record = Mapping[str, Any]
Line = tuple[Decimal | None, frozenset[str]]
"""The amount of a line, and the Ids that it refers to."""
_TOKEN = re.compile(r"[^\W0-9_]+|[0-9]+")
DEEPEST = 4
"""Levels of a line in which references are compared."""


def read_number(number: Any) -> tuple[str, ...]:
    """Return a number of a form without what people write differently: case, separators, leading zeros.

    `INV-0012`, `inv 12` and `INV0012` are the same; `1-12` and `112` are not.
    """
    tokens = _TOKEN.findall(str(number).casefold()) if number not in (None, "") else []
    return tuple(
        (token.lstrip("0") or "0") if token.isascii() and token.isdigit() else token for token in tokens
    )


def is_like(rule: DuplicateRule, new: Record, old: Record, reference_id: str) -> bool:
    """Whether everything that the rule names is the same in both, and is there."""
    values = ([read_value(each, name, reference_id) for name in rule.fields] for each in (new, old))
    return len({tuple(each) for each in values}) == 1 and all(
        _is_same(what, rule, (new, old), reference_id) for what in rule.same if what != "date"
    )


def is_complete(rule: DuplicateRule, new: Record) -> bool:
    """Whether a new record has everything by which it would be recognized."""
    has_filters = all(new.get(name) not in (None, "") for name in rule.filters)
    return has_filters and all(_describe(what, rule, new, "") for what in rule.same if what != "date")


def is_near(rule: DuplicateRule, day: date, old: Record) -> bool:
    """Whether a record is of a day near enough; one without a day is."""
    found = read_day(old.get(rule.date))
    return found is None or abs((found - day).days) <= rule.days


def read_value(record: Record, name: str, reference_id: str) -> str:
    """Return the Id of a reference, or the text of another field; empty where there is none."""
    value = record.get(name)
    if isinstance(value, Mapping):
        value = value.get(reference_id)
    return str(value) if isinstance(value, (str, int)) else ""


def read_day(value: Any) -> date | None:
    """Return the day that a text begins with; None for anything else."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _is_same(what: str, rule: DuplicateRule, records: tuple[Record, Record], reference_id: str) -> bool:
    new, old = (_describe(what, rule, each, reference_id) for each in records)
    return bool(new) and (_are_like(new, old) if what == "lines" else new == old)


def _are_like(new: list[Line], old: list[Line]) -> bool:
    """Whether each line has one of its own with the same amount that refers to the same: a vendor may add more."""
    left = list(old)
    for amount, ids in new:
        found = next((each for each in left if each[0] == amount and ids <= each[1]), None)
        if found is None:
            return False
        left.remove(found)
    return not left


def _describe(what: str, rule: DuplicateRule, record: Record, reference_id: str) -> Any:
    """Return what is compared of a record; nothing where it has none."""
    lines = [line for _, line in list_lines(record, rule.lines) if line.get(rule.kind) not in rule.ignored]
    if what == "number":
        return read_number(record.get(rule.number))
    if what == "total":
        return read_amount(record.get(rule.total))
    if what == "amount":
        return sum((read_amount(line.get(rule.amount)) or Decimal(0) for line in lines), Decimal(0))
    if what == "links":
        return sorted(str(link) for line in lines for link in _links(rule, line))
    return [(read_amount(line.get(rule.amount)), frozenset(_ids(line, reference_id))) for line in lines]


def _links(rule: DuplicateRule, line: Record) -> Iterator[tuple[str, ...]]:
    links = line.get(rule.links)
    for link in links if isinstance(links, list) else ():
        if isinstance(link, Mapping):
            yield tuple(sorted(str(value) for value in link.values() if value))


def _ids(value: Any, reference_id: str, depth: int = 0) -> Iterator[str]:
    """Yield the Ids of what a line refers to; a code such as that of a tax is none."""
    if not isinstance(value, Mapping) or depth > DEEPEST:
        return
    id_ = value.get(reference_id) if reference_id else None
    if isinstance(id_, str) and id_.isascii() and id_.isdigit():
        yield id_
    for inner in value.values():
        yield from _ids(inner, reference_id, depth + 1)
