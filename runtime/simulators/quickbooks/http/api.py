"""The accounting API: `/v3/company/{realm}/…`. Reads a request and calls the module that answers it.

Everything here is synchronous and free of HTTP servers: a `Request` in, an `Answer` out; refusals are raised as faults.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, Store
from runtime.simulators.quickbooks.clock import format_answer_time
from runtime.simulators.quickbooks.faults import (
    JSON,
    make_fault,
    make_id_fault,
    make_not_found_fault,
    make_unsupported_fault,
)
from runtime.simulators.quickbooks.http import pdf
from runtime.simulators.quickbooks.http.messages import Answer, Request, parse_json
from runtime.simulators.quickbooks.schema import Entity, map_entities_by_path
from runtime.simulators.quickbooks.writes import changes, delivery

SINGLETONS = frozenset({"CompanyInfo", "Preferences"})
LONGEST_REQUEST_ID = 50
"""Characters, as documented."""


Route = Callable[["Api", Request], Answer]
"""Answers a path that is not an entity."""


class Api:
    """Answers the requests to the companies of one store."""

    def __init__(self, store: Store, routes: Mapping[str, Route]) -> None:
        self.store = store
        self.routes = routes

    def format_time(self) -> str:
        """Return the `time` of an answer."""
        return format_answer_time(self.store.clock.get_milliseconds())

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request; raises Fault. The same `requestid` gets the same answer again."""
        id = request.parameters.get("requestid")
        if not id or request.method != "POST":
            return self._answer(request)
        if len(id) > LONGEST_REQUEST_ID:
            raise make_fault("2130", f"Invalid Request Id Format : at most {LONGEST_REQUEST_ID} characters")
        replayed = self._replayed(request.realm, id)
        if replayed is not None:
            return replayed
        with self.store.begin_transaction():
            answer = self._answer(request)
            self.store.execute(
                "insert into replays values (?,?,?,?,?)",
                (request.realm, id, self.store.clock.get_milliseconds(), answer.status, answer.body),
            )
        return answer

    def _replayed(self, realm: str, id: str) -> Answer | None:
        row = self.store.execute(
            "select status, body from replays where realm = ? and request_id = ?", (realm, id)
        ).fetchone()
        return Answer(row[0], JSON, row[1]) if row else None

    def _answer(self, request: Request) -> Answer:
        if not request.segments:
            raise make_unsupported_fault(request.path)
        head = request.segments[0].lower()
        own = self.routes.get(head)
        if own is not None:
            return own(self, request)
        entity = map_entities_by_path().get(head)
        if entity is None:
            raise make_unsupported_fault(request.path)
        return self.answer_entity(request, entity)

    def answer_entity(self, request: Request, entity: Entity) -> Answer:
        """Run the operation that method and path name."""
        match request.method, len(request.segments):
            case "POST", 1:
                return self._write(request, entity)
            case "GET", 2:
                return self.read(request.realm, entity, request.segments[1])
            case "GET", 1 if entity.name in SINGLETONS:
                return self.read(request.realm, entity, "1")
            case "GET", 3 if request.segments[2].lower() == "pdf":
                return self.answer_pdf(request.realm, entity, request.segments[1])
            case "POST", 3 if request.segments[2].lower() == "send":
                return self._send(request, entity)
            case _:
                raise make_unsupported_fault(request.path)

    def read(self, realm: str, entity: Entity, id: str) -> Answer:
        """Return one record by its Id: the stored bytes in their envelope."""
        if "read" not in entity.operations:
            raise make_unsupported_fault(f"/v3/company/{realm}/{entity.path}/{id}")
        if entity.name in SINGLETONS:
            id = "1"
        elif not (id.isascii() and id.isdigit()) and entity.name != "TaxCode":
            raise make_id_fault(id)
        row = self.store.execute(
            "select body from records where realm = ? and entity = ? and id = ?", (realm, entity.name, id)
        ).fetchone()
        if row is None:
            raise make_not_found_fault()
        return Answer(200, JSON, f'{{"{entity.key}":{row[0]},"time":"{self.format_time()}"}}'.encode())

    def _write(self, request: Request, entity: Entity) -> Answer:
        sent = parse_json(request)
        books = Books(self.store, request.realm)
        operation = request.parameters.get("operation", "").lower()
        includes = request.parameters.get("include", "").lower().split(",")
        changed = write(books, entity, operation, includes, sent)
        return self.wrap(entity.key, changed)

    def _send(self, request: Request, entity: Entity) -> Answer:
        books = Books(self.store, request.realm)
        sent = delivery.send(books, entity, request.segments[1], request.parameters.get("sendto"))
        return self.wrap(entity.key, sent)

    def answer_pdf(self, realm: str, entity: Entity, id: str) -> Answer:
        """Return a document as PDF."""
        if "pdf" not in entity.operations:
            raise make_unsupported_fault(f"/v3/company/{realm}/{entity.path}/{id}/pdf")
        books = Books(self.store, realm)
        return Answer(
            200, "application/pdf", pdf.render_document(books, entity.name, books.read(entity.name, id))
        )

    def wrap(self, name: str, body: Body) -> Answer:
        """Return one object in its envelope."""
        return Answer(200, JSON, orjson.dumps({name: body, "time": self.format_time()}))


def write(books: Books, entity: Entity, operation: str, includes: list[str], sent: Any) -> Body:
    """Run one write by the name of its operation, as the URL or a batch item gives it."""
    if entity.void and operation == entity.void.partition("&")[0].removeprefix("operation="):
        wants_include = "include=void" in entity.void
        if "void" in includes if wants_include else True:
            return changes.void(books, entity.name, sent)
    if operation == "delete":
        return changes.delete(books, entity.name, sent)
    if operation == "update":
        return changes.update(books, entity.name, sent)
    if operation in ("", "create"):
        return changes.save(books, entity.name, sent)
    raise make_unsupported_fault(f"/v3/company/{books.realm}/{entity.path}?operation={operation}")
