"""What the rules have to know of other records, so that it can be read for all of them at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.safety.reference_spots import find_spots, is_code

Record = Mapping[str, Any]


@dataclass(slots=True)
class Needs:
    """What is read: records by their Ids, records with a number, and the settings of the company."""

    ids: dict[str, dict[str, None]] = field(default_factory=dict)
    """For each resource, Ids in the order in which they were met."""
    numbers: dict[tuple[str, str, str], None] = field(default_factory=dict)
    """(resource, field, value)."""
    has_settings: bool = False

    def add(self, resource: str, id_: str) -> None:
        """Note that a record is needed."""
        self.ids.setdefault(resource, {})[id_] = None


def collect_needs(
    tool: Tool, integration: Integration, given: Record, stored: Record | None, into: Needs
) -> None:
    """Add what is needed to check the arguments of a write. What the stored record refers to already is good."""
    form, rules = integration.reference_form, integration.preflight
    spots = list(find_spots(tool, given))
    own = find_spots(tool, stored) if spots and stored else ()
    known = {(spot.resource, spot.read_id(form)) for spot in own}
    for spot in spots:
        id_ = spot.read_id(form)
        if (
            id_
            and spot.resource
            and (spot.resource, id_) not in known
            and not is_code(form, spot.resource, id_)
        ):
            into.add(spot.resource, id_)
    into.has_settings |= any(
        tool.resource in rule.resources and given.get(rule.date) for rule in rules.closed_books
    )
    for number in rules.taken_numbers:
        value = given.get(number.field)
        if tool.resource in number.resources and isinstance(value, str) and value:
            into.numbers[tool.resource, number.field, value] = None
            into.has_settings |= bool(number.settings)
