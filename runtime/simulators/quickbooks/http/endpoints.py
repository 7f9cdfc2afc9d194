"""The paths below a company that are not entities: query, reports, batch, changes, files, exchange rates."""

from __future__ import annotations

import orjson

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.faults import JSON, fault, missing, unsupported
from runtime.simulators.quickbooks.http import attachments, batch, recurring_transactions, tax_classifications
from runtime.simulators.quickbooks.http.api import Api, Route
from runtime.simulators.quickbooks.http.messages import Answer, Request, parse_json
from runtime.simulators.quickbooks.query import changes_since, sql
from runtime.simulators.quickbooks.reports.index import find_report
from runtime.simulators.quickbooks.rules.currency import rate_on, write_rate
from runtime.simulators.quickbooks.schema import entities
from runtime.simulators.quickbooks.writes import changes


def query(service: Api, request: Request) -> Answer:
    """GET with the statement as parameter, or POST with it as the body."""
    if len(request.segments) != 1:
        raise unsupported(request.path)
    text = request.parameters.get("query", "")
    if request.method == "POST":
        try:
            text = request.body.decode() or text
        except UnicodeDecodeError as error:
            raise fault("4000", "QueryParserError: Invalid content. The statement is not UTF-8") from error
    elif request.method != "GET":
        raise unsupported(request.path)
    found = sql.answer(Books(service.store, request.realm), text)
    if found.entity.name == "Attachable" and found.count is None:
        found = attachments.with_links(service.store, request, found)
    return Answer(200, JSON, b'{"QueryResponse":%b,"time":"%b"}' % (found.as_json(), service.time().encode()))


def report(service: Api, request: Request) -> Answer:
    """GET /reports/{name}."""
    if request.method != "GET" or len(request.segments) != 2:
        raise unsupported(request.path)
    found = find_report(request.segments[1])
    if found is None:
        raise unsupported(request.path)
    return Answer(200, JSON, orjson.dumps(found(service.store, request.realm, request.parameters)))


def cdc(service: Api, request: Request) -> Answer:
    """GET /cdc?entities=…&changedSince=…"""
    if request.method != "GET" or len(request.segments) != 1:
        raise unsupported(request.path)
    names, since = (request.parameters.get(name, "") for name in ("entities", "changedsince"))
    found = changes_since.response(Books(service.store, request.realm), names, since)
    return Answer(200, JSON, b'{"CDCResponse":%b,"time":"%b"}' % (found, service.time().encode()))


def exchange_rate(service: Api, request: Request) -> Answer:
    """GET by currency and day, POST to set the rate of a day."""
    books = Books(service.store, request.realm)
    if len(request.segments) != 1:
        raise unsupported(request.path)
    if request.method == "POST":
        return service.wrapped("ExchangeRate", write_rate(books, parse_json(request)))
    code = request.parameters.get("sourcecurrencycode")
    if not code:
        raise missing("sourcecurrencycode")
    return service.wrapped("ExchangeRate", rate_on(books, code, request.parameters.get("asofdate")))


def attachable(service: Api, request: Request) -> Answer:
    """As any entity; what has a file is read with a fresh link to it."""
    if request.method != "GET" or len(request.segments) != 2:
        return service.entity(request, entities()["Attachable"])
    body = Books(service.store, request.realm).read("Attachable", request.segments[1])
    origin = attachments.origin_of(request)
    return service.wrapped("Attachable", attachments.shown(service.store, request.realm, body, origin))


def invoice(service: Api, request: Request) -> Answer:
    """As any entity; `include=invoiceLink` adds the address where the customer could pay."""
    answer = service.entity(request, entities()["Invoice"])
    if "invoicelink" not in request.parameters.get("include", "").lower() or answer.content_type != JSON:
        return answer
    shown = orjson.loads(answer.body)
    if "Id" in shown.get("Invoice", {}) and request.method == "GET":
        shown["Invoice"]["InvoiceLink"] = (
            f"{attachments.origin_of(request)}/pay/{request.realm}/{shown['Invoice']['Id']}"
        )
    return Answer(answer.status, JSON, orjson.dumps(shown))


def tax_service(service: Api, request: Request) -> Answer:
    """POST /taxservice/taxcode: a tax code with its rates, in one go. The answer is the bare object."""
    if request.method != "POST" or [part.lower() for part in request.segments] != ["taxservice", "taxcode"]:
        raise unsupported(request.path)
    return Answer(
        200,
        JSON,
        orjson.dumps(changes.create_tax_code(Books(service.store, request.realm), parse_json(request))),
    )


ROUTES: dict[str, Route] = {
    "query": query,
    "reports": report,
    "attachable": attachable,
    "invoice": invoice,
    "batch": batch.answer,
    "cdc": cdc,
    "upload": attachments.upload,
    "download": attachments.download,
    "exchangerate": exchange_rate,
    "taxservice": tax_service,
    "recurringtransaction": recurring_transactions.answer,
    "taxclassification": tax_classifications.answer,
}
