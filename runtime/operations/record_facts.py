"""What the definitions say of a record as it is read: which records it refers to, and how it stands, in words.

Called by `web.record_pages`. Pure, and of any vendor: references are those that the tools writing such a record name,
and words are those by which a list of such records is filtered, such as overdue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from generator.catalog import Condition, Listing, Reference, Tool
from generator.vendor import Integration
from runtime.exchange.named_filters import NAMED, replace_named
from runtime.operations.formats import parse_decimal

LONGEST_ID = 200
"""Characters of the Id of a record."""


class Target(NamedTuple):
    """A record that another one refers to."""

    resource: str
    record_id: str


class RecordReferences:
    """Finds the records that the records of one resource refer to, as far as they can be read one by one."""

    def __init__(self, integration: Integration, tools: Iterable[Tool], resource: str) -> None:
        every = list(tools)
        self._id = integration.reference_form.id
        self._readable = {each.resource for each in every if each.method == "get" and each.reads_one}
        self._by_path: dict[tuple[str, ...], Reference] = {
            reference.path: reference
            for tool in every
            if tool.resource == resource and tool.method in ("create", "update")
            for reference in tool.references
        }

    def find(self, path: tuple[str, ...], value: object, beside: Mapping[str, Any]) -> Target | None:
        """Return the record that a value refers to; `beside` are the fields next to it. None for any other value."""
        reference = self._by_path.get(path)
        if reference is None:
            return None
        inside = value if isinstance(value, Mapping) else {}
        id_ = value if reference.is_bare else inside.get(self._id)
        kind = inside.get(reference.kind) if reference.kind else beside.get(reference.kind_beside, "")
        resource = reference.resources.get(str(kind or ""))
        is_plain = isinstance(id_, str | int) and not isinstance(id_, bool)
        if resource not in self._readable or not is_plain or not 0 < len(str(id_)) <= LONGEST_ID:
            return None
        return Target(str(resource), str(id_))


def list_states(listing: Listing | None, record: Mapping[str, Any], today: date) -> list[str]:
    """Return the words that say how a record stands: those that look at a figure, the most exact one of each group."""
    if listing is None:
        return []
    conditions = {each.argument: each for each in listing.conditions}
    held: dict[str, frozenset[str]] = {}
    for word, filters in listing.named.items():
        if all(conditions[name].kind != "number" for name in filters):
            continue  # it names a period, not a state
        filled, _ = replace_named(listing, {NAMED: [word]}, today, "")
        if all(_holds(conditions[name], value, record) for name, value in filled.items()):
            held[word] = frozenset(filters)
    return [
        word.replace("_", " ")
        for word, filters in held.items()
        if not any(filters < others for others in held.values())
    ]


def find_currency(integration: Integration, record: Mapping[str, Any]) -> str:
    """Return the currency that a record names; empty where it names none."""
    found: Any = record
    for step in integration.currency:
        found = found.get(step) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) and len(found) == 3 and found.isascii() and found.isalpha() else ""


def _holds(condition: Condition, wanted: Any, record: Mapping[str, Any]) -> bool:
    value = record.get(condition.field)
    if value in (None, "") or isinstance(value, Mapping | list):
        return False
    if condition.kind == "number":
        number, limit = parse_decimal(value), parse_decimal(wanted)
        return number is not None and limit is not None and _compare(condition.operator, number, limit)
    return _compare(condition.operator, str(value)[:10], str(wanted)[:10])


def _compare(operator: str, value: Decimal | str, limit: Decimal | str) -> bool:
    if operator == "from":
        return value >= limit  # type: ignore[operator]  # both are of one kind
    if operator == "until":
        return value <= limit  # type: ignore[operator]
    return operator == "equals" and value == limit
