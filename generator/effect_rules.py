"""What a booking does to other records, as the catalog holds it: whose balance or stock it moves, and by how much.

Part of `vendor`. `stages.effects` makes these values. A path names the steps from the record, or from one of its lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Path = tuple[str, ...]
Conditions = tuple[tuple[Path, tuple[Any, ...]], ...]
"""Paths, each with the values of which one has to stand there."""


@dataclass(frozen=True, slots=True)
class MovedFigure:
    """The figure of a record that bookings move, such as what a customer owes."""

    kind: Literal["balance", "stock"]
    field: str
    label: str
    """What it is called; `{name}` is the name of the record."""
    only_with: Conditions = ()
    unless: Conditions = ()


@dataclass(frozen=True, slots=True)
class Move:
    """One figure that a record moves: of which other record, which direction, by which amount."""

    field: Path
    """The reference to the other record."""
    of: str
    """The resource of that record."""
    is_raised: bool
    lines: str = ""
    """The field that holds the lines, each of which moves something; empty where the record itself does."""
    by: Path = ()
    """The amount; empty for the total of the record."""
    when: Conditions = ()
    beside: Path = ()
    """Another reference next to this one, whose record has to meet `beside_has`."""
    beside_of: str = ""
    beside_has: Conditions = ()
    note: str = ""
    """What cannot be known of it before it is posted."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """A part of a record, or of a line, with which some of what it does is not computed."""

    kind: Literal["balance", "stock"]
    field: Path
    note: str
    lines: str = ""


@dataclass(frozen=True, slots=True)
class Booking:
    """What the records of one resource move."""

    total: str = ""
    """The field that holds the total of a stored record."""
    reversed_by: str = ""
    """The field that says, by true, that everything moves in the other direction."""
    moves: tuple[Move, ...] = ()
    unsure: tuple[Unsure, ...] = ()


@dataclass(frozen=True, slots=True)
class AddedTax:
    """How a record says that the vendor will add a tax to it."""

    codes: str
    """The resource of tax codes: who refers to one is taxed."""
    untaxed: tuple[str, ...]
    """Codes that add none."""
    note: str


@dataclass(frozen=True, slots=True)
class EffectRules:
    """What bookings do, under the resource of each record."""

    figures: dict[str, MovedFigure] = field(default_factory=dict)
    bookings: dict[str, Booking] = field(default_factory=dict)
    tax: AddedTax | None = None
