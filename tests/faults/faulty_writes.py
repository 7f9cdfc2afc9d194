"""The writes of `test_write_faults`: four kinds of them, called over MCP, and what the vendor's books have of them."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runtime.commands import demo_http
from runtime.simulators.quickbooks.app import Application
from runtime.simulators.quickbooks.books.store import Store
from tests.faults.breaking_proxy import Proxy, proxying
from tests.faults.test_killed_in_refresh import Server, running
from tests.serving import served
from tests.simulators.quickbooks.conftest import CLIENT, empty_company

ROUNDS = int(os.environ.get("LEDGERPORT_TEST_WRITE_FAULTS", "1"))
"""How often each stage is met; more look longer for what one round does not find."""
WRITES = 4
LOST = (OSError, ValueError, http.client.HTTPException)
DETAIL = "SalesItemLineDetail"


@dataclass
class Case:
    """A server with a company, and the writes that meet a fault."""

    server: Server
    proxy: Proxy
    account: str = ""
    url: str = ""
    customer: str = ""
    item: str = ""
    count: int = 0
    passed: int = 0
    """The last entry of the journal before the writes."""
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(WRITES))

    @property
    def path(self) -> Path:
        return self.server.place.data / "ledgerport.sqlite3"

    def connect(self) -> None:
        self.account = self.server.connect()
        made = self.server.api.call("POST", f"/integrated-account/{self.account}/mcp", {"name": "Agent"})
        self.url = f"{self.server.place.url}/mcp/{made['token']}"
        self.customer = self.read("list_all_quick_books_customers", limit=1)["records"][0]["Id"]
        items = self.read("list_all_quick_books_items", limit=20)["records"]
        self.item = next(each["Id"] for each in items if each["Type"] in ("Service", "NonInventory"))

    def call(self, tool: str, arguments: dict[str, Any], key: str = "") -> dict[str, Any] | None:
        """Return the result of a call; None where its answer was lost."""
        meta = {"_meta": {"ledgerport/idempotency-key": key}} if key else {}
        params = {"name": tool, "arguments": arguments, **meta}
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        try:
            return dict(json.loads(demo_http.ask_server(self.url, message))["result"])
        except LOST:
            return None

    def call_over_rest(self, tool: str, arguments: dict[str, Any], key: str) -> tuple[bool, Any]:
        """Return whether a call at the management API succeeds, and its answer."""
        headers = {"Authorization": f"Bearer {self.server.api.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(
            f"{self.server.place.url}/integrated-account/{self.account}/tools/{tool}",
            data=json.dumps(arguments).encode(),
            headers={**headers, "Idempotency-Key": f'"{key}"'},
        )
        try:
            with demo_http.make_opener().open(request, timeout=60) as response:
                return True, json.load(response)
        except urllib.error.HTTPError as refused:
            return False, json.load(refused)

    def call_over_mcp(self, tool: str, arguments: dict[str, Any], key: str) -> tuple[bool, Any]:
        """Return whether a call at the MCP endpoint succeeds, and its answer."""
        result = self.call(tool, arguments, key)
        assert result is not None
        text = result["content"][0]["text"]
        return (False, text) if result.get("isError") else (True, json.loads(text))

    def read(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Return what a call answers that succeeds."""
        result = self.call(tool, arguments)
        assert result is not None
        assert not result.get("isError"), result
        return dict(json.loads(result["content"][0]["text"]))

    def journal(self) -> dict[str, list[str]]:
        """Return the outcomes of the entries of the last writes by their tools, "" for an open one."""
        wanted = (
            "SELECT j.tool, coalesce(o.outcome, '') FROM journal j "
            "LEFT JOIN journal_outcome o ON o.entry_id = j.id WHERE j.seq > ? ORDER BY j.seq"
        )
        found: dict[str, list[str]] = {}
        with contextlib.closing(sqlite3.connect(self.path)) as records:
            for tool, outcome in records.execute(wanted, (self.passed,)):
                found.setdefault(tool, []).append(outcome)
        return found

    def note_passed(self) -> None:
        with contextlib.closing(sqlite3.connect(self.path)) as records:
            self.passed = records.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0]


