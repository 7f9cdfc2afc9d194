"""Everything that is measured, one module for each entry, in the order in which it runs."""

from __future__ import annotations

from tests.bench.entries import (
    answers,
    approvals,
    bearer,
    calling,
    clients,
    compiling,
    creating,
    fanout,
    fleet,
    insights,
    latency,
    listing,
    pages,
    sessions,
    simulator,
    slow_vendor,
    start,
    tokens,
)
from tests.bench.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    listing.ENTRY,
    calling.ENTRY,
    bearer.ENTRY,
    answers.ENTRY,
    latency.ENTRY,
    sessions.ENTRY,
    tokens.ENTRY,
    fleet.ENTRY,
    creating.ENTRY,
    approvals.ENTRY,
    insights.ENTRY,
    clients.ENTRY,
    slow_vendor.ENTRY,
    fanout.ENTRY,
    pages.ENTRY,
    start.ENTRY,
    compiling.ENTRY,
    simulator.ENTRY,
)
