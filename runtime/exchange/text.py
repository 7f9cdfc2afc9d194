"""A call that is answered with a text or a number by itself, such as a link."""

from __future__ import annotations

import orjson

from runtime.errors import AnswerTooLarge
from runtime.exchange.context import CallContext, Request, record_request
from runtime.exchange.masked_response import MaskedResponse
from runtime.exchange.tool_answer import Answer
from runtime.upstream.visible_text import show_unseen


def prepare(call: CallContext) -> Request:
    """Return the request, made from the arguments."""
    return record_request(call)


def read(call: CallContext, response: MaskedResponse) -> Answer:
    """Return the text as an object of one member. Raises AnswerTooLarge: half a link would be of no use."""
    text = response.raw.body.decode("utf-8", "replace").strip()
    text = show_unseen(text)
    written = orjson.dumps({call.tool.returns.path[0]: text})
    if not call.compute_allowance().holds(written):
        raise AnswerTooLarge(
            f"{call.integration.title} answered a text of {len(response.raw.body):,} bytes, which is more than one "
            "answer holds.",
            advice="Look at it at the vendor.",
        )
    return call.answer(written.decode())
