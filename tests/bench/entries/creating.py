"""Creating MCP servers, 16 at once: in the embedded store, and by four workers with PostgreSQL and Redis."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from contextlib import ExitStack

import orjson

from tests.bench.deployment import Deployment, prepare
from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.load import Measured, Target, Wrong, measure_for
from tests.bench.messages import post_request
from tests.bench.processes import free_port, started_workers
from tests.bench.stage import SERVE, Stage
from tests.engines import find_program, running_postgres
from tests.redis_server import PROGRAMS, running_redis

CONNECTIONS = 16
WORKERS = 4
EMBEDDED, FLEET = "create: embedded", f"create: {WORKERS} workers with PostgreSQL"


def run(stage: Stage) -> Findings:
    """Measure. The engines and the workers have all cores, the load among them."""
    with ExitStack() as stack:
        embedded = prepare(stage.folder / "create", free_port(), stage.vendor_url)
        variants = {EMBEDDED: _measurement(stage, stack, embedded, 1)}
        if find_program("postgres") is not None and find_program(*PROGRAMS) is not None:
            postgres = stack.enter_context(running_postgres())
            redis = stack.enter_context(running_redis(stage.folder / "create-redis"))
            shared = {"LEDGERPORT_DATABASE_URL": postgres.make_database(), "LEDGERPORT_REDIS_URL": redis.url}
            fleet = prepare(stage.folder / "create-fleet", free_port(), stage.vendor_url, shared=shared)
            variants[FLEET] = _measurement(stage, stack, fleet, WORKERS)
        found: dict[str, list[Measured]] = {name: [] for name in variants}
        for _ in range(stage.scale.rounds):
            for name, measure in variants.items():
                found[name].append(measure())
                stage.progress.step(name)
    rows = [_slowest(EMBEDDED, found[EMBEDDED], Aim("under", 60)), _rate(EMBEDDED, found[EMBEDDED])]
    if FLEET in found:
        rows += [_slowest(FLEET, found[FLEET]), _rate(FLEET, found[FLEET], Aim("at least", 2_000))]
    return Findings(
        rows, notes=(f"Create: POST …/mcp, {CONNECTIONS} at once; the load runs on the same cores.",)
    )


def _measurement(
    stage: Stage, stack: ExitStack, deployment: Deployment, count: int
) -> Callable[[], Measured]:
    log, command = stage.folder / f"{deployment.data.name}.log", [stage.python, *SERVE]
    process = stack.enter_context(
        started_workers(command, count, deployment.port, log, deployment.environment)
    )
    path = f"/integrated-account/{deployment.account_id}/mcp"
    request = post_request(deployment.port, path, {"name": "Agent"}, deployment.api_token)
    target = Target(deployment.port, request, _is_made, {"server": process.pid})
    return lambda: measure_for(target, CONNECTIONS, stage.scale.seconds)


def _is_made(number: int, head: bytes, body: bytes) -> None:
    if b"/mcp/lpm_" not in body or "url" not in orjson.loads(body):
        raise Wrong("no MCP server was made")


def _slowest(name: str, found: list[Measured], aim: Aim | None = None) -> Row:
    values = [1e3 * statistics.quantiles(each.latencies, n=100)[98] for each in found]
    return Row(f"{name}, 99 of 100 within", "", "", values, aim, "ms")


def _rate(name: str, found: list[Measured], aim: Aim | None = None) -> Row:
    return Row(f"{name}, in a second", "", "", [each.rate for each in found], aim, "")


ENTRY = Entry("create", "creating MCP servers", lambda scale: 2 * scale.rounds, run)
