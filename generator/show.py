"""What a client sees of one tool, for people: `ledgerport show TOOL` prints it. After compile."""

from __future__ import annotations

import json
from typing import Any

from generator.catalog import Catalog, Tool
from generator.mistakes import did_you_mean


def show(catalog: Catalog, name: str) -> str:
    """The tool as pretty JSON. Raises KeyError, with the nearest name, when there is none."""
    tool = catalog.by_name.get(name)
    if tool is None:
        hint = did_you_mean(name, catalog.by_name)
        raise KeyError(f'There is no tool "{name}". {hint}'.strip())
    return pretty(tool)


def pretty(tool: Tool) -> str:
    """The bytes that `tools/list` answers for a tool, laid out to be read and compared."""
    value: Any = json.loads(tool.wire)
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
