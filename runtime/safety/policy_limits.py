"""Whether writes exceed what an MCP server may write in an hour or a day, by what it has written. Pure.

Called by `operations.write_policies`, which counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from runtime.model import Policies
from runtime.safety.policies import Violation


class Used(NamedTuple):
    """What an MCP server has written: in the last 24 hours, and in the last hour, with when that gets less."""

    amount: Decimal
    writes: int
    hour_until: float = 0.0
    """Seconds until the oldest write of the last hour counts no longer."""
    day_until: float = 0.0


def find_exceeded(policies: Policies, used: Used, amount: Decimal, writes: int) -> Iterator[Violation]:
    """Yield each limit that so many writes, of so much together, would exceed."""
    most = policies.max_amount_per_day
    if most is not None and amount and used.amount + amount > most:
        said = f"The amount is {amount}, and {used.amount} was written within 24 hours."
        wait = (
            f" The oldest of it counts for {math.ceil(used.day_until / 60)} more minutes."
            if used.amount
            else ""
        )
        yield Violation("max_amount_per_day", said, f"Together at most {most} is allowed.{wait}")
    if policies.max_writes_per_hour and used.writes + writes > policies.max_writes_per_hour:
        said = f"{used.writes} writes were made within the hour" + (
            f", and these are {writes}." if writes > 1 else "."
        )
        wait = f" The next one may come in {math.ceil(used.hour_until)} seconds." if used.writes else ""
        allowed = f"At most {policies.max_writes_per_hour} are allowed.{wait}"
        yield Violation("max_writes_per_hour", said, allowed)
