"""JSON values whose figures stay as the vendor wrote them: `100.00` is read and written again as `100.00`.

A number with a fraction or an exponent is read as its own text (`msgspec.Raw`), everything else as usual. Called by
whoever hides or picks parts of a response, and writes the rest.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
import orjson

Figure = msgspec.Raw
"""A number with a fraction or an exponent, as it was written."""
DEEPEST = 254
"""Levels of a value that is passed on. Many readers of JSON take no more than a few hundred."""
_reader = msgspec.json.Decoder(float_hook=msgspec.Raw)
_writer = msgspec.json.Encoder()
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_elements = msgspec.json.Decoder(list[msgspec.Raw])
_DIGITS = bytes.maketrans(b"123456789E", b"000000000e")
_LARGE_EXPONENT = b"e000"
_MANY_DIGITS = b"0" * 309
"""The largest double has 309 digits."""


class TooDeep(ValueError):
    """A value has more levels than are passed on."""


def read(body: bytes | msgspec.Raw) -> Any:
    """Return the value of a JSON text. Raises ValueError, also for more levels than can be read."""
    try:
        return _reader.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from error


def write_json(value: Any) -> bytes:
    """Return a value as JSON without blanks. Raises TooDeep."""
    try:
        text = _writer.encode(value)
    except RecursionError as error:
        raise TooDeep from error
    check_depth(text)
    return text


def compact(text: bytes) -> bytes:
    """Return a JSON text without the blanks between its parts, every figure and text as it was written. Raises
    TooDeep.
    """
    try:
        found: bytes = msgspec.json.format(text, indent=-1)
    except RecursionError as error:
        raise TooDeep from error
    check_depth(found)
    return found


def check_depth(text: bytes) -> None:
    """Raise TooDeep for a JSON text of more levels than are passed on. Few brackets need no closer look."""
    if text.count(b"{") + text.count(b"[") <= DEEPEST:
        return
    try:
        orjson.dumps(orjson.loads(text))  # writes 254 levels
    except (TypeError, ValueError) as error:
        raise TooDeep from error


def check_range(text: bytes) -> None:
    """Raise ValueError for a number that no double holds: most readers of JSON take it for infinity, or refuse it all.

    Without digits of a large exponent and without 309 of them in a row there is none, and no closer look is needed.
    """
    digits = text.translate(_DIGITS, b"+")
    if _LARGE_EXPONENT in digits or _MANY_DIGITS in digits:
        orjson.loads(text)


def split_members(text: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    """Return the members of a JSON object, each as it is written. Raises ValueError for anything else."""
    try:
        return _members.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from error


def split_elements(text: bytes | msgspec.Raw) -> list[msgspec.Raw]:
    """Return the elements of a JSON list, each as it is written. Raises ValueError for anything else."""
    try:
        return _elements.decode(text)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from error


def write_text(value: Any) -> str:
    """Return a plain value as text, a figure with the digits that it was written with."""
    return bytes(value).decode() if isinstance(value, msgspec.Raw) else str(value)


def read_decimal(value: Any) -> Decimal | None:
    """Return a figure, a number, or a number as text, with all its digits; None for anything else."""
    text = bytes(value).decode() if isinstance(value, msgspec.Raw) else str(value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and not isinstance(value, bool) else None


def read_number(value: Any) -> Any:
    """Return a figure as a number to compare with; anything else as it is."""
    return float(bytes(value)) if isinstance(value, msgspec.Raw) else value
