"""Several calls of tools in one request to the vendor, each checked as if it came alone.

The definition says how the vendor writes an operation of each method. When any call does not pass, nothing is sent. In
the answer each call has its share, and what one leaves is for those after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import orjson

from generator.catalog import DRY_RUN, Tool
from generator.names import find_tool
from generator.templates import find_names
from generator.vendor import BatchForm
from runtime.errors import InvalidArguments, LedgerportError, VendorRefused, VendorUnavailable
from runtime.exchange import listing, record
from runtime.exchange.absent import name_absent
from runtime.exchange.allowance import Allowance, fit_error
from runtime.exchange.context import COUNT, CallContext, Request, Write
from runtime.exchange.failures import mark_untrusted
from runtime.exchange.masked_response import MaskedResponse
from runtime.exchange.page_answer import PageContent, read_rows, write_page
from runtime.exchange.sums import SUM
from runtime.exchange.tool_answer import Answer
from runtime.exchange.tool_names import explain_unknown_tool
from runtime.safety.masked_updates import redact
from runtime.safety.reference_spots import has_names
from runtime.safety.write_answers import is_blind
from runtime.upstream import answer as answers
from runtime.upstream import figures
from runtime.upstream.advice import describe_attempt
from runtime.upstream.client import VendorResponse
from runtime.upstream.query import fill
from runtime.upstream.request import record as record_of

CALLS = "calls"
"""The argument that holds the calls: `[{tool, arguments}]`."""
MOST_NAMED = 10
"""Calls that an error names in its message. All of them are in its details."""
NOT_SHOWN = "Its answer does not fit beside the others. Call a tool that reads by itself to see it."


@dataclass(frozen=True, slots=True)
class Part:
    """One call of a batch, checked, with the request that it would be by itself."""

    id: str
    call: CallContext
    request: Request

    @property
    def is_write(self) -> bool:
        """Return whether it changes anything."""
        return not self.call.tool.is_read_only


def prepare(call: CallContext) -> Request:
    """Return the request for all calls. Raises InvalidArguments that names each call that does not pass."""
    parts, errors = [], []
    for at, given in enumerate(call.arguments[CALLS]):
        try:
            parts.append(_part(call, str(at + 1), given))
        except LedgerportError as error:
            errors.append({"argument": f"{CALLS}[{at}]", "problem": f"{CALLS}[{at}]: {error.message}"})
    if errors:
        raise InvalidArguments(
            f"The batch was not sent. {' '.join(each['problem'] for each in errors[:MOST_NAMED])}",
            advice="Nothing was sent. Correct these calls, or leave them out, and send the batch again.",
            details={"errors": errors},
        )
    return Request(
        changes=tuple(change for part in parts for change in part.request.changes),
        writes=tuple(Write(part.call, part.id) for part in parts if part.is_write),
        body=lambda: _body(call, parts),
        changes_data=any(part.is_write for part in parts),
        plan=parts,
    )


def read(call: CallContext, response: MaskedResponse) -> Answer:
    """Return `{results: [{tool, answer} or {tool, error}]}` in the order of the calls, as JSON."""
    parts: list[Part] = response.request.plan
    outcomes = _outcomes(call, response.read_value(lambda _value: True))
    whole = call.compute_allowance()
    left = whole.subtract(whole.measure(b'{"results":[]}'))
    texts = []
    for at, part in enumerate(parts):
        text = _entry(call, part, outcomes.get(part.id), response.raw, left.split(len(parts) - at))
        left = left.subtract(left.measure(text) + 1)
        texts.append(text)
    return call.answer((b'{"results":[' + b",".join(texts) + b"]}").decode())


def _part(call: CallContext, id_: str, given: Mapping[str, Any]) -> Part:
    tool = find_tool(call.tools, given["tool"])
    if tool is None:
        raise InvalidArguments(explain_unknown_tool(given["tool"], call.tools))
    _refuse_alone(call, tool)
    if tool.listing and SUM in (given.get("arguments") or {}):
        raise InvalidArguments(f"{tool.name} cannot add up in a batch: a sum takes several pages.")
    if tool.listing and COUNT in (given.get("arguments") or {}):
        raise InvalidArguments(f"{tool.name} cannot count in a batch: {COUNT} takes another call.")
    own = dict(given.get("arguments") or {})
    if DRY_RUN in own:
        raise InvalidArguments(f"{DRY_RUN} is an argument of the batch, not of the calls in it.")
    part = replace(
        call,
        tool=tool,
        arguments=call.check(tool, call.integration, own),
        given=own,
        place=f"{CALLS}[{int(id_) - 1}]",
        origin=call.origin.select_part(int(id_) - 1),
        findings=[],
        resolved=[],
        is_blind=not tool.is_read_only and is_blind(tool, call.tools),
        known=(),
    )
    if tool.is_read_only and has_names(tool, part.arguments, call.integration.reference_form):
        raise InvalidArguments("A filter on a reference takes an Id in a batch, and not a name.")
    request = _kind_of(part).prepare(part)
    if request.others:
        raise InvalidArguments(
            "An OR takes several calls, and cannot be part of a batch; call the tool by itself."
        )
    return Part(id_, part, request)


def _kind_of(part: CallContext) -> ModuleType:
    """Return the kind of a call in a batch: forms are written for records and for lists of them only."""
    return listing if part.tool.listing else record


def _refuse_alone(call: CallContext, tool: Tool) -> None:
    """Raise InvalidArguments for a tool that can be called by itself only."""
    form = call.integration.batch.forms.get(tool.method)
    if form is None:
        allowed = ", ".join(call.integration.batch.forms)
        raise InvalidArguments(
            f"{tool.name} cannot be part of a batch; tools of these methods can: {allowed}."
        )
    if not _is_expressible(form, tool):
        raise InvalidArguments(f"{tool.name} cannot be part of a batch; call it by itself.")


def _is_expressible(form: Mapping[str, str], tool: Tool) -> bool:
    """Return whether an operation of this form would say all that the tool's own request says."""
    names = set(find_names(" ".join([*form, *form.values()])))
    own = find_names(
        " ".join([tool.call.path, *(text for _, text in (*tool.call.query, *tool.call.headers))])
    )
    return names >= set(own) and ("statement" not in names or "statement" in own) and bool(tool.returns.path)


