"""A Redis (or Valkey) of a test's own: on a loopback port, in a temporary directory, with nothing stored on disk."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from runtime.redis_address import RedisAddress
from tests.engines import find_free_port, require_program
from tests.waiting import wait_until

PROGRAMS = ("valkey-server", "redis-server")


class RedisServer:
    """One server process. `start` and `stop` it any number of times on the same port; what it held is then lost."""

    def __init__(self, folder: Path, *options: str, port: int = 0) -> None:
        self.program = require_program("Redis or Valkey", *PROGRAMS)
        self.folder = folder
        self.port = port or find_free_port()
        self.options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> RedisAddress:
        return RedisAddress("single", (("127.0.0.1", self.port),))

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        own = ("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")
        self.launch([*own, "--dir", str(self.folder), *self.options])

    def launch(self, arguments: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            ["redis-server", *arguments],  # one program may be all of Redis, and goes by its name
            executable=self.program,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._listens)

    def stop(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGCONT)
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def pause(self) -> None:
        """Have the kernel stop it: connections are accepted and nothing is answered."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)

    def resume(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"{self.program} ended with {self._process.returncode}"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False


@contextlib.contextmanager
def running_redis(folder: Path, *options: str, port: int = 0) -> Iterator[RedisServer]:
    """A server that runs until the block ends."""
    server = RedisServer(folder, *options, port=port)
    server.start()
    try:
        yield server
    finally:
        server.stop()
