"""A company of the QuickBooks simulator and the calls of an agent to it, in one process: for tests of many writes.

Requests go to the simulator's own application without a socket, and are counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import cache
from typing import Any

import httpx2
import orjson

from generator.catalog import Catalog, Tool
from runtime.deployment import Deployment
from runtime.errors import LedgerportError
from runtime.exchange.tool_answer import Answer
from runtime.model import Account, AccountId, Credentials, Grant, ServerConfig
from runtime.operations.calls import Calls
from runtime.operations.clients import UNMAPPED, Clients
from runtime.operations.insights.work_pairs import WorkPairs
from runtime.operations.vendor_calls import VendorCalls
from runtime.simulators.quickbooks import companies
from runtime.simulators.quickbooks.app import Application
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from runtime.simulators.quickbooks.companies import seed
from runtime.simulators.quickbooks.oauth.tokens import OAuth
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorRequest, VendorResponse
from tests.builtin import books_catalog

CLIENT = ("client", "secret")
HOST, CALLBACK = "http://simulator", "http://localhost/callback"
Seen = Callable[[VendorRequest], Awaitable[None]]


async def _do_nothing(_request: VendorRequest) -> None:
    pass


NOON = 1_795_200_000.0
"""A moment to stand still at: 20 November 2026, 10:40 Pacific."""


@cache
def make_landscaper() -> Store:
    """Return the books of the demo company, made once in each process; nobody changes them."""
    store = Store(":memory:", Clock(frozen=NOON))
    companies.make_company(store, "landscaper")
    return store


def copy_books(books: Store) -> Store:
    """Return the same books, which may be changed."""
    store = Store(":memory:", Clock(frozen=NOON))
    books.connection.backup(store.connection)
    return store


class _Client:
    """Sends to an application in this process."""

    def __init__(self, application: Application) -> None:
        self.http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=application), base_url=HOST)
        self.requests: list[VendorRequest] = []
        self.before: Seen = _do_nothing
        """Called with each request before it is sent, as somebody else may do something meanwhile."""

    async def send(self, request: VendorRequest, _account: str) -> VendorResponse:
        self.requests.append(request)
        await self.before(request)
        answer = await self.http.request(
            request.verb, request.url, headers=dict(request.headers), content=request.body
        )
        return VendorResponse(answer.status_code, answer.headers, answer.content)


class _Tokens:
    def __init__(self, token: str) -> None:
        self._credentials = Credentials(access_token=token)

    async def get_fresh(self, account: Account) -> Credentials:
        return self._credentials

    async def invalidate(self, account: Account, access_token: str) -> None:
        raise AssertionError


class Company:
    """One company with an agent that has all tools, unless `tools` names some."""

    def __init__(
        self,
        store: Store,
        *,
        tools: Mapping[str, Tool] | None = None,
        realm: str = seed.REALM,
        most_bytes: int = 1_000_000,
        deployment: Deployment | None = None,
        clients: Clients = UNMAPPED,
        catalog: Catalog | None = None,
        pairs: WorkPairs | None = None,
        **config: Any,
    ) -> None:
        self.store = store
        application = Application(store, dict([CLIENT]))
        application.throttle.is_on = False
        tokens = OAuth(store, dict([CLIENT]))
        code = tokens.make_code(realm, CLIENT[0], CALLBACK, "com.intuit.quickbooks.accounting")
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        made = tokens.exchange(CLIENT[0], form)
        self.catalog: Catalog = catalog or books_catalog()
        self.tools = tools or self.catalog.by_name
        self.client = _Client(application)
        self.calls = Calls(
            catalog=lambda: self.catalog,
            vendor=VendorCalls(
                client=self.client,  # type: ignore[arg-type]
                tokens=_Tokens(made["access_token"]),
                hot=MemoryHotState(),
                base_url=lambda _integration, _account: f"{HOST}/v3/company/{realm}",
            ),
            max_answer_bytes=most_bytes,
            deployment=deployment,
            clients=clients,
            pairs=pairs,
        )
        account = Account(
            AccountId("a"),
            "quickbooks",
            "sandbox",
            "Acme",
            "active",
            realm,
            {"realm_id": realm},
            b"",
            0,
            0,
        )
        self.grant = Grant(account, ServerConfig(**config))
        self._runner = asyncio.Runner()

    def answer(self, tool: str, key: str = "", /, **arguments: Any) -> Answer:
        """Return the answer of one call; `key` is an idempotency key."""
        return self._runner.run(self.ask(tool, key, **arguments))

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Return what work comes to in the loop of this company."""
        return self._runner.run(work)

    async def ask(self, tool: str, key: str = "", /, **arguments: Any) -> Answer:
        """Return the answer of one call, where a loop runs already."""
        name = self._name(tool)
        return await self.calls.call(self.grant, self.tools, name, arguments, idempotency_key=key)

    def call(self, tool: str, /, **arguments: Any) -> Any:
        """Return what a call answers. Raises the error that it ends in."""
        answer = self.answer(tool, **arguments)
        if answer.error is not None:
            raise answer.error
        return orjson.loads(answer.text) if answer.text else None

    def list(self, resource: str, /, **arguments: Any) -> list[dict[str, Any]]:
        """Return the records of one page of a list."""
        found: list[dict[str, Any]] = self.call(f"list {resource}", **arguments)["records"]
        return found

    def refused(self, tool: str, /, **arguments: Any) -> LedgerportError:
        """Return the error that a call ends in."""
        answer = self.answer(tool, **arguments)
        assert answer.error is not None, answer.text
        return answer.error

    def count_sent(self, verb: str = "") -> int:
        """Return how many requests were sent to the vendor so far."""
        return sum(not verb or request.verb == verb for request in self.client.requests)

    def close(self) -> None:
        """Close the client and the loop."""
        self._runner.run(self.client.http.aclose())
        self._runner.close()

    def _name(self, tool: str) -> str:
        """Return the name of a tool: its own, or `method resource`, such as `update bills`."""
        method, _, resource = tool.partition(" ")
        if not resource:
            return tool
        return next(
            each.name for each in self.catalog.tools if each.method == method and each.resource == resource
        )
