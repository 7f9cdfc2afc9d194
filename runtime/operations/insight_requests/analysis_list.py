"""The analyses of an integration: every tool that reads and whose answer is computed."""

from __future__ import annotations

from dataclasses import dataclass

from generator.catalog import Catalog, Tool
from runtime.errors import NotFound


@dataclass(frozen=True, slots=True)
class AnalysisTool:
    """An analysis that can be run: its tool, and a sentence of what it answers."""

    tool: Tool
    summary: str

    @property
    def name(self) -> str:
        """The name in addresses: that of the tool."""
        return self.tool.name

    @property
    def title(self) -> str:
        """What people call it."""
        return self.tool.title

    @property
    def computed(self) -> str:
        """The analysis that is computed, which says what its figures are."""
        return self.tool.returns.computed


def list_analyses(catalog: Catalog, integration: str) -> tuple[AnalysisTool, ...]:
    """Return the analyses of an integration, in the order of its definitions."""
    summaries = {each.resource: each.summary for each in catalog.resources if each.integration == integration}
    return tuple(
        AnalysisTool(tool, summaries.get(tool.resource) or tool.description)
        for tool in catalog.list_tools(integration)
        if tool.returns.computed and tool.is_read_only
    )


def find_analysis(catalog: Catalog, integration: str, name: str) -> AnalysisTool:
    """Return the analysis with the name of a tool. Raises NotFound where there is none."""
    for each in list_analyses(catalog, integration):
        if name in (each.name, *each.tool.former_names):
            return each
    raise NotFound("There is no such analysis.", advice="Choose one from the list of analyses.")
