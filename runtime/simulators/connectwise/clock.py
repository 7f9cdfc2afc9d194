"""Time. Every module asks this clock, so that the control can travel in time and tests need not wait.

The service writes moments in UTC to the second: 2026-09-02T16:35:00Z. In that one form they sort as text does, which
conditions and orders use. Called by `records.store`, `conditions`, `writes` and `control`.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

from runtime.simulators.provider.sizes import read_firm_day

LENGTH = 20
"""Characters of a moment as the service writes it."""


class Clock:
    """The time of the machine plus an offset in seconds, or a moment at which it is frozen."""

    def __init__(self, offset: float = 0.0, frozen: float | None = None) -> None:
        self.offset = offset
        self.frozen = frozen

    def read_seconds(self) -> float:
        """Return seconds since 1970 in UTC."""
        return (time.time() if self.frozen is None else self.frozen) + self.offset

    def read_today(self) -> date:
        """Return the day of the firm, whose books are in US Pacific time: both simulators show it as of one day."""
        return read_firm_day(self.read_seconds())

    def read_stamp(self) -> str:
        """Return the present moment as the service writes it."""
        return format_moment(datetime.fromtimestamp(self.read_seconds(), UTC))


def format_moment(moment: datetime) -> str:
    """Return a moment as the service writes it, in UTC to the second; without an offset it is in UTC already."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return f"{aware.year:04}-{aware:%m-%dT%H:%M:%S}Z"


def normalise_moment(value: str) -> str:
    """Return a date or date-time in the one form of the service. Raises ValueError for another text."""
    if len(value) == LENGTH and value[-1] == "Z" and value.isascii():
        datetime.fromisoformat(value)
        return value
    try:
        return format_moment(datetime.fromisoformat(value.strip()))
    except OverflowError as error:
        raise ValueError(str(error)) from error
