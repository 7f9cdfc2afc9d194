"""Books and work of one firm for the journeys: both simulators, the runtime, the clients mapped as a person maps them.

Calls are made with the client of the official SDK for Python, one session for each, with all that its answer says.
"""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from runtime.commands.demo import Demo, Running
from runtime.commands.demo_http import sign_in
from runtime.commands.demo_work import MADE, WorkSystem, connect_work_account
from runtime.simulators.provider.making import make_plan
from runtime.simulators.provider.plan import Plan
from runtime.simulators.provider.sizes import choose_parameters
from runtime.simulators.provider.truths import Truths

AT_THE_START = "at the start"
CERTAIN, LIKELY = 80, 60
"""Scores from which on suggestions are confirmed: first where one client has a likelier one than another."""
Record = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """What a tool answered, to whom it was said: its texts, its data beside them, and the headers of the response."""

    texts: tuple[str, ...]
    is_error: bool
    meta: Record
    headers: httpx2.Headers = field(repr=False)

    @property
    def text(self) -> str:
        """All that a model reads."""
        return "\n".join(self.texts)

    @property
    def value(self) -> Any:
        """The first text as JSON, with amounts as they are written; fails the test when it is an error."""
        assert not self.is_error, self.text
        return json.loads(self.texts[0], parse_float=Decimal)

    @property
    def error(self) -> Record:
        """What is said of an error beside its text; fails the test when there is none."""
        assert self.is_error, self.text
        found: Record = self.meta["ledgerport/error"]
        return found


def ask(url: str, tool: str, **arguments: Any) -> Said:
    """Call a tool of an MCP server by its URL."""
    return asyncio.run(_ask(url, tool, arguments))


async def _ask(url: str, tool: str, arguments: Record) -> Said:
    seen: list[httpx2.Headers] = []

    async def note(response: httpx2.Response) -> None:
        seen.append(response.headers)

    async with (
        httpx2.AsyncClient(timeout=120, event_hooks={"response": [note]}) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        seen.clear()
        found = await client.call_tool(tool, arguments)
        texts = tuple(each.text for each in found.content if each.type == "text")
        return Said(texts, bool(found.is_error), dict(found.meta or {}), seen[0])


def list_tools(url: str) -> dict[str, Any]:
    """Every tool of an MCP server, by name."""

    async def read() -> dict[str, Any]:
        async with Client(streamable_http_client(url)) as client:
            return {each.name: each for each in (await client.list_tools()).tools}

    return asyncio.run(read())


@dataclass(frozen=True)
class Firm:
    """The runtime with the books and the work system of one firm, and what is true of it."""

    demo: Demo
    running: Running

    @cached_property
    def system(self) -> WorkSystem:
        """What the simulator of the work system was started with."""
        return WorkSystem(**json.loads((self.demo.data / MADE).read_text()))

    @cached_property
    def plan(self) -> Plan:
        """The firm that both simulators show."""
        return make_plan(choose_parameters(date.fromisoformat(self.system.day)))

    @property
    def truths(self) -> Truths:
        """What is to be found in it."""
        return self.plan.truths

    @property
    def books(self) -> Record:
        """The account of the books."""
        return self.running.account

    @property
    def work(self) -> Record:
        """The account of the work system."""
        assert self.running.work_account is not None
        return self.running.work_account

    def call(self, verb: str, path: str, body: Record | None = None) -> Record:
        """Ask the management API."""
        return self.running.api.call(verb, path, body)

    def open_url(self, account: Record, **config: Any) -> str:
        """Return a new MCP URL of an account, which lists every tool unless `config` says otherwise."""
        config = {"tool_exposure": "full"} | config
        path = f"/integrated-account/{account['id']}/mcp"
        url: str = self.call("POST", path, {"name": "Two systems", "config": config})["url"]
        return url

    def connect_books(self, tenant: str) -> Record:
        """Connect the books for another tenant too, over OAuth."""
        body = {"integration": "quickbooks", "name": "Their books", "tenant_id": tenant}
        made = self.call("POST", "/integrated-account", body)
        sign_in(self.demo.url, made["authorize_url"])
        return self.call("GET", f"/integrated-account/{made['id']}")

    def connect_work(self, tenant: str, **more: Any) -> Record:
        """Connect the work system for another tenant too, by its keys."""
        api = _Changing(self.running.api, {"tenant_id": tenant, **more})
        return connect_work_account(api, self.system, [])  # type: ignore[arg-type]

    def delete(self, account: Record) -> None:
        """Delete an account, with all that hangs on it."""
        self.call("DELETE", f"/integrated-account/{account['id']}")

    def control_work(self, path: str, body: Record | None = None, verb: str = "POST") -> Any:
        """Set a switch of the simulator of the work system, or read it."""
        return _control(f"{self.demo.work_url}/_simulator/{path}", body, verb)

    def control_books(self, path: str, body: Record | None = None, verb: str = "POST") -> Any:
        """Set a switch of the simulator of the books, or read it."""
        return _control(f"{self.demo.simulator_url}/_simulator/{path}", body, verb)

    @contextmanager
    def fail_once(self, path: str, **rule: Any) -> Iterator[None]:
        """Have the work system fail the next request of a path in some way."""
        self.control_work("faults", {"path": path, "times": 1, **rule})
        try:
            yield
        finally:
            self.control_work("faults", verb="DELETE")

    @contextmanager
    def watch_work(self) -> Iterator[list[Record]]:
        """Yield what becomes the requests that the work system got while the block ran."""
        self.control_work("requests", verb="DELETE")
        found: list[Record] = []
        yield found
        found += self.control_work("requests", verb="GET")

    def renew_keys(self, account: Record) -> None:
        """Give an account of the work system its keys once more."""
        fields = {"private_key": self.system.private_key}
        self.call("PUT", f"/integrated-account/{account['id']}/keys", {"fields": fields})


@dataclass(frozen=True)
class _Changing:
    """A management API that adds to what is sent."""

    api: Any
    more: Record

    def call(self, verb: str, path: str, body: Record) -> Record:
        found: Record = self.api.call(verb, path, body | self.more)
        return found


def _control(address: str, body: Record | None, verb: str) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        address, data=data, method=verb, headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def map_as_a_person(firm: Firm, tenant: str, not_clients: tuple[str, ...]) -> Record:
    """Map the clients: what is certain by itself, what is likely by its score, who is no client one by one."""
    path = f"/tenant/{tenant}/company-mapping"
    mapping = firm.call("GET", path)
    if mapping["version"] == 0:
        mapping = firm.call("POST", f"{path}/auto", {"version": 0})
    for score in (CERTAIN, LIKELY):
        body = {"version": mapping["version"], "above": score}
        mapping = firm.call("POST", f"{path}/suggestions", body)
    body = {"version": mapping["version"], "not_clients": list(not_clients)}
    return firm.call("POST", f"{path}/suggestions", body)
