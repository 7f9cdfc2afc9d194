"""What became of each call of a batch, in one answer: each has its share, and what one leaves is for those after it."""

from __future__ import annotations

import copy
from typing import Any

import orjson

from runtime.errors import LedgerportError, VendorRefused, VendorUnavailable
from runtime.operations import bounds, pages, reading
from runtime.operations.absent import name_absent
from runtime.operations.allowance import LONGEST_MESSAGES, Allowance, shorten
from runtime.operations.batch import Item
from runtime.operations.job import Job
from runtime.safety.masked_updates import redacted
from runtime.safety.write_answers import acknowledged
from runtime.upstream import answer as answers
from runtime.upstream.advice import attempt_of
from runtime.upstream.client import VendorResponse
from runtime.upstream.request import record

NOT_SHOWN = "Its answer does not fit beside the others. Call a tool that reads by itself to see it."


def text_of(job: Job, items: list[Item], response: VendorResponse) -> str:
    """`{results: [{tool, answer} or {tool, error}]}` in the order of the calls, as JSON."""
    form = job.integration.batch
    value = reading.shown_value(job, response)
    found = answers.at(value, tuple(form.answers.split(".")))
    answered = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    by_id = {str(id_): each for each in answered if isinstance(id_ := each.get(form.id), (str, int))}
    whole = job.allowance()
    left = whole.without(whole.cost(b'{"results":[]}'))
    texts = []
    for at, item in enumerate(items):
        text = _entry(job, item, by_id.get(item.id), response, left.share(len(items) - at))
        left = left.without(left.cost(text) + 1)
        texts.append(text)
    return (b'{"results":[' + b",".join(texts) + b"]}").decode()


def _entry(job: Job, item: Item, value: Any, response: VendorResponse, share: Allowance) -> bytes:
    """What became of one call, within its share."""
    head = b'{"tool":%b,' % orjson.dumps(item.tool.name)
    share = share.without(share.cost(head + b'"answer":}'))
    try:
        text = _answer(job, item, value, response, share)
    except LedgerportError as error:
        return b'%b"error":%b}' % (head, _error_text(redacted(error, job.secrets), share))
    if not share.holds(text):
        text = orjson.dumps({"note": NOT_SHOWN})
    return b'%b"answer":%b}' % (head, text)


def _answer(job: Job, item: Item, value: Any, response: VendorResponse, share: Allowance) -> bytes:
    """The answer of one call as JSON. Raises the error that it is."""
    is_write = not item.tool.is_read_only
    if value is None:
        raise VendorUnavailable(
            "The vendor did not answer this call." + (" It may have been done or not." if is_write else ""),
            advice="Look whether it was done before you call it again." if is_write else "Call it again.",
        )
    error = answers.error_in(
        response, value, job.integration, changes_data=is_write, attempt=attempt_of(item)
    )
    if isinstance(error, VendorRefused):
        raise name_absent(error, item.tool, job.integration, item.arguments, job.tools)
    if error is not None:
        raise error
    if item.asked is not None:
        return _page(job, item, value, response, share)
    found = answers.at(value, item.tool.returns.path)
    shown = value if found is None else found
    if item.is_blind:
        shown = acknowledged(shown, record(item.tool, item.arguments), job.integration.acknowledged)
    text = bounds.written(shown)
    return text if share.holds(text) else reading.in_part(item.tool, text, share, job)


def _page(job: Job, item: Item, value: Any, response: VendorResponse, share: Allowance) -> bytes:
    assert item.asked is not None
    tool, integration, arguments = item.tool, job.integration, item.arguments
    try:
        rows = pages.rows_in(tool, integration, arguments, value)
        return pages.page_answer(tool, integration, arguments, item.asked, rows, value, share).encode()
    except answers.UnexpectedShape as cause:
        raise answers.unreadable(integration, response, changes_data=False, cause=cause) from cause


def _error_text(error: LedgerportError, share: Allowance) -> bytes:
    """An error in its one shape; where that is too large, without its details and with less of its message."""
    text = orjson.dumps(error.as_dict())
    if share.holds(text):
        return text
    error = copy.copy(error)
    error.details = {}
    for longest in LONGEST_MESSAGES:
        shorten(error, longest)
        text = orjson.dumps(error.as_dict())
        if share.holds(text):
            return text
    return orjson.dumps({"code": error.code})
