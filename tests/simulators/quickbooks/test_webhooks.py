from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from types import SimpleNamespace
from typing import Any, cast

import httpx2
import pytest

from runtime.simulators.quickbooks.books.store import Event
from runtime.simulators.quickbooks.control import webhooks
from tests.simulators.quickbooks.conftest import Client, sales_line


class Endpoint:
    """An app's endpoint: stores what it receives, answers with the statuses it is given."""

    def __init__(self) -> None:
        self.received: Queue[tuple[dict[str, str], bytes]] = Queue()
        self.statuses: list[int] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(endpoint.statuses.pop(0) if endpoint.statuses else 200)
                self.send_header("content-length", "0")
                self.end_headers()
                endpoint.received.put(({name.lower(): value for name, value in self.headers.items()}, body))

            def log_message(self, *_: Any) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def endpoint(address: str) -> Iterator[Endpoint]:
    found = Endpoint()
    yield found
    httpx2.post(f"{address}/_simulator/webhooks", json={"url": None})
    found.server.shutdown()


TXN = {"CustomerRef": {"value": "1"}, "Line": [sales_line(10_000)]}


def test_a_change_is_reported_as_cloud_events_with_a_signature(
    address: str, client: Client, endpoint: Endpoint
) -> None:
    httpx2.post(
        f"{address}/_simulator/webhooks",
        json={"url": endpoint.url, "verifier_token": "v1", "form": "cloudevents"},
    )
    made = client.save("Invoice", TXN)
    headers, body = endpoint.received.get(timeout=120)
    signature = base64.b64encode(hmac.new(b"v1", body, hashlib.sha256).digest()).decode()
    assert headers["intuit-signature"] == signature
    (event,) = json.loads(body)
    assert (event["type"], event["intuitentityid"]) == ("qbo.invoice.created.v1", made["Id"])
    assert event["intuitaccountid"] == client.realm


def test_the_old_form_groups_by_company_and_names_the_operation(
    address: str, client: Client, endpoint: Endpoint
) -> None:
    httpx2.post(f"{address}/_simulator/webhooks", json={"url": endpoint.url, "form": "legacy"})
    made = client.save("Invoice", TXN)
    client.save("Invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="void")
    bodies = [json.loads(endpoint.received.get(timeout=120)[1]) for _ in range(2)]
    reported = [
        entity
        for body in bodies
        for note in body["eventNotifications"]
        for entity in note["dataChangeEvent"]["entities"]
    ]
    assert [(one["name"], one["operation"]) for one in reported] == [
        ("Invoice", "Create"),
        ("Invoice", "Void"),
    ]


def test_what_is_refused_is_not_reported(address: str, client: Client, endpoint: Endpoint) -> None:
    httpx2.post(f"{address}/_simulator/webhooks", json={"url": endpoint.url, "form": "cloudevents"})
    client.refused("Invoice", {**TXN, "Line": [sales_line(1, "999")]})
    client.save("Customer", {"DisplayName": "Reported"})
    (event,) = json.loads(endpoint.received.get(timeout=120)[1])
    assert event["type"] == "qbo.customer.created.v1"


def test_a_failed_delivery_is_tried_again_after_its_delay(
    address: str, client: Client, endpoint: Endpoint
) -> None:
    httpx2.post(f"{address}/_simulator/webhooks", json={"url": endpoint.url, "form": "cloudevents"})
    endpoint.statuses = [500]
    client.save("Customer", {"DisplayName": "Sent Twice"})
    first = endpoint.received.get(timeout=120)
    deliver = {"deliver": True}
    while not (waiting := httpx2.get(f"{address}/_simulator/webhooks").json()["pending"]):
        continue
    assert waiting[0]["failures"] == 1
    assert httpx2.post(f"{address}/_simulator/webhooks", json=deliver).json()["pending"] == waiting
    httpx2.post(f"{address}/_simulator/clock", json={"advance_seconds": 10})
    assert httpx2.post(f"{address}/_simulator/webhooks", json=deliver).json()["pending"] == []
    assert endpoint.received.get(timeout=120)[1] == first[1]


def test_two_changes_close_together_are_sent_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way = threading.Lock()
    sent: list[list[str]] = []

    def post(_url: str, body: bytes, _headers: dict[str, str]) -> int:
        assert under_way.acquire(blocking=False), "two deliveries at once"
        time.sleep(0.05)
        sent.append([event["intuitentityid"] for event in json.loads(body)])
        under_way.release()
        return 200

    monkeypatch.setattr(webhooks, "_post", post)
    store = SimpleNamespace(events=[], clock=SimpleNamespace(read_seconds=lambda: 0.0))
    hooks = webhooks.Webhooks(cast("Any", store), url="http://127.0.0.1:1/hook")

    async def change_three_times() -> None:
        for record in ("1", "2", "3"):
            store.events = [Event("9", "Invoice", record, "Create", 0)]
            hooks.dispatch()
            await asyncio.sleep(0)
        while hooks._tasks:
            await asyncio.gather(*hooks._tasks)

    asyncio.run(change_three_times())
    assert (sent, hooks.delivered) == ([["1"], ["2"], ["3"]], 3)
