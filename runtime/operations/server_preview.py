"""What an MCP server with some config would have: its tools, their risks, what its list costs, and which hosts take it.

Called by the pages while a person chooses. Finds the tools as `mcp_servers` does, and their list as the MCP endpoint
lists it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from generator.catalog import Catalog, Risk, Tool
from runtime.model import ServerConfig, ToolExposure
from runtime.operations.exposure import HOST_LIMITS, Host, Listing, ListingOf
from runtime.operations.mcp_servers import check_filter
from runtime.operations.own_tools import WORST_LAST


@dataclass(frozen=True, slots=True)
class HostUse:
    """How much of what a host takes a list fills. `share` is 1 where it fills all."""

    host: Host
    listed: int

    @property
    def share(self) -> float:
        """The share of the limit."""
        return self.listed / self.host.most

    @property
    def is_passed(self) -> bool:
        """Whether the list is longer than what the host takes."""
        return self.listed > self.host.most


@dataclass(frozen=True, slots=True)
class Preview:
    """What a config leaves. `total` is what no filter would leave; `others` what other exposures would list."""

    tools: tuple[Tool, ...]
    listing: Listing
    total: int
    others: Mapping[ToolExposure, Listing]
    is_everything: bool

    @property
    def risks(self) -> tuple[tuple[Risk, int], ...]:
        """How many tools have each risk, the worst last; those that no tool has are left out."""
        counts = ((risk, sum(tool.risk == risk for tool in self.tools)) for risk in WORST_LAST)
        return tuple((risk, count) for risk, count in counts if count)

    @property
    def worst(self) -> Risk:
        """The highest risk of any tool."""
        return self.risks[-1][0] if self.tools else "read"

    @property
    def hosts(self) -> tuple[HostUse, ...]:
        """How much of each host's limit the list fills; hosts with the same limit and consequence stand together."""
        together: dict[tuple[int, bool], list[str]] = {}
        for host in HOST_LIMITS:
            together.setdefault((host.most, host.fails), []).append(host.name)
        return tuple(
            HostUse(Host(", ".join(names), most, "", fails=fails), self.listing.listed)
            for (most, fails), names in together.items()
        )


def preview_server(catalog: Catalog, integration: str, config: ServerConfig, listing: ListingOf) -> Preview:
    """Return what a config leaves of an integration. Raises InvalidRequest for a filter that leaves no tool."""
    every = catalog.list_tools(integration)
    left = check_filter(catalog.integrations[integration], every, config.methods, config.tags)
    tools = tuple(tool for tool in left if tool.is_read_only or not config.is_read_only)
    others: tuple[ToolExposure, ...] = ("full", "discovery")
    if catalog.has_short_tools(integration):
        others = (*others, "short")
    return Preview(
        tools,
        listing(catalog, integration, config),
        sum(tool.is_read_only or not config.is_read_only for tool in every),
        {each: listing(catalog, integration, replace(config, tool_exposure=each)) for each in others},
        not config.methods and not config.tags,
    )
