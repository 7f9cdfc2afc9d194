"""Reads a record before it is deleted, so that the journal has it and the deletion can be undone.

Called by `writes`, where the definition says that a deletion is undone by creating the record again.
"""

from __future__ import annotations

import contextlib

from runtime.errors import LedgerportError
from runtime.exchange.context import CallContext
from runtime.operations.stored_values import find_current, read_stored
from runtime.operations.vendor_calls import VendorCalls


async def read_before_deleting(vendor: VendorCalls, call: CallContext, change: CallContext) -> None:
    """Set what a change deletes. One that cannot be read is deleted all the same, and cannot be undone.

    `call` is the call that the change is part of.
    """
    if not change.integration.undo.methods.get(change.tool.method):
        return
    get = find_current(change.tool, call.known) if change.tool.method == "delete" else None
    if get is None:
        return
    with contextlib.suppress(LedgerportError):
        change.deleted = await read_stored(vendor, call, change, get)
