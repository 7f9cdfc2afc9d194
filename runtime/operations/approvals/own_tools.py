"""The tools of an MCP server at which writes may wait: one that says how a change stands, and a reason for every write.

Called by `mcp_server`, which lists and answers them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson

from generator.catalog import Tool
from runtime.model import Grant
from runtime.operations.approvals.staging import LONGEST_WHY, WHY
from runtime.operations.approvals.status import STATUS_TOOL
from runtime.operations.own_tools import make_tool

WHY_SCHEMA: Mapping[str, Any] = {
    "type": "string",
    "maxLength": LONGEST_WHY,
    "description": "Why, for the person who approves.",
}
PENDING_TOOL = make_tool(
    STATUS_TOOL,
    "Get a pending change",
    "Return how a change stands that waits for a person's approval: waiting, approved, committed with its answer, "
    "refused with the reason, expired, failed or unclear.",
    {
        "id": {
            "type": "string",
            "minLength": 1,
            "maxLength": 80,
            "description": "From the answer of the write that waits.",
        }
    },
    ("id",),
    "read",
)


def show_why(tool: Tool) -> Tool:
    """Return a tool as a list shows it: one that writes takes a reason, which `take_why` takes off a call."""
    return tool if tool.is_read_only else replace(tool, wire=_add_why(tool.wire))


@lru_cache(maxsize=4096)
def _add_why(wire: bytes) -> bytes:
    shown = orjson.loads(wire)
    schema = shown["inputSchema"]
    schema["properties"] = {**schema.get("properties", {}), WHY: WHY_SCHEMA}
    return orjson.dumps(shown)


def split_why(arguments: Mapping[str, Any], *, may_wait: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the reason among the arguments of a call, where writes may wait, and the others."""
    if not may_wait or WHY not in arguments:
        return {}, dict(arguments)
    return {WHY: arguments[WHY]}, {name: value for name, value in arguments.items() if name != WHY}


def take_why(grant: Grant, arguments: dict[str, Any]) -> tuple[Grant, dict[str, Any]]:
    """Return a grant with the reason that an agent gives for a call, and the arguments without it."""
    if not grant.config.approval or WHY not in arguments:
        return grant, arguments
    rest = {name: value for name, value in arguments.items() if name != WHY}
    return replace(grant, why=str(arguments[WHY] or "")[:LONGEST_WHY]), rest
