"""Several companies of the simulator behind one address: the endpoint, real calls and a journal, in one process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2

from generator.catalog import Catalog
from runtime.errors import NeedsReauth
from runtime.mcp_server.changes import Changes
from runtime.mcp_server.endpoint import Access, McpEndpoint
from runtime.mcp_server.greeting import Identity
from runtime.mcp_server.methods import McpServices
from runtime.model import Account, AccountId, AuditEntry, Credentials, Grant, McpServerId, ServerConfig
from runtime.operations.approvals.deciding import Decisions
from runtime.operations.approvals.staging import Staging
from runtime.operations.approvals.waits import SENT_AT_ONCE
from runtime.operations.calls import Calls
from runtime.operations.file_links import FileLinks
from runtime.operations.journal import Journal
from runtime.operations.mcp_servers import McpServers
from runtime.operations.reversal import Reversal
from runtime.operations.server_uses import ServerUses
from runtime.operations.undo import Undo
from runtime.operations.vendor_calls import VendorCalls
from runtime.operations.write_journal import WriteJournal
from runtime.operations.write_policies import WritePolicies
from runtime.safety.once import Once
from runtime.simulators.quickbooks.app import Application
from runtime.simulators.quickbooks.companies import seed
from runtime.simulators.quickbooks.oauth.tokens import OAuth
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorRequest, VendorResponse
from tests.builtin import builtin_catalog
from tests.company import CALLBACK, CLIENT, copy_books, make_landscaper
from tests.deployment import NOON, deploy
from tests.mcp_server.stand import TOKEN, Response, ask_in_loop, hash_token, message

SCOPE = "com.intuit.quickbooks.accounting"
NAMES = ("Elm Street Bakery", "Oak Landscaping", "Ash Consulting")
Pause = Callable[[str], Awaitable[None]]


async def do_nothing(_account: str) -> None:
    """Nothing."""


def make_account(number: int, name: str, **more: Any) -> Account:
    """An account of the simulator. Its id and its number differ from those of every other one."""
    made = Account(
        AccountId(f"acc-{number}"),
        "quickbooks",
        "sandbox",
        name,
        "active",
        f"90{number}",
        {"realm_id": seed.REALM},
        b"",
        0.0,
        0.0,
    )
    return replace(made, **more)


def make_grants(names: tuple[str, ...] = NAMES, **config: Any) -> tuple[Grant, ...]:
    """A grant for each of some companies, the same filter for all."""
    return tuple(
        Grant(make_account(at, name), ServerConfig(**config), McpServerId(f"{at:032x}"))
        for at, name in enumerate(names, 1)
    )


def unite(grants: tuple[Grant, ...]) -> Grant:
    """The grant of an address that reaches them, with the first one as the default."""
    return replace(grants[0], companies=grants)


class _Client:
    """Sends to the simulator of the company that is called, and remembers to which."""

    def __init__(self, applications: dict[str, Application]) -> None:
        self._clients = {
            account: httpx2.AsyncClient(transport=httpx2.ASGITransport(app=each), base_url="http://simulator")
            for account, each in applications.items()
        }
        self.sent: list[tuple[str, str, str]] = []
        """Account, verb and path of each request."""
        self.pause: Pause = do_nothing
        self.under_way = self.most_under_way = 0

    async def send(self, request: VendorRequest, account: str) -> VendorResponse:
        self.sent.append((account, request.verb, request.url))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.pause(account)
            answer = await self._clients[account].request(
                request.verb, request.url, headers=dict(request.headers), content=request.body
            )
        finally:
            self.under_way -= 1
        return VendorResponse(answer.status_code, answer.headers, answer.content)

    async def close(self) -> None:
        """Close the connections."""
        for each in self._clients.values():
            await each.aclose()


class _Tokens:
    """Access tokens by account; a disconnected one has none."""

    def __init__(self, tokens: dict[str, str]) -> None:
        self.tokens = tokens

    async def get_fresh(self, account: Account) -> Credentials:
        if account.id not in self.tokens:
            raise NeedsReauth(f"{account.name} is no longer connected.", advice="Connect it again.")
        return Credentials(access_token=self.tokens[account.id])

    async def invalidate(self, account: Account, access_token: str) -> None:
        raise AssertionError


class Office:
    """Companies of the simulator behind one address."""

    def __init__(
        self, data: Path, grants: tuple[Grant, ...], *, has_uses: bool = False, may_wait: bool = False
    ) -> None:
        self.here = deploy(data)
        self.catalog: Catalog = builtin_catalog()
        self.grant: Grant = unite(self._store(grants))
        applications: dict[str, Application] = {}
        tokens: dict[str, str] = {}
        for each in {each.account.id: each.account for each in grants}.values():
            applications[each.id], tokens[each.id] = _make_company()
        self.client, self.tokens = _Client(applications), _Tokens(tokens)
        vendor = VendorCalls(
            client=self.client,  # type: ignore[arg-type]
            tokens=self.tokens,
            hot=MemoryHotState(),
            base_url=lambda _integration, _account: f"http://simulator/v3/company/{seed.REALM}",
            journal=WriteJournal(self.here.keys, self.here.stores, clock=self.here.clock),
            once=Once(self.here.keys, self.here.stores, clock=self.here.clock) if may_wait else None,
        )
        parts, policies = self.here.parts(self.catalog), WritePolicies(vendor, clock=self.here.clock)
        waits = Staging(parts, vendor, policies) if may_wait else SENT_AT_ONCE
        self.calls = Calls(
            catalog=lambda: self.catalog,
            vendor=vendor,
            max_answer_bytes=32_000,
            policies=policies,
            waits=waits,
        )
        journal = Journal(parts)
        undo = Undo(self.here.stores, journal, self.calls, lambda: self.catalog)
        self.lines: list[dict[str, object]] = []
        self.uses = ServerUses(self.here.stores, clock=self.here.clock) if has_uses else None
        self.decisions = Decisions(parts)
        self.changes = Changes(
            journal,
            undo,
            Reversal(self.calls, lambda: self.catalog, undo),
            self.decisions if may_wait else None,
        )
        services = McpServices(
            lambda: self.catalog,
            self.calls,
            Identity("ledgerport", "0.1.0"),
            self._log,
            FileLinks(parts),
            self.changes,
        )
        self.endpoint = McpEndpoint(
            services, Access(hash_token, lambda _hashed: self.grant, self._is_api_token, uses=self.uses)
        )
        self._runner = asyncio.Runner()

    def _store(self, grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
        """The grants with MCP servers of their own in the records."""
        servers, stored = McpServers(self.here.parts(self.catalog)), []
        for each in grants:
            noted = AuditEntry(NOON, "tests", "account.created", each.account.id)
            self.here.stores.records.add_account(each.account, noted)
            limits = {"max_uses": each.config.max_uses} if each.config.max_uses else {}
            made = servers.create(each.account.id, "An agent", limits)
            stored.append(replace(each, server_id=McpServerId(made["id"])))
        return tuple(stored)

    async def _is_api_token(self, _token: str, _grant: Grant) -> bool:
        return False

    def _log(self, event: str, **fields: object) -> None:
        self.lines.append({"event": event, **fields})

    def post(self, method: str, params: dict[str, Any] | None = None, **headers: str) -> Response:
        """The response to one message."""
        return self._runner.run(self.send(method, params, **headers))

    async def send(self, method: str, params: dict[str, Any] | None = None, **headers: str) -> Response:
        """The same, where a loop runs already."""
        body, found = message(method, params, id=1)
        found |= {name.replace("_", "-"): value for name, value in headers.items()}
        fields = [(name.encode(), value.encode()) for name, value in found.items()]
        return await ask_in_loop(self.endpoint, f"/mcp/{TOKEN}", "POST", fields, [body])

    def call(self, tool: str, /, **arguments: Any) -> Response:
        """The response to a call of a tool."""
        return self.post("tools/call", {"name": tool, "arguments": arguments})

    def read(self, tool: str, /, **arguments: Any) -> Any:
        """The JSON that a call answers."""
        result = self.call(tool, **arguments).result
        assert result["isError"] is False, result
        return json.loads(result["content"][0]["text"])

    def refuse(self, tool: str, /, **arguments: Any) -> str:
        """The text of the error that a call ends in."""
        result = self.call(tool, **arguments).result
        assert result["isError"] is True, result
        text: str = result["content"][0]["text"]
        return text

    def run(self, work: Awaitable[Any]) -> Any:
        """What some work comes to in the loop of the office."""

        async def wait() -> Any:
            return await work

        return self._runner.run(wait())

    def list_called(self) -> list[str]:
        """The accounts that requests were sent for, in their order."""
        return [account for account, _, _ in self.client.sent]

    def close(self) -> None:
        """Close everything."""
        self._runner.run(self.client.close())
        self._runner.close()
        self.here.stores.close()


def _make_company() -> tuple[Application, str]:
    """The simulator of one company, and an access token for it."""
    store = copy_books(make_landscaper())
    application = Application(store, dict([CLIENT]))
    application.throttle.is_on = False
    tokens = OAuth(store, dict([CLIENT]))
    code = tokens.make_code(seed.REALM, CLIENT[0], CALLBACK, SCOPE)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    access: str = tokens.exchange(CLIENT[0], form)["access_token"]
    return application, access
