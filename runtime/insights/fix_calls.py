"""The vendor's calls of definitions that fix something, filled with values. Called by `checklist` and `margin_check`.

They are proposals: nobody sends them but the reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from generator.insight_rules import FixRules
from runtime.insights.bookings import to_cents

_WHOLE = re.compile(r"\{(\w+)\}")


class _NotFilledError(Exception):
    """A value that an argument needs is not there."""


def fill_first(fixes: Iterable[FixRules], resource: str, values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the first call that is for a resource and can be filled; None without one.

    Without a resource, as of an item that has no record, those for particular ones are left out.
    """
    for each in fixes:
        if each.resources and resource not in each.resources:
            continue
        try:
            return {"tool": each.tool, "arguments": _fill(each.arguments, values), "says": each.says}
        except _NotFilledError:
            continue
    return None


def _fill(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {name: _fill(each, values) for name, each in value.items()}
    if isinstance(value, list):
        return [_fill(each, values) for each in value]
    if not isinstance(value, str):
        return value
    if whole := _WHOLE.fullmatch(value):
        return _find(whole.group(1), values)
    return _WHOLE.sub(lambda found: str(_find(found.group(1), values)), value)


def _find(name: str, values: Mapping[str, Any]) -> Any:
    value = values.get(name)
    if value is None or value == "":
        raise _NotFilledError
    if isinstance(value, date):
        return value.isoformat()
    return to_cents(value) if name == "amount" else value
