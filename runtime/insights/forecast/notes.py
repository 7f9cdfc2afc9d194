"""What a forecast rests on, what confirms it, and what it lacks. Called by `forecast`."""

from __future__ import annotations

from decimal import Decimal

from runtime.insights.analysis import Tie
from runtime.insights.books import ZERO, Books, Kind, Missing
from runtime.insights.forecast.cash_moves import REPORT
from runtime.insights.forecast.figures import Outlook
from runtime.insights.forecast.flows import as_money
from runtime.insights.forecast.past import CREDITS, Past
from runtime.insights.forecast.rates import ENOUGH_FOR_SEASONS
from runtime.insights.forecast.templates import Confirmed

HISTORY_KINDS: tuple[Kind, ...] = (
    "invoice", "sale", "refund", "customer_payment", "bill", "expense", "vendor_payment", "card_payment", "deposit",
    "transfer", "journal",
)  # fmt: skip
FEW = 10
"""Payments below which a habit is mostly what is usual anywhere."""


def list_assumptions(outlook: Outlook, templates: Confirmed) -> tuple[str, ...]:
    """Return what a reader has to know to judge a forecast, in sentences."""
    found = [
        "The balance is expected between low and high in four of five cases, and above the median in half of them.",
        _describe_history(outlook.past),
        _describe_habits(outlook.past),
        "What is not invoiced and not billed yet is expected as in the past, and stated apart from what is known.",
    ]
    if templates.confirming or templates.used or templates.unused:
        found.append(_describe_templates(templates))
    if any(each.account.currency not in ("", outlook.past.books.currency) for each in outlook.balances):
        found.append("Balances in other currencies are converted at the last rate that the books have.")
    if outlook.doubts:
        found.append(
            "Customers of whom less than half of what they owe may be expected within half a year count for that part; "
            f"they are named under doubtful: {len(outlook.doubts)} of them."
        )
    return tuple(found)


def list_ties(outlook: Outlook) -> tuple[Tie, ...]:
    """Return the opening balance, and what is owed, beside the balance sheet."""
    books = outlook.past.books
    tool = books.reports[REPORT].tool if REPORT in books.reports else REPORT
    return (
        Tie("opening.total", outlook.opening, tool, _read_total(books, "bank")),
        Tie(
            "open invoices less credits",
            _measure_owed(books, "invoice"),
            tool,
            _read_total(books, "receivable"),
        ),
        Tie("open bills less credits", _measure_owed(books, "bill"), tool, _read_total(books, "payable")),
    )


def list_missing(outlook: Outlook) -> tuple[Missing, ...]:
    """Return what a forecast could not know."""
    books, found = outlook.past.books, []
    if "accounts" not in books.lists:
        found.append(Missing("The opening balances", "The list of accounts was not read."))
    if "templates" not in books.lists:
        found.append(
            Missing("Recurring transactions", "Their list was not read; patterns of the history stand in.")
        )
    for each in outlook.balances:
        if each.home is None:
            why = f"No rate of {each.account.currency} is in the books; the account is left out."
            found.append(Missing(f"The balance of {each.account.name}", why))
    unread = [kind.replace("_", " ") for kind in HISTORY_KINDS if kind not in books.read]
    if unread:
        found.append(
            Missing(f"Transactions: {', '.join(unread)}", "They were not read, and are not in the forecast.")
        )
    return tuple(found)


def _read_total(books: Books, figure: str) -> Decimal | None:
    report = books.reports.get(REPORT)
    if report is None:
        return None
    found = report.find_total(figure)
    return ZERO if found is None and report.is_whole and report.rows else found


def _measure_owed(books: Books, kind: Kind) -> Decimal:
    """Return what is open today of invoices, or bills, less the credits that are open."""
    now = [each for each in books.transactions if each.day <= books.today]
    owed = sum((each.home_open for each in now if each.kind == kind), ZERO)
    return as_money(owed - sum((each.home_open for each in now if each.kind in CREDITS[kind]), ZERO))


def _describe_history(past: Past) -> str:
    first = past.find_first_day(*HISTORY_KINDS)
    days = (past.today - first).days + 1
    seasons = "with its seasons" if days >= ENOUGH_FOR_SEASONS else "too short to show seasons"
    return f"The history is of {days} days, from {first} on, {seasons}."


def _describe_habits(past: Past) -> str:
    received, paid = past.customers.count, past.vendors.count
    few = "" if min(received, paid) >= FEW else " Where there are few, what is usual anywhere stands in."
    return (
        f"When open items are paid follows from {received} invoices that customers paid and {paid} bills that the "
        f"company paid; a party with few payments is taken as the company is used to.{few}"
    )


def _describe_templates(templates: Confirmed) -> str:
    unused = (
        f" {templates.unused} have no pattern in the history, and no amount or next day within these weeks."
    )
    return (
        f"Of the recurring transactions, {templates.confirming} confirm a pattern of the history and {templates.used} "
        f"are counted as they are set up.{unused if templates.unused else ''}"
    )
