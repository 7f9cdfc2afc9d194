"""Where a vendor's clients or customers stand, by which companies of two systems are mapped. Part of `company_rules`.

`stages.mapping` makes these values; `runtime.operations.company_mapping` reads records by them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from generator.insight_rules import Fields

Side = Literal["work", "books"]


@dataclass(frozen=True, slots=True)
class HourRules:
    """The records of work done: whose it was and how many hours. `{start}` in an argument is the first day."""

    resource: str = ""
    client: tuple[str, ...] = ()
    quantity: tuple[str, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MappingRules:
    """The clients of a work system, or the customers of the books; `resource` is empty where there are none.

    Every path of a field counts: a customer has several names and phone numbers.
    """

    resource: str = ""
    arguments: dict[str, Any] = field(default_factory=dict)
    fields: Fields = field(default_factory=dict)
    hours: HourRules = HourRules()
