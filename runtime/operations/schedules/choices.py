"""What a saved choice is of: a report of the vendor, or an analysis that is computed here. Chosen by its tool.

Called by `saving`, `runners` and the pages of what is saved.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from generator.catalog import Catalog
from runtime.errors import NotFound
from runtime.operations.insight_requests import AnalysisTool, find_analysis, list_option_groups
from runtime.operations.report_runs import Report, ReportChoice, find_report
from runtime.schedules import SavedReport


def find_chosen(catalog: Catalog, integration: str, tool_name: str) -> Report | AnalysisTool:
    """Return the analysis, or else the report, with the name of a tool. Raises NotFound where there is none."""
    try:
        return find_analysis(catalog, integration, tool_name)
    except NotFound:
        return find_report(catalog, integration, tool_name)


def list_arguments(chosen: Report | AnalysisTool) -> frozenset[str]:
    """Return the names of the arguments that can be saved."""
    if isinstance(chosen, Report):
        return frozenset(chosen.arguments)
    groups = list_option_groups(chosen.tool)
    return frozenset(each.name.partition(".")[0] for group in groups for each in group.options)


def read_choice(saved: SavedReport) -> ReportChoice:
    """Return the options of what was saved."""
    return ReportChoice(saved.choice["tool_name"], saved.choice["arguments"], saved.choice["compare"])


def list_fields(arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the arguments of an analysis as the fields of its form: those of a group have its name before a point."""
    found = []
    for name, value in arguments.items():
        if isinstance(value, Mapping):
            found += [(f"{name}.{own}", each) for own, each in list_fields(value)]
        else:
            several = value if isinstance(value, list) else [value]
            found += [(name, _write_value(each)) for each in several]
    return found


def _write_value(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
