"""The operations of the API: lists, counts and single records are read here, writes go to `writes.changes`.

Called by `app` with a request whose sender is known.
"""

from __future__ import annotations

from typing import Any

from runtime.simulators.connectwise.conditions.ordering import parse_fields, project
from runtime.simulators.connectwise.errors import (
    make_bad_body,
    make_missing_record,
    make_wrong_verb,
)
from runtime.simulators.connectwise.http.authentication import Rights
from runtime.simulators.connectwise.http.messages import Answer, Request, make_answer, parse_body
from runtime.simulators.connectwise.http.paging import cut_page
from runtime.simulators.connectwise.http.routing import Route, find_route
from runtime.simulators.connectwise.records.selections import Query, Selections
from runtime.simulators.connectwise.records.store import Body, Store
from runtime.simulators.connectwise.schema import PARENT, Entity
from runtime.simulators.connectwise.writes.changes import Changes

ABOUT = {
    "version": "v2025.1.114217", "isCloud": True, "serverTimeZone": "Eastern Standard Time", "licenseBits": [],
    "cloudRegion": "NA", "maxWorkFlowRecordsAllowed": 500,
}  # fmt: skip


class Api:
    """The API over a store, for one member."""

    def __init__(self, store: Store, rights: Rights, changes: Changes, base: str) -> None:
        self.store, self.rights, self.changes, self.base = store, rights, changes, base
        self.selections = Selections(store)

    def answer(self, request: Request) -> Answer:
        """Answer a request; refuse what cannot be done."""
        path = "/" + "/".join(request.segments)
        if path.lower() == "/system/info" and request.method == "GET":
            return make_answer(200, ABOUT)
        route = find_route(request.segments)
        operation = route.verbs.get(request.method)
        if operation is None:
            raise make_wrong_verb(request.method, route.verbs)
        self.rights.check(request.method, path)
        self._check_parent(route)
        if operation in ("list", "search"):
            return self._list(route, request, path)
        if operation == "count":
            return make_answer(200, {"count": len(self._select(route, _read_query(request.parameters)))})
        if operation == "create":
            record = self.changes.create(route.entity, route.parent, parse_body(request))
            return self._record(route, request, record, 201)
        return self._answer_item(route, request, operation)

    def _answer_item(self, route: Route, request: Request, operation: str) -> Answer:
        stored = self.store.find(route.entity, route.id, route.parent)
        if stored is None:
            raise make_missing_record(route.entity.schema, route.id)
        if operation == "read":
            return self._record(route, request, stored, 200)
        if operation == "delete":
            self.changes.delete(route.entity, stored)
            return Answer(204, "", b"")
        change = self.changes.replace if operation == "replace" else self.changes.update
        return self._record(route, request, change(route.entity, stored, parse_body(request)), 200)

    def _check_parent(self, route: Route) -> None:
        parent = route.entity.find_parent_entity()
        if parent and route.parent is not None and self.store.find(parent, route.parent) is None:
            raise make_missing_record(parent.schema, route.parent)

    def _list(self, route: Route, request: Request, path: str) -> Answer:
        query = _read_query(request.parameters)
        if route.kind == "search":
            path, query = path.rpartition("/")[0], _read_search(parse_body(request))
        address = f"{request.origin}/{self.base}{path}"
        page = cut_page(self._select(route, query), request, address)
        fields = parse_fields(request.parameters.get("fields", ""))
        records = [self._show(route.entity, record, fields) for record in page.records]
        return make_answer(200, records, {"Link": page.link})

    def _select(self, route: Route, query: Query) -> Any:
        return self.selections.select(route.entity, route.parent, query)

    def _record(self, route: Route, request: Request, record: Body, status: int) -> Answer:
        fields = parse_fields(request.parameters.get("fields", ""))
        headers = {}
        if status == 201:
            path = route.entity.path.replace(PARENT, str(route.parent))
            headers["Location"] = f"{request.origin}/{self.base}{path}/{record['id']}"
        return make_answer(status, self._show(route.entity, record, fields), headers)

    def _show(self, entity: Entity, record: Body, fields: dict[str, Any]) -> Body:
        """Return a record as the member sees it."""
        hidden = self.rights.list_hidden(entity.path)
        if hidden:
            record = {name: value for name, value in record.items() if name not in hidden}
        shown: Body = project(record, fields)
        return shown


def _read_query(parameters: Any) -> Query:
    names = ("conditions", "childconditions", "customfieldconditions", "orderby")
    return Query(*(parameters.get(name, "") for name in names))


def _read_search(body: Any) -> Query:
    """Return the query in the body of a search; refuse one that is none."""
    if not isinstance(body, dict):
        raise make_bad_body("The search is not an object.")
    given = {str(name).lower(): value for name, value in body.items() if value is not None}
    if not all(isinstance(value, str) for value in given.values()):
        raise make_bad_body("The members of a search are texts.")
    return _read_query(given)
