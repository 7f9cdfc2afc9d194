"""What a document was made from, such as the estimate of an invoice, and what a document says of its links.

A source is closed by what is made of it and opens again when that goes. Which payments settle a document, and what
of it is open, is in `settlement`.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.simulators.quickbooks.books import orders
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_business_fault

SOURCES = {
    "Invoice": frozenset({"Estimate", "TimeActivity"}),
    "SalesReceipt": frozenset({"Estimate"}),
    "Bill": frozenset({"PurchaseOrder"}),
}
"""What a document can be made from: these are closed by it and open again when it goes."""


STATES = {
    "Estimate": ("TxnStatus", "Pending", "Closed"),
    "PurchaseOrder": ("POStatus", "Open", "Closed"),
    "TimeActivity": ("BillableStatus", "Billable", "HasBeenBilled"),
}
"""The property that says whether a source has been used, its value before and after."""

PAYMENT_TYPES = frozenset({"Payment", "BillPaymentCheck", "BillPaymentCreditCard"})


@dataclass(frozen=True, slots=True)
class Link:
    """A document and the cents of a payment that go to it."""

    entity: str
    id: str
    cents: int


def list_sources(entity: str, body: Body) -> list[Link]:
    """Return what a document was made from, with no amount."""
    holders = [body, *(body.get("Line") or [])]
    linked = [link for holder in holders for link in holder.get("LinkedTxn") or []]
    named = {(str(link.get("TxnType")), str(link.get("TxnId"))) for link in linked}
    return [Link(kind, id, 0) for kind, id in sorted(named) if kind in SOURCES[entity]]


def check_sources(books: Books, entity: str, body: Body) -> None:
    """Raise 610 when a document names a source that is not there; what only the service links is left out."""
    if "LinkedTxn" in body:
        body["LinkedTxn"] = [link for link in body["LinkedTxn"] if link.get("TxnType") in SOURCES[entity]]
    if entity == "Bill":
        orders.check_links(books, body)
    for link in list_sources(entity, body):
        _check_owner(books, entity, body, link, books.read(link.entity, link.id))


def _check_owner(books: Books, entity: str, body: Body, link: Link, source: Body) -> None:
    """Raise 6000 for what belongs to another customer, and for time that is not to be billed or has been."""
    if link.entity not in ("Estimate", "TimeActivity"):
        return
    owners = (find_top_customer(books, get_reference(each.get("CustomerRef"))) for each in (source, body))
    if len(set(owners)) > 1:
        raise make_business_fault(
            f"{link.entity} {link.id} belongs to another customer and can't be linked.", "LinkedTxn"
        )
    if link.entity == "TimeActivity" and not _is_billable(books, entity, body, source):
        raise make_business_fault(f"TimeActivity {link.id} is not billable or has been billed.", "LinkedTxn")


def _is_billable(books: Books, entity: str, body: Body, time: Body) -> bool:
    """Return whether time is to be billed, or is billed by this very document."""
    if time.get("BillableStatus") == "Billable":
        return True
    return "Id" in body and (entity, str(body["Id"])) in _users(books, "TimeActivity", str(time["Id"]))


def _users(books: Books, entity: str, id: str) -> list[tuple[str, str]]:
    """Return type and Id of everything that links to a record."""
    return books.store.execute(
        "select from_type, from_id from links where realm = ? and to_type = ? and to_id = ?",
        (books.realm, entity, id),
    ).fetchall()


def find_top_customer(books: Books, id: str | None) -> str | None:
    """Return the customer at the top of a line of sub-customers."""
    for _ in range(6):
        above = get_reference((books.find("Customer", id) or {}).get("ParentRef")) if id else None
        if above is None:
            return id
        id = above
    return id


def is_used(books: Books, entity: str, id: str) -> bool:
    """Return whether anything links to a record."""
    return (
        books.store.execute(
            "select 1 from links where realm = ? and to_type = ? and to_id = ?", (books.realm, entity, id)
        ).fetchone()
        is not None
    )


def retain_use(books: Books, entity: str, body: Body) -> None:
    """Retain the use of a source that something was made from, whatever an update of it says.

    An order that is billed in part may be closed by hand.
    """
    if is_used(books, entity, str(body["Id"])):
        was_closed = entity == orders.ORDER and body.get("POStatus") == "Closed"
        show_use(books, entity, body, is_used=True)
        if was_closed:
            body["POStatus"] = "Closed"


def show_use(books: Books, entity: str, body: Body, *, is_used: bool) -> None:
    """Write into a source what was made from it, and its state."""
    if entity != "TimeActivity":
        body["LinkedTxn"] = list_linked_transactions(books, entity, str(body["Id"]), body)
    name, before, after = STATES[entity]
    is_closed = is_used and (entity != orders.ORDER or orders.is_used_up(books, body))
    body[name] = after if is_closed else before


def forget_source(books: Books, entity: str, id: str) -> None:
    """Take a source that is being deleted out of the documents that were made from it."""
    rows = books.store.execute(
        "select from_type, from_id from links where realm = ? and to_type = ? and to_id = ?",
        (books.realm, entity, id),
    ).fetchall()
    for holder, holder_id in rows:
        body = books.read(holder, holder_id)
        for part in (body, *(body.get("Line") or [])):
            if "LinkedTxn" in part:
                part["LinkedTxn"] = [
                    link
                    for link in part["LinkedTxn"]
                    if (link.get("TxnType"), link.get("TxnId")) != (entity, id)
                ]
        books.write_changed(holder, body)
    books.store.execute(
        "delete from links where realm = ? and to_type = ? and to_id = ?", (books.realm, entity, id)
    )


def list_linked_transactions(books: Books, entity: str, id: str, body: Body) -> list[Body]:
    """Return LinkedTxn of a document: what the client linked, then what pays it."""
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
