"""A call that is answered with a list of records, page by page."""

from __future__ import annotations

from typing import Any

from runtime.exchange import record
from runtime.exchange.branches import CountedBranches, MergedPage, prepare_filters, prepare_query
from runtime.exchange.context import CallContext, Request, record_request
from runtime.exchange.filters import BESIDE
from runtime.exchange.masked_response import MaskedResponse
from runtime.exchange.merged_answer import write_merged
from runtime.exchange.page_answer import PageContent, can_be_quick, choose_names, read_rows, write_page
from runtime.exchange.page_request import PageRequest, read_page_request
from runtime.exchange.raw_query import read_query
from runtime.exchange.tool_answer import Answer
from runtime.upstream.answer import holds_records


def prepare(call: CallContext) -> Request:
    """Return the request for one page. Raises InvalidArguments for a query or cursor that does not fit."""
    if call.tool.listing is None:  # an action of its own that answers a list, which has no pages
        return record_request(call)
    statement = read_query(call.tool, call.integration, call.arguments, call.known)
    if statement is not None and statement.has_groups:
        return prepare_query(call, statement)
    if statement is None and any(name in call.arguments for name in BESIDE):
        return prepare_filters(call)
    page = read_page_request(call.tool, call.integration, call.arguments, most=call.max_rows)
    return Request(values=page.values, plan=page)


def read(call: CallContext, response: MaskedResponse) -> Answer:
    """Return the records of the page, as many as fit. Raises UnexpectedShape for anything but a list of records."""
    page: PageRequest | MergedPage | CountedBranches | None = response.request.plan
    if page is None:
        return _read_whole(call, response)
    if not isinstance(page, PageRequest):
        return call.answer(write_merged(call, page, _values_of(call, response), call.compute_allowance()))
    content = _read_quickly(call, response) or _read_value(call, response)
    return call.answer(write_page(call, page, content, call.compute_allowance()))


def _read_quickly(call: CallContext, response: MaskedResponse) -> PageContent | None:
    """Return the records read in one pass, where nothing else is wanted of the response."""
    if not can_be_quick(call.tool, call.integration, call.arguments):
        return None
    rows = response.read_quick_rows(call.tool.returns.path, choose_names(call.tool, call.arguments))
    return None if rows is None else PageContent(rows, link=response.read_link())


def _read_value(call: CallContext, response: MaskedResponse) -> PageContent:
    value = _value_of(call, response)
    return PageContent(
        read_rows(call.tool, call.integration, call.arguments, value), value, response.read_link()
    )


def _value_of(call: CallContext, response: MaskedResponse) -> Any:
    path = call.tool.returns.path
    return response.read_value(lambda value: holds_records(value, path))


def _values_of(call: CallContext, response: MaskedResponse) -> list[Any]:
    return [_value_of(call, each) for each in (response, *response.others)]


def _read_whole(call: CallContext, response: MaskedResponse) -> Answer:
    cut = response.cut_record(call.tool.returns.path)
    text = cut or record.write_record(call, _value_of(call, response))
    return record.answer_with(call, text)
