"""Dates in a year that nobody means, such as 2206 for 2026."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
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
    schema = tool.input_schema
    found = (
        _check(window, place, each, looked_up.today)
        for place, each in _dates(schema, content, "", window.except_fields)
    )
    return [each for each in found if each]


def _dates(schema: Any, value: Any, place: str, excepted: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield each text that the schema calls a date, with its place."""
    if isinstance(value, list):
        for at, each in enumerate(value):
            yield from _dates(schema.get("items") or {}, each, f"{place}[{at}]", excepted)
    elif isinstance(value, Mapping):
        parts = schema.get("properties") or {}
        for name, inner in value.items():
            if name in parts and name not in excepted:
                where = f"{place}.{name}" if place else name
                yield from _dates(parts[name], inner, where, excepted)
    elif isinstance(value, str) and schema.get("format") == "date":
        yield place, value


def _check(window: DateWindow, place: str, text: str, today: date) -> Finding | None:
    year = int(text[:4]) if text[:4].isascii() and text[:4].isdigit() else today.year
    first, last = today.year - window.years_back, today.year + window.years_ahead
    if first <= year <= last:
        return None
    right = f"Dates are between {first} and {last}. {window.advice}".strip()
    return Finding(place, f"{place} is {text[:10]}, in the year {year}.", right)
