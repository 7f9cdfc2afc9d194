"""What an error says of a write whose answer was lost: that it is indeterminate, and the very call that finds out.

Called by `calls`, when such an error goes to its caller. Only tools that the caller has are named.
"""

from __future__ import annotations

from typing import Any

import orjson

from generator.catalog import Tool
from generator.names import find_tool
from runtime.errors import Indeterminate
from runtime.exchange.batch import CALLS
from runtime.exchange.context import CallContext
from runtime.safety.journal.lookup import Lookup, find_lookup
from runtime.upstream.request import record


def add_lookup(call: CallContext, error: Indeterminate) -> None:
    """Add to the details of an error `indeterminate: true`, and under `find_out` the calls that find out."""
    error.details["indeterminate"] = True
    found = (
        _find_in_batch(call) if call.tool.returns.kind == "batch" else _find(call, call.tool, call.arguments)
    )
    if found:
        error.details["find_out"] = [each.as_dict() for each in found]
        named = " and ".join(_write(each) for each in found[:2])
        error.advice = f"Before you send it again, see what became of it: {named}."
    if call.caller_key and call.integration.idempotency_repeats:
        error.details["repeat_with_key"] = call.caller_key
        error.advice = (
            f"{error.advice} The same call with the same idempotency key is not carried out twice.".strip()
        )


def _find(call: CallContext, tool: Tool, arguments: dict[str, Any]) -> list[Lookup]:
    found = find_lookup(tool, arguments, record(tool, arguments), call.tools.values())
    return [found] if found else []


def _find_in_batch(call: CallContext) -> list[Lookup]:
    found = []
    for each in call.arguments.get(CALLS, ()):
        tool = find_tool(call.tools, each["tool"])
        if tool is not None and not tool.is_read_only:
            found += _find(call, tool, dict(each.get("arguments") or {}))
    return found


def _write(lookup: Lookup) -> str:
    return f"{lookup.tool.name} {orjson.dumps(lookup.arguments).decode()}"
