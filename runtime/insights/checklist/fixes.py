"""The vendor's call that fixes an item, filled from its first record. Called by `items`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from runtime.insights.books import Key
from runtime.insights.checklist.month import Month, to_cents

_WHOLE = re.compile(r"\{(\w+)\}")


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


class _NotFilledError(Exception):
    """A value that an argument needs is not there."""


def fill_fix(month: Month, name: str, record: _Shown | None) -> dict[str, Any] | None:
    """Return the first call for an item that is for the resource of a record and can be filled; None without one."""
    values = _list_values(month, record)
    for each in month.books.fixes.get(name, ()):
        if each.resources and (record is None or record.key.resource not in each.resources):
            continue
        try:
            return {"tool": each.tool, "arguments": _fill(each.arguments, values), "says": each.says}
        except _NotFilledError:
            continue
    return None


def _list_values(month: Month, record: _Shown | None) -> dict[str, Any]:
    period = month.period
    found: dict[str, Any] = {"month_start": period.start, "month_end": period.end, "bank": month.main_bank}
    if record is not None:
        amount = None if record.amount is None else abs(record.amount)
        found |= {"id": record.key.id, "number": record.number, "day": record.day, "amount": amount}
        found |= record.values
    return found


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
