"""What a client sees of one tool, for people: `ledgerport show TOOL` prints it. After compile."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from generator.catalog import Catalog, Tool
from generator.reports.token_estimate import count_tokens
from generator.suggestions import did_you_mean


def show(catalog: Catalog, name: str) -> str:
    """Return a tool in words and as JSON. Raises KeyError, with the nearest name, when there is none."""
    tool = catalog.by_name.get(name)
    if tool is None:
        hint = did_you_mean(name, catalog.by_name)
        raise KeyError(f'There is no tool "{name}". {hint}'.strip())
    call = tool.call
    query = "&".join(f"{key}={value}" if key else value for key, value in call.query)
    size = f"{len(tool.wire):,} bytes, about {count_tokens(tool.wire):,} tokens"
    return "\n".join(
        (
            f"{tool.name}: {tool.title}",
            f"class {tool.method_class}, risk {tool.risk}, tags {', '.join(tool.tags)}; {size}",
            f"{call.verb} {call.path}{'?' if query else ''}{query}",
            "",
            textwrap.fill(tool.description, 100, break_long_words=False, break_on_hyphens=False),
            "",
            format_tool(tool),
        )
    )


def format_tool(tool: Tool) -> str:
    """Return the bytes that `tools/list` answers for a tool, laid out to be read and compared."""
    value: Any = json.loads(tool.wire)
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
