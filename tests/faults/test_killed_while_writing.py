"""Killed between the intent of a write and its answer, the server books it once and its journal says what became of it.

A real server process and the simulator, which stops each write at a chosen stage until the server was killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import sqlite3
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from runtime.commands import demo_http
from runtime.simulators.quickbooks.app import Application
from runtime.simulators.quickbooks.books.store import Store
from tests.faults.test_killed_in_refresh import Server, running
from tests.serving import served
from tests.simulators.quickbooks.conftest import CLIENT, empty_company
from tests.waiting import wait_until


@dataclass
class HeldBack:
    """The simulator, which stops a write at a chosen stage until the server was killed."""

    application: Application
    stage: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    killed: threading.Event = field(default_factory=threading.Event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        is_write = scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith("/v3/")
        stage, self.stage = (self.stage, "") if is_write else ("", self.stage)
        if stage == "carried out":
            await self.application(scope, receive, _nowhere)
        if stage:
            self.reached.set()
            await asyncio.to_thread(self.killed.wait, 20)
        if stage not in ("carried out", "never arrived"):
            await self.application(scope, receive, send)


async def _nowhere(_message: Any) -> None:
    """Lose an answer."""


@pytest.fixture
def vendor() -> Iterator[tuple[HeldBack, int]]:
    store = Store(":memory:")
    empty_company().store.connection.backup(store.connection)
    application = Application(store, dict([CLIENT]))
    application.throttle.is_on = False
    with served(HeldBack(application)) as running_vendor:
        yield running_vendor.server.config.app, running_vendor.port  # type: ignore[misc]


def call(server: Server, account: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{server.place.url}/integrated-account/{account}/tools/{tool}",
        data=json.dumps(arguments).encode(),
        headers={"Authorization": f"Bearer {server.api.token}", "Content-Type": "application/json"},
    )
    try:
        with demo_http.make_opener().open(request, timeout=30) as response:
            return dict(json.load(response))
    except urllib.error.HTTPError as refused:
        return dict(json.load(refused))


def entry_of(accounts: list[str], amount: float) -> dict[str, Any]:
    lines = [
        {
            "DetailType": "JournalEntryLineDetail",
            "Amount": amount,
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}},
        }
        for side, account in zip(("Debit", "Credit"), accounts, strict=True)
    ]
    return {"Line": lines, "TxnDate": "2026-05-05", "DocNumber": "K-1"}


def journal_of(server: Server) -> list[tuple[str, str]]:
    wanted = (
        "SELECT coalesce(o.outcome, 'sent'), coalesce(o.settled_how, '') FROM journal j "
        "LEFT JOIN journal_outcome o ON o.entry_id = j.id WHERE j.tool LIKE '%journal_entry' ORDER BY j.seq"
    )
    with contextlib.closing(sqlite3.connect(server.place.data / "ledgerport.sqlite3")) as records:
        return [(row[0], row[1]) for row in records.execute(wanted)]


@pytest.mark.parametrize("stage", ["never arrived", "carried out", "late"])
def test_a_write_under_way_when_the_server_was_killed_is_booked_once_and_settled(
    vendor: tuple[HeldBack, int], tmp_path: Path, stage: str
) -> None:
    held, port = vendor
    with running(tmp_path, port) as server:
        account = server.connect()
        made = [
            call(server, account, "create_a_quick_books_account", {"Name": name, "AccountType": "Bank"})
            for name in ("One", "Other")
        ]
        new = entry_of([each["Id"] for each in made], 12.5)
        held.stage = stage

        def write() -> None:
            with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
                call(server, account, "create_a_quick_books_journal_entry", new)

        caller = threading.Thread(target=write, daemon=True)
        caller.start()
        assert held.reached.wait(20)
        assert journal_of(server) == [("sent", "")], "the intent is on the disk before the vendor hears of it"
        server.process.kill()
        held.killed.set()
        server.kill_and_start()
        caller.join(10)
        wait_until(lambda: journal_of(server) != [("sent", "")])
        assert journal_of(server) == [("settled_done", "asked with the same key")]
        found = call(server, account, "list_all_quick_books_journal_entries", {"DocNumber": "K-1"})
        assert json.dumps(found).count('"K-1"') == 1, found
