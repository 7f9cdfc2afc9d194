"""What a running server does on PostgreSQL, and when that goes away and comes back: it says so, and works again."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from runtime.commands.demo import Demo, Running, run_servers
from tests.engines import Postgres, running_postgres
from tests.waiting import wait_until

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


@dataclass
class Place:
    """A server over a PostgreSQL of its own, with the demo company connected at the simulator."""

    postgres: Postgres
    running: Running
    api: httpx2.Client

    @property
    def path(self) -> str:
        return f"/integrated-account/{self.running.account['id']}"

    def create_url(self, name: str = "Agent") -> httpx2.Response:
        return self.api.post(f"{self.path}/mcp", json={"name": name, "config": {}})

    def ask(self, token: str, message: dict[str, Any]) -> httpx2.Response:
        return self.api.post(f"/mcp/{token}", json=message)

    def call(self, token: str, tool: str, **arguments: Any) -> dict[str, Any]:
        params = {"name": tool, "arguments": arguments}
        answer = self.ask(token, {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["result"]
        return found


def free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with running_postgres() as postgres:
        data: Path = tmp_path_factory.mktemp("data")
        demo = Demo(data, *free_ports(2), database_url=postgres.make_database())
        with run_servers(demo) as running:
            headers = {"Authorization": f"Bearer {running.api.token}"}
            with httpx2.Client(base_url=demo.url, headers=headers, timeout=60, trust_env=False) as api:
                yield Place(postgres, running, api)
        assert not list(data.glob("ledgerport.sqlite3*")), "the records are in PostgreSQL alone"


def test_a_company_is_connected_and_its_tools_are_listed_and_called(place: Place) -> None:
    made = place.create_url()
    assert made.status_code == 201
    token = made.json()["token"]
    tools = place.ask(token, LIST).json()["result"]["tools"]
    assert len(tools) > 10
    read = place.call(token, "list_all_quick_books_customers", limit=1)
    assert not read.get("isError"), read
    written = place.call(token, "create_a_quick_books_customer", DisplayName="Made on PostgreSQL")
    assert not written.get("isError"), written
    entries = place.api.get(f"{place.path}/journal").json()["result"]
    assert [each["outcome"] for each in entries[:1]] == ["done"]
    place.api.delete(f"{place.path}/mcp/{made.json()['id']}")
    assert place.ask(token, LIST).status_code == 404


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_while_postgresql_is_away_requests_answer_503_and_afterwards_they_work_without_a_restart(
    place: Place, how: signal.Signals
) -> None:
    token = place.create_url().json()["token"]
    assert place.ask(token, LIST).status_code == 200

    place.postgres.stop(how)

    listed, changed = place.ask(token, LIST), place.create_url("Later")
    assert (listed.status_code, changed.status_code) == (503, 503)
    assert int(listed.headers["retry-after"]) > 0
    assert "PostgreSQL" in changed.text and place.postgres.password not in changed.text + listed.text
    assert place.api.get("/openapi.json").status_code == 200, "what needs no records is served on"
    wait_until(lambda: place.api.get("/readyz").json()["status"] == "unavailable")

    place.postgres.start()

    wait_until(lambda: place.ask(token, LIST).status_code == 200)
    wait_until(lambda: place.create_url("Later").status_code == 201)
    wait_until(lambda: place.api.get("/readyz").json()["status"] == "ok")
