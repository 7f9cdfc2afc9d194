"""A simulator on a free port for the tests here, and a client that is connected to its company."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
import uvicorn

from runtime.simulators.quickbooks import companies
from runtime.simulators.quickbooks.app import Application
from runtime.simulators.quickbooks.books.balances import load_in_bulk
from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from runtime.simulators.quickbooks.companies import seed
from tests.waiting import wait_until

Body = dict[str, Any]
CLIENT = ("sandbox-client", "sandbox-secret")
REDIRECT = "http://localhost:9/callback"
NOON = 1_795_200_000.0
"""A moment to stand still at: 20 November 2026, 10:40 Pacific."""


def empty_company(path: str = ":memory:") -> Books:
    """Return a company with the usual lists and no transactions, on a clock that stands still."""
    store = Store(path, Clock(frozen=NOON))
    books = seed.register_company(store, seed.REALM, "Test Company")
    facts = seed.read_sample()
    with load_in_bulk(books):
        seed.create_company_info(books, "Test Company", "Testing")
        seed.create_basics(books, facts)
        seed.create_preferences(books)
        seed.create_people(books, facts)
        seed.create_products(books, facts, "2026-01-01")
    return books


@pytest.fixture(scope="session")
def template() -> Store:
    return empty_company().store


@pytest.fixture
def books(template: Store) -> Books:
    """Return a fresh company without transactions."""
    store = Store(":memory:", Clock(frozen=NOON))
    template.connection.backup(store.connection)
    return Books(store, seed.REALM)


class Client(httpx2.Client):
    """An HTTP client with an access token, for the paths below one company."""

    realm = seed.REALM

    def call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        return self.request(method, f"/v3/company/{self.realm}/{path}", **options)

    def save(self, entity: str, body: Body, **parameters: str) -> Body:
        answer = self.call("POST", entity.lower(), json=body, params=parameters)
        assert answer.status_code == 200, answer.text
        return next(value for key, value in answer.json().items() if key != "time")

    def refused(self, entity: str, body: Any, **parameters: str) -> Body:
        answer = self.call("POST", entity.lower(), json=body, params=parameters)
        assert answer.status_code >= 400, answer.text
        return answer.json()["Fault"]["Error"][0]

    def get_one(self, entity: str, id: str) -> Body:
        answer = self.call("GET", f"{entity.lower()}/{id}")
        assert answer.status_code == 200, answer.text
        return answer.json()[entity]

    def select(self, statement: str) -> list[Body]:
        answer = self.call("GET", "query", params={"query": statement})
        assert answer.status_code == 200, answer.text
        found = answer.json()["QueryResponse"]
        return next((value for value in found.values() if isinstance(value, list)), [])


def serving(application: Application) -> Iterator[str]:
    """Run an application in a thread; gives its address."""
    bound = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, log_level="error", lifespan="off", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    server.should_exit = True
    thread.join(5)


def tokens_for(
    address: str, realm: str = seed.REALM, scope: str = "com.intuit.quickbooks.accounting"
) -> Body:
    """Go through the pages as a person would, and exchanges the code."""
    asked = {
        "client_id": CLIENT[0],
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": scope,
        "state": "s1",
    }
    with httpx2.Client(base_url=address) as client:
        page = client.get("/connect/oauth2", params=asked)
        assert re.search(rf'name="realm" value="{realm}"', page.text), page.text
        back = client.post("/connect/oauth2", data={**asked, "realm": realm, "decision": "connect"})
        code = dict(parse_qsl(urlsplit(back.headers["location"]).query))["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        answer = client.post("/oauth2/v1/tokens/bearer", data=form, auth=CLIENT)
        assert answer.status_code == 200, answer.text
        return answer.json()


def connected(address: str) -> Client:
    """Return a client with a fresh access token."""
    token = tokens_for(address)["access_token"]
    return Client(base_url=address, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def address(template: Store) -> Iterator[str]:
    """Return a simulator with a company without transactions, without rate limits; shared by the tests of a module."""
    store = Store(":memory:", Clock(frozen=NOON))
    template.connection.backup(store.connection)
    application = Application(store, dict([CLIENT]))
    application.throttle.is_on = False
    yield from serving(application)


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[Client]:
    """Return a connected client of the shared simulator."""
    with connected(address) as found:
        yield found


@pytest.fixture(scope="session")
def landscaper() -> Store:
    """Return the demo company, for tests that only read."""
    store = Store(":memory:", Clock(frozen=NOON))
    companies.make_company(store, "landscaper")
    return store


def sales_line(cents: int, item: str = "4", **detail: Any) -> Body:
    """Return a line of a sales form."""
    return {
        "Amount": cents / 100,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": item}, **detail},
    }


def expense_line(cents: int, account: str = "7") -> Body:
    """Return a line of a bill or an expense."""
    return {
        "Amount": cents / 100,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": account}},
    }


def paid(txn_type: str, id: str, value: float) -> Body:
    """Return a line of a payment."""
    return {"Amount": value, "LinkedTxn": [{"TxnId": id, "TxnType": txn_type}]}


def journal_line(value: float, side: str, account: str, **more: Any) -> Body:
    """Return a line of a journal entry."""
    return {
        "Amount": value,
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}, **more},
    }
