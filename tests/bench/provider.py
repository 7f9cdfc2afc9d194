"""A provider of IT services with two systems: its books and its work, both simulators in this process.

Called by `entries.clients`. What a vendor answered once is answered again from memory, so that the work of the
simulators is not measured.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2

from generator.vendor import Integration
from runtime.insights.client_mapping import ClientLink, ClientMapping
from runtime.insights.worker import Job
from runtime.model import Account, AccountId, Credentials
from runtime.operations.clients import Clients
from runtime.operations.insights.work_pairs import WorkPair
from runtime.operations.known_records import MOST_ACCOUNTS
from runtime.recent import Recent
from runtime.simulators.connectwise import server as work_server
from runtime.simulators.connectwise.http.authentication import Keys
from runtime.simulators.provider.making import make_plan
from runtime.simulators.provider.plan import Plan
from runtime.simulators.provider.sizes import choose_parameters, read_firm_day
from runtime.simulators.quickbooks import companies
from runtime.simulators.quickbooks.books.store import VERSION, Store
from runtime.simulators.quickbooks.clock import Clock
from runtime.upstream.client import VendorRequest, VendorResponse
from tests.bench.environment import HOME
from tests.builtin import builtin_catalog
from tests.company import NOON
from tests.operations.insights.analyst import Analyst

SEED, SIZE = 1, 15_000
"""120 clients, two years, 60,000 time entries (`runtime.simulators.provider.sizes`)."""
WORK, WORK_URL = "connectwise", "http://service-desk/v4_6_release/apis/3.0"
KEYS = Keys()


class Provider:
    """The provider as an agent has it: an MCP server of its books, mapped with its work. Close it in the end."""

    def __init__(self, data: Path, compute: Callable[[Job], Awaitable[bytes]]) -> None:
        day = read_firm_day(NOON)
        self.plan = make_plan(choose_parameters(day, SEED, SIZE))
        self.first, self.last = self.plan.truths.complete_months[0], day
        self.analyst = Analyst(
            data, open_books(), catalog=builtin_catalog(), pairs=_Pairs(self.plan), most_bytes=2_000_000
        )
        self.analyst.calls._own.computed._compute = compute  # type: ignore[method-assign]
        self._remember(work_server.Options(seed=SEED, size=SIZE, day=day, keys=KEYS, throttle=False))

    def count_hours_of_clients(self) -> float:
        """Return the hours of the clients that are linked, in the days that are analysed."""
        linked = {each.company_id for each in self.plan.truths.pairs}
        return sum(
            each.minutes / 60
            for each in self.plan.time
            if each.company_id in linked and self.first <= each.day <= self.last
        )

    def have_clients(self, clients: Clients) -> None:
        """Have it known from now on by `clients` whether the tenant has a mapping."""
        names = self.analyst.calls._writes.clients
        names._clients, names._mapped = clients, Recent(MOST_ACCOUNTS)

    def close(self) -> None:
        """Close everything."""
        self.analyst._runner.run(self._work.aclose())
        self.analyst.close()
        self.analyst.store.close()

    def _remember(self, options: work_server.Options) -> None:
        application = work_server.prepare_application(options)
        self._work = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=application))
        vendor = self.analyst.calls._own.computed._vendor
        books_url, books_tokens = vendor._base_url, vendor._tokens

        def choose_url(integration: Integration, account: Account) -> str:
            return WORK_URL if integration.name == WORK else books_url(integration, account)

        vendor._base_url, vendor._tokens = choose_url, _Tokens(books_tokens)
        client = self.analyst.client
        send, known = client.send, dict[tuple[str, str, bytes | None], VendorResponse]()

        async def answer(request: VendorRequest, account: str) -> VendorResponse:
            key = (request.verb, request.url, request.body)
            if key in known:
                client.requests.append(request)
            elif request.url.startswith(WORK_URL):
                client.requests.append(request)
                known[key] = await self._ask_work(request)
            else:
                known[key] = await send(request, account)
            return known[key]

        client.send = answer  # type: ignore[method-assign]

    async def _ask_work(self, request: VendorRequest) -> VendorResponse:
        answer = await self._work.request(
            request.verb, request.url, headers=dict(request.headers), content=request.body
        )
        return VendorResponse(answer.status_code, answer.headers, answer.content)


class _Tokens:
    """Both systems take the credentials of the account that is connected to them."""

    def __init__(self, books: object) -> None:
        self._books = books

    async def get_fresh(self, account: Account) -> Credentials:
        if account.integration == WORK:
            return Credentials(secrets={"private_key": KEYS.private})
        return await self._books.get_fresh(account)  # type: ignore[attr-defined, no-any-return]

    async def invalidate(self, account: Account, access_token: str) -> None:
        raise AssertionError


class _Pairs:
    """Has the mapping that is right: who is who, as the plan of the business says."""

    def __init__(self, plan: Plan) -> None:
        fields = {
            "site": "work", "company_id": KEYS.company, "public_key": KEYS.public, "client_id": "bench",
        }  # fmt: skip
        account = Account(
            AccountId("w"), WORK, "production", "Work", "active", KEYS.company, fields, b"", NOON, NOON
        )
        truths = plan.truths
        links = [ClientLink(str(each.company_id), "linked", each.customer_id) for each in truths.pairs]
        links += [ClientLink(str(each), "not_a_client") for each in truths.not_clients]
        self._pair = WorkPair(account, ClientMapping({each.work: each for each in links}))

    async def find(self, _books: Account) -> WorkPair | None:
        return self._pair


def open_books() -> Store:
    """Return the books; made once, which takes a minute, and stored under .cache/bench."""
    HOME.mkdir(parents=True, exist_ok=True)
    path = HOME / f"provider-{VERSION}-{SIZE}.db"
    if not path.exists():
        begun = path.with_suffix(f".{os.getpid()}")
        store = Store(begun, Clock(frozen=NOON))
        with store.begin_transaction():
            companies.make_company(store, "provider", SEED, SIZE)
            store.execute("analyze")
        store.close()
        begun.replace(path)
    return Store(path, Clock(frozen=NOON))
