"""Servers at which writes wait for a person, whom a test kills; the simulator, which stops a request until it did.

A decision is made in the process of the test, over the same records, as the pages do it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runtime.approval import PendingChange
from runtime.commands import demo, demo_http, demo_processes
from runtime.deployment import Deployment
from runtime.operations.approvals.deciding import Decider, Decisions
from runtime.settings import Settings
from runtime.simulators.quickbooks.app import Application
from runtime.simulators.quickbooks.books.store import Store
from runtime.stores.embedded import Stores, open_stores
from runtime.stores.pending_steps import PendingFilter
from tests.builtin import builtin_catalog, store_builtin_catalog
from tests.engines import find_free_port
from tests.faults.process import new_token
from tests.serving import served
from tests.simulators.quickbooks.conftest import CLIENT, empty_company
from tests.waiting import wait_for, wait_until

CREATE, DETAIL = "create_a_quick_books_invoice", "SalesItemLineDetail"
RULE = {"approval": {"risks": ["create", "overwrite", "send", "destroy"]}}
ENDS = ("committed", "failed", "unclear", "refused", "expired")
DECIDER = Decider("person-ann", "ann@shop.example", "owner", True)


@dataclass
class Vendor:
    """The simulator, which stops a request at a chosen stage until a server was killed.

    `stage`: `reads` stops a read; `never arrived`, `carried out` and `late` a write before it is booked, after it was,
    and before it is, which it is later. `answered` says when a write was answered. `writes` are those that arrived.
    """

    application: Application
    stage: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    killed: threading.Event = field(default_factory=threading.Event)
    writes: int = 0
    sender: int = 0
    """The process that sent the request that is stopped."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        is_books = scope["type"] == "http" and scope["path"].startswith("/v3/")
        is_write = is_books and scope["method"] == "POST" and not scope["path"].endswith("/query")
        self.writes += is_write
        is_wanted = is_books and is_write == (self.stage != "reads")
        stage, self.stage = (self.stage, "") if is_wanted else ("", self.stage)
        if stage:
            self.sender = int(dict(scope["headers"])[b"user-agent"].rpartition(b" ")[2])
        if stage == "carried out":
            await self.application(scope, receive, _lose)
        if stage not in ("", "answered"):
            self.reached.set()
            await asyncio.to_thread(self.killed.wait, 30)
        if stage not in ("carried out", "never arrived"):
            await self.application(scope, receive, send)
        if stage == "answered":
            self.reached.set()


async def _lose(_message: Any) -> None:
    """Lose an answer."""


@contextmanager
def simulated() -> Iterator[tuple[Vendor, int]]:
    """The simulator with a company that has no transactions, and its port."""
    store = Store(":memory:")
    empty_company().store.connection.backup(store.connection)
    application = Application(store, dict([CLIENT]))
    application.throttle.is_on = False
    vendor = Vendor(application)
    with served(vendor) as running:
        yield vendor, running.port


