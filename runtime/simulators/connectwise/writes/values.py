"""What a value has to be: its type, its length, its range, one of an enumeration.

A value that can only be meant as another type is converted, as the service does: "true", "12.5", 7 for a text. Called
by `writes.changes` and `writes.references`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from runtime.simulators.connectwise.clock import normalise_moment
from runtime.simulators.connectwise.errors import Problem
from runtime.simulators.connectwise.schema import Field

LARGEST_INTEGER = 2**31 - 1  # the schema of the service calls them int32
LONGEST_NUMBER = 40
"""Characters of a number in a text; what is longer is none."""


class InvalidValue(Exception):
    """A value that a field does not take; the problem says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def make_invalid_value(name: str, message: str = "", code: str = "InvalidField") -> InvalidValue:
    """Return the error of a value."""
    return InvalidValue(Problem(code, message or f"The {name} field has an invalid value.", name))


def make_missing(name: str) -> Problem:
    """Return the problem of a required field without a value."""
    return Problem("MissingRequiredField", f"The {name} field is required.", name)


def convert(field: Field, value: Any) -> Any:
    """Return a value, not null, as the field stores it. Raises InvalidValue."""
    if field.is_array:
        if not isinstance(value, list):
            raise make_invalid_value(field.name)
        return [_element(field, each) for each in value]
    if field.type not in CONVERTERS:
        return _element(field, value)
    converted = CONVERTERS[field.type](field, value)
    if field.limits and not field.limits[0] <= converted <= field.limits[1]:
        low, high = field.limits
        message = f"The {field.name} field must be between {low} and {high}."
        raise make_invalid_value(field.name, message, "OutOfRange")
    return converted


def _element(field: Field, value: Any) -> Any:
    """Return an object with the members that it has in the schema, or a plain value. Nothing is nested deeper."""
    if field.type in CONVERTERS:
        return CONVERTERS[field.type](field, value)
    if not isinstance(value, dict):
        raise make_invalid_value(field.name)
    element = {name: each for name, each in value.items() if name in field.members}
    if not all(is_plain(each) or _is_flat(each) for each in element.values()):
        raise make_invalid_value(field.name)
    return element


def is_plain(value: Any) -> bool:
    """Return whether a value is a text, a number, a boolean or null."""
    return not isinstance(value, dict | list)


def _is_flat(value: Any) -> bool:
    return isinstance(value, dict) and all(is_plain(each) for each in value.values())


def _text(field: Field, value: Any) -> str:
    if isinstance(value, bool):
        value = str(value).lower()
    if not isinstance(value, str | int | float):
        raise make_invalid_value(field.name)
    text = str(value)
    if field.enumeration:
        found = next((each for each in field.enumeration if each.lower() == text.lower()), None)
        if found is None:
            raise make_invalid_value(field.name)
        return found
    if field.longest and len(text) > field.longest:
        message = f"The {field.name} field must be a text of at most {field.longest} characters."
        raise make_invalid_value(field.name, message, "MaxLengthExceeded")
    return text


def _number(field: Field, value: Any) -> float:
    if isinstance(value, str) and len(value) <= LONGEST_NUMBER and value.isascii():
        try:
            value = float(value)
        except ValueError as error:
            raise make_invalid_value(field.name) from error
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise make_invalid_value(field.name)
    return float(value)


def _integer(field: Field, value: Any) -> int:
    number = _number(field, value)
    if number != int(number) or abs(number) > LARGEST_INTEGER:
        raise make_invalid_value(field.name)
    return int(number)


def _boolean(field: Field, value: Any) -> bool:
    text = str(value).strip().lower()
    if not isinstance(value, bool | str) or text not in ("true", "false"):
        raise make_invalid_value(field.name, "String was not recognized as a valid Boolean.")
    return text == "true"


def _moment(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise make_invalid_value(field.name)
    try:
        return normalise_moment(value)
    except ValueError as error:
        raise make_invalid_value(field.name) from error


CONVERTERS: dict[str, Callable[[Field, Any], Any]] = {
    "string": _text, "number": _number, "integer": _integer, "boolean": _boolean, "date-time": _moment,
}  # fmt: skip
