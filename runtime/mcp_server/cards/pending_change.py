"""The card of a write that waits for a person: where it is, which tools have it, and what hosts must know of it.

Called by `resources`, which serves it, `toolset`, which names it in a list, and `methods`, which declares the
extension. The HTML is one static file for every company: what it shows comes from the host, out of an answer. The
approving itself is on our page, in the person's own session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import orjson

from generator.catalog import Tool
from runtime.operations.approvals.status import STATUS_TOOL

URI = "ui://ledgerport/pending-change"
MEDIA_TYPE = "text/html;profile=mcp-app"
EXTENSIONS: Mapping[str, Any] = {"io.modelcontextprotocol/ui": {}}
"""What a server with cards declares, as the SDKs for Python and TypeScript do: the extension, without settings."""
CACHING = {"ttlMs": 3_600_000, "cacheScope": "public"}
"""In the results of the newer revisions: it is the same for everybody until the next release, so an hour is enough."""
_META = {
    "ui": {
        "csp": {"connectDomains": [], "resourceDomains": [], "frameDomains": [], "baseUriDomains": []},
        "prefersBorder": False,
    }
}
"""It needs nothing of the network, and draws its own border where it is a card and not a line."""
_TOOL_META = {"ui": {"resourceUri": URI}}


def describe_card() -> dict[str, Any]:
    """Return the card as a list of resources has it."""
    return {
        "uri": URI,
        "name": "pending-change",
        "title": "Pending change",
        "description": "Card of a write that waits for a person's approval.",
        "mimeType": MEDIA_TYPE,
        "_meta": _META,
    }


def embed_card() -> dict[str, Any]:
    """Return the card as the contents of a resource."""
    return {"uri": URI, "mimeType": MEDIA_TYPE, "text": load_card(), "_meta": _META}


@cache
def load_card() -> str:
    """Return the HTML of the card."""
    return Path(__file__).with_suffix(".html").read_text(encoding="utf-8")


def show_card(tool: Tool) -> Tool:
    """Return a tool as a list shows it where writes may wait: what may answer a pending change names the card."""
    has_card = not tool.is_read_only or tool.name == STATUS_TOOL
    return replace(tool, wire=_add_card(tool.wire)) if has_card else tool


@lru_cache(maxsize=4096)
def _add_card(wire: bytes) -> bytes:
    shown = orjson.loads(wire)
    return orjson.dumps(shown | {"_meta": shown.get("_meta", {}) | _TOOL_META})
