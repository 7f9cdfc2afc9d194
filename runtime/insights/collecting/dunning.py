"""Whom to remind first: customers with overdue invoices in the order of what a reminder is worth.

It is worth the amount times how unusual the delay is for the customer: who always pays on day 45 is not urgent on day
40. Totals are compared with the reports of receivables and with the balance sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from runtime.insights.analysis import Analysis, Insight, Options, Records, Wanted, WantedReport
from runtime.insights.bookings import CUSTOMERS
from runtime.insights.books import ZERO, Books, Key, Missing
from runtime.insights.collecting.cases import INVOICE_DAYS, MOST_INVOICES, PAYMENT_DAYS, Case, describe, judge
from runtime.insights.collecting.delays import Delays, collect_delays
from runtime.insights.collecting.receivables import Account, Families, collect_accounts
from runtime.insights.confirming import confirm_row, confirm_total, read_rows

USUAL_LIMIT = 20
"""As the tool says."""
AGED, SHEET = "aged_receivables", "balance_sheet"


def choose_wanted(_options: Options, today: date) -> Wanted:
    """Return what is read: what is open, two years of payments and journal entries, and the reports of receivables."""
    return Wanted(
        (
            Records(("invoice", "customer_credit"), is_open=True),
            Records(("customer_payment", "journal"), today - timedelta(PAYMENT_DAYS)),
            Records(("invoice",), today - timedelta(INVOICE_DAYS)),
        ),
        ("accounts", "customers"),
        (WantedReport(AGED, AGED, None, today), WantedReport(SHEET, SHEET, None, today)),
    )


def compute(books: Books, options: Options) -> Analysis:
    """Return whom to remind."""
    limit, families = int(options.get("limit") or USUAL_LIMIT), Families(books)
    accounts = collect_accounts(books, families)
    delays = collect_delays(books, families.find)
    cases = [judge(each, books, delays) for each in accounts.values() if each.overdue]
    wanted = str(options.get("customer") or "")
    if wanted:
        family = families.find(Key(CUSTOMERS, wanted))
        cases = [each for each in cases if each.account.family == family]
    cases.sort(key=lambda each: (-each.worth, -each.reminder.amount, each.name, each.account.family))
    rows = read_rows(books.reports.get(AGED))
    shown = cases[:limit]
    figures = {
        "currency": books.currency,
        "customers": [describe(each, books, delays, rows) for each in shown],
        "shown": len(shown),
        "count": len(cases),
        "by_tone": _sum_by_tone(cases),
        "totals": _sum_up(list(accounts.values())),
        "does_not_tie": _list_differences(accounts.values(), books, rows, limit),
    }
    receivable = sum((sum(each.balances.values(), ZERO) for each in accounts.values()), ZERO)
    return Analysis(
        figures,
        tuple(str(each.invoice.key) for case in shown for each in case.account.overdue[:MOST_INVOICES]),
        tuple(_list_assumptions(books, delays)),
        (
            confirm_total(books, AGED, "receivables", receivable, "receivable"),
            confirm_total(books, SHEET, "receivables", receivable, "receivable"),
        ),
        tuple(_list_missing(books, accounts, wanted)),
    )


def _sum_by_tone(cases: Sequence[Case]) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for each in cases:
        one = found.setdefault(each.reminder.tone, {"count": 0, "amount_to_ask": ZERO})
        one["count"] += 1
        one["amount_to_ask"] += each.reminder.amount
    return found


def _sum_up(several: Sequence[Account]) -> dict[str, Decimal]:
    """Return what all customers owe: invoices, less credits and payments not applied, and what journal entries add."""
    opened = sum((each.open_total for each in several), ZERO)
    overdue = sum((each.overdue_total for each in several), ZERO)
    credits_, unapplied, journals = (
        sum((getattr(each, name) for each in several), ZERO) for name in ("credits", "unapplied", "journals")
    )
    return {
        "overdue": overdue,
        "not_yet_due": opened - overdue,
        "credits": credits_,
        "unapplied_payments": unapplied,
        "journal_entries": journals,
        "receivables": opened - credits_ - unapplied + journals,
    }


def _list_differences(
    accounts: Iterable[Account], books: Books, rows: Mapping[str, Decimal] | None, limit: int
) -> dict[str, Any]:
    """Return the customers for whom the report shows another balance, those with a balance there alone included."""
    if rows is None:
        return {"count": None, "customers": []}
    ours = {id_: amount for each in accounts for id_, amount in each.balances.items()}
    wrong = [id_ for id_ in sorted({*ours, *rows}) if ours.get(id_, ZERO) != rows.get(id_, ZERO)]
    wrong.sort(key=lambda id_: -abs(ours.get(id_, ZERO) - rows.get(id_, ZERO)))
    listed = [
        {"customer": str(Key(CUSTOMERS, id_)), "name": books.name_party(Key(CUSTOMERS, id_)),
         **confirm_row(rows, id_, ours.get(id_, ZERO))}
        for id_ in wrong[:limit]
    ]  # fmt: skip
    return {"count": len(wrong), "customers": listed}


def _list_assumptions(books: Books, delays: Delays) -> Iterator[str]:
    yield "A reminder is worth the amount times the share of payments that had come in before such a delay."
    yield "Letters are drafts: nothing is sent."
    yield "Payments that are not applied, and journal entries, are known of the last two years."
    if any(each.due is None and each.open for each in books.list_kinds("invoice")):
        yield "An invoice without a due day counts as due on its own day."
    if not delays.everybody:
        yield "No payment of an invoice was found: a delay of 30 days is taken to be unusual."
    if any(each.rate != 1 and each.open for each in books.list_kinds("invoice")):
        yield "Amounts in other currencies count at the exchange rate of each invoice; letters name their own currency."


def _list_missing(books: Books, accounts: Mapping[str, Account], wanted: str) -> Iterator[Missing]:
    if "customers" not in books.lists:
        yield Missing("customers", "Contacts, and who belongs to whom, are not known.")
    if "accounts" not in books.lists:
        yield Missing("accounts", "What journal entries add to receivables is not known.")
    for kind, what in (("invoice", "invoices"), ("customer_payment", "payments of customers")):
        if kind not in books.read:
            yield Missing(what, "They were not read.")
    key = Key(CUSTOMERS, wanted)
    if wanted and key not in books.parties and Families(books).find(key) not in accounts:
        yield Missing(f"customer {wanted[:20]}", "No customer with this Id was found.")


INSIGHT = Insight("collections", choose_wanted, compute)
