"""Purchase orders line by line: what of each has been billed, and what a bill may still link to.

A line of a bill links to a line of an order by `TxnLineId`. An order is closed when each of its lines is used up.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, get_reference
from runtime.simulators.quickbooks.faults import make_fault
from runtime.simulators.quickbooks.money import parse_decimal

ORDER = "PurchaseOrder"


def check_links(books: Books, bill: Body) -> None:
    """Leave out the links that the service does not make, and raise 620 for a line that cannot be billed (again).

    A link without `TxnLineId`, or to another vendor's order, is left out and the bill is made without it.
    """
    orders: dict[str, Body] = {}
    for line in bill.get("Line") or []:
        for link in line.get("LinkedTxn") or []:
            if link.get("TxnType") == ORDER:
                orders.setdefault(str(link.get("TxnId")), books.read(ORDER, str(link.get("TxnId"))))
        if "LinkedTxn" in line:
            line["LinkedTxn"] = [link for link in line["LinkedTxn"] if _is_made(bill, orders, link)]
        for id, line_id in _links_of_line(line):
            _check_line(books, bill, orders[id], line_id)
    linked = sorted({id for line in bill.get("Line") or [] for id, _ in _links_of_line(line)}, key=int)
    others = [link for link in bill.get("LinkedTxn") or [] if link.get("TxnType") != ORDER]
    named = {str(link.get("TxnId")) for link in bill.get("LinkedTxn") or [] if link.get("TxnType") == ORDER}
    for id in sorted(named - set(linked)):
        books.read(ORDER, id)
    bill["LinkedTxn"] = [*others, *({"TxnId": id, "TxnType": ORDER} for id in linked)]
    if not bill["LinkedTxn"]:
        del bill["LinkedTxn"]


def _is_made(bill: Body, orders: dict[str, Body], link: Body) -> bool:
    """Return whether the service makes a link of a bill's line."""
    if link.get("TxnType") != ORDER:
        return True
    order = orders[str(link.get("TxnId"))]
    return bool(link.get("TxnLineId")) and get_reference(order["VendorRef"]) == get_reference(
        bill.get("VendorRef")
    )


def _links_of_line(line: Body) -> Iterator[tuple[str, str]]:
    """Return (Id of the order, Id of its line) of every order that a line of a bill links to."""
    for link in line.get("LinkedTxn") or []:
        if link.get("TxnType") == ORDER and link.get("TxnLineId"):
            yield str(link.get("TxnId")), str(link["TxnLineId"])


def _check_line(books: Books, bill: Body, order: Body, line_id: str) -> None:
    found = next((line for line in order.get("Line") or [] if str(line.get("Id")) == line_id), None)
    if found is None:
        detail = f"{ORDER} {order['Id']} has no line {line_id}"
        raise make_fault("620", f"Txn ID Cannot Be Linked : {detail}", "LinkedTxn.TxnLineId")
    if 0 < _wanted(found) <= _billed(books, order, line_id, except_for=str(bill.get("Id", ""))):
        detail = f"line {line_id} of {ORDER} {order['Id']} has been billed"
        raise make_fault("620", f"Txn ID Cannot Be Linked : {detail}", "LinkedTxn.TxnLineId")


def is_used_up(books: Books, order: Body) -> bool:
    """Return whether every line of an order that orders something has been billed in full."""
    wanted = {str(line["Id"]): _wanted(line) for line in order.get("Line") or [] if _wanted(line) > 0}
    return all(value <= _billed(books, order, id) for id, value in wanted.items())


def _wanted(line: Body) -> Decimal:
    """Return what a line is about: units where it counts them, else its amount."""
    quantity = _quantity(line)
    return parse_decimal(line.get("Amount")) if quantity is None else quantity


def _quantity(line: Body) -> Decimal | None:
    given = line.get("ItemBasedExpenseLineDetail") or {}
    return parse_decimal(given["Qty"]) if given.get("Qty") not in (None, "", 0) else None


def _billed(books: Books, order: Body, line_id: str, except_for: str = "") -> Decimal:
    """Return what the bills say of a line of an order, in its own measure, leaving out one bill."""
    counted = next(_quantity(line) is not None for line in order["Line"] if str(line.get("Id")) == line_id)
    total = Decimal(0)
    rows = books.store.execute(
        "select distinct from_id from links where realm = ? and to_type = ? and to_id = ? and from_type = 'Bill'",
        (books.realm, ORDER, str(order["Id"])),
    ).fetchall()
    for (id,) in rows:
        for line in (books.find("Bill", id) or {}).get("Line") or [] if id != except_for else ():
            if (str(order["Id"]), line_id) in _links_of_line(line):
                quantity = _quantity(line) if counted else parse_decimal(line.get("Amount"))
                total += quantity or 0
    return total
