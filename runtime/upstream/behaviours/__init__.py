"""Named code for what data cannot say. A definition names `<integration>.<name>`; this table finds it.

Each integration that needs code has one module here with a table `BEHAVIOURS` of its own; the grammar of definitions
names none of them. A behaviour turns the vendor's response into `{..., "rows": [...], "totals": [...]}`; rows are paged
like records. A response of another shape makes it raise AttributeError, KeyError or TypeError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from generator.catalog import Tool
from runtime.errors import SettingsError
from runtime.upstream.behaviours import quickbooks

Behaviour = Callable[[Any], dict[str, Any]]

BY_INTEGRATION: dict[str, dict[str, Behaviour]] = {"quickbooks": quickbooks.BEHAVIOURS}
BEHAVIOURS: dict[str, Behaviour] = {
    f"{integration}.{name}": behaviour
    for integration, own in BY_INTEGRATION.items()
    for name, behaviour in own.items()
}


def check_behaviours(tools: Iterable[Tool]) -> None:
    """Raise SettingsError for a tool whose behaviour this version lacks, before a call needs it."""
    for tool in tools:
        if (name := tool.returns.behaviour) and name not in BEHAVIOURS:
            raise SettingsError(
                f'The tool {tool.name} needs the behaviour "{name}", which this version does not have.',
                advice=f"Known behaviours: {', '.join(sorted(BEHAVIOURS))}.",
            )
