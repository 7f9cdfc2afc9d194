"""The names that a tool is called by: that of today, and those it had before. Part of `catalog`."""

from __future__ import annotations

from collections.abc import Mapping

from generator.catalog import Tool


def find_tool(tools: Mapping[str, Tool], name: str) -> Tool | None:
    """Return the tool that has a name, or had it before; None when there is none."""
    if tool := tools.get(name):
        return tool
    return next((tool for tool in tools.values() if name in tool.former_names), None)


def explain_former_name(tool: Tool, name: str) -> str:
    """Say what a caller of a tool by a former name should know; empty for the name that it has."""
    if name == tool.name:
        return ""
    return f"{name} is now called {tool.name}. The former name is answered until the next release; use the new one."
