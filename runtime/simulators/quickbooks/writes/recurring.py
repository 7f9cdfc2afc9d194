"""Recurring transactions: templates, wrapped by the kind of transaction they make. They never reach the ledger.

Called by `http.recurring_transactions`; transactions made from a template are writes of their own.
"""

from __future__ import annotations

import orjson

from runtime.simulators.quickbooks.books.books import Books, get_entity, get_id_series
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.clock import format_stamp
from runtime.simulators.quickbooks.faults import make_missing_fault, make_not_found_fault, make_stale_fault
from runtime.simulators.quickbooks.rules.references import resolve
from runtime.simulators.quickbooks.rules.validation import check_body, is_empty
from runtime.simulators.quickbooks.schema import Entity

NAME = "RecurringTransaction"
KINDS = frozenset({"Bill", "Purchase", "CreditMemo", "Deposit", "Estimate", "Invoice", "JournalEntry", "RefundReceipt",
                   "SalesReceipt", "Transfer", "VendorCredit", "PurchaseOrder"})  # fmt: skip
NEVER_REQUIRED = frozenset({"TxnDate"})


def create(books: Books, kind: Entity, sent: Body) -> Body:
    """Return a template; 2020 without the name and the type of its schedule or what its kind of transaction needs."""
    body = {name: value for name, value in check_body(kind, sent).items() if not is_empty(value)}
    info = body.get("RecurringInfo") or {}
    for name in ("Name", "RecurType"):
        if not info.get(name):
            raise make_missing_fault(f"RecurringInfo.{name}")
    for name in kind.required:
        if name not in body and name not in NEVER_REQUIRED:
            raise make_missing_fault(name)
    with books.store.begin_transaction():
        resolve(books, kind, body, None)
        id, now = (
            str(books.take_next_number(get_id_series(get_entity("Invoice")))),
            books.clock.get_milliseconds(),
        )
        times = {"CreateTime": format_stamp(now), "LastUpdatedTime": format_stamp(now)}
        template = {**body, "Id": id, "SyncToken": "0", "MetaData": times, "domain": "QBO", "sparse": False}
        template["RecurDataRef"] = {"value": id}
        wrapped = {kind.name: template}
        books.write(NAME, {"Id": id, "SyncToken": "0", "Name": kind.name}, now, now)
        books.store.execute(
            "update records set body = ? where realm = ? and entity = ? and id = ?",
            (orjson.dumps(wrapped).decode(), books.realm, NAME, id),
        )
    return wrapped


def delete(books: Books, sent: Body) -> Body:
    """Take a template out; return the stub that the service answers."""
    id = str(sent.get("Id") or "")
    found = books.find(NAME, id)
    if found is None:
        raise make_not_found_fault()
    (template,) = found.values()
    if str(sent.get("SyncToken")) != template["SyncToken"]:
        raise make_stale_fault()
    with books.store.begin_transaction():
        books.remove(NAME, id)
    return {"domain": "QBO", "status": "Deleted", "Id": id}
