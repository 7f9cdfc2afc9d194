"""Errors of a tool in the terms of the short tool that called it: its name, and the arguments that its caller gave."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from generator.short_tools import ShortTool
from runtime.errors import LedgerportError

Origins = Mapping[str, str]
"""What each place in the arguments of the tool was filled from."""
_QUOTED = re.compile(r'"([A-Za-z_][\w.\[\]]{0,200})"', re.ASCII)
_LAST_STEP = re.compile(r"(\.[^.\[\]]+|\[\d+\])\Z")


def rename_error(error: LedgerportError, short: ShortTool, tool: str, origins: Origins) -> LedgerportError:
    """Return an error of a tool as its caller knows what it gave."""
    renamed = copy.copy(error)
    renamed.message = _rename_text(error.message, origins).replace(
        f"{tool} was not called", f"{short.name} was not called"
    )
    renamed.advice = _rename_text(error.advice, origins)
    listed = error.details.get("errors")
    if isinstance(listed, list):
        renamed.details = {**error.details, "errors": [_rename_entry(each, origins) for each in listed]}
    return renamed


def _rename_entry(entry: Any, origins: Origins) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    out = {key: _rename_text(each, origins) if isinstance(each, str) else each for key, each in entry.items()}
    if isinstance(argument := entry.get("argument"), str):
        out["argument"] = find_origin(argument, origins) or argument
    return out


def _rename_text(text: str, origins: Origins) -> str:
    return _QUOTED.sub(lambda found: f'"{find_origin(found[1], origins) or found[1]}"', text)


def find_origin(place: str, origins: Origins) -> str:
    """Return the argument that filled a place, the place around it, or what is inside it; empty when none did."""
    around = place
    while around:
        if around in origins:
            return origins[around]
        shorter = _LAST_STEP.sub("", around)
        around = shorter if shorter != around else ""
    inside = next((each for key, each in origins.items() if key.startswith((f"{place}[", f"{place}."))), "")
    return inside.partition("[")[0]
