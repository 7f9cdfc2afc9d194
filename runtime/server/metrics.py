"""What a process reports of itself to Prometheus: its counts, and how it is at this moment.

Called by `app`, which has the parts; `api.call_log` answers the scraper with `Metrics.render`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from runtime.watching.counts import Counter, Counts, Gauge, Labels
from runtime.watching.exposition import read_gauges, render_counts
from runtime.watching.shared_counts import SharedCounts

if TYPE_CHECKING:
    from runtime.server.app import Runtime

LAG_SECONDS = 0.5
"""Between two measurements of the event loop: one timer, and a pause of a second is seen."""


_OF_PAGES, _FOR_PROGRAMS = "runtime.web.", "runtime.web.oauth_endpoints"
"""The modules with the handlers of pages, and the one of them that answers programs."""
Send = Callable[[Any], Awaitable[None]]


class LoopLag:
    """How late the event loop is: by how much a timer was late, at most since the last two scrapes."""

    def __init__(self) -> None:
        self._most = self._before = 0.0

    async def run(self) -> None:
        """Measure until it is cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(LAG_SECONDS)
            self._most = max(self._most, time.perf_counter() - began - LAG_SECONDS)

    def read(self) -> Mapping[Labels, float]:
        """Return the most since the scrape before the last one, so that two scrapers both see a pause."""
        found = max(self._most, self._before)
        self._before, self._most = self._most, 0.0
        return {(): found}


class Metrics:
    """The counts of this process, and of those that it shares a folder with."""

    def __init__(self, counts: Counts, shared: SharedCounts | None = None) -> None:
        self.counts, self._shared = counts, shared
        self.gauges: list[Gauge] = []

    async def run(self) -> None:
        """Write the counts for the other processes until it is cancelled, where there are others."""
        if self._shared is not None:
            await self._shared.run(lambda: (self.counts.read_all(), read_gauges(self.gauges)))

    def render(self, accept: str) -> tuple[bytes, str]:
        """Return the body and media type of an answer to a scraper. It reads files: to be called in a thread."""
        others = self._shared.read_others() if self._shared else ()
        return render_counts(self.counts, self.gauges, others, accept)


def make_gauges(runtime: Runtime, lag: LoopLag) -> list[Gauge]:
    """Return what there is to read of the parts of a process."""
    stores = runtime.stores

    def read_storage() -> Mapping[Labels, float]:
        return {(name,): float(bool(fault)) for name, fault in stores.find_faults().items()}

    def read_waiting() -> Mapping[Labels, float]:
        return {
            ("changes",): float(stores.writer.count_waiting()),
            ("call_log",): float(runtime.call_log.count_waiting()),
        }

    return [
        Gauge(
            "ledgerport_storage_fault",
            "1 for what fails of the storage, else 0.",
            ("part",),
            read_storage,
            is_sum=False,
        ),
        Gauge("ledgerport_queue_length", "What waits to be stored.", ("queue",), read_waiting),
        Gauge(
            "ledgerport_event_loop_lag_seconds",
            "By how much a timer of the event loop was late, at most since the scrape before the last.",
            (),
            lag.read,
            is_sum=False,
        ),
        make_gauge(
            "ledgerport_vendor_requests_under_way",
            "Requests that vendors have not answered yet.",
            runtime.client.count_in_flight,
        ),
    ]


def make_gauge(name: str, about: str, read: Callable[[], int]) -> Gauge:
    """Return a gauge of one number."""
    return Gauge(name, about, (), lambda: {(): float(read())})


def count_sent(requests: Counter, scope: Mapping[str, Any], send: Send) -> Send:
    """Return what sends a response of the management API or the pages, and counts it.

    Which of them it is stands in the scope when it is answered: the handler to which the routes have led.
    """

    async def send_counted(message: Any) -> None:
        if message["type"] == "http.response.start":
            module = getattr(scope.get("endpoint"), "__module__", "")
            is_page = module.startswith(_OF_PAGES) and module != _FOR_PROGRAMS
            requests.add("pages" if is_page else "api", str(message["status"]))
        await send(message)

    return send_counted
