"""What can be chosen in the form of an MCP server: methods and tags, each with how many tools it lets through.

Called by `server_form_pages`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from generator.catalog import METHOD_CLASSES, Risk, Tool
from generator.vendor import Integration
from runtime.operations.own_tools import WORST_LAST
from runtime.web.server_views import RISK_WORDS

MOST_NAMED = 8
"""Resources that are named beside a method: two lines of the form."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A method, or a class of them, that can be chosen: how many tools it lets through, and what the worst does."""

    name: str
    count: int
    risk: Risk
    about: str


def make_picks(tools: tuple[Tool, ...], *, is_read_only: bool = False) -> dict[str, list[Pick]]:
    """Return what can be chosen as methods, each with its risk and how many tools it lets through.

    `main` has reading as a whole and each method that is no part of it, the worst last; `more` the other classes and
    the methods of reading.
    """
    usable = [tool for tool in tools if tool.is_read_only or not is_read_only]
    methods = sorted(_make_picks(usable, lambda tool: tool.method), key=_rank)
    classes = {pick.name: pick for pick in _make_picks(usable, lambda tool: tool.method_class)}
    reading = [pick for pick in methods if METHOD_CLASSES.get(pick.name) == "read"]
    others = [pick for pick in methods if pick not in reading]
    wide = [classes[name] for name in ("write", "custom") if name in classes]
    return {"main": [classes[name] for name in ("read",) if name in classes] + others, "more": reading + wide}


def _make_picks(tools: list[Tool], name_of: Callable[[Tool], str]) -> list[Pick]:
    found: dict[str, list[Tool]] = {}
    for tool in tools:
        found.setdefault(name_of(tool), []).append(tool)
    return [Pick(name, len(each), _find_worst(each), _describe_pick(each)) for name, each in found.items()]


def _find_worst(tools: list[Tool]) -> Risk:
    return max((tool.risk for tool in tools), key=WORST_LAST.index)


def _describe_pick(tools: list[Tool]) -> str:
    """Return what tools do, with the resources where these are few."""
    resources = sorted({tool.resource.replace("_", " ") for tool in tools})
    named = f": {', '.join(resources)}" if len(resources) <= MOST_NAMED else ""
    return f"{RISK_WORDS[_find_worst(tools)]}{named}"


def _rank(pick: Pick) -> tuple[int, int, str]:
    return WORST_LAST.index(pick.risk), -pick.count, pick.name


def count_tags(tools: tuple[Tool, ...], integration: Integration) -> list[tuple[str, int, str]]:
    """Return each tag with how many tools have it, and what it stands for."""
    counts = Counter(tag for tool in tools for tag in tool.tags)
    return [(tag, count, integration.tags.get(tag, "")) for tag, count in counts.most_common()]
