"""What is open on a day: documents, credits, payments and journal entries on the receivable or the payable accounts.

Worked out from the postings on those accounts and the links between them, in home currency, so that open items always
add up to what the accounts hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from runtime.simulators.quickbooks.books import exchange_gains
from runtime.simulators.quickbooks.reports.question import Question

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


def list_open_items(
    question: Question, side: str, day: date, *, includes_settled: bool = False
) -> list[OpenItem]:
    """Return items with something left on a day (all of them with `includes_settled`), by day and number."""
    account_type, party, sign = SIDES[side]
    items = _booked(question, account_type, party, sign, day)
    _settle(question, items, day, PAYERS[side])
    wanted = set(question.read_ids(party))
    departments = set(question.read_ids("department"))
    found = [
        item
        for several in items.values()
        for item in several
        if (item.left or includes_settled)
        and (not wanted or item.name_id in wanted)
        and (not departments or item.department in departments)
    ]
    _describe(question, found)
    return sorted(found, key=lambda item: (item.date, int(item.txn_id)))


def _booked(question: Question, account_type: str, party: str, sign: int, day: date) -> Items:
    accounts = tuple(account.id for account in question.accounts if account.type == account_type)
    rows = question.store.execute(
        f"select txn_type, txn_id, {party}, min(date), sum(cents), max(department) from postings"
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
    """Take from both ends of every link that counts by the day: it does from the later of the two days."""
    links = question.store.execute(
        "select from_type, from_id, to_type, to_id, cents, date, pk from links"
        " where realm = ? and from_type = ? and date <= ?",
        (question.realm, payer, day.isoformat()),
    ).fetchall()
    values = _foreign_values(question, {(row[2], row[3]) for row in links})
    for from_type, from_id, to_type, to_id, cents, booked, pk in links:
        targets = items.get((to_type, to_id))
        if targets is None:
            continue
        payment = _payment(items, (from_type, from_id), targets[0], booked)
        target = next((item for item in targets if item.name_id == payment.name_id), targets[0])
        taken = values.get(pk, cents)
        value = taken if target.total > 0 else -taken
        target.left -= value
        payment.left += value


def _foreign_values(question: Question, targets: set[tuple[str, str]]) -> dict[int, int]:
    """Return what links to documents in other currencies take from them in home currency: {key of the link: cents}."""
    if not exchange_gains.has_several(question.books):
        return {}
    found: dict[int, int] = {}
    for entity, id in targets:
        found |= exchange_gains.measure_links(question.books, entity, id)
    return found


def _payment(items: Items, key: tuple[str, str], target: OpenItem, booked: str) -> OpenItem:
    """Return the paying item; one that only applies credits has booked nothing and begins empty."""
    if key not in items:
        items[key] = [OpenItem(*key, target.name_id, booked, 0, 0, None)]
    return items[key][0]


def _describe(question: Question, items: list[OpenItem]) -> None:
    """Add due days and document numbers."""
    for item in items:
        row = question.store.execute(
            "select due_date, doc_number, txn_date from records where realm = ? and entity = ? and id = ?",
            (question.realm, item.txn_type, item.txn_id),
        ).fetchone()
        due, number, day = row or (None, None, None)
        item.date = day or item.date  # an exchange gain may count from a later day than its payment
        item.due_date, item.number = due or item.date, number or ""
