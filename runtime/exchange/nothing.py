"""A call whose success says nothing: an action without a record in its response."""

from __future__ import annotations

from runtime.exchange.context import CallContext, Request, record_request
from runtime.exchange.masked_response import MaskedResponse
from runtime.exchange.tool_answer import Answer

DONE = '{"done":true}'
"""What a success without a text is answered as."""


def prepare(call: CallContext) -> Request:
    """Return the request, made from the arguments."""
    return record_request(call)


def read(call: CallContext, response: MaskedResponse) -> Answer:
    """Return that it is done, whatever the success holds."""
    response.read_value(lambda _value: True)
    return call.answer(DONE)
