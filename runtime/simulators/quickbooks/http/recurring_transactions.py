"""/recurringtransaction: templates of transactions, created, read and deleted; there is no update.

Called by `http.endpoints`; `writes.recurring` has the rules.
"""

from __future__ import annotations

from typing import Any

import orjson

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.faults import JSON, make_fault, make_unsupported_fault
from runtime.simulators.quickbooks.http.api import Api
from runtime.simulators.quickbooks.http.messages import Answer, Request, parse_json
from runtime.simulators.quickbooks.schema import Entity, load_entities
from runtime.simulators.quickbooks.writes.recurring import KINDS, NAME, create, delete


def answer(service: Api, request: Request) -> Answer:
    """Create, read, delete; there is no update."""
    books = Books(service.store, request.realm)
    operation = request.parameters.get("operation", "").lower()
    if request.method == "GET" and len(request.segments) == 2:
        return _wrapped(service, books.read(NAME, request.segments[1]))
    if request.method != "POST" or len(request.segments) != 1 or operation not in ("", "create", "delete"):
        raise make_unsupported_fault(request.path)
    kind, body = _unwrapped(parse_json(request))
    if operation == "delete":
        return _wrapped(service, delete(books, body))
    return _wrapped(service, create(books, kind, body))


def _wrapped(service: Api, body: Body) -> Answer:
    return Answer(200, JSON, orjson.dumps({NAME: body, "time": service.format_time()}))


def _unwrapped(sent: Any) -> tuple[Entity, Body]:
    """Return kind and body of {"RecurringTransaction": {"Invoice": {…}}} or {"Invoice": {…}}."""
    if isinstance(sent, dict) and isinstance(sent.get(NAME), dict):
        sent = sent[NAME]
    if not isinstance(sent, dict) or len(sent) != 1:
        raise make_fault(
            "2010", "Property Name:a single kind of transaction is needed specified is unsupported or invalid"
        )
    kind, body = next(iter(sent.items()))
    if kind not in KINDS or not isinstance(body, dict):
        raise make_fault("2000", f"Invalid or unsupported object name : {str(kind)[:100]}")
    return load_entities()[kind], body
