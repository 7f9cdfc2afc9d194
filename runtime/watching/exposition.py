"""Writes counts out in the format of Prometheus. The library is imported at the first scrape.

Called by `server.metrics`, with what this process counted and what others have written (`shared_counts`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from runtime.watching.counts import SECONDS, Counts, Gauge, Labels, merge_values
from runtime.watching.shared_counts import Other

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

Gauges = Mapping[str, Mapping[Labels, float]]


def read_gauges(gauges: Sequence[Gauge]) -> dict[str, list[tuple[Labels, float]]]:
    """Return every gauge by its name as it is now."""
    return {each.name: list(each.read().items()) for each in gauges}


def render_counts(
    counts: Counts, gauges: Sequence[Gauge], others: Iterable[Other], accept: str
) -> tuple[bytes, str]:
    """Return the body and the media type for a scraper that accepts this: OpenMetrics or the older text."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import choose_encoder

    found = list(others)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(counts, gauges, found))
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


class _Collector:
    """What the library asks for metrics."""

    def __init__(self, counts: Counts, gauges: Sequence[Gauge], others: Sequence[Other]) -> None:
        self._counts, self._gauges, self._others = counts, gauges, others

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with its samples, the counts of all processes added up."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        sums = merge_values(iter([self._counts.read_all(), *(each.counts for each in self._others)]))
        for counter in self._counts.counters:
            family = CounterMetricFamily(counter.name, counter.about, labels=counter.labels)
            for labels, value in sums.get(counter.name, {}).items():
                family.add_metric(labels, value)
            yield family
        for histogram in self._counts.histograms:
            yield _describe_times(histogram.name, histogram.about, histogram.labels, sums)
        now = [read_gauges(self._gauges), *(each.gauges for each in self._others)]
        for gauge in self._gauges:
            shown = GaugeMetricFamily(gauge.name, gauge.about, labels=gauge.labels)
            for labels, value in _merge_gauge(gauge, now).items():
                shown.add_metric(labels, value)
            yield shown


def _merge_gauge(gauge: Gauge, read: Iterable[Mapping[str, Any]]) -> Mapping[Labels, float]:
    found: dict[Labels, float] = {}
    for each in read:
        for given, value in each.get(gauge.name, ()):
            labels = tuple(given)
            before = found.get(labels, 0.0)
            found[labels] = before + value if gauge.is_sum else max(before, value)
    return found


def _describe_times(
    name: str, about: str, labels: Labels, sums: Mapping[str, Mapping[Labels, Any]]
) -> Metric:
    from prometheus_client.core import HistogramMetricFamily

    bounds = [*(str(each) for each in SECONDS), "+Inf"]
    family = HistogramMetricFamily(name, about, labels=labels)
    for values, counted in sums.get(name, {}).items():
        *numbers, total = counted
        buckets = list(zip(bounds, accumulate(numbers), strict=True))
        family.add_metric(values, buckets, sum_value=total)
    return family
