"""The records of an IT service provider, in no vendor's shapes.

Called by `making`, which fills them, and by both simulators, which show them under the ids that stand here. `Document`
and its lines are what the books hold; tickets, time entries, expenses and agreements are what the work system holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from runtime.simulators.provider.parties import Client, Company, Customer, Technician
from runtime.simulators.provider.truths import Truths

Stream = Literal["managed", "projects", "products", "hourly", "expenses"]
"""What money is earned with; `expenses` are those passed on to the client."""
Group = Literal["income", "direct", "overhead", "other"]
"""Where an account stands in the profit and loss: income, cost of sales, expenses, other expenses."""
Bill = Literal["Billable", "DoNotBill", "NoCharge"]


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a plan is made of. `months` ends with the month of the last day; of that, the rest is not shown.

    `time_entries` are those of all months as a whole.
    """

    last_day: date
    seed: int = 1
    clients: int = 24
    months: int = 13
    time_entries: int = 3_000
    transactions: int = 0
    """About how many the books have at least; small card purchases fill them up."""


@dataclass(frozen=True, slots=True)
class Item:
    """What is sold: its list price and usual cost in cents, and the accounts of both."""

    id: int
    code: str
    name: str
    stream: Stream
    price: int
    cost: int
    income: str
    expense: str
    vendor: str


@dataclass(frozen=True, slots=True)
class Addition:
    """A part of an agreement: units of an item a month, from a day on, until a day if it ended."""

    id: int
    item: str
    quantity: int
    price: int
    cost: int
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a company gets every month. `limit` is minutes a month that it covers, 0 for all."""

    id: int
    name: str
    company_id: int
    client: int
    kind: Literal["Managed Services", "Backup", "Licences"]
    since: date
    until: date | None
    limit: int
    additions: tuple[Addition, ...]
    is_invoiced: bool = True
    """Whether the books invoice it."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project of a company: for a fee in two halves, or by the hour at a rate (fee 0)."""

    id: int
    name: str
    company_id: int
    client: int
    customer_id: str
    fee: int
    rate: int
    budget: int
    """Minutes."""
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request of a company; a ticket of a project has its id."""

    id: int
    summary: str
    company_id: int
    client: int | None
    opened: date
    closed: date | None
    agreement_id: int | None
    project_id: int | None
    technician_id: int


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """Work of one technician: minutes from a minute of a day on (local time), and the document that invoices it."""

    id: int
    ticket_id: int | None
    """None: internal work."""
    company_id: int
    client: int | None
    technician_id: int
    day: date
    start: int
    minutes: int
    bill: Bill
    rate: int
    """Cents an hour for the client; 0 when an agreement or a fee covers it."""
    cost: int
    """Cents an hour for the provider."""
    agreement_id: int | None
    project_id: int | None
    invoice: str = ""
    """Number of the document, empty as long as there is none."""


@dataclass(frozen=True, slots=True)
class Expense:
    """What a technician spent for a client, to be passed on when it is billable."""

    id: int
    ticket_id: int
    company_id: int
    client: int
    technician_id: int
    day: date
    kind: str
    cents: int
    bill: Bill
    invoice: str = ""


@dataclass(frozen=True, slots=True)
class Sale:
    """Goods sold to a company, and the two documents in the books: the invoice and the distributor's bill."""

    id: int
    company_id: int | None
    client: int
    item: str
    quantity: int
    price: int
    cost: int
    day: date
    billed: date
    """Day of the distributor's bill."""
    invoice: str
    bill: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a document: cents on an account of the profit and loss, for a client if one is named."""

    account: str
    cents: int
    text: str
    client: int | None = None
    item: str = ""
    quantity: float = 1
    price: int = 0
    stream: Stream | Literal[""] = ""
    agreement_id: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A transaction of the books. Payroll is a journal entry; a purchase is paid by card at once.

    `party` is the Id of the customer of an invoice, or the name of the vendor of a bill or purchase.
    """

    number: str
    kind: Literal["invoice", "bill", "purchase", "journal"]
    day: date
    party: str
    lines: tuple[Line, ...]
    paid_on: date | None
    note: str = ""
    reason: Literal[
        "agreement", "project", "hours", "goods", "payroll", "product_cost", "tool", "overhead", ""
    ] = ""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the profit and loss by its name in full."""

    name: str
    group: Group


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole business; tuples are in the order of their ids, documents in that of their days."""

    parameters: Parameters
    name: str
    first_day: date
    months: tuple[date, ...]
    """First days."""
    accounts: tuple[Account, ...]
    items: Mapping[str, Item]
    vendors: tuple[str, ...]
    technicians: tuple[Technician, ...]
    clients: tuple[Client, ...]
    companies: tuple[Company, ...]
    customers: tuple[Customer, ...]
    agreements: tuple[Agreement, ...]
    projects: tuple[Project, ...]
    tickets: tuple[Ticket, ...]
    time: tuple[TimeEntry, ...]
    expenses: tuple[Expense, ...]
    sales: tuple[Sale, ...]
    documents: tuple[Document, ...]
    truths: Truths
