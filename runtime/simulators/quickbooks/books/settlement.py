"""What settles what. Payments and credits are applied to open documents through links; from these follow the open
balance and LinkedTxn of the document, and what of a payment is left unapplied.

A document that shrinks below what was applied to it gives the excess back: the paying line is cut or goes, and the
payment has the amount unapplied. A credit that shrinks below what was used of it takes what it paid for along: the
documents it settled are open again. All SyncTokens concerned move.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.home_amounts import fill_home_amounts
from runtime.simulators.quickbooks.books.orders import ORDER
from runtime.simulators.quickbooks.books.sources import (
    SOURCES,
    Link,
    find_top_customer,
    is_used,
    list_linked_transactions,
    list_sources,
    show_use,
)
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_business_fault, make_fault
from runtime.simulators.quickbooks.money import make_amount, round_to_cents
from runtime.simulators.quickbooks.schema import load_entities

CREDITS = {"Payment": "CreditMemo", "BillPayment": "VendorCredit"}
SETTLED = frozenset({"Invoice", "CreditMemo", "Bill", "VendorCredit"})
TARGETS = SETTLED | {"JournalEntry"}
"""What payments can be applied to; a journal entry has no balance of its own."""

ACCEPTED = {
    "Payment": frozenset({"Invoice", "CreditMemo", "JournalEntry"}),
    "BillPayment": frozenset({"Bill", "VendorCredit", "JournalEntry"}),
}
HOLDERS = frozenset({*ACCEPTED, *SOURCES, "Deposit"})
"""Kinds of records that link to others."""

OWNER = {"Payment": "CustomerRef", "BillPayment": "VendorRef"}
CONTROLS = {
    "Payment": ("Accounts Receivable", "customer", 1),
    "BillPayment": ("Accounts Payable", "vendor", -1),
}
"""Type of the accounts a payment clears, the party on them, the sign that makes what is owed positive."""


def refuse_changed_owner(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """Raise 6000 when a document changes its customer or vendor while something is applied to it."""
    for name in OWNER.values():
        if (
            old
            and name in old
            and get_reference(old[name]) != get_reference(body.get(name))
            and sum_applied(books, entity, old["Id"])
        ):
            raise make_business_fault(
                "You can't change the name on a transaction that has been paid or applied.", name
            )


def list_links(entity: str, body: Body) -> list[Link]:
    """Return what the lines of a payment settle; for a document, what it was made from (with no amount)."""
    if entity in SOURCES:
        return list_sources(entity, body)
    if entity not in HOLDERS:
        return []
    return [
        Link(str(linked.get("TxnType")), str(linked.get("TxnId")), round_to_cents(line.get("Amount")))
        for line in body.get("Line") or []
        for linked in (line.get("LinkedTxn") or [])[:1]
        if linked.get("TxnId")
    ]


def sum_applied(books: Books, entity: str, id: str, except_from: tuple[str, str] | None = None) -> int:
    """Return cents applied to a document, leaving out one payment (its type and Id)."""
    row = books.store.execute(
        "select coalesce(sum(cents), 0) from links where realm = ? and to_type = ? and to_id = ?"
        " and not (from_type = ? and from_id = ?)",
        (books.realm, entity, id, *(except_from or ("", ""))),
    ).fetchone()
    return int(row[0])


def get_payable_total(body: Body) -> int:
    """Return what a document can take, in cents: its total less the deposit taken with it."""
    return round_to_cents(body.get("TotalAmt")) - round_to_cents(body.get("Deposit"))


def get_open_amount(books: Books, entity: str, body: Body, total: int) -> int:
    """Return what is left to settle of a document, in cents; never below zero (see `give_back`)."""
    if "Id" not in body:
        return total
    return max(0, total - sum_applied(books, entity, str(body["Id"])))


def check_lines(books: Books, entity: str, body: Body) -> tuple[int, int]:
    """Check what a payment settles; return (documents settled, credits used) in cents."""
    asked: dict[tuple[str, str], int] = {}
    for line in body.get("Line") or []:
        if not line.get("LinkedTxn"):
            raise make_business_fault("Every line of a payment has to be linked to a transaction.")
        if line.get("Amount") in (None, ""):
            raise make_fault(
                "2020", "Required parameter Line.Amount is missing in the request", "Line.Amount"
            )
    for link in list_links(entity, body):
        if link.cents < 0:
            raise make_fault("2290", "NegativeAmount", "Line.Amount")
        _check_target(books, entity, body, link)
        asked[link.entity, link.id] = asked.get((link.entity, link.id), 0) + link.cents
    for (target, id), value in asked.items():
        if value > _capacity(books, entity, body, target, id):
            raise make_business_fault(
                "You can't apply more than the open balance of the linked transaction.", "Line.Amount"
            )
    return sum_applied_and_used(books, entity, body)


def sum_applied_and_used(books: Books, entity: str, body: Body) -> tuple[int, int]:
    """Return cents that the lines of a payment settle, and cents of credits that they use."""
    settled = used = 0
    for link in list_links(entity, body):
        if is_settling(books, entity, body, link.entity, link.id):
            settled += link.cents
        else:
            used += link.cents
    return settled, used


def is_settling(books: Books, entity: str, body: Body, target: str, id: str) -> bool:
    """Return whether a payment settles with a link to `target` something that is owed; else it uses a credit."""
    if target == "JournalEntry":
        return sum_owed_by_journal(books, entity, body, id)[0] >= 0
    return target != CREDITS[entity]


def _capacity(books: Books, entity: str, body: Body, target: str, id: str) -> int:
    """Return cents of a document or credit that a payment may take, whatever it takes of it now."""
    me = (entity, str(body.get("Id", "")))
    if target == "JournalEntry":
        return abs(sum_owed_by_journal(books, entity, body, id)[0]) - _applied_to_journal(books, body, id, me)
    return get_payable_total(books.read(target, id)) - sum_applied(books, target, id, me)


def find_owner(books: Books, entity: str, body: Body) -> str | None:
    """Return the customer (the topmost of a line of sub-customers) or vendor of a payment."""
    return find_top_customer(books, get_reference(body.get(OWNER[entity])))


def sum_owed_by_journal(books: Books, entity: str, body: Body, id: str) -> tuple[int, int]:
    """Return what a journal entry says that the customer or vendor of a payment owes or is owed; a credit is negative.

    In cents of the entry's currency, and of the home currency.
    """
    account_type, party, sign = CONTROLS[entity]
    owner = find_owner(books, entity, body)
    rows = books.store.execute(
        f"select account, {party}, sum(cents), line from postings where realm = ? and txn_id = ?"
        " and txn_type = 'JournalEntry' group by 1, 2, 4",
        (books.realm, id),
    ).fetchall()
    owed = [
        (int(value), line)
        for account, name, value, line in rows
        if books.get_account_type(account) == account_type and find_top_customer(books, name) == owner
    ]
    written = {line.get("Id"): line for line in books.read("JournalEntry", id).get("Line") or []}
    foreign = sum(round_to_cents(written[line]["Amount"]) * (1 if value > 0 else -1) for value, line in owed)
    return sign * foreign, sign * sum(value for value, _ in owed)


def _applied_to_journal(books: Books, body: Body, id: str, except_from: tuple[str, str]) -> int:
    """Return cents applied to a journal entry by the other payments of the same customer or vendor."""
    entity, own = except_from
    owner = find_top_customer(books, get_reference(body.get(OWNER[entity])))
    rows = books.store.execute(
        f"select {CONTROLS[entity][1]}, sum(links.cents) from links join records on records.realm = links.realm"
        " and records.entity = from_type and records.id = from_id"
        " where links.realm = ? and to_type = 'JournalEntry' and to_id = ? and from_type = ? and from_id <> ?"
        " group by 1",
        (books.realm, id, entity, own),
    ).fetchall()
    return sum(int(value) for name, value in rows if find_top_customer(books, name) == owner)


def _check_target(books: Books, entity: str, body: Body, link: Link) -> None:
    if link.entity not in ACCEPTED[entity]:
        raise make_fault("620", f"Txn ID Cannot Be Linked : {link.entity} {link.id}", "LinkedTxn")
    target = books.read(link.entity, link.id)
    if _currency(books, target) != _currency(books, body):
        raise make_business_fault("The linked transaction is in another currency.", "CurrencyRef")
    if link.entity == "JournalEntry":
        if not sum_owed_by_journal(books, entity, body, link.id)[0]:
            raise make_fault("620", f"Txn ID Cannot Be Linked : {link.entity} {link.id}", "LinkedTxn")
        return
    owner = OWNER[entity]
    if find_top_customer(books, get_reference(target.get(owner))) != find_top_customer(
        books, get_reference(body.get(owner))
    ):
        raise make_business_fault("The linked transaction belongs to somebody else.", owner)


def _currency(books: Books, body: Body) -> str:
    return get_reference(body.get("CurrencyRef")) or books.get_home_currency()


def replace_links(
    books: Books, entity: str, body: Body, links: list[Link], except_for: tuple[str, str] | None = None
) -> None:
    """Put the links of a payment in place and brings the documents of before and after up to date.

    `except_for` is a document (its type and Id) that is being written already.
    """
    books.store.revise(books.realm)
    id = str(body["Id"])
    before = {
        (row[0], row[1]): row[2]
        for row in books.store.execute(
            "select to_type, to_id, sum(cents) from links where realm = ? and from_type = ? and from_id = ?"
            " group by +to_type, +to_id",  # with the plus, by the index of the payment
            (books.realm, entity, id),
        )
    }
    after: dict[tuple[str, str], int] = {}
    books.store.execute(
        "delete from links where realm = ? and from_type = ? and from_id = ?", (books.realm, entity, id)
    )
    for link in links:
        after[link.entity, link.id] = after.get((link.entity, link.id), 0) + link.cents
        books.store.execute(
            "insert into links (realm, from_type, from_id, to_type, to_id, cents, date) values (?,?,?,?,?,?,?)",
            (books.realm, entity, id, link.entity, link.id, link.cents, body["TxnDate"]),
        )
    if books.get_preference("CurrencyPrefs", "MultiCurrencyEnabled"):
        books.unsettled.update({(entity, id), *before, *after})
    for target in sorted(before.keys() | after.keys()):
        is_new = before.get(target) != after.get(target) or target[0] == ORDER
        if target[0] in BROUGHT_UP and target != except_for and is_new:
            update_document(books, *target)


BROUGHT_UP = SETTLED | frozenset().union(*SOURCES.values())


def update_document(books: Books, entity: str, id: str) -> None:
    """Rewrite balance and LinkedTxn of a document after its links changed; its SyncToken moves."""
    body = books.find(entity, id)
    if body is None:
        return
    before = dict(body)
    if entity in SETTLED:
        body["Balance"] = make_amount(max(0, get_payable_total(body) - sum_applied(books, entity, id)))
        if entity == "CreditMemo":
            body["RemainingCredit"] = body["Balance"]
        body["LinkedTxn"] = list_linked_transactions(books, entity, id, body)
        fill_home_amounts(books, load_entities()[entity].fields, body)
    else:
        show_use(books, entity, body, is_used=is_used(books, entity, id))
    if body != before:
        books.write_changed(entity, body)


def give_back(books: Books, entity: str, id: str, total: int) -> None:
    """Cut what was applied to a document down to `total` cents, the latest payment first."""
    excess = sum_applied(books, entity, id) - total
    for payer, value in _payers(books, entity, id) if excess > 0 else ():
        cut = min(excess, value)
        if cut > 0:
            _cut(books, payer, (entity, id), value - cut)
            excess -= cut


def release(books: Books, entity: str, id: str) -> None:
    """Take everything away that was applied to a document, links without an amount included."""
    for payer, _ in _payers(books, entity, id):
        _cut(books, payer, (entity, id), 0)


def _payers(books: Books, entity: str, id: str) -> list[tuple[tuple[str, str], int]]:
    """Return type and Id of what is applied to a document, and the cents, the latest first."""
    rows = books.store.execute(
        "select from_type, from_id, sum(cents) from links where realm = ? and to_type = ? and to_id = ?"
        " group by 1, 2 order by max(pk) desc",
        (books.realm, entity, id),
    ).fetchall()
    return [((from_type, from_id), value) for from_type, from_id, value in rows]


def _cut(books: Books, payer: tuple[str, str], target: tuple[str, str], left: int) -> None:
    """Leave `left` cents of one payment on one document; the rest becomes unapplied."""
    entity, id = payer
    body = books.read(entity, id)
    body["Line"] = _lines_with(body, target, left)
    settled, used = sum_applied_and_used(books, entity, body)
    lacking = settled - used - round_to_cents(body.get("TotalAmt"))
    for key, value in reversed(_settled_by(books, entity, body).items()):
        if lacking > 0:
            body["Line"] = _lines_with(body, key, value - min(lacking, value))
            lacking -= value
    if entity == "Payment":
        body["UnappliedAmt"] = make_amount(sum_unapplied(books, body))
    replace_links(books, entity, body, list_links(entity, body), except_for=target)
    books.write_changed(entity, body)


def _settled_by(books: Books, entity: str, body: Body) -> dict[tuple[str, str], int]:
    """Return type and Id of what a payment settles, and the cents, in the order of its lines."""
    found: dict[tuple[str, str], int] = {}
    for link in list_links(entity, body):
        if is_settling(books, entity, body, link.entity, link.id):
            found[link.entity, link.id] = found.get((link.entity, link.id), 0) + link.cents
    return found


def _lines_with(body: Body, target: tuple[str, str], left: int) -> list[Body]:
    """Return the lines of a payment with `left` cents for one document."""
    remaining: list[Body] = []
    for line in body.get("Line") or []:
        linked: Any = (line.get("LinkedTxn") or [{}])[0]
        if (linked.get("TxnType"), linked.get("TxnId")) == target:
            if left <= 0:
                continue
            line["Amount"] = make_amount(min(left, round_to_cents(line["Amount"])))
            left -= round_to_cents(line["Amount"])
        remaining.append(line)
    return remaining


def apply_credit(books: Books, credit: Body, create: Callable[[Books, str, Any], Body]) -> None:
    """Link a new credit memo to the customer's open invoices, oldest first, by a payment of zero."""
    left = round_to_cents(credit["Balance"])
    rows = books.store.execute(
        "select id, balance from records where realm = ? and entity = 'Invoice' and customer = ? and balance > 0"
        " order by txn_date, num",
        (books.realm, get_reference(credit["CustomerRef"])),
    ).fetchall()
    lines: list[Body] = []
    for id, balance in rows:
        used = min(left, balance)
        if used > 0:
            lines.append({"Amount": make_amount(used), "LinkedTxn": [{"TxnId": id, "TxnType": "Invoice"}]})
            left -= used
    if not lines:
        return
    total = round_to_cents(credit["Balance"]) - left
    lines.append(
        {"Amount": make_amount(total), "LinkedTxn": [{"TxnId": credit["Id"], "TxnType": "CreditMemo"}]}
    )
    note = "Created by QB Online to link credits to charges."
    body = {"CustomerRef": credit["CustomerRef"], "TotalAmt": 0, "Line": lines, "PrivateNote": note}
    create(books, "Payment", {**body, "TxnDate": credit["TxnDate"]})


def sum_unapplied(books: Books, body: Body) -> int:
    """Return cents of a customer payment, and of the credits it uses, that settle nothing."""
    settled, used = sum_applied_and_used(books, "Payment", body)
    return round_to_cents(body.get("TotalAmt")) + used - settled
