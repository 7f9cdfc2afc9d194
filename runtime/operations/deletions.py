"""Reads a record before it is deleted, so that the journal has it and the deletion can be undone.

Called by `writes`, where the definition says that a deletion is undone by creating the record again.
"""

from __future__ import annotations

import contextlib

from generator.catalog import Tool
from runtime.errors import LedgerportError
from runtime.exchange.context import CallContext
from runtime.operations.stored_values import read_stored
from runtime.operations.vendor_calls import VendorCalls


async def read_before_deleting(vendor: VendorCalls, call: CallContext, change: CallContext) -> None:
    """Set what a change deletes. One that cannot be read is deleted all the same, and cannot be undone.

    `call` is the call that the change is part of.
    """
    if not change.integration.undo.methods.get(change.tool.method):
        return
    get = _find_get(call, change) if change.tool.method == "delete" else None
    if get is None:
        return
    if not change.arguments.keys() >= set(get.input_schema.get("required", ())):
        return
    with contextlib.suppress(LedgerportError):
        change.deleted = await read_stored(vendor, call, change, get)


def _find_get(call: CallContext, change: CallContext) -> Tool | None:
    """Return the tool that reads what is deleted, whether or not the caller has it."""
    wanted = (change.tool.integration, change.tool.resource, "get")
    return next(
        (each for each in call.known if (each.integration, each.resource, each.method) == wanted), None
    )
