"""Fills what is stored into a change, in place of what its caller is not shown.

Called by `calls`, when the request is prepared and before it is sent.

The record is read as it is stored, what is sensitive included. It is never answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from generator.catalog import Tool
from runtime.exchange.context import NOTHING_ADDED, CallContext
from runtime.exchange.failures import explain_unreadable, read_value
from runtime.operations.vendor_calls import VendorCalls
from runtime.safety import masked_updates, masking
from runtime.upstream.answer import follow_path
from runtime.upstream.request import record


def find_get(tool: Tool, known: Iterable[Tool]) -> Tool | None:
    """Return the tool that reads a record of the resource of another one, among those that are known."""
    return find_get_of(tool.resource, tool.integration, known)


def find_get_of(resource: str, integration: str, known: Iterable[Tool]) -> Tool | None:
    """Return the tool that reads a record of a resource of an integration, among those that are known."""
    wanted = (integration, resource, "get")
    found = (each for each in known if (each.integration, each.resource, each.method) == wanted)
    return next((each for each in found if each.is_read_only), None)


def find_current(tool: Tool, known: Iterable[Tool]) -> Tool | None:
    """Return the tool that reads what another one changes, by its arguments; None for one that makes a new record."""
    if tool.risk == "create":
        return None
    get = tool.current or find_get(tool, known)
    own = tool.input_schema["properties"].keys()
    return get if get is not None and own >= set(get.input_schema.get("required", ())) else None


async def complete(vendor: VendorCalls, call: CallContext, change: CallContext) -> None:
    """Set the content of a change in a call, where the arguments alone do not say it.

    Raises InvalidArguments for a mask that cannot be sent, and whatever reading the record fails with.
    """
    tool, content = change.tool, record(change.tool, change.arguments)
    if not change.is_masked:
        masking.refuse_masked(tool, content)
    elif tool.current is not None and masked_updates.needs_current(tool, content):
        stored = await read_stored(vendor, call, change, tool.current)
        completed = masked_updates.complete(
            tool, content, stored, tool.identifier or change.integration.identifier
        )
        change.secrets += completed.secrets
        change.content = completed.content


async def read_stored(
    vendor: VendorCalls, call: CallContext, change: CallContext, get: Tool
) -> Mapping[str, Any]:
    """Return the record that a change is about, as it is stored, by a tool that takes some of its arguments.

    Its figures have the digits that the vendor wrote: they may go back to it. Raises what reading it fails with.
    """
    own = {name: value for name, value in change.arguments.items() if name in get.input_schema["properties"]}
    read = replace(change, tool=get, arguments=own, vendor_key="", content=None, changes_data=False)
    try:
        response = await vendor.send(read, NOTHING_ADDED)
        found = follow_path(read_value(read, response, is_exact=True), get.returns.path)
        if not isinstance(found, Mapping):
            raise explain_unreadable(read, response)
    finally:
        call.limits, call.status = read.limits, read.status
    return found
