"""Fields that a caller gives for a new record and that the vendor sets itself, such as a total.

They are not sent. Where the record comes out otherwise, the answer says so: the caller counted on its own value.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from generator.catalog import Tool
from runtime.upstream import figures

HALF_A_CENT = Decimal("0.005")
"""Amounts have two digits; what differs by less was rounded."""
MOST_DIGITS = 30
"""Before or behind the point. No amount has more."""
MOST = 5
"""Fields that are named; the sixth says nothing new."""


def find_dropped(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers and texts among the arguments of a create tool that are not sent, by their field."""
    if tool.risk != "create":
        return {}
    found = {name: arguments[name] for name in tool.ignored_arguments if name in arguments}
    return {name: given for name, given in found.items() if given not in ("", None) and _is_plain(given)}


def note_on(dropped: Mapping[str, Any], text: str, title: str) -> str:
    """Return a sentence for each of them that came out otherwise in the record of an answer; empty when none did.

    `text` is the answer, JSON of any kind.
    """
    record = figures.read(text.encode()) if text.startswith("{") else {}
    sentences = []
    for name, given in dropped.items():
        came, counted = _number(record.get(name)), _number(given)
        if came is not None and counted is not None:
            if abs(came - counted) > HALF_A_CENT:
                sentences.append(
                    f"{name} was given as {_digits(counted)}, and {title} worked out {_digits(came)}."
                )
        elif record.get(name) != given:
            sentences.append(f"{name} was not sent: {title} sets it itself.")
    return " ".join(sentences[:MOST])


def _is_plain(value: Any) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def _digits(number: Decimal) -> str:
    """Return an amount with all the digits that it has, and at least two behind the point."""
    exponent = number.as_tuple().exponent
    return f"{number:f}" if isinstance(exponent, int) and exponent < -2 else f"{number:.2f}"


def _number(value: Any) -> Decimal | None:
    """Return the value as a number with its digits, also from a text; None for anything else."""
    text = bytes(value).decode() if isinstance(value, msgspec.Raw) else str(value) if _is_plain(value) else ""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) <= MOST_DIGITS else None
