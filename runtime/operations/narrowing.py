"""Header fields by which one request narrows the tools that it has; they never widen them.

    X-Ledgerport-Readonly: true        only tools that change nothing
    X-Ledgerport-Tools: name, name     only these
    X-Ledgerport-Tags: tag, tag        only those with any of these tags

Called by the MCP endpoint and the management API, for who is known already. A request without them costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from generator.catalog import Tool
from generator.names import find_tool
from generator.suggestions import did_you_mean
from runtime.errors import InvalidRequest

READONLY, TOOLS, TAGS = b"x-ledgerport-readonly", b"x-ledgerport-tools", b"x-ledgerport-tags"
FIELDS = frozenset({READONLY, TOOLS, TAGS})
"""The names of the fields, in lower case."""
TITLES = {READONLY: "X-Ledgerport-Readonly", TOOLS: "X-Ledgerport-Tools", TAGS: "X-Ledgerport-Tags"}
MOST_NAMES = 400
"""Names in one field: more than any integration has tools."""
LONGEST_SHOWN = 80
"""Characters of a name that an error repeats."""


class Narrowing(NamedTuple):
    """What the fields of a request say. An empty list of names leaves every tool."""

    is_readonly: bool = False
    tools: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def read_narrowing(lines: Iterable[tuple[bytes, bytes]]) -> Narrowing:
    """Return what the header lines of a request narrow. Raises InvalidRequest for a value that cannot be read."""
    found: dict[bytes, bytes] = {}
    for name, value in lines:
        if name in FIELDS:
            if name in found:
                raise InvalidRequest(
                    f"The header {TITLES[name]} must be given once, with commas between names."
                )
            found[name] = value
    return Narrowing(_read_switch(found.get(READONLY)), _read_names(found, TOOLS), _read_names(found, TAGS))


def _read_switch(value: bytes | None) -> bool:
    word = b"false" if value is None else value.strip().lower()
    if word not in (b"true", b"false"):
        raise InvalidRequest(f"The header {TITLES[READONLY]} is true or false.")
    return word == b"true"


def _read_names(found: Mapping[bytes, bytes], name: bytes) -> tuple[str, ...]:
    if name not in found:
        return ()
    names = [each.strip() for each in found[name].decode("latin-1").split(",")]
    if not all(names) or len(names) > MOST_NAMES:
        raise InvalidRequest(
            f"The header {TITLES[name]} is one name or up to {MOST_NAMES}, with commas between them.",
            advice="Leave the header out where nothing is to be narrowed.",
        )
    return tuple(sorted(set(names)))


def narrow(tools: Mapping[str, Tool], narrowing: Narrowing, every: Iterable[Tool]) -> dict[str, Tool]:
    """Return those of some tools that are named. `every` are the tools of the integration.

    Raises InvalidRequest for a name that no tool of the integration has, and when no tool is left.
    """
    known = {tool.name: tool for tool in every}
    names = {tool.name for name in narrowing.tools if (tool := find_tool(known, name)) is not None}
    _refuse_unknown(narrowing, known)
    tags = frozenset(narrowing.tags)
    left = {
        name: tool
        for name, tool in tools.items()
        if (not narrowing.is_readonly or tool.is_read_only)
        and (not narrowing.tools or name in names)
        and (not tags or not tags.isdisjoint(tool.tags))
    }
    if not left:
        raise refuse_none_left()
    return left


def refuse_none_left() -> InvalidRequest:
    """Return the error for a request that narrows its tools to none."""
    return InvalidRequest("The X-Ledgerport headers of this request leave no tool.")


def _refuse_unknown(narrowing: Narrowing, known: Mapping[str, Tool]) -> None:
    tags = sorted({tag for tool in known.values() for tag in tool.tags})
    problems = [
        f'{TITLES[TOOLS]} has "{name[:LONGEST_SHOWN]}", which is no tool. {did_you_mean(name, known)}'.rstrip()
        for name in narrowing.tools
        if find_tool(known, name) is None
    ]
    problems += [
        f'{TITLES[TAGS]} has "{tag[:LONGEST_SHOWN]}", which no tool has. {did_you_mean(tag, tags)}'.rstrip()
        for tag in narrowing.tags
        if tag not in tags
    ]
    if problems:
        raise InvalidRequest(" ".join(problems[:5]))
