"""POST /batch: several independent operations in one request; each item succeeds or fails on its own.

Called by `http.endpoints`; each item goes through `http.api` or `query`, like a request of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.faults import JSON, Fault, make_fault
from runtime.simulators.quickbooks.http import api
from runtime.simulators.quickbooks.http.messages import Answer, Request, parse_json
from runtime.simulators.quickbooks.query import changes_since, sql
from runtime.simulators.quickbooks.schema import Entity, load_entities

MOST_ITEMS = 30
"""Official texts say 10, 30 and 50; error 1040 names the limit in force."""
ITEM_KEYS = frozenset({"bId", "operation", "optionsData"})


def answer(service: api.Api, request: Request) -> Answer:
    """Return the answer to a batch; 1040 for more items than are allowed."""
    sent = parse_json(request)
    items = sent.get("BatchItemRequest") if isinstance(sent, dict) else None
    if not isinstance(items, list) or not items:
        raise make_fault(
            "2020", "Required parameter BatchItemRequest is missing in the request", "BatchItemRequest"
        )
    if len(items) > MOST_ITEMS:
        raise make_fault(
            "1040", f"Batch size exceeds allowed limit : {len(items)} items, {MOST_ITEMS} are allowed"
        )
    books = Books(service.store, request.realm)
    answers = [_item(books, item) for item in items]
    return Answer(
        200,
        JSON,
        b'{"BatchItemResponse":[%b],"time":"%b"}' % (b",".join(answers), service.format_time().encode()),
    )


def _item(books: Books, item: Any) -> bytes:
    id = item.get("bId") if isinstance(item, dict) else None
    marked = b"" if id is None else b'"bId":%b,' % orjson.dumps(str(id))
    try:
        if not isinstance(item, dict):
            raise make_fault("2010", "Property Name:BatchItemRequest specified is unsupported or invalid")
        return b"{%b%b}" % (marked, _done(books, item))
    except Fault as refusal:
        books.differences = type(books.differences)()
        return b'{%b"Fault":%b}' % (marked, orjson.dumps(refusal.to_json()))


def _done(books: Books, item: Mapping[str, Any]) -> bytes:
    """Return the result of an item, as the inside of a JSON object."""
    if "Query" in item:
        return b'"QueryResponse":%b' % sql.answer(books, str(item["Query"])).to_json()
    if "CDCQuery" in item:
        asked = item["CDCQuery"] if isinstance(item["CDCQuery"], dict) else {}
        names, since = str(asked.get("Entities", "")), str(asked.get("ChangedSince", ""))
        return b'"CDCResponse":%b' % changes_since.list_changes(books, names, since)
    names_found = [name for name in item if name not in ITEM_KEYS]
    entity = _entity(names_found[0]) if len(names_found) == 1 else None
    if entity is None or entity.name in ("RecurringTransaction", "ExchangeRate", "TaxService"):
        raise make_fault("2000", f"Invalid or unsupported object name : {', '.join(names_found)[:100]}")
    operation = str(item.get("operation") or "").lower()
    if operation not in ("create", "update", "delete", "void"):
        raise make_fault("500", f"Operation {operation[:50]} is not supported.")
    includes = [str(item.get("optionsData", "")).lower()]
    if operation == "void":
        operation, includes = ("void", []) if entity.void == "operation=void" else ("update", ["void"])
    result: Body = api.write(books, entity, operation, includes, item[names_found[0]])
    return b'"%b":%b' % (entity.key.encode(), orjson.dumps(result))


def _entity(name: str) -> Entity | None:
    """Return the kind of record that an item names, by its name or by its key."""
    return load_entities().get(name) or next(
        (each for each in load_entities().values() if each.key == name), None
    )
