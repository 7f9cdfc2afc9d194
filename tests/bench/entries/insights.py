"""What analyses cost: processor time and requests over 20,000 transactions, and what other calls notice of one.

In this process, with the simulator and real records; what its vendor answered is answered again from memory, so that
the simulator's own work is not measured. How good they are is measured by the same functions as in the tests.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

from runtime.insights.kinds import MODULES, find_insight
from runtime.insights.worker import Job, run_job
from runtime.operations.insights.answering import Computed
from runtime.upstream.client import VendorRequest, VendorResponse
from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.load import Wrong
from tests.bench.stage import Stage
from tests.insights.backtest import run_backtests
from tests.insights.companies import make_store
from tests.insights.measuring import measure_anomalies
from tests.operations.insights.analyst import Analyst

SIZE = 20_000
AIMS = {"find_anomalies": 1_500, "cash_flow_forecast": 1_000, "month_end_checklist": 1_000}
"""Milliseconds of processor time, as was promised; the others are held to the second."""
USUAL_AIM = 1_000
MOST_REQUESTS = Aim("at most", 40)
MEANWHILE = Aim("at most", 1.3)
LARGE, VENDOR_SECONDS = 50_000, 0.3
"""Bytes of a response with pages of records, and how long the vendor takes for it at the least: no vendor answers a
thousand whole records at once.
"""
QUALITY = (
    "Recall and precision are of seeds 101 to 110, the backtests of seeds 1 to 4, each cut at eight dates."
)
CALLS = 60
"""Of another tool, for each median."""
PAUSE = 0.005
"""Seconds between two of them, alike in both cases: a processor that rests is slower at first."""
OTHER = "get_quick_books_company_info"


def run(stage: Stage) -> Findings:
    """Measure."""
    analyst = Analyst(stage.folder / "insights", make_store("it_services", 1, SIZE), most_bytes=200_000)
    try:
        remember_answers(analyst)
        rows = [row for name in MODULES for row in _measure(analyst, stage, name)]
        rows.append(_measure_meanwhile(analyst, stage))
    finally:
        analyst.close()
    rows += [*_rate_anomalies(stage), *_rate_forecasts(stage)]
    about = f"Analyses: of a company with {SIZE:,} transactions in two years. {QUALITY}"
    return Findings(rows, notes=(about,))


def remember_answers(analyst: Analyst) -> None:
    """Have the vendor answer what it was asked before from memory."""
    send, known = analyst.client.send, {}

    async def answer(request: VendorRequest, account: str) -> VendorResponse:
        key = (request.verb, request.url, request.body)
        if key not in known:
            known[key] = await send(request, account)
        else:
            analyst.client.requests.append(request)
            if len(known[key].body) > LARGE:
                await asyncio.sleep(VENDOR_SECONDS)
        return known[key]

    analyst.client.send = answer  # type: ignore[method-assign]


def _measure(analyst: Analyst, stage: Stage, name: str) -> list[Row]:
    """Return what one analysis costs: computing it in the worker, and its requests."""
    jobs: list[Job] = []
    with _Compute(analyst, lambda job: (jobs.append(job), run_job(job))[1]):
        answer = analyst.compute(name)
    if not answer["complete"]:
        raise Wrong(f"{name} is not complete: {answer['missing']}")
    costs = []
    for _ in range(stage.scale.rounds):
        began = time.process_time()
        run_job(jobs[0])
        costs.append(1e3 * (time.process_time() - began))
        stage.progress.step(name)
    said = f"processor time of {name} over {SIZE:,} transactions"
    aim = Aim("under", AIMS.get(name, USUAL_AIM))
    requests = Row(
        f"requests to the vendor of {name}", "", "", [answer["calls_used"]], MOST_REQUESTS, "requests"
    )
    return [Row(said, "", "", costs, aim, "ms"), requests]


class _Compute:
    """Has jobs computed otherwise in a block."""

    def __init__(self, analyst: Analyst, work: Callable[[Job], bytes]) -> None:
        self._computed: Computed = analyst.calls._own.computed
        self._usual, self._work = self._computed._compute, work

    def __enter__(self) -> None:
        async def compute(job: Job) -> bytes:
            return self._work(job)

        self._computed._compute = compute  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        self._computed._compute = self._usual  # type: ignore[method-assign]


def _measure_meanwhile(analyst: Analyst, stage: Stage) -> Row:
    """Return how much longer the median call takes while an analysis is read and computed, than when nothing is."""
    ratios = []
    analyst.answer(OTHER)
    for _ in range(stage.scale.rounds):
        ratios.append(analyst._runner.run(_compare(analyst)))
        stage.progress.step("calls meanwhile")
    return Row("median call while an analysis runs : when none does", "", "", ratios, MEANWHILE)


async def _compare(analyst: Analyst) -> float:
    idle = []
    for _ in range(CALLS):
        idle.append(await _time(analyst.ask(OTHER)))
        await asyncio.sleep(PAUSE)
    analysis = asyncio.create_task(analyst.ask("find_anomalies"))
    busy = []
    while not analysis.done():
        busy.append(await _time(analyst.ask(OTHER)))
        await asyncio.sleep(PAUSE)
    if (await analysis).error is not None:
        raise Wrong("the analysis failed")
    return median(busy) / median(idle)


async def _time(call: Awaitable[Any]) -> float:
    began = time.perf_counter()
    await call
    return time.perf_counter() - began


def _rate_anomalies(stage: Stage) -> list[Row]:
    """Return recall and precision of each kind, over ten companies with planted faults."""
    measured = measure_anomalies(find_insight("find_anomalies"))
    stage.progress.step("planted faults")
    return [
        row
        for each in measured
        for row in (
            Row(
                f"recall of {each.kind}, of {each.faults} planted",
                "",
                "",
                [each.recall],
                Aim("at least", 0.9),
            ),
            Row(f"precision of {each.kind}", "", "", [each.precision], Aim("at least", 0.8)),
        )
    ]


def _rate_forecasts(stage: Stage) -> list[Row]:
    """Return how often the band held, and the error of the balance after eight weeks by that of others."""
    rows = []
    for each in run_backtests():
        name = f"forecast of {each.kind}, "
        rows += [
            Row(f"{name}coverage of its 80 % band", "", "", [each.coverage], Aim("at least", 0.7)),
            Row(
                f"{name}error : seasonal-naive",
                "",
                "",
                [float(each.error / each.naive_error)],
                Aim("under", 1),
            ),
            Row(f"{name}error : due dates", "", "", [float(each.error / each.due_error)], Aim("under", 1)),
        ]
        stage.progress.step("backtests")
    return rows


ENTRY = Entry("insights", "analyses of the books", lambda scale: 8 * scale.rounds + 4, run)