def _body(call: CallContext, parts: list[Part]) -> bytes:
    return figures.write_json({call.integration.batch.items: [_operation(part) for part in parts]})


def _operation(part: Part) -> dict[str, Any]:
    tool, form = part.call.tool, part.call.integration.batch
    values = {**part.request.values, "entity": tool.returns.path[-1]}
    operation: dict[str, Any] = {form.id: part.id}
    for key, text in form.forms[tool.method].items():
        operation[fill(key, values)] = _content(part.call) if text == "{body}" else fill(text, values)
    return operation


def _content(part: CallContext) -> dict[str, Any]:
    return record_of(part.tool, part.arguments) if part.content is None else part.content


def _outcomes(call: CallContext, value: Any) -> dict[str, Any]:
    """Return what the vendor says of each call, by its id."""
    return find_answers(call.integration.batch, value)


def find_answers(form: BatchForm, value: Any) -> dict[str, Any]:
    """Return what the body of a vendor says of each operation of a batch, by its id."""
    found = answers.follow_path(value, tuple(form.answers.split(".")))
    answered = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return {str(id_): each for each in answered if isinstance(id_ := each.get(form.id), (str, int))}


def _entry(call: CallContext, part: Part, value: Any, raw: VendorResponse, share: Allowance) -> bytes:
    """Return what became of one call, within its share."""
    head = b'{"tool":%b,' % orjson.dumps(part.call.tool.name)
    share = share.subtract(share.measure(head + b'"answer":}'))
    try:
        text = _text(part, value, raw, share)
    except LedgerportError as error:
        part.call.is_refused = error is part.call.conflict or isinstance(error, VendorRefused)
        error = mark_untrusted(call, redact(error, call.secrets))
        return b'%b"error":%b}' % (head, fit_error(error, share))
    if not share.holds(text):
        text = orjson.dumps({"note": NOT_SHOWN})
    return b'%b"answer":%b}' % (head, text)


def _text(part: Part, value: Any, raw: VendorResponse, share: Allowance) -> bytes:
    """Return the answer of one call as JSON. Raises the error that it is."""
    if value is None:
        raise _lost(part)
    call = part.call
    error = answers.find_error(
        raw, value, call.integration, changes_data=part.is_write, attempt=describe_attempt(call)
    )
    if isinstance(error, VendorRefused):
        if call.conflict is not None:
            raise call.conflict
        raise name_absent(error, call.tool, call.integration, call.arguments, call.tools)
    if error is not None:
        raise error
    if part.request.plan is not None:
        return _page(part, value, raw, share)
    if call.before is not None:
        return record.write_update(call, value, share)
    return record.fit(call, call.mark(record.write_record(call, value)), share)


def _lost(part: Part) -> VendorUnavailable:
    return VendorUnavailable(
        "The vendor did not answer this call." + (" It may have been done or not." if part.is_write else ""),
        advice="Look whether it was done before you call it again." if part.is_write else "Call it again.",
    )


def _page(part: Part, value: Any, raw: VendorResponse, share: Allowance) -> bytes:
    call = part.call
    try:
        rows = read_rows(call.tool, call.integration, call.arguments, value)
        page = PageContent(rows, value)
        return write_page(call, part.request.plan, page, share.limit(call.most_text)).encode()
    except answers.UnexpectedShape as cause:
        raise answers.explain_unreadable(call.integration, raw, changes_data=False, cause=cause) from cause
