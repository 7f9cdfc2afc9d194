"""Fields that a caller gives for a new record and that the vendor sets itself, such as a total.

They are not sent. Where the record comes out otherwise, the answer says so: the caller counted on its own value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import orjson

from generator.catalog import Tool

HALF_A_CENT = 0.005
"""Amounts have two digits; sums of binary fractions differ in the 15th."""
MOST = 5
"""Fields that are named; the sixth says nothing new."""


def dropped_from(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers and texts among the arguments of a create tool that are not sent, by their field."""
    if tool.risk != "create":
        return {}
    found = {name: arguments[name] for name in tool.ignored_arguments if name in arguments}
    return {name: given for name, given in found.items() if given not in ("", None) and _is_plain(given)}


def note_on(dropped: Mapping[str, Any], text: str, title: str) -> str:
    """Return a sentence for each of them that came out otherwise in the record of an answer; empty when none did.

    `text` is the answer, JSON of any kind.
    """
    record = orjson.loads(text) if text.startswith("{") else {}
    sentences = []
    for name, given in dropped.items():
        came, counted = _number(record.get(name)), _number(given)
        if came is not None and counted is not None:
            if abs(came - counted) > HALF_A_CENT:
                sentences.append(f"{name} was given as {counted:.2f}, and {title} worked out {came:.2f}.")
        elif record.get(name) != given:
            sentences.append(f"{name} was not sent: {title} sets it itself.")
    return " ".join(sentences[:MOST])


def _is_plain(value: Any) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def _number(value: Any) -> float | None:
    """Return the value as a number, also from a text; None for anything else."""
    if not _is_plain(value):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
