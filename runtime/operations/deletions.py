"""Reads a record before it is deleted, so that the journal has it and the deletion can be undone.

Called by `writes`, where the definition says that a deletion is undone by creating the record again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from generator.catalog import Tool
from runtime.errors import LedgerportError
from runtime.exchange.context import NOTHING_ADDED, CallContext
from runtime.exchange.failures import read_value
from runtime.operations.vendor_calls import VendorCalls
from runtime.upstream.answer import follow_path


async def read_before_deleting(vendor: VendorCalls, call: CallContext, change: CallContext) -> None:
    """Set what a change deletes. One that cannot be read is deleted all the same, and cannot be undone.

    `call` is the call that the change is part of.
    """
    if not change.integration.undo.methods.get(change.tool.method):
        return
    get = _find_get(call, change) if change.tool.method == "delete" else None
    if get is None:
        return
    names = get.input_schema["properties"]
    own = {name: value for name, value in change.arguments.items() if name in names}
    if not own.keys() >= set(get.input_schema.get("required", ())):
        return
    read = replace(change, tool=get, arguments=own, vendor_key="", content=None, changes_data=False)
    try:
        found = follow_path(
            read_value(read, await vendor.send(read, NOTHING_ADDED), is_exact=True), get.returns.path
        )
    except LedgerportError:
        found = None
    finally:
        call.limits, call.status = read.limits, read.status
    change.deleted = found if isinstance(found, Mapping) else None


def _find_get(call: CallContext, change: CallContext) -> Tool | None:
    """Return the tool that reads what is deleted, whether or not the caller has it."""
    wanted = (change.tool.integration, change.tool.resource, "get")
    return next(
        (each for each in call.known if (each.integration, each.resource, each.method) == wanted), None
    )
