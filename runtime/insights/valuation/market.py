"""Multiples and benchmarks of the market, from the facts of the definition, and the multiples of a caller.

Called by `valuing` and `levers`. A number of the facts has its source; where the facts have none, only the caller's
multiples value anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from runtime.errors import InvalidArguments
from runtime.insights.analysis import Options
from runtime.insights.books import Books

CALLER = "the caller"
NAMES = ("multiple_low", "multiple_mid", "multiple_high")
"""The arguments of the tool, in their order."""


class Band(NamedTuple):
    """The multiples of a size. `below` is None for the largest."""

    below: Decimal | None
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Multiples:
    """What one EBITDA is multiplied by, and who says so."""

    low: Decimal
    mid: Decimal
    high: Decimal
    source: str
    date: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As plain values, for answers."""
        return {
            "low": self.low,
            "mid": self.mid,
            "high": self.high,
            "of": "adjusted EBITDA of twelve months",
            "source": self.source,
            "date": self.date,
        }


class Benchmark(NamedTuple):
    """What buyers look for: at least, or at most, an amount."""

    name: str
    at_least: Decimal | None
    at_most: Decimal | None
    source: str

    def is_met(self, value: Decimal) -> bool:
        """Whether a value reaches it."""
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )

    @property
    def limit(self) -> Decimal:
        """What has to be reached, or not exceeded."""
        found = self.at_least if self.at_least is not None else self.at_most
        return Decimal(0) if found is None else found


@dataclass(frozen=True, slots=True)
class Market:
    """What the facts say."""

    bands: tuple[Band, ...] = ()
    source: str = ""
    date: str = ""
    currency: str = ""
    benchmarks: Mapping[str, Benchmark] | None = None

    def find_band(self, ebitda: Decimal) -> Band | None:
        """Return the band of a size; None where the facts have none."""
        return next((each for each in self.bands if each.below is None or ebitda < each.below), None)

    def find_benchmark(self, name: str) -> Benchmark | None:
        """Return what buyers look for in a measure; None where the facts do not say."""
        return (self.benchmarks or {}).get(name)


def read_market(books: Books) -> Market:
    """Return what the facts say of the market."""
    found = books.facts.get("multiples") or {}
    bands = tuple(
        Band(_read(each.get("below")), Decimal(str(each["low"])), Decimal(str(each["high"])))
        for each in found.get("bands") or ()
    )
    benchmarks = {
        name: Benchmark(name, _read(each.get("at_least")), _read(each.get("at_most")), str(each["source"]))
        for name, each in (books.facts.get("benchmarks") or {}).items()
    }
    source, day, currency = (str(found.get(name, "")) for name in ("source", "date", "currency"))
    return Market(bands, source, day, currency, benchmarks)


def check_multiples(options: Options) -> None:
    """Raise InvalidArguments for multiples that are not in their order."""
    given = [Decimal(str(options[name])) for name in NAMES if options.get(name) is not None]
    if given != sorted(given):
        raise InvalidArguments(
            "The multiples are not in their order.",
            advice="Give multiple_low, multiple_mid and multiple_high from the lowest to the highest.",
        )


def choose_multiples(market: Market, options: Options, ebitda: Decimal) -> Multiples | None:
    """Return the caller's multiples, and those of the facts for what is not given; None where neither has any.

    What is not given moves with what is: a middle one below the low one of the facts is the low one too.
    """
    low, mid, high = (_read(options.get(name)) for name in NAMES)
    given = [each for each in (low, mid, high) if each is not None]
    band = market.find_band(ebitda)
    if not given and band is None:
        return None
    if band is None or len(given) == len(NAMES):
        low, high = low or given[0], high or given[-1]
        return Multiples(low, mid or (low + high) / 2, high, CALLER)
    low = low if low is not None else min(band.low, *given) if given else band.low
    high = high if high is not None else max(band.high, *given) if given else band.high
    middle = mid if mid is not None else (low + high) / 2
    source = f"{CALLER}, and {market.source} for the others" if given else market.source
    return Multiples(low, middle, high, source, market.date)


def _read(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
