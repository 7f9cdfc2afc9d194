"""How a write is to be carried out, as its caller says beside its fields. Nothing of it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from generator.catalog import Tool


class Asked(NamedTuple):
    """What a caller asked for where a call is what carries it out: the name and the arguments of a short tool."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """The options of one write; what a tool does not have is as usual."""

    mode: str = "merge"
    """`merge` lays the fields over the stored record, `replace` sends only them."""
    clear: tuple[str, ...] = ()
    """Fields to empty, dotted."""
    remove_lines: tuple[str, ...] = ()
    """Names of entries to remove."""
    on_conflict: str = "fail"
    """`retry` merges once more when somebody else changed other fields meanwhile."""
    dry_run: bool = False
    allow_duplicate: bool = False
    company: str = ""


USUAL = WriteOptions()


def read_options(tool: Tool, arguments: Mapping[str, Any]) -> WriteOptions:
    """Return the options among the checked arguments of a call."""
    given = {name: arguments[name] for name in tool.options if name in arguments}
    if not given:
        return USUAL
    return WriteOptions(
        mode=given.get("mode", USUAL.mode),
        clear=tuple(given.get("clear", ())),
        remove_lines=tuple(str(each) for each in given.get("remove_lines", ())),
        on_conflict=given.get("on_conflict", USUAL.on_conflict),
        dry_run=bool(given.get("dry_run")),
        allow_duplicate=bool(given.get("allow_duplicate")),
        company=str(given.get("company", "")),
    )
