"""What a person may correct in a change before approving it: amounts and dates, wherever they stand in its arguments.

Called by `deciding` and the page of a change. An edit names its place, such as `DueDate` or `Line[0].Amount`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from generator.catalog import Tool
from runtime.errors import InvalidRequest
from runtime.operations.approvals.proposals import FieldChange

LARGEST = Decimal(10) ** 15
"""Of an amount that a person types: a thousand times what a rule may name, and few enough digits to write out."""
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Editable:
    """A value that may be corrected. `kind` is `amount` or `day`."""

    path: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Edited:
    """Arguments with corrections, what these were, and in which fields of the record."""

    arguments: dict[str, Any]
    edits: tuple[FieldChange, ...]
    fields: tuple[str, ...]


def list_editable(tool: Tool, arguments: Mapping[str, Any]) -> list[Editable]:
    """Return the amounts and days among the arguments of a tool, in their order."""
    sent = {name for name, _ in tool.call.body_arguments}
    return [each for name, value in arguments.items() if name in sent for each in _list_in(name, value)]


def apply_edits(tool: Tool, arguments: Mapping[str, Any], edits: Mapping[str, str]) -> Edited | None:
    """Return the arguments with corrections; None where nothing differs.

    Raises InvalidRequest for one that cannot be.
    """
    editable = {each.path: each for each in list_editable(tool, arguments)}
    changed, made = copy.deepcopy(dict(arguments)), []
    for path, text in edits.items():
        if path not in editable:
            raise InvalidRequest(f"{path[:80]} cannot be edited: only the amounts and dates of a change can.")
        here = editable[path]
        if text.strip() != here.value:
            _set(changed, path, _read_value(here, text.strip()))
            made.append(FieldChange(path, here.value, text.strip()))
    names = dict(tool.call.body_arguments)
    fields = dict.fromkeys(names[_STEP.findall(each.field)[0][0]] for each in made)
    return Edited(changed, tuple(made), tuple(fields)) if made else None


def _list_in(path: str, value: Any) -> Iterator[Editable]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _list_in(f"{path}.{name}", each)
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _list_in(f"{path}[{place}]", each)
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        yield Editable(path, "amount", str(value))
    elif isinstance(value, str) and _DAY.fullmatch(value):
        yield Editable(path, "day", value)


def _read_value(here: Editable, text: str) -> Any:
    try:
        if here.kind == "day":
            return date.fromisoformat(text).isoformat()
        number = Decimal(text)
    except (ValueError, InvalidOperation) as cause:
        wanted = "a date as YYYY-MM-DD" if here.kind == "day" else "a number, such as 510.00"
        raise InvalidRequest(f"{here.path} has to be {wanted}.") from cause
    if not number.is_finite() or not -LARGEST <= number <= LARGEST:
        raise InvalidRequest(f"{here.path} has to be a number, such as 510.00.")
    return float(number) if number != number.to_integral_value() else int(number)


def _set(arguments: dict[str, Any], path: str, value: Any) -> None:
    steps: list[Any] = [name or int(place) for name, place in _STEP.findall(path)]
    holder: Any = arguments
    for step in steps[:-1]:
        holder = holder[step]
    holder[steps[-1]] = value
