"""Sending documents. No e-mail leaves the machine; the record says that it was sent, as the service's does.

Called by `http.api`, which has found the record; the record is all that changes.
"""

from __future__ import annotations

from urllib.parse import unquote

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.clock import format_stamp
from runtime.simulators.quickbooks.faults import make_fault, make_unsupported_fault
from runtime.simulators.quickbooks.rules.validation import check_addresses
from runtime.simulators.quickbooks.schema import Entity


def send(books: Books, entity: Entity, id: str, to: str | None) -> Body:
    """Mark a document as sent, to the address given or else to the one it has; 6420 when there is none."""
    if "send" not in entity.operations:
        raise make_unsupported_fault(f"/v3/company/{books.realm}/{entity.path}/{id}/send")
    with books.store.begin_transaction():
        body = books.read(entity.name, id)
        address = unquote(to) if to else _own_address(books, body)
        if not address:
            raise make_fault(
                "6420", "Email address is required : Add an email address to the transaction.", "BillEmail"
            )
        check_addresses("sendTo", address)
        _mark(books, entity, body, address)
        books.write_changed(entity.name, body, "Emailed")
    return body


def _own_address(books: Books, body: Body) -> str | None:
    """Return the address on the document, else that of its customer or vendor."""
    for name in ("BillEmail", "POEmail"):
        if (body.get(name) or {}).get("Address"):
            return str(body[name]["Address"])
    for owner, name in (("Customer", "CustomerRef"), ("Vendor", "VendorRef")):
        found = (books.find(owner, get_reference(body.get(name))) or {}).get("PrimaryEmailAddr") or {}
        if found.get("Address"):
            return str(found["Address"])
    return None


def _mark(books: Books, entity: Entity, body: Body, address: str) -> None:
    for name in ("POEmail", "BillEmail"):
        if name in entity.fields:
            body[name] = {**(body.get(name) or {}), "Address": address}
            break
    if "EmailStatus" in entity.fields:
        body["EmailStatus"] = "EmailSent"
    if "DeliveryInfo" in entity.fields:
        body["DeliveryInfo"] = {
            "DeliveryType": "Email",
            "DeliveryTime": format_stamp(books.clock.get_milliseconds()),
        }
