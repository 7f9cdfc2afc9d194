"""Killed at any moment of a refresh, no connection is silently broken, and none is lost where the vendor has a grace.

A real server process and the simulator, whose token address says when a refresh arrives and holds its answer back.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import os
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from runtime.commands import demo, demo_http, demo_processes
from runtime.simulators.quickbooks.app import Application
from runtime.simulators.quickbooks.books.store import Store
from tests.builtin import store_builtin_catalog
from tests.faults.process import new_token
from tests.serving import served
from tests.simulators.quickbooks.conftest import CLIENT, empty_company

STAGES = ("arrived", "rotated", "answered")
KILLS = int(os.environ.get("LEDGERPORT_TEST_KILLS", "3"))
"""Each stage once; at the second a connection is lost where the vendor has no grace. More are drawn by chance."""
ACCOUNTS = 2
TOOL = "get_quick_books_company_info"
SEED = 8


def in_a_moment(answer: list[Any]) -> list[Any]:
    """An answer of the token address that says its access token ends at once, so that every call begins a refresh."""
    start, *bodies = answer
    body = re.sub(rb'("expires_in": ?)[0-9]+', rb"\g<1>0.001", b"".join(each["body"] for each in bodies))
    fields = [field for field in start["headers"] if field[0].lower() != b"content-length"]
    fields.append((b"content-length", b"%d" % len(body)))
    return [{**start, "headers": fields}, {"type": "http.response.body", "body": body}]


@dataclass
class HeldBack:
    """The simulator with a token address that stops each refresh at a chosen stage until the server was killed."""

    application: Application
    stage: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    killed: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/oauth2/v1/tokens/bearer":
            await self.application(scope, receive, send)
            return
        if self.stage == "arrived":
            await self._hold()
            return
        answer: list[Any] = []

        async def later(message: Any) -> None:
            answer.append(message)

        await self.application(scope, receive, later)
        if self.stage == "rotated":
            await self._hold()
        for message in in_a_moment(answer):
            await send(message)
        if self.stage:
            self.reached.set()

    async def _hold(self) -> None:
        self.reached.set()
        await asyncio.to_thread(self.killed.wait, 20)


@dataclass
class Server:
    """The server as a process that can be killed and started again over the same data."""

    place: demo.Demo
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    api: demo_http.Api

    def kill_and_start(self) -> None:
        self.process.kill()
        assert self.process.wait(10) == -signal.SIGKILL
        self.process = _started(self.place, self.environment)

    def connect(self, account: str = "") -> str:
        path = f"/integrated-account/{account}/connect" if account else "/integrated-account"
        made = self.api.call("POST", path, {} if account else {"name": "Shop"})
        demo_http.sign_in(self.place.url, made["authorize_url"])
        return str(made["id"])

    def call(self, account: str) -> dict[str, Any]:
        """The answer of a tool call, an error as well."""
        request = urllib.request.Request(
            f"{self.place.url}/integrated-account/{account}/tools/{TOOL}",
            data=b"{}",
            headers={"Authorization": f"Bearer {self.api.token}", "Content-Type": "application/json"},
        )
        try:
            with demo_http.make_opener().open(request, timeout=30) as response:
                return dict(json.load(response))
        except urllib.error.HTTPError as refused:
            return dict(json.load(refused))

    def audited(self, account: str) -> list[tuple[str, dict[str, Any]]]:
        with contextlib.closing(sqlite3.connect(self.place.data / "ledgerport.sqlite3")) as records:
            rows = records.execute(
                "SELECT action, details FROM audit WHERE subject = ? ORDER BY id", (account,)
            )
            return [(action, json.loads(details)) for action, details in rows]


def _started(place: demo.Demo, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "runtime", "serve"],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    demo_processes.wait_until_ready(process, place.url + "/healthz")
    return process


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def running(data: Path, vendor_port: int) -> Iterator[Server]:
    place = demo.Demo(data, _free_port(), vendor_port)
    environment = {
        "LEDGERPORT_DATA": str(data),
        "LEDGERPORT_PORT": str(place.port),
        "LEDGERPORT_PUBLIC_URL": place.url,
        "LEDGERPORT_QUICKBOOKS_CLIENT_ID": CLIENT[0],
        "LEDGERPORT_QUICKBOOKS_CLIENT_SECRET": CLIENT[1],
        "LEDGERPORT_QUICKBOOKS_ORIGIN": place.simulator_url,
    }
    store_builtin_catalog(data)
    token = new_token(data, **environment)
    process = _started(place, environment)
    server = Server(place, environment, process, demo_http.Api(place.url, token))
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait(10)


def stages(chance: random.Random) -> Iterator[str]:
    """Where each kill comes."""
    for kill in range(KILLS):
        yield STAGES[kill] if kill < len(STAGES) else chance.choice(STAGES)


def kill_in_refresh(
    server: Server, vendor: HeldBack, accounts: list[str], stage: str, chance: random.Random
) -> None:
    """Calls that need a refresh, killed at one of its stages or some milliseconds after the vendor answered."""
    vendor.reached.clear()
    vendor.killed.clear()
    vendor.stage = stage

    def call(account: str) -> None:
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            server.call(account)

    callers = [threading.Thread(target=call, args=(account,), daemon=True) for account in accounts]
    for caller in callers:
        caller.start()
    assert vendor.reached.wait(20)
    if vendor.stage == "answered":
        time.sleep(chance.uniform(0, 0.03))  # a moment of the storing; which one is left to chance
    server.process.kill()
    vendor.killed.set()
    vendor.stage = ""
    server.kill_and_start()
    for caller in callers:
        caller.join(10)


@pytest.fixture
def vendor() -> Iterator[tuple[HeldBack, int]]:
    store = Store(":memory:")
    empty_company().store.connection.backup(store.connection)
    application = Application(store, dict([CLIENT]))
    application.throttle.is_on = False
    application.oauth.rotates_always = True
    with served(HeldBack(application)) as running_vendor:
        yield running_vendor.server.config.app, running_vendor.port  # type: ignore[misc]


def test_where_the_former_token_works_for_a_while_no_connection_is_lost(
    vendor: tuple[HeldBack, int], tmp_path: Path
) -> None:
    held, port = vendor
    held.application.oauth.grace = 3600
    chance = random.Random(SEED)
    with running(tmp_path, port) as server:
        accounts = [server.connect() for _ in range(ACCOUNTS)]
        for stage in stages(chance):
            kill_in_refresh(server, held, accounts, stage, chance)
            for account in accounts:
                assert "CompanyName" in json.dumps(server.call(account))
                assert server.api.call("GET", f"/integrated-account/{account}")["status"] == "active"


def test_where_the_former_token_ends_at_once_a_lost_connection_says_that_a_refresh_was_interrupted(
    vendor: tuple[HeldBack, int], tmp_path: Path
) -> None:
    held, port = vendor
    chance, lost = random.Random(SEED), 0
    with running(tmp_path, port) as server:
        accounts = [server.connect() for _ in range(ACCOUNTS)]
        for stage in stages(chance):
            kill_in_refresh(server, held, accounts, stage, chance)
            for account in accounts:
                answer = json.dumps(server.call(account))
                if "CompanyName" in answer:
                    continue
                lost += 1
                assert "interrupted" in answer and "connect" in answer, answer
                state = server.api.call("GET", f"/integrated-account/{account}")
                assert (state["status"], state["ended_by"]) == ("needs_reauth", "interrupted")
                action, details = server.audited(account)[-1]
                assert action == "account.needs_reauth"
                assert details["reason"] == "interrupted" and details["refresh_begun_at"]
                server.connect(account)
                assert "CompanyName" in json.dumps(server.call(account))
    assert lost, "no kill fell between the rotation and the storing: the test proves nothing"
