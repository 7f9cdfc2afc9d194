"""The servers that tests start themselves: a real PostgreSQL, found on PATH or where Debian puts it.

`scripts/engines` installs what is missing where it may. A test of an engine that is not there is skipped, and the last
lines of the run say so; with LEDGERPORT_TEST_ENGINES=all, as in `.ci/run`, it fails.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from runtime.keys.crypto import Keys
from runtime.stores.postgres_opening import bring_up_to_date

PATIENCE_SECONDS = 60
"""For a server to start on a machine with several suites at once; usually it takes one."""
MISSING = "Left out: the tests on {}, which is not installed here (see scripts/engines)."
_PR_SET_PDEATHSIG = 1
"""prctl(2): what the process gets when the one that started it has died, however it died."""


def find_program(*names: str) -> Path | None:
    """The first of some programs that is there."""
    for name in names:
        if found := shutil.which(name):
            return Path(found).resolve()
        places = (
            *Path("/usr/lib/postgresql").glob(f"*/bin/{name}"),
            *Path("/usr").glob(f"pgsql-*/bin/{name}"),
        )
        if places:
            return max(places)
    return None


def require_program(title: str, *names: str) -> Path:
    """The same; where it is not there, the test is skipped, or fails where all engines are wanted."""
    found = find_program(*names)
    if found is None and os.environ.get("LEDGERPORT_TEST_ENGINES") == "all":
        pytest.fail(MISSING.format(title))
    if found is None:
        pytest.skip(MISSING.format(title))
    return found


def find_user() -> dict[str, Any]:
    """The arguments of a process that must not run as root: a user without rights, and nothing where we are none."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("there is no user without rights here")


def end_with_parent() -> None:
    """Have the process end when the one that started it does: to be called in the child."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def find_free_port() -> int:
    """Return a port of the loopback interface that nobody listens on; a cluster uses another, 10,000 higher."""
    while True:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
            if port < 55_000:
                return port


class Postgres:
    """A server with a cluster of its own. `stop` and `start` are what an operator does."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self.folder = folder
        self._user = find_user()
        self.password = secrets.token_urlsafe(12)
        self.port = find_free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0

    def prepare(self) -> None:
        """Make the cluster."""
        secret = self.folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)
        if self._user:
            os.chown(self.folder, self._user["user"], self._user["group"])
        command = [
            str(self._binaries / "initdb"), "--pgdata", str(self.folder / "data"), "--username", "ledgerport",
            "--auth", "scram-sha-256", "--pwfile", str(secret), "--encoding", "UTF8", "--locale", "C",
        ]  # fmt: skip
        subprocess.run(command, cwd=self.folder, check=True, stdout=subprocess.DEVNULL, **self._user)

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        given = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder,
                 "shared_buffers": "32MB", "max_connections": 100}  # fmt: skip
        command = [str(self._binaries / "postgres"), "-D", str(self.folder / "data")]
        command += [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, stdout=log, stderr=log, preexec_fn=end_with_parent, **self._user
            )
        self._wait()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server: SIGINT ends its connections, SIGQUIT is as a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE_SECONDS)
            self._process = None

    def url(self, database: str = "postgres", password: str = "") -> str:
        return f"postgresql://ledgerport:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> list[Any]:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            found = connection.execute(statement)  # type: ignore[call-overload]
            return found.fetchall() if found.description else []

    def make_database(self, template: str = "template0") -> str:
        """Make a database, and return its address."""
        self._made += 1
        name = f"test_{self._made}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def make_migrated(self) -> str:
        """Make a database of the newest version that belongs to no secret key yet, and return its address."""
        if not self.execute("SELECT 1 FROM pg_database WHERE datname = 'migrated'"):
            self.execute("CREATE DATABASE migrated TEMPLATE template0")
            bring_up_to_date(self.url("migrated"), 1.0, Keys(bytes(32)))
            self.execute("DELETE FROM deployment", "migrated")
        return self.make_database("migrated")

    def _wait(self) -> None:
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self.execute("SELECT 1")
                return
            except psycopg.OperationalError:
                assert self._process is not None
                if self._process.poll() is not None or time.monotonic() > ends_at:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.02)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A PostgreSQL of its own, gone at the end. The test is skipped where there is none."""
    binaries = require_program("PostgreSQL", "postgres").parent
    with tempfile.TemporaryDirectory(prefix="ledgerport-", ignore_cleanup_errors=True) as folder:
        server = Postgres(binaries, Path(folder))
        server.prepare()
        server.start()
        try:
            yield server
        finally:
            server.stop(signal.SIGQUIT)  # what it would write down at its end is thrown away


def list_left_out(reasons: Sequence[str]) -> list[str]:
    """Return the line about each engine whose tests were skipped, from the reasons of all that were."""
    begin = MISSING.partition("{")[0]
    return sorted(
        {f"{begin}{reason.partition(begin)[2]}".rstrip("')") for reason in reasons if begin in reason}
    )
