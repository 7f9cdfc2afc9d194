"""Which day it is in the time zone of an MCP server, and which is some days from another.

Called by `context`, `operations.calls`, `operations.duplicates` and `operations.write_policies`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from runtime.model import USUAL_TIME_ZONE


def find_today(time_zone: str, moment: float | None = None) -> date:
    """Return the day in a time zone of the IANA database, such as `America/New_York`: now, or at a moment."""
    zone = ZoneInfo(time_zone)
    return (datetime.now(zone) if moment is None else datetime.fromtimestamp(moment, zone)).date()


def find_utc_today() -> date:
    """Return the day in UTC."""
    return find_today(USUAL_TIME_ZONE)


def add_days(day: date, days: int) -> date:
    """Return the day some days later, or earlier; the last or first one that a date can be where that is beyond it."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min
