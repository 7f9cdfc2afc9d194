"""What a write would send, answered in place of sending it. Called by `calls`, when every check has been made.

The answer has no idempotency key and no credentials in it, and nothing that is hidden from the caller.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import orjson

from runtime.exchange.bounds import write_json
from runtime.exchange.context import NOTHING_ADDED, CallContext, Request, build_vendor_request
from runtime.exchange.failures import raise_failure
from runtime.exchange.masked_response import MaskedResponse
from runtime.exchange.record import fit
from runtime.exchange.tool_answer import Answer
from runtime.exchange.written import describe_plan
from runtime.operations.preflight import list_findings
from runtime.operations.stored_values import find_current
from runtime.operations.vendor_calls import VendorCalls
from runtime.safety import masking
from runtime.safety.fences import fence_value
from runtime.safety.findings import Finding
from runtime.upstream.answer import follow_path
from runtime.upstream.client import VendorRequest
from runtime.upstream.request import record
from runtime.upstream.visible_text import show_in_json

OWN = frozenset({"findings", "warnings", "method", "path"})
"""What is said in our own words, beside texts of records."""


async def answer_dry(vendor: VendorCalls, call: CallContext, request: Request) -> Answer:
    """Return `{dry_run, request, changed, record, findings, warnings}` for a call of which nothing is sent.

    `changed` is there for an update that is laid over the stored record, `record` for what is done to a whole record,
    such as a deletion. Raises what reading that fails with.
    """
    found = [each for change in request.changes for each in list_findings(change)]
    value = {
        "dry_run": True,
        "request": _describe_request(call, request),
        **_describe_change(call),
        **({"resolved": resolved} if (resolved := _list_resolved(request)) else {}),
        **await _read_record(vendor, call),
        "findings": _list(each for each in found if each.is_error),
        "warnings": _list(each for each in found if not each.is_error),
    }
    if call.is_fenced:
        sent = {name: each if name in OWN else fence_value(each) for name, each in value["request"].items()}
        value = {name: each if name in OWN else fence_value(each) for name, each in value.items()}
        value["request"] = sent
    text = show_in_json(write_json(value))
    return call.answer((text if call.fits(text, "") else fit(call, text, call.compute_allowance())).decode())


def _describe_request(call: CallContext, request: Request) -> dict[str, Any]:
    for change in request.changes:
        if change.is_blind and change.before is not None:  # its content has what the caller may not read
            change.content = record(change.tool, change.arguments)
    built = build_vendor_request(replace(call, vendor_key=""), request, "", {})
    shown: dict[str, Any] = {"method": built.verb, "path": built.url}
    if call.file is not None:
        return shown | {
            "body": record(call.tool, call.arguments),
            "file": {"name": call.file.name, "bytes": call.file.content.size},
        }
    return shown | ({"body": body} if (body := _body(call, built)) is not None else {})


def _body(call: CallContext, built: VendorRequest) -> Any:
    """Return the body as the caller may see it; None where there is none.

    What is stored stands where the cover hides it. What callers sent themselves stays: to mask it where it is the
    same as a stored value would confirm a guess.
    """
    if not isinstance(built.body, bytes):
        return None
    value = {"".join(call.tool.returns.path[-1:]): orjson.loads(built.body)}
    if call.cover is not None:
        masking.hide(call.cover, value)
    return next(iter(value.values()))


def _list_resolved(request: Request) -> list[dict[str, str]]:
    return [
        {**each, "argument": f"{change.place}.{each['argument']}".lstrip(".")}
        for change in request.changes
        for each in change.resolved
    ]


def _describe_change(call: CallContext) -> dict[str, Any]:
    if call.before is None or call.is_blind:
        return {}
    return {name: value for name, value in describe_plan(call).items() if name != "warnings"}


async def _read_record(vendor: VendorCalls, call: CallContext) -> dict[str, Any]:
    """Return the record as it is now, where something is done to the whole of it and the caller may read it."""
    get = find_current(call.tool, call.tools.values())
    if get is None or get.name not in call.tools or call.before is not None or call.is_blind:
        return {}
    own = {name: value for name, value in call.arguments.items() if name in get.input_schema["properties"]}
    cover = masking.cover_of(get, call.tools, is_masked=call.is_masked)
    read = replace(call, tool=get, arguments=own, cover=cover, vendor_key="", caller_key="", content=None)
    read.changes_data = False
    response = await vendor.send(read, NOTHING_ADDED)
    raise_failure(read, response)
    value = MaskedResponse(read, NOTHING_ADDED, response).read_record()
    return {"record": follow_path(value, get.returns.path)}


def _list(findings: Iterable[Finding]) -> list[dict[str, str]]:
    return [{"argument": each.argument, "found": each.found, "right": each.right} for each in findings]
