"""How the processor time of a piece of work grows with its input: what is linear takes twice as long for twice as much.

Processor time is measured, not the clock on the filter, and the best of several rounds counts, so that other programs
on the machine change little. Work that stays under `UNMEASURABLE` even when it is doubled passes: noise would decide.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

ROUNDS = 5
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
        gc.collect()
        gc.disable()  # a collection looks at all that the tests hold, and comes at the larger size only
        try:
            began = time.process_time()
            work()
            best = min(best, time.process_time() - began)
        finally:
            gc.enable()
        if not UNMEASURABLE <= best < MEASURED_ONCE:
            break
    return best


def growth_of(make: Callable[[int], Work], size: int) -> float:
    """How many times as long `make(2 * size)` takes as `make(size)`; 1 when neither can be measured."""
    twice = seconds_of(make(2 * size))
    if twice < UNMEASURABLE:
        return 1.0
    return twice / max(seconds_of(make(size)), 1e-6)


def is_linear(make: Callable[[int], Work], size: int) -> bool:
    """Whether work is linear in its input. Measured again before it is said not to be."""
    if (growth := growth_of(make, size)) >= MOST_GROWTH:
        growth = min(growth, growth_of(make, size))
    return growth < MOST_GROWTH
