"""Servers as processes of their own: started on one core, awaited, ended by their own process id."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.bench.load import Wrong
from tests.bench.machine import AVAILABLE

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 10.0
SERVER_PORTS = range(20_000, 30_000)
_SIGNAL_WHEN_PARENT_ENDS = 1


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    name: str
    pid: int
    port: int


@contextmanager
def started(
    name: str, command: Sequence[str], core: int, output: IO[bytes] | int, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs on one core while the block runs. Its own session retains Ctrl-C to us."""

    def prepare() -> None:
        os.sched_setaffinity(0, {core})
        ctypes.CDLL(None).prctl(_SIGNAL_WHEN_PARENT_ENDS, signal.SIGTERM)

    own = {key: value for key, value in os.environ.items() if not key.startswith("LEDGERPORT_")}
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**own, **environment},
        stdin=subprocess.PIPE,
        stdout=output,
        start_new_session=True,
        preexec_fn=prepare,
    )
    try:
        yield process
    finally:
        stop(process)


@contextmanager
def started_workers(
    command: Sequence[str], count: int, port: int, log: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Our server with some workers, on all cores; all of them serve when the block begins."""
    with (
        log.open("wb") as output,
        started("workers", [*command, "--workers", str(count)], AVAILABLE[0], output, environment) as process,
    ):
        os.sched_setaffinity(process.pid, AVAILABLE)  # before it starts workers, which take over what it has
        deadline = time.monotonic() + START_SECONDS
        while log.read_bytes().count(b'"worker_serves"' if count > 1 else b'"serving"') < count:
            if process.poll() is not None or time.monotonic() > deadline:
                raise Wrong(f"The workers did not start: {log.read_text()[-500:]}")
            time.sleep(0.1)
        await_port(process, port)
        yield process


def list_workers(process: subprocess.Popen[bytes]) -> list[int]:
    """Return the processes that serve: the workers of a parent, or itself where it has none."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(each) for each in children] or [process.pid]


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process: politely, and after ten seconds by force."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def server(module: str, core: int, *arguments: str, python: str = sys.executable) -> Iterator[Server]:
    """One of the servers in `tests.bench.servers`, which says its port in its first line."""
    command = [python, "-m", f"tests.bench.servers.{module}", *arguments]
    with started(module, command, core, subprocess.PIPE, {}) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.strip().isdigit():
            raise Wrong(f"The server {module} did not start (exit status {process.poll()}); see above.")
        yield Server(module, process.pid, int(line))


def await_port(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait until a process listens. Raises Wrong when it ends or does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Wrong(f"The server ended at once (exit status {process.returncode}); see above.")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.002)
    raise Wrong(f"The server did not listen within {START_SECONDS:g} seconds.")


def free_port() -> int:
    """A port of this machine that nothing uses now.

    It lies below those that the system gives to clients: one that asks again and again for a port which nobody
    listens on would otherwise, sooner or later, be given that very port and be connected to itself.
    """
    for port in random.sample(SERVER_PORTS, 200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise Wrong("No free port was found.")
