"""A million MCP servers in one database: starting, memory, and calls at random URLs beside those of a thousand."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

from tests.bench import machine
from tests.bench.deployment import more_token, prepare
from tests.bench.entries.start import IDLE_SECONDS, MEBIBYTE
from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.invoice import FAST_ID
from tests.bench.load import FIRST_NUMBER, Measured, Target, measure_for
from tests.bench.messages import call_request, reads_invoice
from tests.bench.processes import Server, await_port, free_port, started
from tests.bench.stage import SERVE, Stage

FEW, TOKENS = 1_000, 1_000_000
CONNECTIONS = 64
STRIDE = 7919
"""Between one URL and the next that is called: coprime to their number, so that all are called before one again."""
OF_FEW, OF_MANY = "tokens: one of a thousand each time", "tokens: one of a million each time"
MOST_MEMORY = Aim("under", 200)


def run(stage: Stage) -> Findings:
    """Measure."""
    with ExitStack() as stack:
        few, _ = _start(stage, stack, FEW)
        many, start = _start(stage, stack, TOKENS)
        time.sleep(IDLE_SECONDS)
        idle = machine.resident_bytes(many.pid) / MEBIBYTE
        targets = {OF_FEW: _target(stage, few, FEW), OF_MANY: _target(stage, many, TOKENS)}
        rounds = stage.rounds({name: _measurement(stage, target) for name, target in targets.items()})
        used = machine.resident_bytes(many.pid) / MEBIBYTE
    rows = [
        rounds.cost_row(
            f"a call at one of {TOKENS:,} URLs : of {FEW:,}", OF_MANY, OF_FEW, Aim("at most", 1.15)
        ),
        Row(f"start with {TOKENS:,} URLs, until it listens", "", "", [start], None, "s"),
        Row("memory with them, idle", "", "", [idle], MOST_MEMORY, "MiB"),
        Row("memory with them, after calls", "", "", [used], MOST_MEMORY, "MiB"),
    ]
    note = f"Tokens: MCP servers of one company, called in an order that repeats none early; {CONNECTIONS} connections."
    return Findings(rows, rounds.figures(), (note,))


def _start(stage: Stage, stack: ExitStack, count: int) -> tuple[Server, float]:
    """Our server over so many MCP servers, and the seconds until it listened."""
    port, name = free_port(), f"tokens-{count}"
    deployment = prepare(stage.folder / name, port, stage.vendor_url, count)
    stage.progress.step(f"tokens: {count:,} stored")
    output = stack.enter_context((stage.folder / f"{name}.log").open("ab"))
    began = time.perf_counter()
    process = stack.enter_context(
        started("ours", [stage.python, *SERVE], stage.server_core, output, deployment.environment)
    )
    await_port(process, port)
    return Server(name, process.pid, port), time.perf_counter() - began


def _target(stage: Stage, server: Server, count: int) -> Target:
    """The same call at another URL for each number; the token in the path has as many digits as the number."""
    template = call_request(server.port, f"/mcp/{more_token(0)}", FAST_ID)(FIRST_NUMBER)
    token, number_of = more_token(0).encode(), b"%d" % FIRST_NUMBER

    def request(number: int) -> bytes:
        other = more_token(number * STRIDE % count).encode()
        return template.replace(number_of, b"%d" % number).replace(token, other)

    watched = {"server": server.pid, "vendor": stage.vendor.pid}
    return Target(server.port, request, reads_invoice(FAST_ID), watched)


def _measurement(stage: Stage, target: Target) -> Callable[[], Measured]:
    return lambda: measure_for(target, CONNECTIONS, stage.scale.seconds)


ENTRY = Entry("tokens", "a million MCP servers", lambda scale: 2 + 2 * scale.rounds, run)
