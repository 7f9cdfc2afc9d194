"""The paths below a company that are not entities: query, reports, batch, changes, files, exchange rates.

Called by `app`, after sign-in and limits; `http.api` has the entities.
"""

from __future__ import annotations

import orjson

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.faults import JSON, make_fault, make_missing_fault, make_unsupported_fault
from runtime.simulators.quickbooks.http import attachments, batch, recurring_transactions, tax_classifications
from runtime.simulators.quickbooks.http.api import Api, Route
from runtime.simulators.quickbooks.http.messages import Answer, Request, parse_json
from runtime.simulators.quickbooks.query import changes_since, sql
from runtime.simulators.quickbooks.reports.index import find_report
from runtime.simulators.quickbooks.rules.currency import read_rate, write_rate
from runtime.simulators.quickbooks.schema import load_entities
from runtime.simulators.quickbooks.writes import changes


def answer_query(service: Api, request: Request) -> Answer:
    """Answer GET with the statement as parameter, or POST with it as the body."""
    if len(request.segments) != 1:
        raise make_unsupported_fault(request.path)
    text = request.parameters.get("query", "")
    if request.method == "POST":
        try:
            text = request.body.decode() or text
        except UnicodeDecodeError as error:
            raise make_fault(
                "4000", "QueryParserError: Invalid content. The statement is not UTF-8"
            ) from error
    elif request.method != "GET":
        raise make_unsupported_fault(request.path)
    found = sql.answer(Books(service.store, request.realm), text)
    if found.entity.name == "Attachable" and found.count is None:
        found = attachments.add_links(service.store, request, found)
    return Answer(
        200, JSON, b'{"QueryResponse":%b,"time":"%b"}' % (found.to_json(), service.format_time().encode())
    )


def answer_report(service: Api, request: Request) -> Answer:
    """Answer GET /reports/{name}."""
    if request.method != "GET" or len(request.segments) != 2:
        raise make_unsupported_fault(request.path)
    found = find_report(request.segments[1])
    if found is None:
        raise make_unsupported_fault(request.path)
    return Answer(200, JSON, orjson.dumps(found(service.store, request.realm, request.parameters)))


def answer_changes(service: Api, request: Request) -> Answer:
    """Answer GET /cdc?entities=…&changedSince=…"""
    if request.method != "GET" or len(request.segments) != 1:
        raise make_unsupported_fault(request.path)
    names, since = (request.parameters.get(name, "") for name in ("entities", "changedsince"))
    found = changes_since.list_changes(Books(service.store, request.realm), names, since)
    return Answer(200, JSON, b'{"CDCResponse":%b,"time":"%b"}' % (found, service.format_time().encode()))


def answer_exchange_rate(service: Api, request: Request) -> Answer:
    """Answer GET by currency and day, POST to set the rate of a day."""
    books = Books(service.store, request.realm)
    if len(request.segments) != 1:
        raise make_unsupported_fault(request.path)
    if request.method == "POST":
        return service.wrap("ExchangeRate", write_rate(books, parse_json(request)))
    code = request.parameters.get("sourcecurrencycode")
    if not code:
        raise make_missing_fault("sourcecurrencycode")
    return service.wrap("ExchangeRate", read_rate(books, code, request.parameters.get("asofdate")))


def answer_attachable(service: Api, request: Request) -> Answer:
    """Answer as for any entity; what has a file is read with a fresh link to it."""
    if request.method != "GET" or len(request.segments) != 2:
        return service.answer_entity(request, load_entities()["Attachable"])
    body = Books(service.store, request.realm).read("Attachable", request.segments[1])
    origin = attachments.get_origin(request)
    return service.wrap("Attachable", attachments.add_link(service.store, request.realm, body, origin))


def answer_invoice(service: Api, request: Request) -> Answer:
    """Answer as for any entity; `include=invoiceLink` adds the address where the customer could pay."""
    answer = service.answer_entity(request, load_entities()["Invoice"])
    if "invoicelink" not in request.parameters.get("include", "").lower() or answer.content_type != JSON:
        return answer
    shown = orjson.loads(answer.body)
    if "Id" in shown.get("Invoice", {}) and request.method == "GET":
        shown["Invoice"]["InvoiceLink"] = (
            f"{attachments.get_origin(request)}/pay/{request.realm}/{shown['Invoice']['Id']}"
        )
    return Answer(answer.status, JSON, orjson.dumps(shown))


def answer_tax_service(service: Api, request: Request) -> Answer:
    """Answer POST /taxservice/taxcode: a tax code with its rates, in one go. The answer is the bare object."""
    if request.method != "POST" or [part.lower() for part in request.segments] != ["taxservice", "taxcode"]:
        raise make_unsupported_fault(request.path)
    return Answer(
        200,
        JSON,
        orjson.dumps(changes.create_tax_code(Books(service.store, request.realm), parse_json(request))),
    )


ROUTES: dict[str, Route] = {
    "query": answer_query,
    "reports": answer_report,
    "attachable": answer_attachable,
    "invoice": answer_invoice,
    "batch": batch.answer,
    "cdc": answer_changes,
    "upload": attachments.upload,
    "download": attachments.download,
    "exchangerate": answer_exchange_rate,
    "taxservice": answer_tax_service,
    "recurringtransaction": recurring_transactions.answer,
    "taxclassification": tax_classifications.answer,
}
