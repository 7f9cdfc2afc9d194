"""Whether two numbers or amounts are the same but for an error of typing. Called by `duplicates`."""

from __future__ import annotations

SHORTEST = 4
"""Shorter numbers differ by one character all the time."""
_ALIKE = str.maketrans({"o": "0", "l": "1", "i": "1", "s": "5", "b": "8"})
"""Characters that are read for each other."""


def strip_number(number: str) -> str:
    """Return the letters and digits of a number, without what may be typed in one form or another."""
    plain = "".join(each for each in number.casefold() if each.isalnum())
    return plain.lstrip("0") or plain


def is_mistyped(one: str, other: str) -> bool:
    """Whether a number may be the other one with an error of typing.

    That is a character too many, wrong or missing, two that were exchanged, or a prefix left out.
    """
    first, second = strip_number(one), strip_number(other)
    if first == second or first.translate(_ALIKE) == second.translate(_ALIKE):
        return True
    if min(len(first), len(second)) < SHORTEST:
        return False
    return is_one_edit(first, second) or first.endswith(second) or second.endswith(first)


def is_one_edit(one: str, other: str) -> bool:
    """Whether one text becomes the other by one character, or by exchanging two neighbours."""
    if len(one) > len(other):
        one, other = other, one
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) == len(other):
        exchanged = (
            other[:start] + other[start + 1 : start + 2] + other[start : start + 1] + other[start + 2 :]
        )
        return one[start + 1 :] == other[start + 1 :] or one == exchanged
    return len(other) == len(one) + 1 and one[start:] == other[start + 1 :]


def is_exchanged(one: int, other: int) -> bool:
    """Whether two amounts in cents differ by two neighbouring digits that were exchanged."""
    first, second = str(one), str(other)
    return (
        len(first) == len(second)
        and first != second
        and sorted(first) == sorted(second)
        and (is_one_edit(first, second))
    )


def is_mistyped_amount(one: int, other: int) -> bool:
    """Whether two amounts in cents differ by one digit, two that were exchanged, or the decimal point."""
    low, high = sorted((one, other))
    return low > 0 and (high in (low * 10, low * 100) or is_one_edit(str(low), str(high)))
