"""Moments, amounts and references as the vendor writes them. Called by the makers of records."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

Body = dict[str, Any]
OFFICE_OFFSET = timedelta(hours=5)
"""From the office's time to UTC, so that a working day is one day in both."""
LOCATION: Body = {"id": 2, "name": "Main Office"}
DEPARTMENT: Body = {"id": 10, "identifier": "MS", "name": "Managed Services"}
CURRENCY: Body = {"id": 1, "name": "US Dollars"}
COUNTRY: Body = {"id": 1, "name": "United States"}
TERMS: Body = {"id": 4, "name": "Net 30"}
MONTHLY: Body = {"id": 2, "name": "Monthly"}


def make_moment(day: date, minute: int = 0) -> str:
    """Return the moment of a minute of a day at the office, in UTC."""
    at = datetime.combine(day, time()) + timedelta(minutes=minute) + OFFICE_OFFSET
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def make_day(day: date) -> str:
    """Return a day without a time, as the vendor writes it."""
    return f"{day:%Y-%m-%d}T00:00:00Z"


def make_reference(id: int, name: str, **more: str) -> Body:
    """Return a reference."""
    return {"id": id, **more, "name": name}


def to_dollars(cents: int) -> float:
    """Return cents as the vendor writes money."""
    return cents / 100


class Stamps:
    """What says when a record was changed: never later than the last day's beginning."""

    def __init__(self, last_day: date) -> None:
        self.last_day = last_day

    def stamp(self, day: date, by: str = "zAdmin") -> Body:
        """Return `_info` of a record that was last changed on a day."""
        at = make_day(self.last_day) if day >= self.last_day else make_moment(day, 17 * 60)
        return {"lastUpdated": at, "updatedBy": by}

    def enter(self, day: date, changed: date, by: str) -> Body:
        """Return `_info` of a record that was entered on a day."""
        entered = make_day(self.last_day) if day >= self.last_day else make_moment(day, 8 * 60)
        return {**self.stamp(changed, by), "dateEntered": entered, "enteredBy": by}
