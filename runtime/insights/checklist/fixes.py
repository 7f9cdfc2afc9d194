"""The vendor's call that fixes an item, filled from its first record. Called by `items`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from runtime.insights.books import Key
from runtime.insights.checklist.month import Month
from runtime.insights.fix_calls import fill_first


class _Shown(Protocol):
    """What is read of a record."""

    @property
    def key(self) -> Key: ...
    @property
    def amount(self) -> Any: ...
    @property
    def number(self) -> str: ...
    @property
    def day(self) -> date | None: ...
    @property
    def values(self) -> Mapping[str, Any]: ...


def fill_fix(month: Month, name: str, record: _Shown | None) -> dict[str, Any] | None:
    """Return the first call for an item that is for the resource of a record and can be filled; None without one."""
    resource = record.key.resource if record is not None else ""
    return fill_first(month.books.fixes.get(name, ()), resource, _list_values(month, record))


def _list_values(month: Month, record: _Shown | None) -> dict[str, Any]:
    period = month.period
    found: dict[str, Any] = {"month_start": period.start, "month_end": period.end, "bank": month.main_bank}
    if record is not None:
        amount = None if record.amount is None else abs(record.amount)
        found |= {"id": record.key.id, "number": record.number, "day": record.day, "amount": amount}
        found |= record.values
    return found
