"""Amounts. Money is in whole cents; bodies carry decimal numbers; rounding is half-up, as the service rounds."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

LARGEST = Decimal(10) ** 13
"""Amounts at or above this are refused, so that sums in cents stay within 64 bits."""

SURELY_EXACT = 1e11
"""Below this no two amounts in cents are the same float: one that equals whole cents divided by 100 is these cents."""


def parse_decimal(value: Any) -> Decimal:
    """Return the exact decimal that a number in a body stands for; 0 for nothing. Raises InvalidOperation on anything
    else.
    """
    if type(value) is int:
        return Decimal(value)
    if value is None or value == "":
        return Decimal(0)
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(str(value))
    if not number.is_finite():
        raise InvalidOperation(f"not a finite number: {value}")
    return number


def round_to_cents(value: Any) -> int:
    """Return an amount of a body in whole cents, rounded half-up."""
    if type(value) is int:
        return value * 100
    if type(value) is float and -SURELY_EXACT < value < SURELY_EXACT:
        whole = round(value * 100)
        if whole / 100 == value:
            return whole
    return int((parse_decimal(value) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def make_amount(value: int) -> float:
    """Return whole cents as the number a body carries."""
    return value / 100


def format_amount(value: int) -> str:
    """Return whole cents as reports print them: two decimals, no separators."""
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 100}.{abs(value) % 100:02d}"


def share(total: int, part: Decimal, whole: Decimal) -> int:
    """Return `total` cents times part/whole, rounded half-up; 0 when there is no whole."""
    if not whole:
        return 0
    return int((Decimal(total) * part / whole).quantize(Decimal(1), rounding=ROUND_HALF_UP))
