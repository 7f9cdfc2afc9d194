"""The analyses by the names that definitions give them (`returns: { computed: … }`).

The one place that chooses by name. A new analysis is a module and a line here; it is imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.insights.analysis import Insight

DISMISS = "dismiss_anomaly"
"""What the tool that dismisses a finding computes: no analysis, and nothing of the vendor."""
MODULES: Mapping[str, str] = {
    "cash_flow_forecast": "runtime.insights.forecast.forecast",
    "month_end_checklist": "runtime.insights.checklist.checklist",
    "find_anomalies": "runtime.insights.anomalies.anomaly_search",
    "collections": "runtime.insights.collecting.dunning",
    "spend_by_vendor": "runtime.insights.vendor_spend",
    "unit_economics": "runtime.insights.unit_economics",
    "valuation": "runtime.insights.valuation.valuing",
    "margin_check": "runtime.insights.margin_check.checking",
    "client_profitability": "runtime.insights.profitability.profitability",
    "explain_change": "runtime.insights.profit_bridge.explaining",
}


def find_insight(name: str) -> Insight:
    """Return an analysis. Raises KeyError for a name that none has."""
    found: Insight = import_module(MODULES[name]).INSIGHT
    return found
