"""The values of a record as people read them, whatever vendor it is of: figures grouped, days written, unseen shown.

Called by `record_diff` and `journal_entries`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from runtime.operations.formats import MINUS, Formats
from runtime.upstream.visible_text import show_unseen

Write = Callable[[object], str]
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def write_plain(value: object) -> str:
    """Return a plain value: a figure with decimals has two at least, as amounts are written."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    if isinstance(value, int | float | Decimal) and _NUMBER.fullmatch(text):
        whole, point, rest = text.removeprefix("-").partition(".")
        return f"{MINUS if text[0] == '-' else ''}{int(whole):,}{point}{rest.ljust(2, '0') if point else ''}"
    return show_unseen(text)


AS_STORED: Write = write_plain


def make_writer(formats: Formats) -> Write:
    """Return what writes values for one company and one viewer: figures by its country, days as the pages do."""

    def write(value: object) -> str:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return _write_day(value, formats)
        if isinstance(value, float | Decimal):
            exponent = Decimal(str(value)).as_tuple().exponent
            places = max(2, -exponent) if isinstance(exponent, int) else 2
            return formats.write_number(value, places)
        return write_plain(value)

    return write


def _write_day(text: str, formats: Formats) -> str:
    try:
        return formats.write_full_day(date.fromisoformat(text))
    except ValueError:
        return text
