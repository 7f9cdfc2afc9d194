"""What is to be found in the business of an IT service provider, as data that tests prove analyses with.

Called by `plan`; `planting` and `sums` fill it. Ids and numbers are those that the simulators show: `company_id` and
`agreement_id` of the work system, `customer_id` and document numbers (`DocNumber`) of the books. Cents and minutes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

How = Literal[
    "exact", "legal form", "article", "typo", "order", "abbreviation", "domain", "phone", "address", "merged"
]


@dataclass(frozen=True, slots=True)
class Pair:
    """A company of the work system and the customer it is; `how`: in what the names differ, or what they share."""

    company_id: int
    company_name: str
    customer_id: str
    customer_name: str
    how: How


@dataclass(frozen=True, slots=True)
class ClientMonth:
    """What a client is in a month, as booked: revenue by stream and product cost of the books, labour of the time.

    `hourly`, `managed` ... are cents of revenue; `labour` is time entries of the day's month at their cost, of all
    entries whether billable or not. `product_cost` is what stands on cost of sales for the client.
    """

    client: int
    month: date
    managed: int
    projects: int
    products: int
    hourly: int
    expenses: int
    product_cost: int
    minutes: int
    labour: int

    @property
    def revenue(self) -> int:
        """Return all revenue."""
        return self.managed + self.projects + self.products + self.hourly + self.expenses


@dataclass(frozen=True, slots=True)
class BooksMonth:
    """The profit and loss of a month, accrual, as the books have it (with the errors)."""

    month: date
    income: int
    direct: int
    overhead: int
    other: int

    @property
    def net(self) -> int:
        """Return what is left."""
        return self.income - self.direct - self.overhead - self.other


@dataclass(frozen=True, slots=True)
class LabourMonth:
    """Technicians' labour of a month: paid by the books (wherever it stands), entered as time, and idle or internal."""

    month: date
    paid: int
    for_clients: int
    internal: int
    idle: int


@dataclass(frozen=True, slots=True)
class Unprofitable:
    """The client that costs more than it brings, over all months that are complete, and why."""

    client: int
    customer_id: str
    company_id: int
    why: Literal["time"]
    revenue: int
    product_cost: int
    labour: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Overused:
    """The agreement with a limit of minutes a month that is used far beyond it in each complete month."""

    agreement_id: int
    client: int
    limit: int
    minutes: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True)
class Misposted:
    """A document on an account where its vendor otherwise never stands, or labour and tools that are no direct cost."""

    numbers: tuple[str, ...]
    days: tuple[date, ...]
    vendor: str
    """Empty for labour."""
    technician_id: int | None
    account: str
    right_account: str
    cents: int


@dataclass(frozen=True, slots=True)
class CostLater:
    """Goods invoiced in a month whose cost is booked in the next."""

    invoice: str
    bill: str
    client: int
    invoiced: date
    billed: date
    revenue: int
    cost: int


@dataclass(frozen=True, slots=True)
class NeverBilled:
    """An agreement that no document of the books invoices; `cents` of all months in which it was due."""

    agreement_id: int
    client: int
    monthly: int
    cents: int


@dataclass(frozen=True, slots=True)
class WithoutAgreement:
    """Invoices for managed services to a client without an agreement in the work system."""

    client: int
    customer_id: str
    numbers: tuple[str, ...]
    cents: int


@dataclass(frozen=True, slots=True)
class Unbilled:
    """Billable time and expenses of a complete month that no document invoices."""

    client: int
    month: date
    time_entry_ids: tuple[int, ...]
    expense_ids: tuple[int, ...]
    time: int
    expenses: int


@dataclass(frozen=True, slots=True)
class BelowList:
    """An addition sold below the list price: what is lost a month, and in all months invoiced."""

    agreement_id: int
    addition_id: int
    client: int
    item: str
    quantity: int
    price: int
    list_price: int
    monthly: int
    cents: int


@dataclass(frozen=True, slots=True)
class Truths:
    """Everything that is planted, and the figures that are right."""

    pairs: tuple[Pair, ...]
    """Every company of a client and its customer; several companies may have one customer."""
    only_in_work: tuple[int, ...]
    """Ids of companies with work but no customer."""
    only_in_books: tuple[str, ...]
    """Ids of customers with invoices but no company."""
    not_clients: tuple[int, ...]
    """Ids of companies that are vendors, prospects or the provider itself."""
    sub_customers: tuple[tuple[str, str], ...]
    """(Id of a sub-customer, Id of the customer above it)."""
    unprofitable: Unprofitable
    overused: Overused
    misposted_cost: Misposted
    labour_as_overhead: Misposted
    tool_as_overhead: Misposted
    cost_later: CostLater
    never_billed: NeverBilled
    without_agreement: WithoutAgreement
    unbilled: Unbilled
    below_list: BelowList
    complete_months: tuple[date, ...]
    """First days of the months that are over; time of a later one is work in progress, not forgotten."""
    figures: tuple[ClientMonth, ...]
    books: tuple[BooksMonth, ...]
    labour: tuple[LabourMonth, ...]
