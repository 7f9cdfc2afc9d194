"""Tools that are answered here and are none of the catalog: how a client sees them.

Called by `mcp_server.discovery`, `mcp_server.changes` and `short.listing`, which answer them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from generator.catalog import HINTS, Call, Returns, Risk, Tool
from generator.stages.compact_schema import compact_schema

WORST_LAST: tuple[Risk, ...] = ("read", "create", "overwrite", "send", "destroy")
"""From what changes nothing to what cannot be undone."""


def make_tool(
    name: str,
    title: str,
    description: str,
    properties: Mapping[str, Any],
    required: tuple[str, ...],
    *risks: Risk,
) -> Tool:
    """Return a tool that is answered here and never sent. It is as dangerous as the worst of the risks it can run."""
    hints = [HINTS[risk] for risk in risks]
    schema = {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
    annotations = {
        "readOnlyHint": all(hint[0] for hint in hints),
        "destructiveHint": any(hint[1] for hint in hints),
        "idempotentHint": all(hint[2] for hint in hints),
        "openWorldHint": any(hint[3] for hint in hints),
    }
    wire = {
        "name": name,
        "title": title,
        "description": description,
        "inputSchema": compact_schema(schema, ()).schema,
    }
    return Tool(
        name=name,
        title=title,
        description=description,
        integration="",
        resource="tools",
        method=name,
        method_class="read",
        risk=max(risks, key=WORST_LAST.index),
        tags=(),
        schema=orjson.dumps(schema),
        wire=orjson.dumps(wire | {"annotations": annotations}),
        call=Call("GET", ""),
        returns=Returns("nothing"),
    )
