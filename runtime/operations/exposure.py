"""Which tools an MCP server lists of those that its access filter leaves, and which hosts cannot take the list.

Called by `mcp_server.toolset`, which lists them, and by `mcp_servers`: whoever makes a URL learns what it lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from generator.catalog import Catalog, Tool
from generator.stages.lint_hosts import LARGEST_LIST
from generator.vendor import Integration
from runtime.model import ServerConfig, ToolExposure

MOST_LISTED = 120
"""Tools that are listed whole: hosts fail above 128, and some of those are the host's own."""


@dataclass(frozen=True, slots=True)
class Host:
    """A program that takes so many tools at most, of all its MCP servers together, and where that is known from.

    `fails`: every prompt fails beyond that; otherwise it may leave tools out.
    """

    name: str
    most: int
    source: str
    fails: bool


HOST_LIMITS = (
    Host("Cursor", 40, "issues of its users, as a soft limit; not confirmed for late 2026", fails=False),
    Host("the OpenAI API", LARGEST_LIST, "issues of programs that use it", fails=True),
    Host("GitHub Copilot", LARGEST_LIST, "VS Code, which takes 128 in one request", fails=True),
    Host(
        "Copilot Studio",
        LARGEST_LIST,
        "its documentation: 128 for an agent, 25 to 30 are advised",
        fails=True,
    ),
    Host("Zed", LARGEST_LIST, "issues of its users", fails=True),
    Host("Mistral", LARGEST_LIST, "issues of programs that use it", fails=True),
)
"""What hosts take, as known in November 2026: the one place of it."""
HOSTS: dict[str, int] = {host.name: host.most for host in HOST_LIMITS if host.fails}
"""Hosts that fail at every prompt when a list has more tools than this."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What `tools/list` answers: how many of the tools that can be called, and their tokens for a model."""

    available: int
    listed: int
    tokens: int

    @property
    def refused_by(self) -> dict[str, int]:
        """The hosts that cannot take it, each with the most that it takes."""
        return {host: most for host, most in HOSTS.items() if self.listed > most}

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for answers."""
        refused = [{"host": host, "most": most} for host, most in self.refused_by.items()]
        return {
            "available": self.available,
            "listed": self.listed,
            "tokens": self.tokens,
            "refused_by": refused,
        }


ListingOf = Callable[[Catalog, str, ServerConfig], Listing]
"""Finds what a config lists of an integration."""


def list_by_name(
    integration: Integration | None, tools: Mapping[str, Tool], exposure: ToolExposure
) -> dict[str, Tool] | None:
    """Return the tools that are listed beside those that find, describe and call the others; None lists every tool
    alone.
    """
    if exposure == "full" or (exposure == "auto" and len(tools) <= MOST_LISTED):
        return None
    everyday = integration.everyday if integration and exposure == "auto" else ()
    return {name: tools[name] for name in everyday if name in tools}
