"""How the processor time of a piece of work grows with its input: what is linear takes twice as long for twice as much.

Processor time is measured, not the clock on the filter, and the best of several rounds counts, so that other programs
on the machine change little. Work that stays under `UNMEASURABLE` even when it is doubled passes: noise would decide.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

ROUNDS = 3
ATTEMPTS = 4
"""What is not found to be linear is measured anew: another program can slow one of the two sizes down for seconds."""
UNMEASURABLE = 0.01
"""Seconds. Quadratic work at the sizes that tests use takes a hundred times as long."""
MEASURED_ONCE = 2.0
"""Seconds: noise is a small part of so much."""
MOST_GROWTH = 3.2
"""Between linear (2) and quadratic (4), with a margin for caches of the processor and for allocation."""

Work = Callable[[], Any]


def seconds_of(work: Work, rounds: int = ROUNDS) -> float:
    """The least processor time that one run took, in seconds. Stops early when a run is too cheap to matter."""
    best = float("inf")
    for _ in range(rounds):
        best = min(best, _seconds_once(work))
        if not UNMEASURABLE <= best < MEASURED_ONCE:
            break
    return best


def _seconds_once(work: Work) -> float:
    gc.disable()  # a collection looks at all that the tests hold, and comes at the larger size only
    try:
        began = time.process_time()
        work()
        return time.process_time() - began
    finally:
        gc.enable()


def is_linear(make: Callable[[int], Work], size: int, most_seconds: float = float("inf")) -> bool:
    """Whether `make(2 * size)` takes about twice as long as `make(size)`, which takes less than `most_seconds`."""
    work, twice = make(size), make(2 * size)
    for _ in range(ATTEMPTS):
        small = seconds_of(work)
        limit = max(UNMEASURABLE, MOST_GROWTH * small)
        if small < most_seconds and any(_seconds_once(twice) < limit for _ in range(ROUNDS)):
            return True  # the first round below the limit decides, for noise only adds
    return False
