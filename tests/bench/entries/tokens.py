"""A million MCP servers in one database: starting, memory, and calls at many URLs beside calls at one."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.bench import machine
from tests.bench.deployment import more_token, prepare
from tests.bench.entries.start import IDLE_SECONDS, MEBIBYTE
from tests.bench.entry import Entry, Findings, Row
from tests.bench.invoice import FAST_ID
from tests.bench.load import FIRST_NUMBER, Measured, Target, measure_for
from tests.bench.messages import call_request, reads_invoice
from tests.bench.processes import await_port, free_port, started
from tests.bench.stage import SERVE, Stage

TOKENS = 1_000_000
CONNECTIONS = 64
STRIDE = 7919
"""Between one URL and the next that is called: coprime to their number, so that all are called before one again."""
ONE, MANY = "tokens: one URL", "tokens: another URL each time"


def run(stage: Stage) -> Findings:
    """Measure."""
    port = free_port()
    began = time.perf_counter()
    deployment = prepare(stage.folder / "tokens", port, stage.vendor_url, TOKENS)
    stage.progress.step("tokens: stored")
    stored, began = time.perf_counter() - began, time.perf_counter()
    with (
        (stage.folder / "tokens.log").open("ab") as output,
        started("ours", [stage.python, *SERVE], stage.server_core, output, deployment.environment) as process,
    ):
        await_port(process, port)
        start = time.perf_counter() - began
        time.sleep(IDLE_SECONDS)
        idle = machine.resident_bytes(process.pid) / MEBIBYTE
        watched = {"server": process.pid, "vendor": stage.vendor.pid}
        template = call_request(port, f"/mcp/{more_token(0)}", FAST_ID)(FIRST_NUMBER)
        check = reads_invoice(FAST_ID)
        targets = {
            ONE: Target(port, call_request(port, deployment.path, FAST_ID), check, watched),
            MANY: Target(port, _many(template), check, watched),
        }
        rounds = stage.rounds({name: _measurement(stage, target) for name, target in targets.items()})
        used = machine.resident_bytes(process.pid) / MEBIBYTE
    rows = [
        rounds.row(f"calls at {TOKENS:,} URLs : at one of them", MANY, ONE),
        Row(f"start with {TOKENS:,} URLs, until it listens", "", "", [start], None, "s"),
        Row("memory with them, idle", "", "", [idle], None, "MiB"),
        Row("memory with them, after calls", "", "", [used], None, "MiB"),
    ]
    note = (
        f"Tokens: {TOKENS:,} MCP servers of one company, stored in {stored:.0f} s; {CONNECTIONS} connections."
    )
    return Findings(rows, rounds.figures(), (note,))


def _many(template: bytes) -> Callable[[int], bytes]:
    """The same call at another URL for each number; the token in the path has as many digits as the number."""
    token, number_of = more_token(0).encode(), b"%d" % FIRST_NUMBER

    def request(number: int) -> bytes:
        other = more_token(number * STRIDE % TOKENS).encode()
        return template.replace(number_of, b"%d" % number).replace(token, other)

    return request


def _measurement(stage: Stage, target: Target) -> Callable[[], Measured]:
    return lambda: measure_for(target, CONNECTIONS, stage.scale.seconds)


ENTRY = Entry("tokens", "a million MCP servers", lambda scale: 1 + 2 * scale.rounds, run)
