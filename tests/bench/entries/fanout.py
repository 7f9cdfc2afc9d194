"""One read at eight companies of a vendor that takes 300 ms: how near it comes to a read at one of them."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.invoice import SLOW_ID, TOOL, invoice_of
from tests.bench.load import Measured, Target, measure_calls
from tests.bench.messages import Check, answers, tool_request
from tests.bench.servers.several import COMPANIES
from tests.bench.stage import Stage

EACH, ONE = f"fan-out: {COMPANIES} companies", "fan-out: one of them"


def run(stage: Stage) -> Findings:
    """Measure."""
    server, watched = stage.several, {"server": stage.several.pid, "vendor": stage.vendor.pid}

    def measure(company: str, is_right: Check) -> Callable[[], Measured]:
        request = tool_request(
            server.port, stage.several_deployment.path, TOOL, {"id": SLOW_ID, "company": company}
        )
        target = Target(server.port, request, is_right, watched)
        return lambda: measure_calls(target, 1, stage.scale.calls_each)

    rounds = stage.rounds({EACH: measure("all", answers(_are_whole)), ONE: measure("1", answers(_is_whole))})
    these, those = rounds.latencies(EACH), rounds.latencies(ONE)
    values = [this / that for this, that in zip(these, those, strict=True)]
    numbers = (f"{1e3 * statistics.median(each):.0f} ms" for each in (these, those))
    row = Row(f"a read at {COMPANIES} companies : at one", *numbers, values, Aim("at most", 1.3))
    return Findings([row], rounds.figures())


def _is_whole(value: Any) -> bool:
    return {name: each for name, each in value.items() if name != "company"} == invoice_of(SLOW_ID)


def _are_whole(value: Any) -> bool:
    results = [each["result"] for each in value["companies"] if each["ok"]]
    return len(results) == COMPANIES and all(map(_is_whole, results))


ENTRY = Entry("fanout", "a read at eight companies at once", lambda scale: 2 * scale.rounds, run)
