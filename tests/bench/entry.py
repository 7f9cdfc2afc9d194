"""What an entry is, and what it hands back: rows for the table, and the figures that they were made of."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tests.bench.stage import Stage


@dataclass(frozen=True)
class Scale:
    """How long a run takes: rounds, and what one measurement in a round takes."""

    rounds: int
    seconds: float
    calls_each: int
    """Calls per connection where the measurement is a fixed amount of work."""
    starts: int


FULL = Scale(rounds=7, seconds=2.0, calls_each=15, starts=9)
QUICK = Scale(rounds=3, seconds=0.7, calls_each=5, starts=3)


@dataclass(frozen=True)
class Aim:
    """What a value is to be: at least or at most a bound."""

    side: Literal["at least", "at most", "under"]
    bound: float

    def is_met_by(self, value: float) -> bool:
        """Whether a value reaches it."""
        if self.side == "at least":
            return value >= self.bound
        return value < self.bound if self.side == "under" else value <= self.bound


@dataclass(frozen=True)
class Row:
    """One line of the table. `values` has one value for each round, and its median is held against the aim."""

    name: str
    ours: str
    reference: str
    values: Sequence[float]
    aim: Aim | None = None
    unit: str = ""
    """Empty when the values are ratios."""
    by_processor: float | None = None
    """The ratio of what one answer costs each server in processor time: steadier when other programs are running."""

    @property
    def median(self) -> float:
        """The value in the middle."""
        return statistics.median(self.values)

    @property
    def is_reached(self) -> bool | None:
        """Whether the aim is reached; None where there is none."""
        return None if self.aim is None else self.aim.is_met_by(self.median)


@dataclass(frozen=True)
class Figure:
    """What was measured of one server: medians over the rounds, for the second table."""

    name: str
    rate: float
    """Answers per second."""
    latency: float
    """Median, seconds."""
    shares: dict[str, float]
    """Of one core each: what the server, the load and other processes used."""
    cost: float
    """Processor seconds of the server for one answer."""
    answers: int
    checked: int
    rates: Sequence[float] = ()


@dataclass(frozen=True)
class Findings:
    """What an entry found. `notes` are sentences for the reader."""

    rows: Sequence[Row] = ()
    figures: Sequence[Figure] = ()
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Entry:
    """One thing that is measured. `steps` says how far the progress bar moves while it runs."""

    name: str
    about: str
    steps: Callable[[Scale], int]
    run: Callable[[Stage], Findings]
