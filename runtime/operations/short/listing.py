"""The short tools that a toolset has: those whose tools are in it, with the choices that these leave.

Called by `mcp_server.toolset`. The tools are made once for each toolset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson

from generator.catalog import LEAST_FIRST, Catalog, Risk, Tool
from generator.short_tools import ShortTool
from runtime.operations.own_tools import make_tool


@dataclass(frozen=True, slots=True)
class ListedShortTool:
    """A short tool as far as a toolset carries it, and the tool that its clients see."""

    short: ShortTool
    tool: Tool


def list_short_tools(
    catalog: Catalog, integration: str, tools: Mapping[str, Tool]
) -> dict[str, ListedShortTool]:
    """Return the short tools of an integration that call none but these tools, by name."""
    found = (_narrow(each, tools) for each in catalog.short if each.integration == integration)
    return {short.name: ListedShortTool(short, _make_listed(short, tools)) for short in found if short}


def _narrow(short: ShortTool, tools: Mapping[str, Tool]) -> ShortTool | None:
    """Return a short tool with the choices that are left; None where it cannot be carried out."""
    left = {value: target for value, target in short.targets.items() if target.tool in tools}
    if (short.targets and not left) or not short.step_tools <= tools.keys():
        return None
    if len(left) == len(short.targets):
        return short
    schema = short.input_schema
    given = schema["properties"].get(short.by, {})
    if "enum" in given:
        narrowed = {**given, "enum": list(left)}
        schema = {**schema, "properties": {**schema["properties"], short.by: narrowed}}
    return replace(short, targets=left, schema=orjson.dumps(schema))


def _make_listed(short: ShortTool, tools: Mapping[str, Tool]) -> Tool:
    schema = short.input_schema
    risks: set[Risk] = {tools[target.tool].risk for target in short.targets.values()} or {"read"}
    made = make_tool(
        short.name,
        short.title,
        short.description,
        schema["properties"],
        tuple(schema["required"]),
        *sorted(risks),
    )
    levels = [made.risk_level, *(tools[target.tool].risk_level for target in short.targets.values())]
    return replace(made, given_risk_level=max(levels, key=LEAST_FIRST.index))
