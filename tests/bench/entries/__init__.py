"""Everything that is measured, one module for each entry, in the order in which it runs."""

from __future__ import annotations

from tests.bench.entries import calling, compiling, latency, listing, slow_vendor, stand_in, start
from tests.bench.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    listing.ENTRY,
    calling.ENTRY,
    latency.ENTRY,
    slow_vendor.ENTRY,
    start.ENTRY,
    compiling.ENTRY,
    stand_in.ENTRY,
)
