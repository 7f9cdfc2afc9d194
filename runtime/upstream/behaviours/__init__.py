"""Named code for what data cannot say. A definition names a behaviour; this table finds it.

A behaviour turns the vendor's answer into `{..., "rows": [...], "totals": [...]}`; rows are paged like records. An
answer of another shape makes it raise AttributeError, KeyError or TypeError.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.upstream.behaviours import quickbooks

Behaviour = Callable[[Any], dict[str, Any]]

BEHAVIOURS: dict[str, Behaviour] = {
    "quickbooks.report_rows": quickbooks.report_rows,
    "quickbooks.changes": quickbooks.changes,
}
