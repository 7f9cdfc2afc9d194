"""Values of records compared as the books mean them: 100.00 is 100, and what is empty is not there.

Figures have the digits that the vendor wrote (`upstream.figures`), so that nothing is compared as a binary fraction.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

DEEPEST = 60
"""Levels of a record that are compared; no vendor's has half as many."""


def is_empty(value: Any) -> bool:
    """Return whether a value says nothing: null, an empty text, or a list or object without anything in it."""
    if isinstance(value, dict):
        return all(is_empty(each) for each in value.values())
    return value is None or (isinstance(value, (str, list)) and not value)


def read_decimal(value: Any) -> Decimal | None:
    """Return a number of a record, exactly; None for what is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, msgspec.Raw)):
        return None
    text = bytes(value).decode() if isinstance(value, msgspec.Raw) else str(value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def format_value(value: Any) -> str:
    """Return a plain value as text, numbers without what does not count in them."""
    number = read_decimal(value)
    return format(number.normalize(), "f") if number is not None else str(value)


def is_same(left: Any, right: Any, reference_id: str = "", levels: int = DEEPEST) -> bool:
    """Return whether two values of a record mean the same.

    `reference_id` is the part that says which record a reference means: what else it holds is a name.
    """
    if left == right:  # most are, to the last digit; what follows takes ten times as long
        return True
    if is_empty(left) or is_empty(right):
        return is_empty(left) and is_empty(right)
    if isinstance(left, dict) and isinstance(right, dict):
        return levels > 0 and _is_same_object(left, right, reference_id, levels - 1)
    if isinstance(left, list) and isinstance(right, list):
        pairs = zip(left, right, strict=False)
        return len(left) == len(right) and all(
            is_same(one, other, reference_id, levels - 1) for one, other in pairs
        )
    first, second = read_decimal(left), read_decimal(right)
    if first is not None and second is not None:
        return first == second
    return type(left) is type(right) and bool(left == right)


def is_reference(value: Any, reference_id: str) -> bool:
    """Return whether a value refers to another record."""
    return (
        bool(reference_id)
        and isinstance(value, Mapping)
        and reference_id in value
        and len(value) <= MOST_PARTS
    )


MOST_PARTS = 3
"""A reference has an Id, a name and perhaps a kind. An object of more parts is a record of its own."""


def _is_same_object(
    left: Mapping[str, Any], right: Mapping[str, Any], reference_id: str, levels: int
) -> bool:
    if is_reference(left, reference_id) and is_reference(right, reference_id):
        return format_value(left[reference_id]) == format_value(right[reference_id])
    return all(
        is_same(left.get(name), right.get(name), reference_id, levels) for name in left.keys() | right.keys()
    )
