"""Errors of a tool in the terms of the short tool that called it: its name, and the arguments that its caller gave."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from generator.short_tools import ShortTool
from runtime.errors import LedgerportError

Origins = Mapping[str, str]
"""What each place in the arguments of the tool was filled from."""
_PLACE = re.compile(r"[A-Za-z_]\w{0,80}(?:\[\d{1,6}\]|\.[A-Za-z_]\w{0,80})*", re.ASCII)
_STEP = re.compile(r"\w+|\[\d+\]", re.ASCII)


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
    """Return a text with the arguments in the place of what was filled from them, but for names that may be words."""

    def rename(found: re.Match[str]) -> str:
        place = found[0]
        is_quoted = text[found.start() - 1 : found.start()] == text[found.end() : found.end() + 1] == '"'
        return (find_origin(place, origins) if is_quoted or _is_no_word(place) else "") or place

    return _PLACE.sub(rename, text)


def _is_no_word(place: str) -> bool:
    """Whether a place can be no word of a sentence: it has several steps, or a capital letter inside."""
    return len(_STEP.findall(place)) > 1 or place[1:] != place[1:].lower()


def find_origin(place: str, origins: Origins) -> str:
    """Return the argument that filled a place or the place around it, or what all that is inside came from; empty
    when none did.
    """
    steps = _STEP.findall(place)
    for count in range(len(steps), 0, -1):
        if (around := _join(steps[:count])) in origins:
            return origins[around]
    inside = [
        _STEP.findall(each) for key, each in origins.items() if _STEP.findall(key)[: len(steps)] == steps
    ]
    return _join(_find_common_start(inside)) if steps else ""


def _find_common_start(paths: Sequence[Sequence[str]]) -> list[str]:
    """Return the steps with which all of some paths begin."""
    alike = takewhile(lambda steps: len(set(steps)) == 1, zip(*paths, strict=False))
    return [steps[0] for steps in alike]


def _join(steps: Sequence[str]) -> str:
    return "".join(f".{each}" if at and not each.startswith("[") else each for at, each in enumerate(steps))
