"""Whole sessions of the official Python SDK's client: connect, list, five calls, close; beside the SDK's own server."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from subprocess import PIPE, Popen

from tests.bench.entry import Entry, Findings
from tests.bench.load import Measured, Wrong, processor, since
from tests.bench.processes import started
from tests.bench.servers.session import CALLS
from tests.bench.stage import Stage

OURS, SDK = "session: ours", "session: SDK"
SESSIONS = 10


def run(stage: Stage) -> Findings:
    """Measure."""
    servers = {OURS: (stage.ours, stage.deployment.path), SDK: (stage.sdk, "/mcp")}
    with ExitStack() as stack:
        variants = {}
        for name, (server, path) in servers.items():
            url = f"http://127.0.0.1:{server.port}{path}"
            command = [sys.executable, "-m", "tests.bench.servers.session", url]
            client = stack.enter_context(started("session", command, stage.load_core, PIPE, {}))
            _read(client)
            variants[name] = _measurement(client, {"server": server.pid, "vendor": stage.vendor.pid})
        rounds = stage.rounds(variants)
    row = rounds.row("session of the Python SDK : the SDK's own server", OURS, SDK)
    note = f"A session: connect, tools/list of all tools, {CALLS} calls, close; the client takes most of the time."
    return Findings([row], rounds.figures(), (note,))


def _measurement(client: Popen[bytes], watched: dict[str, int]) -> Callable[[], Measured]:
    def measure() -> Measured:
        assert client.stdin is not None
        before, began = processor(watched), time.perf_counter()
        client.stdin.write(b"%d\n" % SESSIONS)
        client.stdin.flush()
        seconds = float(_read(client))
        used = since(before, watched)
        assert seconds <= time.perf_counter() - began
        return Measured(SESSIONS, seconds, [seconds / SESSIONS], used, SESSIONS)

    return measure


def _read(client: Popen[bytes]) -> bytes:
    assert client.stdout is not None
    line = client.stdout.readline()
    if not line:
        raise Wrong("The client of the SDK ended; see above.")
    return line


ENTRY = Entry("session", "whole sessions of the Python SDK", lambda scale: 2 * scale.rounds, run)
