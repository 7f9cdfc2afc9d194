"""Books and work of a small provider of services, made by hand. Used by the tests of profitability."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from runtime.insights.books import Account, Books, Key
from runtime.insights.client_mapping import ClientLink, ClientMapping
from runtime.insights.report_rows import Report, Row
from runtime.insights.work_records import (
    Agreement,
    TimeEntry,
    Work,
    WorkClient,
    WorkInvoice,
    WorkMember,
    WorkType,
)
from tests.insights.changing import replace
from tests.insights.hand_made import make_books, make_customer, make_line, make_transaction, make_vendor

ACCOUNTS = {
    "managed": ("Managed Services", "income"),
    "project": ("Project Services", "income"),
    "hours": ("Hourly Support", "income"),
    "goods": ("Hardware Sales", "income"),
    "odd": ("Sundry", "income"),
    "interest": ("Interest", "other_income"),
    "cost": ("Cost of Hardware", "cost_of_sales"),
    "tools": ("Delivery Tools", "cost_of_sales"),
    "wages": ("Technician Wages", "cost_of_sales"),
    "rent": ("Rent", "expense"),
    "office": ("Office Payroll", "expense"),
    "bank": ("Bank", "bank"),
}
LISTS = frozenset({"clients", "agreements", "additions", "members", "work_types", "invoices", "time_entries"})
CUSTOMERS = [
    make_customer("1", "Acme"),
    make_customer("2", "Birch"),
    make_customer("3", "Acme: server rack", parent="1"),
    make_customer("4", "Books only"),
]
CLIENTS = {"11": "Acme Inc.", "12": "Birch LLC", "13": "Birch West", "14": "Work only", "15": "Ourselves"}
MAPPING = ClientMapping(
    {
        "11": ClientLink("11", "linked", "1"),
        "12": ClientLink("12", "linked", "2"),
        "13": ClientLink("13", "linked", "2"),
        "15": ClientLink("15", "not_a_client"),
    }
)
MEMBERS = {
    "91": WorkMember(Key("members", "91"), "Ann", Decimal(40), Decimal(120)),
    "92": WorkMember(Key("members", "92"), "Bo"),
}
TYPES = {
    "1": WorkType(Key("work_types", "1"), "Overtime", Decimal("1.5")),
    "2": WorkType(Key("work_types", "2"), "Free", Decimal(0)),
}
OCTOBER = date(2026, 10, 14)


def sell(
    id_: str, customer: str, amount: str, account: str = "managed", day: date = OCTOBER, **more: Any
) -> Any:
    """Return an invoice."""
    return make_transaction(
        "invoice", id_, day, Key("customers", customer), make_line(amount, account), **more
    )


def buy(id_: str, amount: str, account: str = "cost", customer: str = "", day: date = OCTOBER) -> Any:
    """Return a bill."""
    line = make_line(amount, account, customer=customer)
    return make_transaction("bill", id_, day, make_vendor("7").key, line)


def pay(id_: str, amount: str, account: str = "wages", day: date = OCTOBER) -> Any:
    """Return a journal entry that books wages."""
    sides = [make_line(amount, account, side="debit"), make_line(amount, "bank", side="credit")]
    return make_transaction("journal", id_, day, None, *sides)


def work(id_: str, client: str, hours: str, day: date = OCTOBER, **more: Any) -> TimeEntry:
    """Return a time entry of a member whose hour costs 40."""
    values: dict[str, Any] = {"member": "91"} | more
    for name in ("cost", "rate"):
        if name in values:
            values[name] = Decimal(values[name])
    return TimeEntry(Key("time_entries", id_), client, day, hours=Decimal(hours), **values)


def agree(id_: str, client: str, amount: str, **more: Any) -> Agreement:
    """Return an agreement."""
    values: dict[str, Any] = {"name": f"Agreement {id_}"} | more
    return Agreement(Key("agreements", id_), client, amount=Decimal(amount), **values)


def make_provider(
    transactions: Any,
    entries: Any = (),
    *,
    agreements: Any = (),
    invoices: Any = (),
    reports: Mapping[str, Report] | None = None,
    **more: Any,
) -> Books:
    """Return the books with the work of a company, mapped; `mapping` and `work` may be None."""
    books = make_books(transactions, parties=CUSTOMERS, reports=reports)
    made = Work(
        books.today,
        {id_: WorkClient(Key("companies", id_), name) for id_, name in CLIENTS.items()},
        {each.key.id: each for each in agreements},
        time_entries=tuple(entries),
        members=MEMBERS,
        work_types=TYPES,
        invoices={each.key.id: each for each in invoices},
        lists=LISTS,
    )
    accounts = {
        id_: Account(Key("accounts", id_), name, roles=frozenset({role}))
        for id_, (name, role) in ACCOUNTS.items()
    }
    return replace(books, **({"accounts": accounts, "work": made, "mapping": MAPPING} | more))


def make_invoice_of_work(id_: str, number: str, **more: Any) -> WorkInvoice:
    """Return an invoice of the work system."""
    return WorkInvoice(Key("invoices", id_), "11", number, **more)


def report(*months: Mapping[str, str]) -> Report:
    """Return a profit and loss report with a column for each month, and the total."""
    names = ("income", "cost_of_sales", "expenses", "other_income", "other_expenses", "net_income")
    rows = [Row("total", 0, (name, *(each.get(name, "") for each in months), ""), "", name) for name in names]
    columns = ("account", *(f"month {at}" for at, _ in enumerate(months)), "Total")
    return Report("profit_tool", columns, tuple(rows), {name: name for name in names})
