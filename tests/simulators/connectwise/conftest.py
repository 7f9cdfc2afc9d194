"""A simulator of ConnectWise PSA on a free port with the sample firm, and a client with its keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from runtime.simulators.connectwise.app import Application
from runtime.simulators.connectwise.clock import Clock
from runtime.simulators.connectwise.http.authentication import Keys
from runtime.simulators.connectwise.records.store import Store
from tests.simulators.connectwise.sample import build_sample
from tests.simulators.quickbooks.conftest import serving

Body = dict[str, Any]
NOON = 1_773_144_000.0
"""A moment to stand still at: 10 March 2026, 12:00 UTC."""
BASE = "/v4_6_release/apis/3.0"
AUTH = ("sandbox+sandbox-public", "sandbox-private")


def make_application() -> Application:
    """Return the simulator with the sample firm, on a clock that stands still."""
    store = Store(Clock(frozen=NOON))
    store.load(build_sample())
    application = Application(store, Keys())
    application.control.fill = lambda filled: filled.load(build_sample())
    return application


class Client(httpx2.Client):
    """An HTTP client with the keys of the member."""

    def list_ids(self, path: str, conditions: str = "", **parameters: Any) -> list[int]:
        answer = self.get(path, params={"conditions": conditions, "pageSize": 1000, **parameters})
        assert answer.status_code == 200, answer.text
        return [record["id"] for record in answer.json()]

    def read(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def create(self, path: str, **record: Any) -> Body:
        answer = self.post(path, json=record)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def change(self, path: str, **values: Any) -> httpx2.Response:
        return self.patch(
            path, json=[{"op": "replace", "path": name, "value": value} for name, value in values.items()]
        )


def connect(address: str) -> Client:
    return Client(base_url=address + BASE, auth=AUTH, headers={"clientId": "a client"})


class Current:
    """One server for a module, in front of the application of the present test."""

    def __init__(self) -> None:
        self.application = make_application()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.application(scope, receive, send)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Current, str]]:
    current = Current()
    for address in serving(current):  # type: ignore[arg-type]
        yield current, address


@pytest.fixture
def application(served: tuple[Current, str]) -> Application:
    """Return a simulator of the test's own."""
    served[0].application = make_application()
    return served[0].application


@pytest.fixture
def address(served: tuple[Current, str], application: Application) -> str:
    return served[1]


@pytest.fixture
def client(address: str) -> Iterator[Client]:
    with connect(address) as found:
        yield found


def find_codes(answer: httpx2.Response) -> list[tuple[str, str]]:
    """Return the code and the field of each problem of a refused record."""
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "InvalidObject", answer.text
    return [(each["code"], each["field"]) for each in answer.json()["errors"]]
