"""Dates in a year that nobody means, such as 2206 for 2026."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from generator.catalog import Tool
from generator.preflight_rules import DateWindow
from generator.vendor import Integration
from runtime.safety.findings import Finding
from runtime.safety.preflight.looked_up import LookedUp

Record = Mapping[str, Any]


def find(tool: Tool, integration: Integration, content: Record, looked_up: LookedUp) -> list[Finding]:
    """Return a finding for each date that is too many years from today."""
    window = integration.preflight.dates
    if window is None:
        return []
    places = _list_places(tool.schema, window.except_fields)
    found = (_check(window, place, each, looked_up.today) for place, each in _dates(places, content, ""))
    return [each for each in found if each]


@lru_cache(maxsize=1024)
def _list_places(schema: bytes, excepted: tuple[str, ...]) -> Any:
    """Return where dates stand by a schema: a tree of names, `True` for a date, `[]` before the elements of a list."""
    return _find_places(json.loads(schema), excepted) or {}


def _find_places(schema: Any, excepted: tuple[str, ...]) -> Any:
    if schema.get("format") == "date":
        return True
    parts = (schema.get("properties") or {}).items()
    found = {name: _find_places(inner, excepted) for name, inner in parts if name not in excepted}
    found["[]"] = _find_places(schema.get("items") or {}, excepted) if schema else None
    return {name: places for name, places in found.items() if places} or None


def _dates(places: Any, value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield each text that is a date, with its place."""
    if places is True:
        if isinstance(value, str):
            yield place, value
    elif isinstance(value, list):
        for at, each in enumerate(value if "[]" in places else ()):
            yield from _dates(places["[]"], each, f"{place}[{at}]")
    elif isinstance(value, Mapping):
        for name in [each for each in value if each in places]:
            yield from _dates(places[name], value[name], f"{place}.{name}" if place else name)


def _check(window: DateWindow, place: str, text: str, today: date) -> Finding | None:
    year = int(text[:4]) if text[:4].isascii() and text[:4].isdigit() else today.year
    first, last = today.year - window.years_back, today.year + window.years_ahead
    if first <= year <= last:
        return None
    right = f"Dates are between {first} and {last}. {window.advice}".strip()
    return Finding(place, f"{place} is {text[:10]}, in the year {year}.", right)