@dataclass
class Office:
    """Servers over the same records: each a process that can be killed and started again."""

    places: list[demo.Demo]
    variables: dict[str, str]
    token: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    account: str = ""
    url: str = ""
    number: str = "K-0"
    """Of the invoice that the agent proposes, and how much it is."""
    amount: float = 12.5
    customer: str = ""
    item: str = ""

    def start(self, number: int = 0) -> None:
        """Start one of the servers."""
        place = self.places[number]
        values = {"LEDGERPORT_DATA": str(place.data), "LEDGERPORT_PORT": str(place.port)}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.hasty_server", "serve"],
            env={**os.environ, **self.variables, **values},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.processes[number : number + 1] = [process]
        demo_processes.wait_until_ready(process, place.url + "/healthz")

    def kill(self, number: int = 0) -> None:
        """Kill one of the servers."""
        self.processes[number].kill()
        assert self.processes[number].wait(10) == -signal.SIGKILL

    def connect(self) -> None:
        """Connect the company, and make an MCP server at which writes wait."""
        api = demo_http.Api(self.places[0].url, self.token)
        made = api.call("POST", "/integrated-account", {"name": "Shop"})
        demo_http.sign_in(self.places[0].url, made["authorize_url"])
        self.account = str(made["id"])
        path = f"/integrated-account/{self.account}/mcp"
        self.url = api.call("POST", path, {"name": "Agent", "config": RULE})["token"]
        self.customer = self.call("list_all_quick_books_customers", {"limit": 1})["records"][0]["Id"]
        services = self.call("list_all_quick_books_items", {"limit": 20, "Type": "Service"})
        self.item = services["records"][0]["Id"]

    def call(self, name: str, arguments: dict[str, Any], server: int = 0, **meta: str) -> dict[str, Any]:
        """Return what a tool answers the agent at one of the servers."""
        params = {"name": name, "arguments": arguments, "_meta": meta}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        reply = demo_http.ask_server(f"{self.places[server].url}/mcp/{self.url}", message)
        result = json.loads(reply.partition(b"data: ")[2] or reply)["result"]
        assert not result.get("isError"), result
        found: dict[str, Any] = json.loads(result["content"][0]["text"])
        return found

    def propose(self, server: int = 0) -> str:
        """Have the agent propose a new invoice under a key, and return the id of the change."""
        detail = {"ItemRef": {"value": self.item}, "Qty": 1, "UnitPrice": self.amount}
        line = {"DetailType": DETAIL, "Amount": self.amount, DETAIL: detail}
        invoice = {"CustomerRef": {"value": self.customer}, "DocNumber": self.number, "Line": [line]}
        found = self.call(CREATE, invoice, server, **{"ledgerport/idempotency-key": self.number})
        return str(found["id"])

    def propose_in_background(self) -> threading.Thread:
        """The same in a thread, whose server may be killed meanwhile."""

        def work() -> None:
            with contextlib.suppress(OSError, ValueError, AssertionError, urllib.error.URLError):
                self.propose()

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    @contextmanager
    def opened(self) -> Iterator[Stores]:
        """The records, as another process of the deployment has them."""
        settings = self.load_settings()
        with closing(open_stores(settings, 0.0, settings.make_keys())) as stores:
            yield stores

    def load_settings(self) -> Settings:
        """Return the settings of the first server."""
        return Settings.load({**self.variables, "LEDGERPORT_DATA": str(self.places[0].data)})

    def approve(self, id_: str) -> PendingChange:
        """Approve a change as a page does, in the process of the test."""
        settings = self.load_settings()
        with self.opened() as stores:
            deployment = Deployment(settings, settings.make_keys(), stores, builtin_catalog)
            account = stores.records.find_account(self.account)  # type: ignore[arg-type]
            assert account is not None
            version = self.find(id_).version
            work = Decisions(deployment).approve(account, id_, version, DECIDER)
            return asyncio.run(work)

    def find(self, id_: str) -> PendingChange:
        """Return a change as it is stored now."""
        with self.opened() as stores:
            found = stores.records.find_pending(id_)
        assert found is not None
        return found

    def await_journal(self) -> None:
        """Wait until every write has its outcome in the journal: what is killed before that is asked for again."""
        with self.opened() as stores:
            wait_until(lambda: not stores.records.find_open_entries(""))

    def list_changes(self) -> list[PendingChange]:
        """Return every change that is stored."""
        with self.opened() as stores:
            return stores.records.list_pending_changes(PendingFilter((self.account,)), None, 100)

    def await_end(self, id_: str) -> str:
        """Return the status that a change ends in."""
        with self.opened() as stores:
            found = wait_for(
                lambda: stores.records.find_pending(id_),
                lambda change: change is None or change.status in ENDS,
            )
        assert found is not None
        return found.status

    def count_booked(self, server: int = 0) -> int:
        """Return how often the invoice is in the books of the vendor."""
        found = self.call("list_all_quick_books_invoices", {"DocNumber": self.number}, server)
        return len(found["records"])

    def find_server(self, process: int) -> int:
        """Return which server a process is."""
        return [each.pid for each in self.processes].index(process)


@contextmanager
def working(folder: Path, vendor_port: int, servers: int = 1, **variables: str) -> Iterator[Office]:
    """Servers that run, with a connected company."""
    places = [demo.Demo(folder / str(number), find_free_port(), vendor_port) for number in range(servers)]
    variables |= {
        "LEDGERPORT_PUBLIC_URL": places[0].url,
        "LEDGERPORT_QUICKBOOKS_CLIENT_ID": CLIENT[0],
        "LEDGERPORT_QUICKBOOKS_CLIENT_SECRET": CLIENT[1],
        "LEDGERPORT_QUICKBOOKS_ORIGIN": places[0].simulator_url,
    }
    for place in places:
        place.data.mkdir(parents=True, exist_ok=True)
        store_builtin_catalog(place.data)
    office = Office(places, variables, new_token(places[0].data, **variables))
    try:
        for number in range(servers):
            office.start(number)
        office.connect()
        yield office
    finally:
        for process in office.processes:
            process.kill()
            process.wait(10)
