"""Open invoices, money received and not deposited, open bills and what is dated ahead, as expected flows.

Called by `forecast`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from runtime.insights.books import Books, Key, Kind, Transaction
from runtime.insights.forecast.cash_moves import measure_effect
from runtime.insights.forecast.flows import Item
from runtime.insights.forecast.past import Past

_CREDITS: dict[Kind, tuple[Kind, ...]] = {
    "invoice": ("customer_credit", "customer_payment"),
    "bill": ("vendor_credit", "vendor_payment"),
}


def list_open_invoices(past: Past) -> Iterator[Item]:
    """Yield each open invoice with the days on which its customer may be expected to pay."""
    for each, left in _list_open(past.books, "invoice"):
        part, chances = _list_chances(past, each)
        yield Item(
            "open_invoices", part * left, past.push(chances), str(each.key), (each.key,), each.party,
            facts=_describe(past.books, each),
        )  # fmt: skip


def list_open_bills(past: Past) -> Iterator[Item]:
    """Yield each open bill with the days on which the company may be expected to pay it from a bank account."""
    for each, left in _list_open(past.books, "bill"):
        part, chances = _list_chances(past, each)
        share = past.measure_bank_share(each.party)
        yield Item(
            "open_bills", -part * left, [share * chance for chance in chances], str(each.key), (each.key,), each.party,
            facts=_describe(past.books, each),
        )  # fmt: skip


def list_waiting(past: Past) -> Iterator[Item]:
    """Yield the money that was received and has not been taken to the bank, with the days that this may take."""
    for each in past.lags.waiting:
        chances = past.lags.list_left(each.day, past.today, past.days)
        facts = _describe(past.books, each)
        yield Item(
            "undeposited_funds",
            float(each.home_total),
            chances,
            str(each.key),
            (each.key,),
            each.party,
            facts=facts,
        )


def list_dated_ahead(past: Past) -> Iterator[Item]:
    """Yield what is entered with a later day, and moves a bank account then."""
    for each in past.books.transactions:
        if past.today < each.day <= past.until:
            amount = float(measure_effect(each, past.banks))
            if amount:
                facts = _describe(past.books, each)
                chances = [float(place == (each.day - past.today).days - 1) for place in range(past.days)]
                yield Item(
                    "dated_ahead", amount, chances, str(each.key), (each.key,), each.party, facts=facts
                )


def measure_late(each: Transaction, today: date) -> int:
    """Return how many days ago something was due; below zero before that."""
    return (today - (each.due or each.day)).days


def _list_chances(past: Past, each: Transaction) -> tuple[float, list[float]]:
    """Return which part of what is open is expected to be paid at once, and on which days."""
    kind: Kind = each.kind
    settled = (past.received if kind == "invoice" else past.paid).get(each.key)
    if settled:
        age = (past.today - settled[-1].day).days
        return 1.0, past.rests[kind].list_chances(None, max(age, 0), past.days)
    habit = past.customers if kind == "invoice" else past.vendors
    chances = habit.list_chances(each.party, measure_late(each, past.today), past.days)
    return past.first_parts[kind], chances


def _list_open(books: Books, kind: Kind) -> Iterator[tuple[Transaction, float]]:
    """Yield what is open, less the credits of the party, which pay the oldest first."""
    credits: dict[Key | None, float] = defaultdict(float)
    for each in books.list_kinds(*_CREDITS[kind]):
        credits[each.party] += float(each.home_open)
    for each in books.list_kinds(kind):
        left = float(each.home_open)
        used = min(left, max(credits.get(each.party, 0.0), 0.0))
        if used > 0:
            credits[each.party] -= used
        if left - used > 0:
            yield each, left - used


def _describe(books: Books, each: Transaction) -> dict[str, object]:
    return {
        "number": each.number,
        "party": books.name_party(each.party, each.party_name),
        "day": each.day,
        "due": each.due,
    }
