"""A write is no read: what a server that may change a record, but not read it, learns from doing so.

An update that changes nothing is refused for everybody. Where no tool of the server reads the record, the answer of a
write shows which record it was, its version, and what the caller sent, where the record now has it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from generator.catalog import Tool
from runtime.errors import InvalidArguments
from runtime.upstream import figures

CHANGING_OPTIONS = ("clear", "remove_lines")
"""Options of an update that change something without a field."""


def refuse_no_change(tool: Tool, arguments: Mapping[str, Any]) -> None:
    """Raise InvalidArguments for an update that names a record and nothing to change in it."""
    if tool.changing and not any(name in arguments for name in (*tool.changing, *CHANGING_OPTIONS)):
        raise InvalidArguments(
            f"{tool.name} was not called: there is nothing to change.",
            advice="Nothing was sent. Give the fields that are to change, with their new values.",
        )


def is_blind(tool: Tool, tools: Container[str]) -> bool:
    """Whether a tool writes records that none of the tools beside it reads."""
    return bool(tool.read_by) and not any(name in tools for name in tool.read_by)


DEEPEST = 20
"""Levels of a record that are compared; no vendor's has as many."""


def acknowledge(record: Any, sent: Any, always: tuple[str, ...], levels: int = DEEPEST) -> Any:
    """Return what is shown of the record that a blind write answered: the fields in `always`, and what agrees with
    `sent`.

    Only what agrees, for what differs was there before: a null that the vendor ignored would read a field.
    """
    if not isinstance(record, dict) or not levels:
        return {}
    shown = {name: record[name] for name in always if name in record and _is_plain(record[name])}
    if isinstance(sent, Mapping):
        for name, value in sent.items():
            if name in record and name not in shown:
                shown |= _agreeing(name, record[name], value, always, levels - 1)
    return shown


def _agreeing(name: str, there: Any, sent: Any, always: tuple[str, ...], levels: int) -> dict[str, Any]:
    if isinstance(there, dict) and isinstance(sent, Mapping):
        return {name: acknowledge(there, sent, always, levels)}
    if isinstance(there, list) and isinstance(sent, list):
        return {name: _entries(there, sent, always, levels)}
    return {name: there} if _is_plain(there) and figures.read_number(there) == sent else {}


def _entries(there: list[Any], sent: list[Any], always: tuple[str, ...], levels: int) -> list[Any]:
    """Return the entries in their order, as many as were sent."""
    found = []
    for each, given in zip(there, sent, strict=False):
        if isinstance(each, dict):
            found.append(acknowledge(each, given, always, levels))
        elif _is_plain(each) and figures.read_number(each) == given:
            found.append(each)
    return found


def _is_plain(value: Any) -> bool:
    return not isinstance(value, (dict, list))
