"""What one process has counted of its work since it started, in memory.

To count is a look-up and an addition of plain numbers, on the event loop's thread only; `exposition` gives them their
form when somebody asks. Every label has few values: names of integrations and tools, our own error codes, statuses.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

Labels = tuple[str, ...]
AllValues = dict[str, list[tuple[Labels, Any]]]
"""The values of each counter and histogram by its name, as they are merged with those of other processes."""

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of times: those of the Prometheus libraries, and up to the minute for which the hosts of agents wait."""


class Counter:
    """A number that only grows, for each combination of labels."""

    __slots__ = ("about", "labels", "name", "values")

    def __init__(self, name: str, about: str, *labels: str) -> None:
        self.name, self.about, self.labels = name, about, labels
        self.values: dict[Labels, int] = {}

    def add(self, *labels: str) -> None:
        """Count one."""
        self.values[labels] = self.values.get(labels, 0) + 1


class Histogram:
    """Times in seconds, by how long they were, for each combination of labels."""

    __slots__ = ("about", "labels", "name", "values")

    def __init__(self, name: str, about: str, *labels: str) -> None:
        self.name, self.about, self.labels = name, about, labels
        self.values: dict[Labels, list[float]] = {}
        """The number of times below each bound and above them all, and then their sum."""

    def measure(self, seconds: float, *labels: str) -> None:
        """Count one time."""
        found = self.values.get(labels)
        if found is None:
            found = self.values[labels] = [0.0] * (len(SECONDS) + 2)
        found[bisect_left(SECONDS, seconds)] += 1
        found[-1] += seconds


class Gauge(NamedTuple):
    """A number that goes up and down, read when somebody asks; `read` returns it by its labels."""

    name: str
    about: str
    labels: Labels
    read: Callable[[], Mapping[Labels, float]]
    is_sum: bool = True
    """Whether those of several processes add up; otherwise the largest is shown."""


class Counts:
    """Everything that one process counts."""

    def __init__(self) -> None:
        self.requests = Counter(
            "ledgerport_http_requests", "Responses sent, by endpoint and HTTP status.", "endpoint", "status"
        )
        self.tool_calls = Counter(
            "ledgerport_tool_calls",
            "Calls of tools, by what they came to: ok, or the code of the error.",
            "integration", "tool", "outcome",
        )  # fmt: skip
        self.tool_seconds = Histogram(
            "ledgerport_tool_call_seconds", "How long calls of tools took.", "integration"
        )
        self.rate_limited = Counter(
            "ledgerport_rate_limited", "Calls of tools that were refused for a rate limit.", "integration"
        )
        self.vendor_requests = Counter(
            "ledgerport_vendor_requests",
            "Requests sent to vendors, by HTTP status or the code of the error.",
            "integration", "outcome",
        )  # fmt: skip
        self.vendor_seconds = Histogram(
            "ledgerport_vendor_request_seconds", "How long vendors took to answer.", "integration"
        )
        self.token_refreshes = Counter(
            "ledgerport_token_refreshes",
            "Access tokens asked of vendors, by what it came to: ok, or the code of the error.",
            "integration", "outcome",
        )  # fmt: skip
        self.journal = Counter(
            "ledgerport_journal_entries", "Writes in the journal, by outcome; sent is the intent.", "outcome"
        )
        self.unlogged = Counter("ledgerport_call_log_dropped", "Calls that the call log has lost.", "reason")

    @property
    def counters(self) -> tuple[Counter, ...]:
        """Every counter."""
        return (
            self.requests, self.tool_calls, self.rate_limited, self.vendor_requests, self.token_refreshes,
            self.journal, self.unlogged,
        )  # fmt: skip

    @property
    def histograms(self) -> tuple[Histogram, ...]:
        """Every histogram."""
        return self.tool_seconds, self.vendor_seconds

    def read_all(self) -> AllValues:
        """Return all values as they are now."""
        found: AllValues = {each.name: list(each.values.items()) for each in self.counters}
        return found | {
            each.name: [(labels, list(values)) for labels, values in each.values.items()]
            for each in self.histograms
        }


def merge_values(read: Iterator[AllValues]) -> dict[str, dict[Labels, Any]]:
    """Return the sums of what several processes have counted."""
    sums: dict[str, dict[Labels, Any]] = {}
    for each in read:
        for name, values in each.items():
            for given, value in values:
                labels, known = tuple(given), sums.setdefault(name, {})
                before = known.get(labels)
                known[labels] = value if before is None else _add(before, value)
    return sums


def _add(one: Any, other: Any) -> Any:
    if isinstance(one, list):
        return [a + b for a, b in zip(one, other, strict=True)]
    return one + other
