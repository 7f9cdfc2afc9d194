"""What is open on a day: documents, credits, payments and journal entries on the receivable or the payable accounts.

Worked out from the postings on those accounts and the links between them, in home currency, so that open items always
add up to what the accounts hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..money import share
from .question import Question

SIDES = {"receivable": ("Accounts Receivable", "customer", 1), "payable": ("Accounts Payable", "vendor", -1)}
"""Side -> type of its accounts, who owes or is owed, sign that makes what is open positive."""


PAYERS = {"receivable": "Payment", "payable": "BillPayment"}


@dataclass
class OpenItem:
    """A transaction on the account of one name: its amount and what is left of it, in cents; credits are negative."""

    txn_type: str
    txn_id: str
    name_id: str | None
    date: str
    total: int
    left: int
    department: str | None
    due_date: str = ""
    number: str = ""


Items = dict[tuple[str, str], list[OpenItem]]


def of(question: Question, side: str, day: date, keeps_settled: bool = False) -> list[OpenItem]:
    """Items with something left on a day (all of them with `keeps_settled`), by day and number."""
    account_type, party, sign = SIDES[side]
    items = _booked(question, account_type, party, sign, day)
    _settle(question, items, day, PAYERS[side])
    wanted = set(question.ids(party))
    departments = set(question.ids("department"))
    found = [
        item
        for several in items.values()
        for item in several
        if (item.left or keeps_settled)
        and (not wanted or item.name_id in wanted)
        and (not departments or item.department in departments)
    ]
    _describe(question, found)
    return sorted(found, key=lambda item: (item.date, int(item.txn_id)))


def _booked(question: Question, account_type: str, party: str, sign: int, day: date) -> Items:
    accounts = tuple(account.id for account in question.accounts if account.type == account_type)
    rows = question.store.execute(
        f"select txn_type, txn_id, {party}, min(date), sum(cents), max(department) from postings"  # noqa: S608
        f" where realm = ? and account in ({','.join('?' * len(accounts))}) and date <= ?"
        " group by txn_type, txn_id, 3",
        (question.realm, *accounts, day.isoformat()),
    )
    items: Items = {}
    for entity, id, name, booked, cents, department in rows:
        item = OpenItem(entity, id, name, booked, sign * cents, sign * cents, department)
        items.setdefault((entity, id), []).append(item)
    return items


def _settle(question: Question, items: Items, day: date, payer: str) -> None:
    """Takes from both ends of every link that counts by the day: it does from the later of the two days."""
    links = question.store.execute(
        "select from_type, from_id, to_type, to_id, cents, date from links"
        " where realm = ? and from_type = ? and date <= ?",
        (question.realm, payer, day.isoformat()),
    ).fetchall()
    totals = _foreign_totals(question)
    for from_type, from_id, to_type, to_id, cents, booked in links:
        targets = items.get((to_type, to_id))
        if targets is None:
            continue
        payment = _payment(items, (from_type, from_id), targets[0], booked)
        target = next((item for item in targets if item.name_id == payment.name_id), targets[0])
        value = _home(target, cents, totals.get((to_type, to_id)))
        target.left -= value
        payment.left += value


def _foreign_totals(question: Question) -> dict[tuple[str, str], int]:
    """What documents in other currencies come to, in those currencies (the part that payments settle)."""
    if not question.books.preference("CurrencyPrefs", "MultiCurrencyEnabled"):
        return {}
    rows = question.store.execute(
        "select entity, id, total - cast(round(coalesce(body ->> '$.Deposit', 0) * 100) as integer) from records"
        " where realm = ? and entity in ('Invoice', 'CreditMemo', 'Bill', 'VendorCredit')"
        " and body ->> '$.CurrencyRef.value' <> ?",
        (question.realm, question.books.home_currency()),
    )
    return {(entity, id): total for entity, id, total in rows}


def _home(target: OpenItem, cents: int, total: int | None) -> int:
    """What a link takes from a document, in home currency and with the document's sign."""
    if not total:
        return cents if target.total > 0 else -cents
    return share(target.total, Decimal(cents), Decimal(total))


def _payment(items: Items, key: tuple[str, str], target: OpenItem, booked: str) -> OpenItem:
    """The paying item; one that only applies credits has booked nothing and begins empty."""
    if key not in items:
        items[key] = [OpenItem(*key, target.name_id, booked, 0, 0, None)]
    return items[key][0]


def _describe(question: Question, items: list[OpenItem]) -> None:
    """Due days and document numbers."""
    for item in items:
        row = question.store.execute(
            "select due_date, doc_number from records where realm = ? and entity = ? and id = ?",
            (question.realm, item.txn_type, item.txn_id),
        ).fetchone()
        due, number = row or (None, None)
        item.due_date, item.number = due or item.date, number or ""
