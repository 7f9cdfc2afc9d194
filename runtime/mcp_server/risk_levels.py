"""The risk level of a tool, in its `_meta` of `tools/list`. Called by `toolset`.

Hosts show it to people and give it to no model, so that it is laid over what is listed and counts no tokens. It takes
at most 37 bytes of a tool, which are 2 % of the list of 233 tools, and 0.5 % of it once that is compressed.
"""

from __future__ import annotations

import orjson

from generator.catalog import Tool

RISK_KEY = "ledgerport/risk"


def show_risk(tool: Tool) -> bytes:
    """Return a tool, JSON, as it is listed."""
    if b'"_meta"' in tool.wire:
        shown = orjson.loads(tool.wire)
        return orjson.dumps(shown | {"_meta": shown.get("_meta", {}) | {RISK_KEY: tool.risk_level}})
    return tool.wire[:-1] + f',"_meta":{{"{RISK_KEY}":"{tool.risk_level}"}}}}'.encode()
