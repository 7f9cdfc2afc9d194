"""The records of a work system as analyses see them: plain values, the same for every vendor.

A work system is where a provider of services records what it does for its clients: agreements, time, expenses,
products, projects. Made by `work_extraction` and `work_assembly` of a vendor's records; read by `profitability` and
every other analysis that compares work with the books. Money and hours are `Decimal`, days are `date`. A record is
named by its resource and its Id (`books.Key`); what refers to another record has the Id of it, or an empty text. What
there are tens of thousands of is a frozen struct, as in `books`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from runtime.insights.books import ZERO, Key, Missing, Span

LimitUnit = Literal["hours", "amount", "incidents", ""]
"""What an agreement covers up to its limit; empty where it has none."""
InvoiceKind = Literal["agreement", "standard", "progress", "down_payment", "credit", "other"]
WorkList = Literal[
    "clients", "agreements", "additions", "time_entries", "expenses", "products", "members", "projects", "invoices",
    "work_types",
]  # fmt: skip
"""The lists of a work system, as definitions name them in `insights`."""


@dataclass(frozen=True, slots=True)
class WorkClient:
    """A client. `domain` is its website or the part of an address after the @, as the vendor has it."""

    key: Key
    name: str
    code: str = ""
    parent: str = ""
    email: str = ""
    domain: str = ""
    phone: str = ""
    address: str = ""
    city: str = ""
    postal_code: str = ""
    kind: str = ""
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Agreement:
    """A contract of recurring work. `amount` is billed each `months`, beside what its additions are billed at.

    `limit` is what it covers in `limit_months`, in `limit_unit`; None where it is unlimited or says nothing. `end` is
    the day that it ends or was cancelled; None without an end.
    """

    key: Key
    client: str
    name: str = ""
    kind: str = ""
    amount: Decimal = ZERO
    months: int = 1
    start: date | None = None
    end: date | None = None
    limit: Decimal | None = None
    limit_unit: LimitUnit = ""
    limit_months: int = 1
    is_cancelled: bool = False
    next_invoice: date | None = None

    def is_valid_in(self, start: date, end: date) -> bool:
        """Whether it holds on any of some days."""
        return (self.start is None or self.start <= end) and (self.end is None or self.end >= start)


@dataclass(frozen=True, slots=True)
class Addition:
    """A line of an agreement, billed with it: `quantity` less `included`, at `price`; it costs `cost` each."""

    key: Key
    agreement: str
    item: str = ""
    text: str = ""
    quantity: Decimal = ZERO
    included: Decimal = ZERO
    price: Decimal = ZERO
    cost: Decimal = ZERO
    start: date | None = None
    end: date | None = None
    is_billable: bool = True

    @property
    def amount(self) -> Decimal:
        """What it is billed at in each cycle of its agreement."""
        return (self.quantity - self.included) * self.price if self.is_billable else ZERO


class TimeEntry(Struct, frozen=True, gc=False):
    """Work done. `hours` were worked, `billed_hours` are to be billed; `amount` is what the invoice has of it.

    `cost` is what an hour of it cost, None where the vendor does not say: then the member's counts. `multiplier` of its
    work type raises the cost, as of overtime. `agreement_hours` and `agreement_amount` are covered by its agreement.
    """

    key: Key
    client: str
    day: date
    member: str = ""
    hours: Decimal = ZERO
    billed_hours: Decimal = ZERO
    cost: Decimal | None = None
    rate: Decimal = ZERO
    amount: Decimal = ZERO
    agreement: str = ""
    agreement_hours: Decimal = ZERO
    agreement_amount: Decimal = ZERO
    project: str = ""
    ticket: str = ""
    work_type: str = ""
    invoice: str = ""
    member_name: str = ""
    is_billable: bool = True
    is_billed: bool = False
    is_written_off: bool = False


class WorkExpense(Struct, frozen=True, gc=False):
    """What a member spent on work: it cost `amount`, and `bill_amount` is to be billed."""

    key: Key
    client: str
    day: date
    member: str = ""
    amount: Decimal = ZERO
    bill_amount: Decimal = ZERO
    agreement: str = ""
    project: str = ""
    invoice: str = ""
    kind: str = ""
    is_billable: bool = True
    is_billed: bool = False
    is_written_off: bool = False


class WorkProduct(Struct, frozen=True, gc=False):
    """A product sold with work, at `price` each; `list_price` is that of the catalog, None where it is not known."""

    key: Key
    client: str
    item: str = ""
    text: str = ""
    quantity: Decimal = ZERO
    price: Decimal = ZERO
    cost: Decimal = ZERO
    list_price: Decimal | None = None
    day: date | None = None
    agreement: str = ""
    project: str = ""
    invoice: str = ""
    is_billable: bool = True
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class WorkMember:
    """Who works. `cost` is what an hour costs, `rate` what it is sold for; None where the vendor does not say."""

    key: Key
    name: str
    cost: Decimal | None = None
    rate: Decimal | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class WorkProject:
    """A project; `amount` is its price where it has a fixed one."""

    key: Key
    client: str
    name: str = ""
    agreement: str = ""
    amount: Decimal = ZERO
    budget_hours: Decimal = ZERO
    is_fixed_fee: bool = False
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class WorkInvoice:
    """An invoice of the work system, which the books have under the same `number` once it is posted."""

    key: Key
    client: str
    number: str = ""
    day: date | None = None
    kind: InvoiceKind = "other"
    total: Decimal = ZERO
    tax: Decimal = ZERO
    services: Decimal = ZERO
    expenses: Decimal = ZERO
    products: Decimal = ZERO
    agreement: str = ""
    project: str = ""

    @property
    def net(self) -> Decimal:
        """The total without sales tax."""
        return self.total - self.tax


@dataclass(frozen=True, slots=True)
class WorkType:
    """A type of work; `multiplier` raises the cost of an hour, None where the vendor does not say."""

    key: Key
    name: str = ""
    multiplier: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What was read of a work system. Records that others name are by Id; the rest are in the order of their days.

    `read` has the days that were read of each list of dated records; `lists` are the names of those read whole.
    """

    today: date
    clients: Mapping[str, WorkClient] = field(default_factory=dict)
    agreements: Mapping[str, Agreement] = field(default_factory=dict)
    additions: tuple[Addition, ...] = ()
    time_entries: tuple[TimeEntry, ...] = ()
    expenses: tuple[WorkExpense, ...] = ()
    products: tuple[WorkProduct, ...] = ()
    members: Mapping[str, WorkMember] = field(default_factory=dict)
    projects: Mapping[str, WorkProject] = field(default_factory=dict)
    invoices: Mapping[str, WorkInvoice] = field(default_factory=dict)
    work_types: Mapping[str, WorkType] = field(default_factory=dict)
    read: Mapping[str, Span] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    missing: tuple[Missing, ...] = ()

    def name_client(self, id_: str) -> str:
        """Return the name of a client; its Id where it is not known."""
        return self.clients[id_].name if id_ in self.clients else f"client {id_}"
