"""What a client sees of one tool, for people: `ledgerport show TOOL` prints it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable
from heapq import nlargest
from typing import Any

from generator.catalog import Catalog, Tool
from generator.reports.token_estimate import count_tokens
from generator.short_tools import ShortTool
from generator.suggestions import LONGEST_COMPARED, did_you_mean, measure_likeness, split_name

MOST_NAMED = 3
"""Tools that are named where the one asked for is not there, and none differs by a typing error alone."""


def show(catalog: Catalog, name: str) -> str:
    """Return a tool in words and as JSON. Raises KeyError, with the nearest names, when there is none."""
    tool = catalog.by_name.get(name)
    short = next((each for each in catalog.short if each.name == name), None)
    if short is not None:
        return _show_short(short)
    if tool is None:
        names = [*catalog.by_name, *(each.name for each in catalog.short)]
        hint = did_you_mean(name, names) or _name_nearest(name, catalog.by_name)
        raise KeyError(f'There is no tool "{name}". {hint}'.strip())
    call = tool.call
    query = "&".join(f"{key}={value}" if key else value for key, value in call.query)
    size = f"{len(tool.wire):,} bytes, about {count_tokens(tool.wire):,} tokens"
    return "\n".join(
        (
            f"{tool.name}: {tool.title}",
            f"class {tool.method_class}, risk {tool.risk} ({tool.risk_level}), tags {', '.join(tool.tags)}; {size}",
            f"{call.verb} {call.path}{'?' if query else ''}{query}",
            "",
            textwrap.fill(tool.description, 100, break_long_words=False, break_on_hyphens=False),
            "",
            format_tool(tool),
        )
    )


def _show_short(short: ShortTool) -> str:
    """Return a short tool in words, with the tools that it calls, and its arguments as JSON."""
    called = [f"{value or 'calls'}: {target.tool}" for value, target in short.targets.items()]
    return "\n".join(
        (
            f"{short.name}: {short.title}",
            *called,
            *(f"reads {name} before" for name in sorted(short.step_tools)),
            "",
            textwrap.fill(short.description, 100, break_long_words=False, break_on_hyphens=False),
            "",
            json.dumps(short.input_schema, indent=2, ensure_ascii=False) + "\n",
        )
    )


def _name_nearest(name: str, names: Iterable[str]) -> str:
    """Return a sentence with the names that share most words with a name, and are most like it; empty without any."""
    given = name[:LONGEST_COMPARED]
    words = set(split_name(given))

    def rank(each: str) -> tuple[int, float]:
        return len(words.intersection(split_name(each))), measure_likeness(given.lower(), each)

    nearest = nlargest(MOST_NAMED, sorted(names), key=rank)
    return f"The nearest are {', '.join(nearest)}." if nearest else ""


def format_tool(tool: Tool) -> str:
    """Return the bytes that `tools/list` answers for a tool, laid out to be read and compared."""
    value: Any = json.loads(tool.wire)
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
