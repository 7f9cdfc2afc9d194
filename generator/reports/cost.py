"""What tools cost a model's context, tool by tool and toolset by toolset. `ledgerport cost` prints it.

A host puts every listed tool before the model in every conversation, so each is measured as `tools/list` answers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from generator.catalog import Tool, select
from generator.reports.tables import format_count, render_table
from generator.reports.token_estimate import TOKENIZER, count_tokens

CLASSES = ("read", "write", "custom")


@dataclass(frozen=True, slots=True)
class Toolset:
    """What a filter leaves: how many tools, and what they cost together."""

    name: str
    tools: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What some tools cost: each of them, the most expensive first, and the toolsets that filters leave of them."""

    tools: tuple[tuple[str, int], ...]
    toolsets: tuple[Toolset, ...]
    medians: dict[str, int]
    """For each usual method that only reads, what its middle tool costs."""


def measure_cost(tools: Sequence[Tool]) -> Cost:
    """Return what tools cost, by themselves and by class and tag."""
    each = {tool.name: count_tokens(tool.wire) for tool in tools}
    costliest = sorted(each.items(), key=lambda item: (-item[1], item[0]))
    toolsets = [_toolset("all of these", tools)]
    toolsets += [_toolset(f"methods {name}", select(tools, [name], [])) for name in CLASSES]
    tags = sorted({tag for tool in tools for tag in tool.tags})
    toolsets += [_toolset(f"tag {name}", select(tools, [], [name])) for name in tags]
    medians = {name: _median(tool for tool in tools if tool.method == name) for name in ("list", "get")}
    return Cost(tuple(costliest), tuple(found for found in toolsets if found.tools), medians)


def _toolset(name: str, tools: Sequence[Tool]) -> Toolset:
    return Toolset(name, len(tools), sum(count_tokens(tool.wire) for tool in tools))


def _median(tools: Iterable[Tool]) -> int:
    found = [count_tokens(tool.wire) for tool in tools]
    return round(median(found)) if found else 0


def render_text(cost: Cost, top: int) -> str:
    """Return two tables, the most expensive first, and how they were counted."""
    shown = [(name, f"{tokens:,}") for name, tokens in cost.tools[:top]]
    toolsets = sorted(cost.toolsets, key=lambda found: -found.tokens)
    lines = [(found.name, f"{found.tools:,}", f"{found.tokens:,}") for found in toolsets]
    parts = [render_table(["Toolset", "tools", "tokens"], lines), render_table(["Tool", "tokens"], shown)]
    if left := len(cost.tools) - len(shown):
        parts.append(f"And {format_count(left, 'tool')} more; --top {len(cost.tools)} shows all.")
    middle = ", ".join(f"{name} {tokens:,}" for name, tokens in cost.medians.items() if tokens)
    parts.append(f"Median: {middle or 'none'}. Counted as {TOKENIZER}.")
    return "\n\n".join(parts)


def render_value(cost: Cost, top: int) -> dict[str, Any]:
    """Return the same as plain parts of JSON."""
    return {
        "tokenizer": TOKENIZER,
        "toolsets": [
            {"name": each.name, "tools": each.tools, "tokens": each.tokens} for each in cost.toolsets
        ],
        "medians": cost.medians,
        "tools": [{"name": name, "tokens": tokens} for name, tokens in cost.tools[:top]],
    }
