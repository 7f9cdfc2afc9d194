"""Time. Every module asks this clock, so that the control can travel in time and tests need not wait.

The service writes times in US Pacific with an offset: `MetaData` to the second, the `time` of an answer to the
millisecond.
"""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

try:
    PACIFIC: ZoneInfo | timezone = ZoneInfo("America/Los_Angeles")
except ZoneInfoNotFoundError:  # a machine without a time zone database
    PACIFIC = timezone(timedelta(hours=-8))


class Clock:
    """The time of the machine plus an offset in seconds, or a moment at which it is frozen."""

    def __init__(self, offset: float = 0.0, frozen: float | None = None) -> None:
        self.offset = offset
        self.frozen = frozen

    def read_seconds(self) -> float:
        """Return seconds since 1970 in UTC."""
        return (time.time() if self.frozen is None else self.frozen) + self.offset

    def get_milliseconds(self) -> int:
        """Return milliseconds since 1970 in UTC; as the store has moments."""
        return int(self.read_seconds() * 1000)

    def read_today(self) -> date:
        """Return the company's day."""
        return datetime.fromtimestamp(self.read_seconds(), PACIFIC).date()


def format_stamp(milliseconds: int) -> str:
    """Return a moment as `MetaData` shows it: 2026-11-20T10:00:00-08:00."""
    return datetime.fromtimestamp(milliseconds // 1000, PACIFIC).isoformat()


def format_answer_time(milliseconds: int) -> str:
    """Return a moment as the `time` of an answer shows it: 2026-11-20T10:00:00.000-08:00."""
    return datetime.fromtimestamp(milliseconds / 1000, PACIFIC).isoformat(timespec="milliseconds")


def parse_moment(value: str) -> int:
    """Return the milliseconds since 1970 of a date or date-time (company time without an offset); raises ValueError."""
    parsed = datetime.fromisoformat(value.replace("Z", "+00:00").replace("z", "+00:00"))
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=PACIFIC)
    try:
        return int(parsed.timestamp() * 1000)
    except OverflowError as error:
        raise ValueError(str(error)) from error
