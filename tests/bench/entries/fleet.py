"""One worker with PostgreSQL and Redis beside the embedded store, and four workers beside one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

from tests.bench.deployment import Deployment, prepare
from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.invoice import FAST_ID
from tests.bench.load import Measured, Target, measure_for
from tests.bench.messages import (
    answers,
    call_request,
    list_names,
    list_request,
    lists,
    reads_invoice,
    tool_request,
)
from tests.bench.processes import Server, await_port, free_port, list_workers, started, started_workers
from tests.bench.stage import SERVE, Rounds, Stage
from tests.engines import find_program, running_postgres
from tests.redis_server import PROGRAMS, running_redis

CONNECTIONS = 64
WORKERS = 4
AIM, MORE = Aim("at least", 0.8), Aim("at least", 1.7)
LIST, LIST_EMBEDDED = "fleet: list", "fleet: list, embedded"
CALL, CALL_EMBEDDED = "fleet: call", "fleet: call, embedded"
SEARCH_ONE, SEARCH_MANY = "fleet: search, 1 worker", f"fleet: search, {WORKERS} workers"


def run(stage: Stage) -> Findings:
    """Measure. The engines share the core of the load, as the vendor does."""
    if find_program("postgres") is None or find_program(*PROGRAMS) is None:
        return Findings(notes=("Fleet: left out, for PostgreSQL or Redis is not installed here.",))
    with ExitStack() as stack:
        postgres = stack.enter_context(running_postgres())
        redis = stack.enter_context(running_redis(stage.folder / "redis"))
        shared = {"LEDGERPORT_DATABASE_URL": postgres.make_database(), "LEDGERPORT_REDIS_URL": redis.url}
        deployment = prepare(stage.folder / "fleet", free_port(), stage.vendor_url, shared=shared)
        output = stack.enter_context((stage.folder / "fleet.log").open("wb"))
        process = stack.enter_context(
            started("fleet", [stage.python, *SERVE], stage.server_core, output, deployment.environment)
        )
        await_port(process, deployment.port)
        fleet = Server("fleet", process.pid, deployment.port)
        targets = {
            **_targets(stage, fleet, deployment, LIST, CALL),
            **_targets(stage, stage.ours, stage.deployment, LIST_EMBEDDED, CALL_EMBEDDED),
        }
        rounds = stage.rounds({name: _measurement(stage, target) for name, target in targets.items()})
        process.terminate()
        process.wait()
        workers = _compare_workers(stage, deployment)
    rows = [
        rounds.row("tools/list with PostgreSQL and Redis : embedded", LIST, LIST_EMBEDDED, AIM),
        rounds.row("tools/call with PostgreSQL and Redis : embedded", CALL, CALL_EMBEDDED, AIM),
    ]
    rows += [
        workers.row(f"search_tools at {WORKERS} workers : 1, beside the load", SEARCH_MANY, SEARCH_ONE),
        _row_by_processor(workers),
    ]
    note = (
        "Fleet: the load, PostgreSQL and Redis run on the cores of the workers, so that these have less than all of "
        "them. By processor time: what two cores of their own would answer."
    )
    return Findings(rows, [*rounds.figures(), *workers.figures()], (note,))


def _compare_workers(stage: Stage, deployment: Deployment) -> Rounds:
    """Start one worker and then several over the same stores, each on all cores, and measure what asks no vendor."""
    found: dict[str, list[Measured]] = {SEARCH_ONE: [], SEARCH_MANY: []}
    request = tool_request(
        deployment.port, deployment.search_path, "search_tools", {"query": "unpaid invoice"}
    )
    for name, count in ((SEARCH_ONE, 1), (SEARCH_MANY, WORKERS)):
        log = stage.folder / f"{count}-workers.log"
        command = [stage.python, *SERVE]
        with started_workers(command, count, deployment.port, log, deployment.environment) as process:
            watched = {f"worker {pid}": pid for pid in list_workers(process)}
            target = Target(deployment.port, request, answers(bool), watched)
            for _ in range(stage.scale.rounds):
                found[name].append(_join_workers(measure_for(target, CONNECTIONS, stage.scale.seconds)))
                stage.progress.step(name)
    return Rounds(found)


def _targets(
    stage: Stage, server: Server, deployment: Deployment, list_name: str, call_name: str
) -> dict[str, Target]:
    watched = {"server": server.pid, "vendor": stage.vendor.pid}
    names = list_names(stage.listed.read_bytes())
    return {
        list_name: Target(
            server.port,
            list_request(server.port, deployment.path),
            lists(names),
            watched,
        ),
        call_name: Target(
            server.port, call_request(server.port, deployment.path, FAST_ID), reads_invoice(FAST_ID), watched
        ),
    }


def _measurement(stage: Stage, target: Target) -> Callable[[], Measured]:
    return lambda: measure_for(target, CONNECTIONS, stage.scale.seconds)


def _join_workers(measured: Measured) -> Measured:
    """The same with the processor time of all workers as that of the server."""
    spent = sum(seconds for kind, seconds in measured.used.items() if kind.startswith("worker "))
    return replace(measured, used={"server": spent, "load": measured.used["load"]})


def _row_by_processor(workers: Rounds) -> Row:
    costs = {name: [1 / cost for cost in workers.costs(name)] for name in (SEARCH_ONE, SEARCH_MANY)}
    values = [2 * many / one for many, one in zip(costs[SEARCH_MANY], costs[SEARCH_ONE], strict=True)]
    return Row(f"search_tools at {WORKERS} workers on 2 cores : 1, by processor time", "", "", values, MORE)


ENTRY = Entry("fleet", "one worker with PostgreSQL and Redis", lambda scale: 6 * scale.rounds, run)
