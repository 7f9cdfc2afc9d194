"""One customer of the list: what to ask for and how, the contact, the invoices, the letter. Called by `dunning`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from runtime.insights.bookings import CUSTOMERS, to_cents
from runtime.insights.books import ZERO, Books, Key, Party
from runtime.insights.collecting.delays import Delays
from runtime.insights.collecting.letters import draft_letter
from runtime.insights.collecting.receivables import Account, OpenInvoice
from runtime.insights.collecting.tones import Reminder, choose_reminder
from runtime.insights.confirming import confirm_row

MOST_INVOICES = 15
"""Invoices of a customer in the answer: as many as its letter lists."""
PAYMENT_DAYS, INVOICE_DAYS = 731, 520
"""Days of history that are read: payments of two years, because what is not applied cannot be asked for alone, and the
invoices of a good year, which say how customers pay now."""
FIRST_PAYMENT = 30
"""Days after which a customer is expected to have paid something, where nothing was: a usual term of payment."""
NOT_KNOWN = "not known"


class Case(NamedTuple):
    """A customer with overdue invoices. `worth` is what a reminder is worth."""

    account: Account
    name: str
    reminder: Reminder
    worth: Decimal


def judge(account: Account, books: Books, delays: Delays) -> Case:
    """Return what a customer with overdue invoices is to be reminded of, and what that is worth."""
    oldest, paid, family = account.overdue[0], account.last_payment, account.family
    is_unpaid = paid is None and not delays.own.get(family) and oldest.days_overdue > FIRST_PAYMENT
    never_pays = is_unpaid and _is_history_known(books)
    since = (books.today - paid.day).days if paid is not None else None
    reminder = choose_reminder(account, delays, never_pays=never_pays, days_since_payment=since)
    weighted = sum(
        (each.home_open * delays.measure_unusual(family, each.days_overdue) for each in account.overdue), ZERO
    )
    net = max(account.overdue_total - account.credits - account.unapplied, ZERO)
    name = books.name_party(Key(CUSTOMERS, family), oldest.invoice.party_name)
    return Case(account, name, reminder, to_cents(weighted * net / account.overdue_total))


def _is_history_known(books: Books) -> bool:
    """Whether payments were read over as many days as it takes to say that there are none."""
    span = books.read.get("customer_payment")
    since = books.today - timedelta(PAYMENT_DAYS)
    return span is not None and span.until >= books.today and (span.since is None or span.since <= since)


def describe(case: Case, books: Books, delays: Delays, rows: Mapping[str, Decimal] | None) -> dict[str, Any]:
    """Return a customer as answers show it. `rows` are those of the report of receivables."""
    account, reminder, overdue = case.account, case.reminder, case.account.overdue
    return {
        "customer": str(Key(CUSTOMERS, account.family)),
        "name": case.name,
        "tone": reminder.tone,
        "action": reminder.action,
        "reason": reminder.reason,
        "amount_to_ask": reminder.amount,
        "overdue": account.overdue_total,
        "credits": account.credits,
        "unapplied_payments": account.unapplied,
        "not_yet_due": account.open_total - account.overdue_total,
        "worth": case.worth,
        "most_days_overdue": overdue[0].days_overdue,
        "usual_days_late": _or_not_known(delays.find_usual(account.family)),
        "payments_seen": len(delays.own.get(account.family, ())),
        "expected": _expect(account.family, reminder.days, delays, books.today),
        "contact": _find_contact(account, books),
        "last_contact": _describe_last_contact(account, books),
        "invoices": [_describe_invoice(each, case, books, delays) for each in overdue[:MOST_INVOICES]],
        "invoices_shown": min(len(overdue), MOST_INVOICES),
        "invoices_count": len(overdue),
        "reduced_by": [str(each.transaction.key) for each in account.reducing[:MOST_INVOICES]],
        "draft": draft_letter(case.name, account, reminder, books.today, books.currency),
        **_confirm(account, rows),
    }


def _describe_invoice(each: OpenInvoice, case: Case, books: Books, delays: Delays) -> dict[str, Any]:
    invoice, party, family = each.invoice, each.invoice.party, case.account.family
    found = {
        "invoice": str(invoice.key),
        "number": invoice.number,
        "day": invoice.day,
        "due": each.due,
        "days_overdue": each.days_overdue,
        "open": each.home_open,
        "remind": each in case.reminder.invoices,
        "expected": _expect(family, each.days_overdue, delays, books.today),
    }
    if party is not None and party.id != family:
        found["of"] = books.name_party(party, invoice.party_name)
    if invoice.rate != 1:
        found |= {"open_in_its_currency": to_cents(each.open), "currency": invoice.currency}
    return found


def _expect(family: str, days: int, delays: Delays, today: date) -> date | str:
    """Return the day on which payment is to be expected of an invoice that is so many days late."""
    delay = delays.find_expected(family, days)
    return NOT_KNOWN if delay is None else today + timedelta(delay - days)


def _or_not_known(value: Any) -> Any:
    return NOT_KNOWN if value in (None, "") else value


def _find_contact(account: Account, books: Books) -> dict[str, Any]:
    """Return the contact of the customer; of the one below it that owes most, where it has none itself."""
    owing = sorted(account.balances, key=lambda id_: (-account.balances[id_], id_))
    parties = [books.parties.get(Key(CUSTOMERS, id_)) for id_ in (account.family, *owing)]
    known = [each for each in parties if each is not None]
    email, phone = _find_first(known, "email"), _find_first(known, "phone")
    return {"email": _or_not_known(email), "phone": _or_not_known(phone)}


def _find_first(parties: Sequence[Party], name: str) -> str:
    return next((found for each in parties if (found := getattr(each, name))), "")


def _describe_last_contact(account: Account, books: Books) -> dict[str, Any]:
    """Return what the books show: the last payment, and the last time that an invoice was sent."""
    payment, span = account.last_payment, books.read.get("customer_payment")
    paid: Any = NOT_KNOWN
    if payment is not None:
        paid = {"payment": str(payment.key), "day": payment.day, "amount": to_cents(payment.home_total)}
    elif span is not None:
        paid = f"none since {span.since}" if span.since else "none"
    return {"last_payment": paid, "last_invoice_sent": _or_not_known(account.last_sent)}


def _confirm(account: Account, rows: Mapping[str, Decimal] | None) -> dict[str, Any]:
    """Return whether the report shows the same for the customer and those below it."""
    if rows is None:
        return confirm_row(None, "", ZERO)
    theirs = sum((rows.get(id_, ZERO) for id_ in account.members), ZERO)
    return confirm_row({"": theirs}, "", sum(account.balances.values(), ZERO))
