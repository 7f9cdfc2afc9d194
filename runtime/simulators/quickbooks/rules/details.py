"""Details of lines: a line carries those of its own kind and no others, because the others would be lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runtime.simulators.quickbooks.books.store import Body
from runtime.simulators.quickbooks.faults import make_business_fault
from runtime.simulators.quickbooks.rules.lines import DETAIL_KEYS, get_detail


def check(body: Body) -> None:
    """Raise 6000 when a line has the details of another kind of line than its `DetailType` says."""
    for line in _lines(body):
        own = DETAIL_KEYS.get(str(line.get("DetailType")))
        for key in DETAIL_KEYS.values():
            if own is not None and key != own and _says_something(line.get(key)):
                raise make_business_fault(f"A line of type {line['DetailType']} can't carry {key}.", key)


def _lines(body: Body) -> Iterator[Body]:
    for line in body.get("Line") or []:
        yield line
        yield from get_detail(line).get("Line") or []


def _says_something(value: Any) -> bool:
    """Return whether any value is in it; clients send the shape of every kind of detail, with nothing in it."""
    if isinstance(value, dict):
        return any(_says_something(item) for item in value.values())
    if isinstance(value, list):
        return any(_says_something(item) for item in value)
    return value not in (None, "")
