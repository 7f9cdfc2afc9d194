"""Rules of a vendor that hold for some of its records only, as the catalog holds them.

Part of `vendor`. `stages.vendor_facts` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from generator.preflight_rules import NetTotal


@dataclass(frozen=True, slots=True)
class AdviceCase:
    """What to do in one case of an error. Every condition that is given must hold; `{name}` is a group of a pattern."""

    advice: str
    text: str = ""
    """Pattern that the vendor's message and detail must have."""
    element: str = ""
    """Pattern that the field named by the vendor must have."""
    methods: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    """Arguments that the call must have."""
    sent: dict[str, Any] = field(default_factory=dict)
    """Arguments that the call must have with these values."""


@dataclass(frozen=True, slots=True)
class CarriedTax:
    """Where a form holds the tax that was computed for its earlier lines, and how its lines say what is taxed now.

    A path names the steps from the form, or from one line or tax line. The vendor takes such a tax as it is, so one
    that belongs to lines that are gone is charged all the same.
    """

    resources: tuple[str, ...]
    tax_lines: tuple[str, ...]
    """Where the tax lines stand."""
    base: tuple[str, ...]
    """In a tax line, the amount that it taxes."""
    total: tuple[str, ...]
    """Where the sum of the taxes stands."""
    lines: str
    """The field that holds the lines of the form."""
    kind: str
    """In a line, the field that says its kind."""
    amount: str
    """In a line, the field that holds its amount."""
    codes: dict[str, tuple[str, ...]]
    """For each kind of line that may be taxed, where the line holds its tax code."""
    taxed: tuple[str, ...]
    """Codes of lines that are taxed on exactly their amount: no tax is charged on their tax."""
    untaxed: tuple[str, ...]
    """Codes of lines that are not taxed."""
    ignored: tuple[str, ...]
    """Kinds of line that change nothing in what is taxed."""
    lowering: tuple[str, ...]
    """Kinds of line that may lower what is taxed."""
    nested: dict[str, tuple[str, ...]]
    """For each kind of line that holds lines, where they stand in it."""
    comparable: dict[str, tuple[Any, ...]]
    """Fields that, when given, must have one of these values, or the amounts cannot be compared."""
    advice: str


@dataclass(frozen=True, slots=True)
class OftenForgotten:
    """A field that callers often forget when they give another one, and what happens without it."""

    field: str
    beside: str
    note: str


@dataclass(frozen=True, slots=True)
class Needed:
    """A field of a new record that needs another field with it, unless its value is 0."""

    resources: tuple[str, ...]
    field: str
    beside: str
    advice: str


@dataclass(frozen=True, slots=True)
class UpdateRules:
    """What an update of a whole record is checked by. Paths are steps inside an entry of a list."""

    version: str = ""
    """The field that says which version of a record is meant; empty where the vendor has none."""
    stale_codes: tuple[str, ...] = ()
    """Codes of the vendor's error for a version that is not current."""
    identifier: str = "id"
    """The field by which the vendor names an entry of a list."""
    kind: str = ""
    """In an entry, the field that says its kind, which is the name of the field that holds its particulars."""
    entries: dict[str, tuple[tuple[tuple[str, ...], ...], ...]] = field(default_factory=dict)
    """For each list whose entries are recognized, what identifies one: sets of paths, the strongest first."""
    computed: tuple[str, ...] = ()
    """Fields, at any level, that the vendor sets itself, beside those that nobody may write."""


@dataclass(frozen=True, slots=True)
class UndoRules:
    """By which methods a write is undone."""

    methods: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For each method those that undo it, the first that a resource has; `set_inactive` is an update."""
    inactive: dict[str, Any] = field(default_factory=dict)
    """What that update sends: it takes a record out of use that the vendor does not delete."""


@dataclass(frozen=True, slots=True)
class FormRules:
    """What is looked at in a record before it is sent, beside the schema of its tool."""

    carried_taxes: tuple[CarriedTax, ...] = ()
    net_totals: tuple[NetTotal, ...] = ()
    missed: tuple[OftenForgotten, ...] = ()
    needed: tuple[Needed, ...] = ()


@dataclass(frozen=True, slots=True)
class Tie:
    """A report of the vendor whose total has to be the sum of a field of records."""

    field: str
    resource: str
    method: str
    """Of the report."""
    filters: dict[str, Any]
    """What may be asked of the records for both to be about the same."""
    arguments: dict[str, Any]
    """What the report is asked."""
    note: str
    """Why the two may differ."""
    only_with: dict[str, Any]
    """What has to be asked of the records for that."""
    group: str
    """The group of rows whose total it is; empty for the last total of the report."""


@dataclass(frozen=True, slots=True)
class RecordAmount:
    """Where the amount of a record stands: in one field, or in its lines, which are added up."""

    field: str
    """The field of the record, or of each line, that holds the amount."""
    lines: str = ""
    """The field that holds the lines; empty where the record has one amount."""
    kind: tuple[str, ...] = ()
    """In a line, where its kind stands."""
    ignored: tuple[str, ...] = ()
    """Kinds of line that add nothing to the amount."""
    lowering: tuple[str, ...] = ()
    """Kinds of line that lower the amount."""
    plus: tuple[tuple[str, ...], ...] = ()
    """Where else in the record amounts stand that come on top, such as a tax."""


@dataclass(frozen=True, slots=True)
class Draft:
    """When a record is a draft, which books nothing yet. Without a field, every record of the resource is one."""

    field: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a setting of the company is read: a tool without arguments, and the path in its record."""

    tool: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rates:
    """Where the vendor says what one unit of a currency is worth in the home currency on a day."""

    tool: str
    currency: str
    """The argument that takes the currency."""
    day: str
    """The argument that takes the day."""
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CurrencyFacts:
    """How an amount in a foreign currency is known in the home currency of the company."""

    path: tuple[str, ...]
    """Where a record has its currency."""
    home: Setting
    several: Setting
    """Says, by true, that the company uses several currencies at all."""
    rates: Rates
    rate: str = ""
    """The field that holds the rate of a record."""
    named_by: tuple[str, ...] = ()
    """Resources to which a record refers: where it has no currency of its own it is in theirs."""


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """What the argument policies of an MCP server look at in records, under the resource of each."""

    amounts: dict[str, RecordAmount] = field(default_factory=dict)
    days: dict[str, str] = field(default_factory=dict)
    """The field that holds the day on which a record is booked."""
    drafts: dict[str, Draft] = field(default_factory=dict)
    unexamined: frozenset[str] = frozenset()
    """Resources whose records hold whole other records, in which nothing of this is looked for."""
    closing_date: Setting | None = None
    currency: CurrencyFacts | None = None

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Everything that is read of the settings of a company."""
        own = (self.currency.home, self.currency.several) if self.currency else ()
        return (*((self.closing_date,) if self.closing_date else ()), *own)
