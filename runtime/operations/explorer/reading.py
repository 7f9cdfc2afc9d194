"""The answers of a list that is read page by page, up to a bound, and what they say of themselves.

Called by the explorer's pages, which hand over how one call is made: each is a call of the viewer, limited, counted and
noted as any other.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from runtime.errors import VendorUnavailable
from runtime.exchange.tool_answer import NO_LIMITS, Answer
from runtime.upstream.limits import Limits

MOST_SHOWN = 5_000
"""Rows of one page; a browser scrolls through them without delay, and nobody reads more."""
MOST_EXPORTED = 50_000
"""Rows of one file: 50 calls of the largest page, a tenth of what the strictest vendor lets through in a minute."""
Call = Callable[[dict[str, Any]], Awaitable[Answer]]


@dataclass
class Reading:
    """What was read of a list. `total` is None where nobody counted."""

    records: list[Any] = field(default_factory=list)
    total: int | None = None
    next_cursor: str = ""
    notes: list[str] = field(default_factory=list)
    calls: int = 0
    text: str = ""
    """The first answer as it came."""
    limits: Limits = NO_LIMITS
    is_count: bool = False
    """Whether the answer is a number and has no records."""

    @property
    def is_bounded(self) -> bool:
        """Whether there are more records than were read."""
        return bool(self.next_cursor)


async def read_page(call: Call, arguments: Mapping[str, Any]) -> Reading:
    """Return one page of a list. Raises the error of the call."""
    found = Reading()
    await _add(found, call, dict(arguments))
    return found


async def read_all(call: Call, arguments: Mapping[str, Any], most: int) -> Reading:
    """Return the records of a list from its first page on, up to a bound. Raises the error of a call."""
    found = Reading()
    await _add(found, call, dict(arguments))
    while found.next_cursor and len(found.records) < most:
        before = len(found.records)
        await _add(found, call, {**arguments, "next_cursor": found.next_cursor})
        if len(found.records) == before:
            break
    if len(found.records) > most:
        found.records = found.records[:most]
        found.next_cursor = found.next_cursor or "cut"
    return found


async def _add(found: Reading, call: Call, arguments: dict[str, Any]) -> None:
    answer = await call(arguments)
    found.calls += 1
    found.limits = answer.limits
    if answer.error is not None:
        raise answer.error
    value = parse_answer(answer.text)
    if not isinstance(value, dict):
        raise VendorUnavailable("The answer is no list.", advice="Look at it in the raw answer of the tool.")
    found.text = found.text or answer.text
    records = value.get("records")
    found.is_count = not isinstance(records, list) or (not records and "returned" not in value)
    found.records += records if isinstance(records, list) else []
    total = value.get("total")
    found.total = int(total) if isinstance(total, int | Decimal) and found.total is None else found.total
    found.next_cursor = str(value.get("next_cursor") or "")
    if note := value.get("note"):
        found.notes = [*found.notes, str(note)]


def parse_answer(text: str) -> Any:
    """Return the answer of a tool as a value, its numbers as decimals; the text itself where it is no JSON."""
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return text
