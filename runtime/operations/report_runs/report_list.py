"""The reports of an integration: every tool that reads one, grouped by what it is about.

A report is a tool that reads, is no list of records, and has the tag of reports. Its group is the first of its other
tags that is not common to most reports, as `accounting` is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from generator.catalog import Catalog, Tool
from runtime.errors import NotFound

REPORT_TAG = "reports"
OPTIONS_OF_PAGING = frozenset({"limit", "next_cursor", "max_tokens"})
"""Arguments that say how an answer is cut; a report is always read whole."""
_COLUMNS = "columns"
_PERIODS = (("start_date", "end_date"), ("report_date",))
"""The arguments by which a tool takes a period, or a day."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report that can be run: a tool, with what it is called and about."""

    tool: Tool
    title: str
    summary: str
    group: str

    @property
    def resource(self) -> str:
        """The name of the report in addresses."""
        return self.tool.resource

    @property
    def arguments(self) -> dict[str, dict[str, object]]:
        """What the report can be asked for, by the names of the arguments, each with its schema."""
        properties = self.tool.input_schema["properties"]
        return {name: each for name, each in properties.items() if name not in OPTIONS_OF_PAGING}

    @property
    def required(self) -> tuple[str, ...]:
        """The arguments without which it cannot be run."""
        return tuple(self.tool.input_schema.get("required", ()))

    @property
    def period_arguments(self) -> tuple[str, ...]:
        """The arguments that take its period: two days, or one; empty where it takes none."""
        taken = self.arguments
        return next((each for each in _PERIODS if all(name in taken for name in each)), ())

    @property
    def has_rows(self) -> bool:
        """Whether it is answered as rows; another one is answered as the record that the vendor has."""
        return self.tool.returns.paged

    @property
    def is_detail(self) -> bool:
        """Whether its rows are transactions, so that the columns can be chosen."""
        return _COLUMNS in self.arguments

    @property
    def can_compare(self) -> bool:
        """Whether two runs of it have the same rows, so that they can stand side by side."""
        return self.has_rows and not self.is_detail and bool(self.period_arguments)


@dataclass(frozen=True, slots=True)
class ReportGroup:
    """Reports about one thing. `key` is a tag, `title` what people read."""

    key: str
    title: str
    reports: tuple[Report, ...]


def list_reports(catalog: Catalog, integration: str) -> tuple[ReportGroup, ...]:
    """Return every report of an integration in its groups: largest group first, titles in order."""
    tools = [each for each in catalog.list_tools(integration) if is_report(each)]
    summaries = {each.resource: each.summary for each in catalog.resources if each.integration == integration}
    common = _find_common_tags(tools)
    groups: dict[str, list[Report]] = {}
    for tool in tools:
        key = _find_group(tool, common)
        title = tool.title.removesuffix(" report")
        groups.setdefault(key, []).append(Report(tool, title, summaries.get(tool.resource, ""), key))
    found = [
        ReportGroup(key, _write_title(key), tuple(sorted(reports, key=lambda each: each.title)))
        for key, reports in groups.items()
    ]
    return tuple(sorted(found, key=lambda group: (group.key not in common, -len(group.reports), group.key)))


def find_report(catalog: Catalog, integration: str, name: str) -> Report:
    """Return the report with the name of a tool or of a resource. Raises NotFound where there is none."""
    for group in list_reports(catalog, integration):
        for report in group.reports:
            if name in (report.tool.name, report.resource, *report.tool.former_names):
                return report
    raise NotFound("There is no such report.", advice="Choose one from the list of reports.")


def is_report(tool: Tool) -> bool:
    """Whether a tool answers a report."""
    return REPORT_TAG in tool.tags and tool.is_read_only and tool.listing is None and tool.method == "get"


def _find_common_tags(tools: list[Tool]) -> frozenset[str]:
    """Return the tags that more than half of the reports have."""
    counts = Counter(tag for tool in tools for tag in tool.tags if tag != REPORT_TAG)
    return frozenset(tag for tag, count in counts.items() if 2 * count > len(tools))


def _find_group(tool: Tool, common: frozenset[str]) -> str:
    own = [tag for tag in tool.tags if tag != REPORT_TAG]
    return next((tag for tag in own if tag not in common), own[0] if own else REPORT_TAG)


def _write_title(key: str) -> str:
    return key.replace("_", " ").capitalize()
