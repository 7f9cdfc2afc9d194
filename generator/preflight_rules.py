"""What a vendor's records are held against before they are sent, as the catalog holds it. Part of `vendor`.

`stages.preflight` makes these values. A path names the steps from the record, or from one of its lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """Lines whose amount is the product of two numbers, such as a quantity and a price."""

    resources: tuple[str, ...]
    lines: str
    amount: str
    details: tuple[str, ...]
    """The objects in a line that may hold the factors; empty when the line itself does."""
    factors: tuple[str, str]
    unless: tuple[str, ...]
    """Parts of those objects with which the amount is another one."""
    comparable: dict[str, tuple[Any, ...]]
    """Fields of the record that, when given, must have one of these values, or amounts cannot be compared."""
    advice: str


@dataclass(frozen=True, slots=True)
class Balanced:
    """A record whose lines have two sides of equal sums."""

    resources: tuple[str, ...]
    lines: str
    amount: str
    side: Path
    """In a line, where its side stands."""
    sides: tuple[str, str]
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalOfLines:
    """A record with a total; some of its lines raise that and some lower it."""

    resources: tuple[str, ...]
    total: str
    """The field that holds the total."""
    lines: str
    """The field that holds the lines."""
    amount: str
    """In a line, the field that holds its amount."""
    kind: Path
    """In a line, where its kind stands."""
    raising: tuple[str, ...]
    lowering: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenTotal(TotalOfLines):
    """A total that the vendor works out from the lines, and that a caller gives all the same."""

    tax: Path
    """Where the sum of the taxes stands."""
    comparable: dict[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetTotal(TotalOfLines):
    """A total that the caller says."""

    excess: str
    """What becomes of a total beyond the lines."""


@dataclass(frozen=True, slots=True)
class DateWindow:
    """The years around today in which the dates of records are plausible."""

    years_back: int
    years_ahead: int
    except_fields: tuple[str, ...] = ()
    advice: str = ""


@dataclass(frozen=True, slots=True)
class ClosedBooks:
    """Until when nothing may be booked: where the settings of the company say it, and the date it is held against."""

    until: Path
    resources: tuple[str, ...]
    date: str
    advice: str


@dataclass(frozen=True, slots=True)
class TakenNumber:
    """A number that no two records of a resource may have."""

    resources: tuple[str, ...]
    field: str
    settings: Path
    """Where the settings of the company say, by true, that a second one is refused; empty when it always is."""
    advice: str


@dataclass(frozen=True, slots=True)
class OpenBalance:
    """Lines that pay what is open on other records."""

    resources: tuple[str, ...]
    lines: str
    amount: str
    links: str
    """In a line, the list of what it pays."""
    id: str
    kind: str
    pays: dict[str, str]
    """The resource of each kind of record that has an open balance."""
    balance: str
    """In such a record, the field that holds it."""
    advice: str


@dataclass(frozen=True, slots=True)
class WantedKind:
    """What the record must be that a field refers to, such as an account of one type."""

    resources: tuple[str, ...]
    """Where the field stands; empty for every resource."""
    field: str
    """The last step of the way to the reference."""
    of: str
    """The resource that it refers to."""
    kind: str
    """In the other record, the field that says its kind."""
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SameCurrency:
    """A form that is in the currency of the name it is for."""

    resources: tuple[str, ...]
    field: Path
    """Where the form has its currency."""
    of: tuple[str, ...]
    """The fields that refer to the name."""
    theirs: Path
    """Where the name has its currency."""
    advice: str


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """When a new record is taken for one that is there already."""

    same: tuple[str, ...]
    """What has to be the same: number, total, amount (the sum of the lines), lines, links, date."""
    date: str
    days: int
    """How many days the dates may be apart."""
    filters: tuple[str, ...] = ()
    """Fields that have to be the same, and by which the list of the resource can be filtered."""
    fields: tuple[str, ...] = ()
    """Fields that are absent in both or the same."""
    number: str = ""
    total: str = ""
    lines: str = ""
    amount: str = ""
    kind: str = ""
    ignored: tuple[str, ...] = ()
    links: str = ""


@dataclass(frozen=True, slots=True)
class ReversalRule:
    """How a record of bookings is reversed: by a new one with every line on the other side."""

    lines: str
    side: tuple[str, ...]
    """In a line, the path of the field that says its side."""
    sides: tuple[str, str]
    date: str
    leave_out: tuple[str, ...] = ()
    """Fields that the new record does not take over."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """Everything that a vendor's records are held against before they are sent."""

    products: tuple[Product, ...] = ()
    balanced: tuple[Balanced, ...] = ()
    given_totals: tuple[GivenTotal, ...] = ()
    dates: DateWindow | None = None
    settings: str = ""
    """The tool that reads the settings of the company."""
    active: str = ""
    """The field that says, by false, that a record is no longer in use."""
    closed_books: tuple[ClosedBooks, ...] = ()
    taken_numbers: tuple[TakenNumber, ...] = ()
    open_balances: tuple[OpenBalance, ...] = ()
    wanted_kinds: tuple[WantedKind, ...] = ()
    same_currency: tuple[SameCurrency, ...] = ()
    settings_pairs: Path = ()
    """Where the settings have a list of names and values."""
    pair: tuple[str, ...] = ()
    """The parts of such a pair: name, value."""
    shared_ids: tuple[tuple[str, ...], ...] = ()
    """Resources whose records share one series of Ids: an Id of one of them is none of the others."""
