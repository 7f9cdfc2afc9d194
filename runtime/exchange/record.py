"""A call that is answered with one record."""

from __future__ import annotations

from typing import Any

import orjson

from generator.catalog import Tool
from runtime.exchange import bounds, parts, worked_out, written
from runtime.exchange.allowance import Allowance
from runtime.exchange.context import CallContext, Request, record_request
from runtime.exchange.masked_response import MaskedResponse
from runtime.exchange.tool_answer import Answer
from runtime.safety import write_answers
from runtime.safety.fences import fence_value
from runtime.safety.findings import list_warnings
from runtime.upstream import answer as answers
from runtime.upstream import figures
from runtime.upstream.request import record

DONE = b'{"done":true}'
"""What a success without a record is answered as."""
IN_PARTS = "To read it in parts, call {tool} with {filter} and fields {{fields}}."


def prepare(call: CallContext) -> Request:
    """Return the request, made from the arguments."""
    return record_request(call)


def read(call: CallContext, response: MaskedResponse) -> Answer:
    """Return the record, with what its caller should know of it."""
    if call.before is not None:
        return _answer_update(call, response.read_record())
    cut = None if call.is_blind else response.cut_record(call.tool.returns.path)
    return answer_with(call, cut or _written(call, response.read_record()))


def _answer_update(call: CallContext, value: Any) -> Answer:
    """Return the answer of an update that was laid over the stored record."""
    if value is None:
        return call.answer(DONE.decode())
    return call.answer(write_update(call, value, call.compute_allowance()).decode())


def write_update(call: CallContext, value: Any, allowance: Allowance) -> bytes:
    """Return what an update changed, and the record, as JSON within an allowance."""
    members = written.describe_update(call, answers.follow_path(value, call.tool.returns.path))
    members = _mark_members(call, members)
    head = figures.write_json(members)[1:-1] if members else b""
    if allowance.measure(head) > allowance.size // 2:
        half = allowance.split(2)
        part = parts.cut_record(b"{%b}" % head, half)
        head = b'%b,"note_on_changes":%b' % (part.text[1:-1], orjson.dumps(part.remark))
    beside = b'{%b%b"record":}' % (head, b"," if head else b"")
    record = call.mark(write_record(call, value))
    left = allowance.subtract(allowance.measure(beside))
    if left.holds(record):
        return b"%b%b}" % (beside[:-1], record)
    left = left.subtract(left.measure(b'"note":,'))
    part = parts.cut_record(record, left, _advise_parts(call, record))
    return b'%b%b,"note":%b}' % (beside[:-1], part.text, orjson.dumps(part.remark))


def _mark_members(call: CallContext, members: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of an update, with texts of records as the caller wants them; warnings are our own."""
    if not call.is_fenced:
        return members
    return {name: each if name == "warnings" else fence_value(each) for name, each in members.items()}


def answer_with(call: CallContext, text: bytes) -> Answer:
    """Return the answer that holds a record, or as much of it as fits, and the notes on it."""
    note = _note_on(call, text)
    text = call.mark(text)
    if not call.fits(text, note):
        text = fit(call, text, call.compute_allowance(note))
    return call.answer(text.decode(), note)


def write_record(call: CallContext, value: Any) -> bytes:
    """Return the record in a value of the vendor as JSON."""
    found = answers.follow_path(value, call.tool.returns.path)
    shown = value if found is None else found
    if call.is_blind:
        sent = record(call.tool, call.arguments)
        always = (*call.integration.acknowledged, *filter(None, [call.tool.identifier]))
        shown = write_answers.acknowledge(shown, sent, always)
    return bounds.write_json(shown)


def fit(call: CallContext, text: bytes, allowance: Allowance) -> bytes:
    """Return the record, or `{note, record}` with what fits of one that is larger than its allowance.

    The record stands apart then, so that nobody takes the part for the whole.
    """
    if allowance.holds(text):
        return text
    beside = allowance.measure(b'{"note":,"record":}')
    part = parts.cut_record(text, allowance.subtract(beside), _advise_parts(call, text))
    return b'{"note":%b,"record":%b}' % (orjson.dumps(part.remark), part.text)


def _written(call: CallContext, value: Any) -> bytes:
    return DONE if value is None else write_record(call, value)


def _note_on(call: CallContext, text: bytes) -> str:
    if call.tool.is_read_only:
        return ""
    dropped = worked_out.find_dropped(call.tool, call.given)
    note = worked_out.note_on(dropped, text.decode(), call.integration.title) if dropped else ""
    return note or ("" if call.is_repeat else " ".join(list_warnings(call.findings)))


def _advise_parts(call: CallContext, text: bytes) -> str:
    """Return how the fields of a record are asked for: with a list tool of the caller that finds it by its Id."""
    id_ = answers.read_member(text, _identifier(call))
    if not id_:
        return ""
    filters = (_filter_by_id(tool, _identifier(call), id_) for tool in _list_tools(call))
    return next((IN_PARTS.format(tool=name, filter=text) for name, text in filters if text), "")


def _list_tools(call: CallContext) -> list[Tool]:
    of_resource = (tool for tool in call.tools.values() if tool.resource == call.tool.resource)
    return [tool for tool in of_resource if tool.listing is not None]


def _filter_by_id(tool: Tool, identifier: str, id_: str) -> tuple[str, str]:
    """Return the name of a list tool and the argument that finds an Id; an empty text when it has none."""
    for condition in tool.listing.conditions if tool.listing else ():
        if condition.field == identifier and condition.operator in ("equals", "any_of"):
            wanted: Any = [id_] if condition.operator == "any_of" else id_
            return tool.name, f"{condition.argument} {orjson.dumps(wanted).decode()}"
    return tool.name, ""


def _identifier(call: CallContext) -> str:
    return call.tool.identifier or call.integration.identifier
