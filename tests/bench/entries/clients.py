"""What analyses over both systems of a provider cost: 120 clients, 60,000 time entries, 15,000 transactions, two years.

The processor time is that of a whole call, of the server process and its worker together: planning, requests as they
are prepared and signed, checking, packing and sealing what was read, computing, writing the answer. They run in this
process, and what the vendors answered is answered again from memory: neither the simulators nor sockets are in it.
Only an answer that is complete and adds up to the books is counted.
"""

from __future__ import annotations

import gc
import pickle
import time
from statistics import median
from typing import Any

from runtime.insights.name_matching import match_parties
from runtime.insights.worker import Job, run_job
from runtime.model import Account
from runtime.operations.clients import UNMAPPED, Clients, Unmapped
from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.load import Wrong
from tests.bench.provider import SIZE, Provider
from tests.bench.stage import Stage
from tests.insights.firm_names import plan_firms

ANALYSES = ("client_profitability", "margin_check", "valuation")
MOST_PARTS = 5
"""Calls that go on where one ended at its limit of requests; what all of them take is counted."""
LEAST_CLIENTS, MOST_CLIENTS = 100, 200
"""Of an answer that has all of them: as many as linked with a customer, at the most that one answer shows."""
AIMS = {"client_profitability": (Aim("under", 3_000), Aim("at most", 120))}
"""Milliseconds of processor time, and requests, as was promised; the others have figures."""
NAMES, NAMES_AIM = 2_000, Aim("under", 2_000)
CALLS = 60
"""Of the list, for each time."""
LIST = "list_all_quick_books_invoices"


class _Mapped(Unmapped):
    """Of a tenant that has a mapping."""

    async def has_mapping(self, _account: Account, /) -> bool:
        return True


def run(stage: Stage) -> Findings:
    """Measure."""
    provider = Provider(stage.folder / "clients", _compute)
    try:
        for name in ANALYSES:  # has the vendors asked
            _check(provider, name, _ask(provider, name))
        gc.collect()
        gc.freeze()  # the simulators, which no runtime has in its process
        rows = [row for name in ANALYSES for row in _measure(provider, stage, name)]
        rows.append(_compare_lists(provider, stage))
    finally:
        gc.unfreeze()
        provider.close()
    rows.append(_match_names(stage))
    about = (
        f"Clients: of a provider with {len(provider.plan.time):,} time entries and {SIZE:,} transactions in two "
        "years; whole calls without sockets, server process and worker together. The valuation is of twelve months."
    )
    return Findings(rows, notes=(about,))


def _measure(provider: Provider, stage: Stage, name: str) -> list[Row]:
    """Return what one analysis costs: processor time and requests."""
    costs, requests = [], []
    for _ in range(stage.scale.rounds):
        before, began = provider.analyst.count_sent(), time.process_time()
        answer = _ask(provider, name)
        costs.append(1e3 * (time.process_time() - began))
        requests.append(provider.analyst.count_sent() - before)
        _check(provider, name, answer)
        stage.progress.step(name)
    cost_aim, most = AIMS.get(name, (None, None))
    return [
        Row(f"processor time of {name} over both systems", "", "", costs, cost_aim, "ms"),
        Row(f"requests to the vendors of {name} over both systems", "", "", requests, most, "requests"),
    ]


async def _compute(job: Job) -> bytes:
    """Compute as the worker does, to which a job goes as bytes."""
    return run_job(pickle.loads(pickle.dumps(job)))


def _ask(provider: Provider, name: str) -> dict[str, Any]:
    days: dict[str, Any] = {}
    if name != "valuation":
        span = {"start_date": provider.first.isoformat(), "end_date": provider.last.isoformat()}
        days = {**span, "limit": MOST_CLIENTS}
    answer = provider.analyst.compute(name, **days)
    for _ in range(MOST_PARTS):  # a request for each agreement is more than one call makes
        if answer["complete"]:
            break
        answer = provider.analyst.compute(name, **days, continue_from=answer["continue_from"])
    return answer


def _check(provider: Provider, name: str, answer: dict[str, Any]) -> None:
    """Raise Wrong for an answer that is not complete, does not tie, or has not the work of all entries."""
    if not answer["complete"]:
        raise Wrong(f"{name} is not complete: {answer['missing']}")
    if not all(each["ties"] is True for each in answer["ties"]):
        raise Wrong(f"{name} does not tie.")
    if name == "client_profitability":
        _check_clients(provider, answer["figures"])


def _check_clients(provider: Provider, figures: dict[str, Any]) -> None:
    clients, count = figures["clients"], figures["count"]
    if len(clients) != count or count < LEAST_CLIENTS:
        raise Wrong(f"{len(clients)} of {count} clients were answered.")
    if not all(each["adds_up"] for each in figures["months"]):
        raise Wrong("The months do not add up to the books.")
    linked = provider.count_hours_of_clients()
    found = round(sum(each["hours"] for each in clients), 1)
    if abs(found - linked) > 1:
        raise Wrong(f"Clients have {found} hours and not {linked}: not every time entry was counted.")


def _compare_lists(provider: Provider, stage: Stage) -> Row:
    """Return how much longer a list without the argument `client` takes where the tenant has a mapping."""
    ratios = []
    _time_list(provider, UNMAPPED)
    for _ in range(stage.scale.rounds):
        without, mapped = (_time_list(provider, each) for each in (UNMAPPED, _Mapped()))
        ratios.append(mapped / without)
        stage.progress.step("lists")
    return Row("processor time of a list with a mapping : without one", "", "", ratios)


def _time_list(provider: Provider, clients: Clients) -> float:
    provider.have_clients(clients)
    costs = []
    for _ in range(CALLS):
        began = time.process_time()
        provider.analyst.call(LIST)
        costs.append(time.process_time() - began)
    return median(costs)


def _match_names(stage: Stage) -> Row:
    """Return what it costs to find who is who among names that are written differently."""
    plan, costs = plan_firms(7, NAMES), []
    for _ in range(stage.scale.rounds):
        began = time.process_time()
        found = match_parties(plan.work, plan.books)
        costs.append(1e3 * (time.process_time() - began))
        if len(found.links) < 0.8 * len(plan.truth):
            raise Wrong(f"{len(found.links)} of {len(plan.truth)} names were linked.")
        stage.progress.step("names")
    sides = f"{len(plan.work):,} with {len(plan.books):,}"
    return Row(f"processor time of mapping {sides} names", "", "", costs, NAMES_AIM, "ms")


ENTRY = Entry("clients", "analyses over both systems", lambda scale: (len(ANALYSES) + 2) * scale.rounds, run)
