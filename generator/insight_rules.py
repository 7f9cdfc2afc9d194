"""What an integration calls the things that are computed with: transactions, accounts, names, settings and reports.

Part of `vendor`. `stages.insights` makes these values, and `runtime.insights.extraction` reads records by them. A path
names the steps from a record, or from one of its lines; of several paths, the first that leads to something is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from generator.effect_rules import Conditions, Path

Paths = tuple[Path, ...]
Fields = dict[str, Paths]
"""Where each part of a value stands, by the name that `runtime.insights.books` gives it."""
FIX_VALUES = (
    "id", "number", "day", "amount", "due", "party", "account", "bank", "line", "other_id", "text", "month_start",
    "month_end",
)  # fmt: skip
"""What the arguments of a fix may name in braces, of the first record: filled by `runtime.insights.checklist.fixes`."""
WORK_PARTS: dict[str, tuple[str, ...]] = {
    "clients": (
        "id", "name", "code", "parent", "email", "domain", "phone", "address", "city", "postal_code", "kind",
    ),
    "agreements": (
        "id", "client", "name", "kind", "amount", "months", "start", "end", "limit", "limit_unit", "limit_months",
        "next_invoice",
    ),
    "additions": ("id", "agreement", "item", "text", "quantity", "included", "price", "cost", "start", "end"),
    "time_entries": (
        "id", "client", "day", "member", "member_name", "hours", "billed_hours", "cost", "rate", "amount", "agreement",
        "agreement_hours", "agreement_amount", "project", "ticket", "work_type", "invoice",
    ),
    "expenses": (
        "id", "client", "day", "member", "amount", "bill_amount", "agreement", "project", "invoice", "kind",
    ),
    "products": (
        "id", "client", "item", "text", "quantity", "price", "cost", "list_price", "day", "agreement", "project",
        "invoice",
    ),
    "members": ("id", "name", "first_name", "last_name", "cost", "rate"),
    "projects": ("id", "client", "name", "agreement", "amount", "budget_hours"),
    "invoices": (
        "id", "client", "number", "day", "kind", "total", "tax", "services", "expenses", "products", "agreement",
        "project",
    ),
    "work_types": ("id", "name", "multiplier"),
}  # fmt: skip
"""The lists of a work system and the parts of their records, as `runtime.insights.work_records` names them."""
WORK_FLAGS: dict[str, tuple[str, ...]] = {
    "clients": ("inactive",),
    "agreements": ("cancelled", "unlimited"),
    "additions": ("unbillable",),
    "time_entries": ("unbillable", "billed", "written_off"),
    "expenses": ("unbillable", "billed", "written_off"),
    "products": ("unbillable", "cancelled"),
    "members": ("inactive",),
    "projects": ("fixed_fee", "closed"),
    "invoices": (),
    "work_types": (),
}
"""What may be said of the records of each list by values that they have."""


@dataclass(frozen=True, slots=True)
class LineRules:
    """Where the lines of transactions stand, and the parts of a line."""

    name: str = ""
    """The field that holds them."""
    fields: Fields = field(default_factory=dict)
    kind: Path = ()
    """What says of which kind a line is."""
    skipped: tuple[str, ...] = ()
    """Kinds of lines that are no amount of their own, such as subtotals."""
    lowering: tuple[str, ...] = ()
    """Kinds of lines whose amount lowers the total."""
    nested: Path = ()
    """The lines inside a line, which stand in its place."""
    debits: tuple[str, ...] = ()
    """Values of the part `side` that mean a debit; any other is a credit."""
    party_kinds: dict[str, str] = field(default_factory=dict)
    """The resource that each value of the part `party_kind` means, where a line names a party of its own."""


@dataclass(frozen=True, slots=True)
class LinkRules:
    """How a record, or a line, names the transactions that it settles or is settled by."""

    name: str = ""
    """The field that holds them."""
    id: Path = ()
    kind: Path = ()
    resources: dict[str, str] = field(default_factory=dict)
    """The resource that each value of `kind` means."""


@dataclass(frozen=True, slots=True)
class RecordRules:
    """The records of one resource as a value."""

    resource: str
    kind: str
    """What it is to the books, as `runtime.insights.books` names it."""
    fields: Fields
    party_of: str = ""
    """The resource of its party; empty where the part `party_kind` says it."""
    party_kinds: dict[str, str] = field(default_factory=dict)
    """The resource that each value of the part `party_kind` means."""
    unsent: Conditions = ()
    """What a form has that was not sent to its party."""
    reversed_when: Conditions = ()
    """What a record has whose amounts move in the other direction."""


@dataclass(frozen=True, slots=True)
class ListRules:
    """The records of a list, such as accounts."""

    resource: str
    fields: Fields
    roles: dict[str, tuple[Conditions, ...]] = field(default_factory=dict)
    """What a record has that plays a role, such as the bank accounts: all of one of these conditions."""


@dataclass(frozen=True, slots=True)
class ReportRules:
    """One report that confirms figures: the tool of it, its arguments, and the groups of its totals."""

    tool: str
    arguments: dict[str, str]
    """Templates of `{start}`, `{end}` and `{step}`; an argument that is not filled is left out."""
    totals: dict[str, str] = field(default_factory=dict)
    """The vendor's group of the total that stands for a figure."""


@dataclass(frozen=True, slots=True)
class FixRules:
    """A call that fixes an item of the month-end checklist."""

    tool: str
    arguments: dict[str, Any]
    """Texts in braces are filled; one that is nothing else takes the type of its value, such as a number."""
    says: str
    resources: tuple[str, ...] = ()
    """The resources whose records it fixes; empty for all."""


@dataclass(frozen=True, slots=True)
class WorkRules:
    """The records of one list of a work system, such as its time entries."""

    resource: str
    fields: Fields
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    """For a part whose values the vendor names, what each means; a value that is not there means nothing."""
    flags: dict[str, Conditions] = field(default_factory=dict)
    """What a record has that is billed, cancelled and so on."""


@dataclass(frozen=True, slots=True)
class InsightRules:
    """Everything that analyses know of a vendor."""

    transactions: tuple[RecordRules, ...] = ()
    lines: LineRules = LineRules()
    links: LinkRules = LinkRules()
    lists: dict[str, ListRules] = field(default_factory=dict)
    """By the names that `runtime.insights.books` gives them: accounts, customers, vendors, items, segments …"""
    templates: ListRules | None = None
    """Recurring transactions, whose records hold one of the transactions under its entity."""
    settings: dict[str, tuple[str, Path]] = field(default_factory=dict)
    """The tool and the path of each setting: closing_date, fiscal_month."""
    steps: dict[str, str] = field(default_factory=dict)
    """What a report calls its columns: day, week and month by length, segment for one of each."""
    reports: dict[str, ReportRules] = field(default_factory=dict)
    fixes: dict[str, tuple[FixRules, ...]] = field(default_factory=dict)
    """By item of the month-end checklist; the first that is for the resource of a record is taken."""
    work: dict[str, WorkRules] = field(default_factory=dict)
    """The lists of a work system, by the names of `WORK_PARTS`."""
