"""The text of a reminder: a draft for a person to read, change and send. Called by `dunning`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from runtime.insights.books import ZERO
from runtime.insights.collecting.receivables import Account, OpenInvoice
from runtime.insights.collecting.tones import Reminder, ToneName

MOST_LINES = 15
"""Invoices that a letter lists; how many more there are stands below."""
TERMS: Mapping[ToneName, int] = {"friendly": 14, "firm": 7, "final": 7}
"""Days that a letter gives to pay."""
_SUBJECTS = {"friendly": "Reminder", "firm": "Payment overdue", "final": "Final reminder"}
_OPENINGS = {
    "friendly": "According to our records, {this} past the due date. It may have escaped your notice:",
    "firm": "We have not received your payment. Although the due date has passed, {this} still open:",
    "final": "Despite the time that has passed we have not received the payment due. {This} long overdue:",
}
_CLOSINGS = {
    "friendly": "We would be grateful for your payment of {amount} by {day}. If you have paid in the meantime, please "
    "disregard this reminder. If anything is unclear, please let us know.",
    "firm": "Please pay {amount} by {day}. If there is a reason why the amount was not paid, please contact us before "
    "that day so that we can find a solution.",
    "final": "Please pay {amount} by {day}. If we do not receive the full amount by then, we will stop further "
    "deliveries and services, and hand the claim over for collection without another notice.",
}


def draft_letter(name: str, account: Account, reminder: Reminder, today: date, home: str) -> str | None:
    """Return the text of a reminder; None where none is due."""
    tone, overdue = reminder.tone, reminder.invoices
    if tone not in TERMS:
        return None
    is_one = len(overdue) == 1
    subject = f"invoice {_number(overdue[0])}" if is_one else f"{len(overdue)} open invoices"
    this = "the following invoice is" if is_one else "the following invoices are"
    day = today + timedelta(TERMS[tone])
    paragraphs = [
        f"Subject: {_SUBJECTS[tone]}: {subject}",
        f"Hello {name},",
        _OPENINGS[tone].format(this=this, This=this.capitalize())
        + "\n"
        + "\n".join(_list_lines(overdue, home)),
        *_name_reductions(account, home),
        _CLOSINGS[tone].format(amount=_write_ask(account, reminder, home), day=write_day(day)),
        "Kind regards",
    ]
    return "\n\n".join(paragraphs)


def _list_lines(overdue: Sequence[OpenInvoice], home: str) -> Iterable[str]:
    for each in overdue[:MOST_LINES]:
        late = "1 day" if each.days_overdue == 1 else f"{each.days_overdue} days"
        currency = each.invoice.currency or home
        amount = write_amount(each.open, currency)
        if each.open < each.invoice.total:
            amount += f" of {write_amount(each.invoice.total, currency)}"
        yield (
            f"- Invoice {_number(each)} of {write_day(each.invoice.day)}, due {write_day(each.due)}: "
            f"{amount} open, {late} overdue"
        )
    if (rest := len(overdue) - MOST_LINES) > 0:
        yield f"- and {rest} more"


def _name_reductions(account: Account, home: str) -> Iterable[str]:
    lowering = _sum_by_currency((each.transaction.currency or home, each.open) for each in account.reducing)
    if lowering:
        yield f"Credits and payments of {_join(lowering)} that are not applied yet have been taken off."


def _write_ask(account: Account, reminder: Reminder, home: str) -> str:
    """Return what is asked for, by currency; in the company's where credits of another currency take from it."""
    asked = [(each.invoice.currency or home, each.open) for each in reminder.invoices]
    lowered = [(each.transaction.currency or home, -each.open) for each in account.reducing]
    found = _sum_by_currency([*asked, *lowered])
    if any(amount < 0 for amount in found.values()):
        return write_amount(reminder.amount, home)
    return _join(found)


def _sum_by_currency(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for currency, amount in amounts:
        found[currency] = found.get(currency, ZERO) + amount
    return {currency: amount for currency, amount in sorted(found.items()) if amount}


def _join(amounts: Mapping[str, Decimal]) -> str:
    return " and ".join(write_amount(amount, currency) for currency, amount in amounts.items())


def _number(invoice: OpenInvoice) -> str:
    return invoice.invoice.number or invoice.invoice.key.id


def write_amount(amount: Decimal, currency: str) -> str:
    """Return an amount as a letter shows it."""
    return f"{amount:,.2f} {currency}".rstrip()


def write_day(day: date) -> str:
    """Return a day as a letter shows it."""
    return f"{day.day} {day:%B %Y}"
