"""Recurring transactions: templates, wrapped by the kind of transaction they make. They never reach the ledger."""

from __future__ import annotations

from typing import Any

import orjson

from runtime.simulators.quickbooks.books.books import Books, entity_named, id_series
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.clock import stamp
from runtime.simulators.quickbooks.faults import JSON, fault, missing, not_found, stale, unsupported
from runtime.simulators.quickbooks.http.api import Answer, Api, Request, parsed
from runtime.simulators.quickbooks.schema import Entity, entities
from runtime.simulators.quickbooks.writes.references import resolve
from runtime.simulators.quickbooks.writes.validation import checked, is_empty

NAME = "RecurringTransaction"
KINDS = frozenset({"Bill", "Purchase", "CreditMemo", "Deposit", "Estimate", "Invoice", "JournalEntry", "RefundReceipt",
                   "SalesReceipt", "Transfer", "VendorCredit", "PurchaseOrder"})  # fmt: skip
NEVER_REQUIRED = frozenset({"TxnDate"})


def answer(service: Api, request: Request) -> Answer:
    """Create, read, delete; there is no update."""
    books = Books(service.store, request.realm)
    operation = request.parameters.get("operation", "").lower()
    if request.method == "GET" and len(request.segments) == 2:
        return _wrapped(service, books.read(NAME, request.segments[1]))
    if request.method != "POST" or len(request.segments) != 1 or operation not in ("", "create", "delete"):
        raise unsupported(request.path)
    kind, body = _unwrapped(parsed(request))
    if operation == "delete":
        return _wrapped(service, delete(books, body))
    return _wrapped(service, create(books, kind, body))


def _wrapped(service: Api, body: Body) -> Answer:
    return Answer(200, JSON, orjson.dumps({NAME: body, "time": service.time()}))


def _unwrapped(sent: Any) -> tuple[Entity, Body]:
    """Kind and body of {"RecurringTransaction": {"Invoice": {…}}} or {"Invoice": {…}}."""
    if isinstance(sent, dict) and isinstance(sent.get(NAME), dict):
        sent = sent[NAME]
    if not isinstance(sent, dict) or len(sent) != 1:
        raise fault(
            "2010", "Property Name:a single kind of transaction is needed specified is unsupported or invalid"
        )
    kind, body = next(iter(sent.items()))
    if kind not in KINDS or not isinstance(body, dict):
        raise fault("2000", f"Invalid or unsupported object name : {str(kind)[:100]}")
    return entities()[kind], body


def create(books: Books, kind: Entity, sent: Body) -> Body:
    """A template; 2020 without the name and the type of its schedule or what its kind of transaction needs."""
    body = {name: value for name, value in checked(kind, sent).items() if not is_empty(value)}
    info = body.get("RecurringInfo") or {}
    for name in ("Name", "RecurType"):
        if not info.get(name):
            raise missing(f"RecurringInfo.{name}")
    for name in kind.required:
        if name not in body and name not in NEVER_REQUIRED:
            raise missing(name)
    with books.store.transaction():
        resolve(books, kind, body, None)
        id, now = str(books.next_number(id_series(entity_named("Invoice")))), books.clock.milliseconds()
        times = {"CreateTime": stamp(now), "LastUpdatedTime": stamp(now)}
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
    """Takes a template out; the stub that the service answers."""
    id = str(sent.get("Id") or "")
    found = books.find(NAME, id)
    if found is None:
        raise not_found()
    (template,) = found.values()
    if str(sent.get("SyncToken")) != template["SyncToken"]:
        raise stale()
    with books.store.transaction():
        books.remove(NAME, id)
    return {"domain": "QBO", "status": "Deleted", "Id": id}
