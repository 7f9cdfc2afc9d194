"""One worker with PostgreSQL and Redis beside the embedded store: listing and calling tools."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import orjson

from tests.bench.deployment import Deployment, prepare
from tests.bench.entry import Aim, Entry, Findings
from tests.bench.invoice import FAST_ID
from tests.bench.load import Measured, Target, measure_for
from tests.bench.messages import call_request, list_request, lists, reads_invoice
from tests.bench.processes import Server, await_port, free_port, started
from tests.bench.stage import SERVE, Stage
from tests.engines import find_program, running_postgres
from tests.redis_server import PROGRAMS, running_redis

CONNECTIONS = 64
AIM = Aim("at least", 0.8)
LIST, LIST_EMBEDDED = "fleet: list", "fleet: list, embedded"
CALL, CALL_EMBEDDED = "fleet: call", "fleet: call, embedded"


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
    rows = [
        rounds.row("tools/list with PostgreSQL and Redis : embedded", LIST, LIST_EMBEDDED, AIM),
        rounds.row("tools/call with PostgreSQL and Redis : embedded", CALL, CALL_EMBEDDED, AIM),
    ]
    return Findings(rows, rounds.figures())


def _targets(
    stage: Stage, server: Server, deployment: Deployment, list_name: str, call_name: str
) -> dict[str, Target]:
    watched = {"server": server.pid, "vendor": stage.vendor.pid}
    listed = orjson.loads(stage.listed.read_bytes())["result"]["tools"]
    names = frozenset(tool["name"] for tool in listed)
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


ENTRY = Entry("fleet", "one worker with PostgreSQL and Redis", lambda scale: 4 * scale.rounds, run)
