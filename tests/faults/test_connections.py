"""A real server whose clients neither read nor send, and whose system has no file descriptors left."""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import resource
import signal
import socket
import subprocess
import sys
import termios
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from runtime.connect.tokens import AccessTokens
from runtime.deployment import Deployment
from runtime.keys.crypto import Keys
from runtime.operations.accounts import Accounts
from runtime.operations.mcp_servers import McpServers
from runtime.settings import Settings
from runtime.stores.embedded import open_stores
from tests.builtin import builtin_catalog, store_builtin_catalog
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 30.0
"""Seconds that a real process may take to show something; a stop that waits for its clients takes 60."""
LIST = b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'
APP = {"LEDGERPORT_QUICKBOOKS_CLIENT_ID": "app", "LEDGERPORT_QUICKBOOKS_CLIENT_SECRET": "secret"}
WAITING = 16
"""Lists that one client asks for: 5 MB, more than the system takes into its buffers."""


@dataclass
class Process:
    """A server in a process of its own."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def connect(self) -> socket.socket:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(PATIENCE)
        connection.connect(("127.0.0.1", self.port))
        return connection

    def is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start(data: Path, files: tuple[int, int] | None = None, **settings: str) -> Process:
    store_builtin_catalog(data)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "LEDGERPORT_DATA": str(data), "LEDGERPORT_PORT": str(port)}
    environment |= {f"LEDGERPORT_{name}": value for name, value in settings.items()}
    log = data / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "runtime", "serve"], cwd=ROOT, env=environment, stdout=out, stderr=out,
            preexec_fn=(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, files)) if files else None,
        )  # fmt: skip
    return Process(process, port, log)


@contextmanager
def serving(data: Path, files: tuple[int, int] | None = None, **settings: str) -> Iterator[Process]:
    server = start(data, files, **settings)
    try:
        wait_until(server.is_healthy)
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def list_request(data: Path) -> bytes:
    """A request for the tools of a company: 350 kB."""
    settings = Settings.load({"LEDGERPORT_DATA": str(data), **APP})
    catalog = builtin_catalog()
    keys, stores = Keys(settings.secret_key), open_stores(settings, time.time())
    deployment = Deployment(settings, keys, stores, lambda: catalog)
    account = Accounts(deployment, AccessTokens(deployment)).create("Ours", "quickbooks")
    made = McpServers(deployment).create(account["id"], "Agent")
    stores.close()
    path = urlsplit(str(made["url"])).path
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(LIST) + LIST


def test_a_stop_does_not_wait_for_clients_that_do_not_read_or_send(tmp_path):
    request = list_request(tmp_path)
    with serving(tmp_path) as server, contextlib.ExitStack() as held:
        for sent in (b"", b"GET", b"POST /mcp/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n"):
            held.enter_context(server.connect()).sendall(sent)
        for _ in range(5):
            asking = held.enter_context(server.connect())
            asking.sendall(request * WAITING)
            wait_until(partial(has_unread, asking))
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE) == 0
        assert "stopped" in server.log.read_text()


def test_a_server_without_file_descriptors_neither_spins_nor_ends_and_recovers(tmp_path):
    with serving(tmp_path) as server, contextlib.ExitStack() as held:
        limits = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
        files = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (files + 3, limits[1]))
        for _ in range(50):
            held.enter_context(server.connect())
        before = server.processor_seconds()
        time.sleep(1)
        assert server.processor_seconds() - before < 0.5
        assert server.process.poll() is None
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, limits)
        held.close()
        wait_until(server.is_healthy)


def test_the_connections_that_the_system_has_no_descriptors_for_are_not_promised(tmp_path):
    with serving(tmp_path, files=(64, 400)) as server:
        assert "connections_lowered connections=200 open_files=400" in server.log.read_text()


def test_a_number_of_connections_that_cannot_be_served_stops_the_start(tmp_path):
    server = start(tmp_path, files=(64, 400), MAX_CONNECTIONS="300")
    assert server.process.wait(PATIENCE) == 1
    said = server.log.read_text()
    assert "LEDGERPORT_MAX_CONNECTIONS is 300" in said
    assert "enough for 200 connections" in said


def test_connections_beyond_the_number_that_is_set_are_answered_503(tmp_path):
    with serving(tmp_path, MAX_CONNECTIONS="16") as server, contextlib.ExitStack() as held:
        wait_until(lambda: not is_refused(server))
        for _ in range(16):
            held.enter_context(server.connect()).sendall(b"GET")
        wait_until(lambda: is_refused(server))
        held.close()
        wait_until(lambda: not is_refused(server))


def has_unread(connection: socket.socket) -> bool:
    """Whether an answer has come: the rest of what was asked for fills the buffers of the system."""
    waiting = array.array("i", [0])
    fcntl.ioctl(connection, termios.FIONREAD, waiting)
    return waiting[0] > 0


def is_refused(server: Process) -> bool:
    with server.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answer = connection.recv(65536)
    return answer.startswith(b"HTTP/1.1 503 ") and b"retry-after" in answer


@pytest.mark.parametrize("path", ["/mcp/x", "/integrated-account", "/docs"])
def test_the_refusal_of_a_host_names_the_setting_at_every_endpoint(tmp_path, path):
    with serving(tmp_path) as server, server.connect() as connection:
        connection.sendall(b"GET %b HTTP/1.1\r\nHost: books.example\r\n\r\n" % path.encode())
        answer = connection.recv(65536)
        while b"}" not in answer:
            answer += connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 421 ")
    assert b"LEDGERPORT_PUBLIC_URL" in answer
