"""What an error says of a write whose answer was lost: that it is indeterminate, and the very call that finds out.

Called by `failed_calls`, when such an error goes to its caller. Only tools that the caller has are named.
"""

from __future__ import annotations

import orjson

from runtime.errors import Indeterminate
from runtime.exchange.context import CallContext, Write
from runtime.safety.journal.lookup import Lookup, find_lookup
from runtime.upstream.request import record


def add_lookup(call: CallContext, error: Indeterminate) -> None:
    """Add to the details of an error `indeterminate: true`, and under `find_out` the calls that find out."""
    error.details["indeterminate"] = True
    found = [lookup for write in call.writes or (Write(call),) if (lookup := _find(write.call))]
    if found:
        error.details["find_out"] = [each.as_dict() for each in found]
        named = " and ".join(_write(each) for each in found[:2])
        error.advice = f"Before you send it again, see what became of it: {named}."
    if call.caller_key and call.integration.idempotency_repeats:
        error.details["repeat_with_key"] = call.caller_key
        error.advice = (
            f"{error.advice} The same call with the same idempotency key is not carried out twice.".strip()
        )


def _find(write: CallContext) -> Lookup | None:
    content = record(write.tool, write.arguments)
    return find_lookup(write.tool, write.arguments, content, write.tools.values())


def _write(lookup: Lookup) -> str:
    return f"{lookup.tool.name} {orjson.dumps(lookup.arguments).decode()}"
