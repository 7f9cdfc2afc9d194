"""From starting the process to the first answered `tools/list`, and the memory of the runtime when nothing happens."""

from __future__ import annotations

import shutil
import socket
import time

from tests.bench import machine
from tests.bench.deployment import Deployment, prepare
from tests.bench.entry import Aim, Entry, Findings, Row
from tests.bench.load import FIRST_NUMBER, Wrong
from tests.bench.messages import list_request, lists
from tests.bench.processes import START_SECONDS, free_port, started
from tests.bench.stage import SERVE, Stage

IDLE_SECONDS = 2.0
"""After the first answer the runtime imports the HTTP client in the background; that counts as idle memory."""
MEBIBYTE = 1024 * 1024


def run(stage: Stage) -> Findings:
    """Measure."""
    deployment = prepare(stage.folder / "start", free_port(), stage.vendor_url)
    warm: list[float] = []
    cold: list[float] = []
    memory: list[float] = []
    _start(stage, deployment, None)
    for _ in range(stage.scale.starts):
        warm.append(_start(stage, deployment, memory))
        stage.progress.step("start: warm")
        shutil.rmtree(deployment.data / "cache", ignore_errors=True)
        cold.append(_start(stage, deployment, None))
        stage.progress.step("start: cold")
    used = [machine.resident_bytes(stage.ours.pid) / MEBIBYTE]
    return Findings(
        [
            _seconds("cold start, catalog cached", warm),
            _seconds("cold start, catalog compiled", cold),
            Row("memory, idle after the first list", "", "", memory, Aim("under", 100), "MiB"),
            Row("memory, after the loads of this run", "", "", used, None, "MiB"),
        ]
    )


def _seconds(name: str, values: list[float]) -> Row:
    return Row(name, "", "", values, Aim("under", 0.8), "s")


def _start(stage: Stage, deployment: Deployment, memory: list[float] | None) -> float:
    """The seconds from before the process exists to the whole first answer; its idle memory is added to `memory`."""
    port = deployment.port
    request = list_request(port, deployment.path)(FIRST_NUMBER)
    names = frozenset(tool.name for tool in deployment.catalog.tools)
    with (stage.folder / "start.log").open("ab") as output:
        began = time.perf_counter()
        with started(
            "ours", [stage.python, *SERVE], stage.server_core, output, deployment.environment
        ) as process:
            head, body = _first_answer(port, request, began + START_SECONDS)
            seconds = time.perf_counter() - began
            lists(names)(FIRST_NUMBER, head, body)
            if memory is not None:
                time.sleep(IDLE_SECONDS)
                memory.append(machine.resident_bytes(process.pid) / MEBIBYTE)
    return seconds


def _first_answer(port: int, request: bytes, deadline: float) -> tuple[bytes, bytes]:
    """The head and body of the first answer there is."""
    with _connection(port, deadline) as connection:
        connection.settimeout(START_SECONDS)
        connection.sendall(request)
        data = b""
        while True:
            head, end, body = data.partition(b"\r\n\r\n")
            length = head.lower().partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]
            if end and len(body) >= int(length):
                if b" 200 " not in head[:20]:
                    raise Wrong(f"Not a 200: {data[:400]!r}")
                return head.lower(), body
            data += _more(connection)


def _more(connection: socket.socket) -> bytes:
    try:
        more = connection.recv(MEBIBYTE)
    except OSError as problem:
        raise Wrong(f"There was no answer to the first request: {problem!r}") from problem
    if not more:
        raise Wrong("The server cut its first answer short.")
    return more


def _connection(port: int, deadline: float) -> socket.socket:
    while time.perf_counter() < deadline:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1)
        except OSError:
            time.sleep(0.001)
    raise Wrong("The server did not start in time.")


ENTRY = Entry("start", "cold start and idle memory", lambda scale: 2 * scale.starts, run)