@dataclass
class Write:
    """A call with its key, and its answer once it is under way."""

    name: str
    tool: str
    arguments: dict[str, Any]
    key: str
    answer: Future[dict[str, Any] | None] | None = None


def invoice(case: Case, number: str, lines: int = 1) -> dict[str, Any]:
    line = {"DetailType": DETAIL, "Amount": 5, DETAIL: {"ItemRef": {"value": case.item}}}
    return {"CustomerRef": {"value": case.customer}, "DocNumber": number, "Line": [line] * lines}


def prepare(case: Case) -> list[Write]:
    """Make what is updated and deleted, and return the writes."""
    case.count += 1
    name = f"F{case.count}"
    create = "create_a_quick_books_invoice"
    made = {
        each: case.read(create, **invoice(case, f"{name}-{each}"), allow_duplicate=True)
        for each in ("updated", "deleted")
    }
    line = {"DetailType": DETAIL, "Amount": 7, DETAIL: {"ItemRef": {"value": case.item}}}
    update = {"id": made["updated"]["Id"], "PrivateNote": name, "Line": [line]}
    delete = {"id": made["deleted"]["Id"], "SyncToken": "0"}
    calls = [
        {"tool": create, "arguments": invoice(case, f"{name}-batch") | {"allow_duplicate": True}},
        {"tool": "create_a_quick_books_customer", "arguments": {"DisplayName": f"{name}-customer"}},
    ]
    new = invoice(case, f"{name}-created") | {"allow_duplicate": True}
    updating, deleting = ("update_a_quick_books_invoice_by_id", "delete_a_quick_books_invoice_by_id")
    case.note_passed()
    return [
        Write("created", create, new, f"{name}-1"),
        Write("updated", updating, update, f"{name}-2"),
        Write("deleted", deleting, delete, f"{name}-3"),
        Write("batch", "run_a_quick_books_batch", {"calls": calls}, f"{name}-4"),
    ]


def count_booked(case: Case) -> dict[str, int]:
    """Return how often each write of the last case is in the vendor's books."""
    name = f"F{case.count}"
    numbered = case.read("list_all_quick_books_invoices", limit=100, detail="full", DocNumber_contains=name)
    found: dict[str, list[Any]] = {}
    for each in numbered["records"]:
        prefix, _, kind = each["DocNumber"].partition("-")
        if prefix == name:
            found.setdefault(kind, []).append(each)
    customers = case.read("list_all_quick_books_customers", DisplayName_contains=f"{name}-customer")
    lines = [line for line in found["updated"][0]["Line"] if "Id" in line]
    batch = len(found.get("batch", ())), len(customers["records"])
    assert batch[0] == batch[1], batch
    return {
        "created": len(found.get("created", ())),
        "updated": len(lines) - 1,
        "deleted": 1 - len(found.get("deleted", ())),
        "batch": batch[0],
    }


@contextmanager
def open_case(data: Path) -> Iterator[Case]:
    """Serve a company to a server of its own, with the proxy between them, while the block runs."""
    store = Store(":memory:")
    empty_company().store.connection.backup(store.connection)
    application = Application(store, dict([CLIENT]))
    application.throttle.is_on = False
    with served(application) as vendor, open_case_before(data, vendor.port) as made:
        yield made


@contextmanager
def open_case_before(data: Path, vendor_port: int) -> Iterator[Case]:
    """Serve the company of a vendor to a server of its own, with the proxy between them, while the block runs."""
    with proxying(vendor_port) as (proxy, port), running(data, port) as server:
        made = Case(server, proxy)
        made.connect()
        yield made
        made.pool.shutdown(wait=False, cancel_futures=True)
