"""Books of simulated companies as analyses get them: every record, and reports by the tools that agents have.

`read_books` reads a whole company at once, without plan or limit; how much an analysis may read is a matter of
`operations.insights`, and is tested there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from runtime.insights.analysis import Analysis, Insight, Options, WantedReport
from runtime.insights.assembly import TEMPLATES, TRANSACTIONS, Reading, ReadPage, assemble_books
from runtime.insights.books import Books, Span
from runtime.insights.record_types import Page
from runtime.insights.report_rows import Report, parse_report
from runtime.simulators.quickbooks import companies
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from tests.builtin import builtin_catalog
from tests.company import NOON, Company
from tests.insights.changing import replace

ENTITIES = {
    "invoices": "Invoice",
    "sales_receipts": "SalesReceipt",
    "credit_memos": "CreditMemo",
    "refund_receipts": "RefundReceipt",
    "payments": "Payment",
    "bills": "Bill",
    "purchases": "Purchase",
    "vendor_credits": "VendorCredit",
    "bill_payments": "BillPayment",
    "credit_card_payments": "CreditCardPayment",
    "deposits": "Deposit",
    "transfers": "Transfer",
    "journal_entries": "JournalEntry",
    "accounts": "Account",
    "customers": "Customer",
    "vendors": "Vendor",
    "employees": "Employee",
    "items": "Item",
    "classes": "Class",
    "recurring_transactions": "RecurringTransaction",
}
PARTS = {"recurring_transactions": TEMPLATES, "classes": "segments"}
LISTS = ("accounts", "customers", "vendors", "employees", "items")


@cache
def make_store(kind: str, seed: int = 1, size: int = 1500) -> Store:
    """Return the books of a company, made once in each process; nobody changes them (`tests.company.copy_books`)."""
    store = Store(":memory:", Clock(frozen=NOON))
    companies.make_company(store, kind, seed, size)
    return store


def find_realm(store: Store) -> str:
    """Return the realm of the one company of a store."""
    return str(store.execute("select realm from companies").fetchone()[0])


def read_books(
    store: Store,
    wanted: Iterable[WantedReport] = (),
    *,
    until: date | None = None,
    dismissed: frozenset[str] = frozenset(),
) -> Books:
    """Return the whole books of the company of a store, with some reports.

    `until` is the day that it is then; records of later days are there all the same (`tests.insights.cutting`).
    """
    rules = builtin_catalog().integrations["quickbooks"].insights
    today = until or store.clock.read_today()
    pages = []
    for resource, entity in ENTITIES.items():
        rows = store.execute("select body from records where entity = ?", (entity,)).fetchall()
        body = f'{{"QueryResponse":{{"{entity}":[{",".join(row[0] for row in rows)}]}}}}'.encode()
        page = Page(resource, body, ("QueryResponse", entity))
        pages.append(ReadPage(PARTS.get(resource, resource if resource in LISTS else TRANSACTIONS), page))
    reports = read_reports(store, wanted, today) if wanted else {}
    kinds = {each.kind for each in rules.transactions}
    reading = Reading(
        today=today,
        currency="USD",
        pages=tuple(pages),
        reports=reports,
        settings=_read_settings(store),
        read=dict.fromkeys(kinds, Span(None, today)),
        dismissed=dismissed,
        lists=frozenset({*LISTS, TEMPLATES}),
    )
    return assemble_books(rules, reading)


def read_reports(store: Store, wanted: Iterable[WantedReport], today: date) -> dict[str, Report]:
    """Return reports of the company of a store, by their names."""
    rules = builtin_catalog().integrations["quickbooks"].insights
    company = Company(store, realm=find_realm(store), most_bytes=8_000_000)
    found = {}
    try:
        for each in wanted:
            report = rules.reports[each.report]
            values = {
                "start": each.start.isoformat() if each.start else "",
                "end": (each.end or today).isoformat(),
                "step": rules.steps.get(each.step, ""),
            }
            filled = {name: text.format_map(values) for name, text in report.arguments.items()}
            arguments: dict[str, Any] = {name: text for name, text in filled.items() if text}
            answer = company.call(report.tool, **arguments)
            found[each.name] = parse_report(answer, report.tool, arguments, report.totals)
    finally:
        company.close()
    return found


def run(insight: Insight, store: Store, **options: Any) -> Analysis:
    """Return what an analysis comes to over the whole books of a store, with the reports that it wants."""
    today = store.clock.read_today()
    wanted = insight.plan(options, today)
    return compute(insight, read_books(store, wanted.reports), options)


def compute(insight: Insight, books: Books, options: Options) -> Analysis:
    """Return what an analysis comes to over some books, with the facts of its definition."""
    return insight.compute(replace(books, facts=find_facts(insight.name)), options)


def find_facts(name: str) -> Mapping[str, Any]:
    """Return what the definition of an analysis knows of the world."""
    tools = builtin_catalog().tools
    return next(each.returns.facts for each in tools if each.returns.computed == name)


def count_back(store: Store, days: int) -> date:
    """Return a day before the company's day."""
    return store.clock.read_today() - timedelta(days=days)


def _read_settings(store: Store) -> dict[str, str]:
    [row] = store.execute("select body from records where entity = 'Preferences'").fetchall()
    prefs = json.loads(row[0])
    accounting = prefs.get("AccountingInfoPrefs") or {}
    found = {
        "closing_date": accounting.get("BookCloseDate"),
        "fiscal_month": accounting.get("FirstMonthOfFiscalYear"),
        "home_currency": prefs.get("CurrencyPrefs", {}).get("HomeCurrency", {}).get("value"),
    }
    return {name: str(value) for name, value in found.items() if value}
