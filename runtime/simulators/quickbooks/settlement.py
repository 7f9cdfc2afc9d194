"""What settles what. Payments and credits are applied to open documents through links; from these follow the open
balance and LinkedTxn of the document, and what of a payment is left unapplied.

A document that shrinks below what was applied to it gives the excess back: the paying line is cut or goes, and the
payment keeps the amount unapplied. Both sides' SyncTokens move.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .books import Books, reference
from .faults import business, fault
from .money import amount, cents
from .store import Body

CREDITS = {"Payment": "CreditMemo", "BillPayment": "VendorCredit"}
SETTLED = frozenset({"Invoice", "CreditMemo", "Bill", "VendorCredit"})
ACCEPTED = {
    "Payment": frozenset({"Invoice", "CreditMemo", "JournalEntry"}),
    "BillPayment": frozenset({"Bill", "VendorCredit", "JournalEntry"}),
}
SOURCES = {
    "Invoice": frozenset({"Estimate", "TimeActivity"}),
    "SalesReceipt": frozenset({"Estimate"}),
    "Bill": frozenset({"PurchaseOrder"}),
}
"""What a document can be made from: these are closed by it and open again when it goes."""

HOLDERS = frozenset({*ACCEPTED, *SOURCES, "Deposit"})
"""Kinds of records that link to others."""

OWNER = {"Payment": "CustomerRef", "BillPayment": "VendorRef"}
PAYMENT_TYPES = frozenset({"Payment", "BillPaymentCheck", "BillPaymentCreditCard"})


@dataclass(frozen=True, slots=True)
class Link:
    """A document and the cents of a payment that go to it."""

    entity: str
    id: str
    cents: int


def keep_owner(books: Books, entity: str, body: Body, old: Body | None) -> None:
    """6000 when a document changes its customer or vendor while something is applied to it."""
    for name in OWNER.values():
        if (
            old
            and name in old
            and reference(old[name]) != reference(body.get(name))
            and applied_to(books, entity, old["Id"])
        ):
            raise business("You can't change the name on a transaction that has been paid or applied.", name)


def links_of(entity: str, body: Body) -> list[Link]:
    """What the lines of a payment settle; for a document, what it was made from (with no amount)."""
    if entity in SOURCES:
        return _sources(entity, body)
    if entity not in HOLDERS:
        return []
    return [
        Link(str(linked.get("TxnType")), str(linked.get("TxnId")), cents(line.get("Amount")))
        for line in body.get("Line") or []
        for linked in (line.get("LinkedTxn") or [])[:1]
        if linked.get("TxnId")
    ]


def _sources(entity: str, body: Body) -> list[Link]:
    holders = [body, *(body.get("Line") or [])]
    linked = [link for holder in holders for link in holder.get("LinkedTxn") or []]
    named = {(str(link.get("TxnType")), str(link.get("TxnId"))) for link in linked}
    return [Link(kind, id, 0) for kind, id in sorted(named) if kind in SOURCES[entity]]


def check_sources(books: Books, entity: str, body: Body) -> None:
    """610 when a document names a source that is not there; what only the service links is left out."""
    if "LinkedTxn" in body:
        body["LinkedTxn"] = [link for link in body["LinkedTxn"] if link.get("TxnType") in SOURCES[entity]]
    for link in _sources(entity, body):
        books.read(link.entity, link.id)


def applied_to(books: Books, entity: str, id: str, except_from: tuple[str, str] | None = None) -> int:
    """Cents applied to a document, leaving out one payment (its type and Id)."""
    row = books.store.execute(
        "select coalesce(sum(cents), 0) from links where realm = ? and to_type = ? and to_id = ?"
        " and not (from_type = ? and from_id = ?)",
        (books.realm, entity, id, *(except_from or ("", ""))),
    ).fetchone()
    return int(row[0])


def payable_total(body: Body) -> int:
    """What a document can take, in cents: its total less the deposit taken with it."""
    return cents(body.get("TotalAmt")) - cents(body.get("Deposit"))


def open_amount(books: Books, entity: str, body: Body, total: int) -> int:
    """What is left to settle of a document, in cents; never below zero (see `give_back`)."""
    if "Id" not in body:
        return total
    return max(0, total - applied_to(books, entity, str(body["Id"])))


def check_lines(books: Books, entity: str, body: Body) -> tuple[int, int]:
    """Checks what a payment settles; says (documents settled, credits used) in cents."""
    settled = used = 0
    me = (entity, str(body.get("Id", "")))
    asked: dict[tuple[str, str], int] = {}
    for line in body.get("Line") or []:
        if not line.get("LinkedTxn"):
            raise business("Every line of a payment has to be linked to a transaction.")
        if line.get("Amount") in (None, ""):
            raise fault("2020", "Required parameter Line.Amount is missing in the request", "Line.Amount")
    for link in links_of(entity, body):
        if link.cents < 0:
            raise fault("2290", "NegativeAmount", "Line.Amount")
        _check_target(books, entity, body, link)
        asked[link.entity, link.id] = asked.get((link.entity, link.id), 0) + link.cents
        if link.entity == CREDITS[entity]:
            used += link.cents
        else:
            settled += link.cents
    for (target, id), value in asked.items():
        if target in SETTLED and value > payable_total(books.read(target, id)) - applied_to(
            books, target, id, me
        ):
            raise business(
                "You can't apply more than the open balance of the linked transaction.", "Line.Amount"
            )
    return settled, used


def _check_target(books: Books, entity: str, body: Body, link: Link) -> None:
    if link.entity not in ACCEPTED[entity]:
        raise fault("620", f"Txn ID Cannot Be Linked : {link.entity} {link.id}", "LinkedTxn")
    target = books.read(link.entity, link.id)
    if link.entity == "JournalEntry":
        return
    owner = OWNER[entity]
    if _top(books, reference(target.get(owner))) != _top(books, reference(body.get(owner))):
        raise business("The linked transaction belongs to somebody else.", owner)


def _top(books: Books, id: str | None) -> str | None:
    """The customer at the top of a line of sub-customers."""
    for _ in range(6):
        above = reference((books.find("Customer", id) or {}).get("ParentRef")) if id else None
        if above is None:
            return id
        id = above
    return id


def replace_links(books: Books, entity: str, body: Body, links: list[Link]) -> None:
    """Puts the links of a payment in place and brings the documents of before and after up to date."""
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
    for target in sorted(before.keys() | after.keys()):
        if target[0] in BROUGHT_UP and before.get(target) != after.get(target):
            bring_up_to_date(books, *target)


BROUGHT_UP = SETTLED | frozenset().union(*SOURCES.values())


def bring_up_to_date(books: Books, entity: str, id: str) -> None:
    """Rewrites balance and LinkedTxn of a document after its links changed; its SyncToken moves."""
    body = books.find(entity, id)
    if body is None:
        return
    if entity in SETTLED:
        body["Balance"] = amount(max(0, payable_total(body) - applied_to(books, entity, id)))
        if entity == "CreditMemo":
            body["RemainingCredit"] = body["Balance"]
    linked = linked_transactions(books, entity, id, body)
    if entity != "TimeActivity":
        body["LinkedTxn"] = linked
    if entity in STATES:
        name, is_open, is_used = STATES[entity]
        body[name] = is_used if linked else is_open
    books.write_changed(entity, body)


STATES = {
    "Estimate": ("TxnStatus", "Pending", "Closed"),
    "PurchaseOrder": ("POStatus", "Open", "Closed"),
    "TimeActivity": ("BillableStatus", "Billable", "HasBeenBilled"),
}
"""The property that says whether a source has been used, its value before and after."""


def linked_transactions(books: Books, entity: str, id: str, body: Body) -> list[Body]:
    """LinkedTxn of a document: what the client linked, then what pays it."""
    sent = [] if entity in STATES else body.get("LinkedTxn") or []
    own = [link for link in sent if link.get("TxnType") not in PAYMENT_TYPES]
    rows = books.store.execute(
        "select distinct from_type, from_id from links where realm = ? and to_type = ? and to_id = ? order by pk",
        (books.realm, entity, id),
    ).fetchall()
    return own + [
        {"TxnId": from_id, "TxnType": _shown_type(books, from_type, from_id)} for from_type, from_id in rows
    ]


def _shown_type(books: Books, entity: str, id: str) -> str:
    if entity != "BillPayment":
        return entity
    kind = (books.find("BillPayment", id) or {}).get("PayType", "Check")
    return "BillPaymentCreditCard" if kind == "CreditCard" else "BillPaymentCheck"


def give_back(books: Books, entity: str, id: str, total: int) -> None:
    """Cuts what was applied to a document down to `total` cents, the latest payment first."""
    excess = applied_to(books, entity, id) - total
    if excess <= 0:
        return
    rows = books.store.execute(
        "select from_type, from_id, sum(cents) from links where realm = ? and to_type = ? and to_id = ?"
        " group by 1, 2 order by max(pk) desc",
        (books.realm, entity, id),
    ).fetchall()
    for from_type, from_id, value in rows:
        if excess <= 0:
            break
        cut = min(excess, value)
        _cut(books, (from_type, from_id), (entity, id), value - cut)
        excess -= cut


def _cut(books: Books, payer: tuple[str, str], target: tuple[str, str], left: int) -> None:
    """Leaves `left` cents of one payment on one document; the rest becomes unapplied."""
    books.store.revise(books.realm)
    body = books.read(*payer)
    kept: list[Body] = []
    for line in body.get("Line") or []:
        linked: Any = (line.get("LinkedTxn") or [{}])[0]
        if (linked.get("TxnType"), linked.get("TxnId")) == target:
            if left <= 0:
                continue
            line["Amount"] = amount(min(left, cents(line["Amount"])))
            left -= cents(line["Amount"])
        kept.append(line)
    body["Line"] = kept
    if payer[0] == "Payment":
        body["UnappliedAmt"] = amount(unapplied(body))
    books.store.execute(
        "delete from links where realm = ? and from_type = ? and from_id = ? and to_type = ? and to_id = ?",
        (books.realm, *payer, *target),
    )
    for link in links_of(payer[0], body):
        if (link.entity, link.id) == target:
            books.store.execute(
                "insert into links (realm, from_type, from_id, to_type, to_id, cents, date) values (?,?,?,?,?,?,?)",
                (books.realm, *payer, *target, link.cents, body["TxnDate"]),
            )
    books.write_changed(payer[0], body)


def apply_credit(books: Books, credit: Body, create: Callable[[Books, str, Any], Body]) -> None:
    """Links a new credit memo to the customer's open invoices, oldest first, by a payment of zero."""
    left = cents(credit["Balance"])
    rows = books.store.execute(
        "select id, balance from records where realm = ? and entity = 'Invoice' and customer = ? and balance > 0"
        " order by txn_date, num",
        (books.realm, reference(credit["CustomerRef"])),
    ).fetchall()
    lines: list[Body] = []
    for id, balance in rows:
        used = min(left, balance)
        if used > 0:
            lines.append({"Amount": amount(used), "LinkedTxn": [{"TxnId": id, "TxnType": "Invoice"}]})
            left -= used
    if not lines:
        return
    total = cents(credit["Balance"]) - left
    lines.append({"Amount": amount(total), "LinkedTxn": [{"TxnId": credit["Id"], "TxnType": "CreditMemo"}]})
    note = "Created by QB Online to link credits to charges."
    body = {"CustomerRef": credit["CustomerRef"], "TotalAmt": 0, "Line": lines, "PrivateNote": note}
    create(books, "Payment", {**body, "TxnDate": credit["TxnDate"]})


def unapplied(body: Body) -> int:
    """Cents of a customer payment, and of the credits it uses, that settle nothing."""
    links = links_of("Payment", body)
    used = sum(link.cents for link in links if link.entity == "CreditMemo")
    settled = sum(link.cents for link in links if link.entity != "CreditMemo")
    return cents(body.get("TotalAmt")) + used - settled
