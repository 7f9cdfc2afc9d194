"""What is counted of the writes of MCP servers with limits, as plain values: `policy_records` stores it."""

from __future__ import annotations

from typing import NamedTuple


class Use(NamedTuple):
    """A write to count: the name of it, and its amount in millionths."""

    ref: str
    amount: int


class Limits(NamedTuple):
    """The most of one MCP server: in millionths within a day, and writes within an hour; 0 for no limit."""

    amount: int = 0
    writes: int = 0


class Reservation(NamedTuple):
    """What came of a reservation: whether it was made, the names of what it added, and what was used before it.

    `hour_until` and `day_until` are the seconds until the oldest use in the window is out of it.
    """

    is_made: bool
    refs: tuple[str, ...]
    amount: int
    writes: int
    hour_until: float
    day_until: float
