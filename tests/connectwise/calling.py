"""Calls of the tools of ConnectWise PSA, as shipped, against a vendor on loopback."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from runtime.exchange.tool_answer import Answer
from runtime.model import Account, AccountId, Credentials
from runtime.operations.clients import UNMAPPED, Clients
from tests.builtin import builtin_catalog
from tests.portability.calling import call_steps
from tests.vendor_server import http

CATALOG = builtin_catalog()
FIELDS = {"site": "psa.example", "company_id": "mspco", "public_key": "publickey", "client_id": "c-1"}
SECRETS = {"private_key": "privatekey"}
ACCOUNT = Account(AccountId("a1"), "connectwise", "production", "MSP", "active", "mspco", FIELDS, b"", 0, 0)
Got = tuple[str, dict[str, str], bytes]


def run(handler: Any, *steps: Any, clients: Clients = UNMAPPED) -> tuple[list[Answer], list[Got]]:
    """The answers of steps made one after another, and the requests that the vendor got."""
    return call_steps(
        ACCOUNT, Credentials(secrets=SECRETS), handler, *steps, catalog=CATALOG, clients=clients
    )


def knowing(handler: Any) -> Any:
    """A vendor that has every record to which a write refers, and answers anything else as `handler` does."""

    def answer(line: str, headers: dict[str, str], body: bytes) -> bytes:
        found = re.search(r"conditions=id%20in%20%28([0-9]+)%29", line)
        if found:
            return http(200, json.dumps([{"id": int(found[1])}]).encode())
        return handler(line, headers, body)

    return answer


def without_lookups(requests: list[Got]) -> list[tuple[str, str, dict[str, str], Any]]:
    """What was sent, but for reads of what a write refers to."""
    every = [sent(each) for each in requests]
    return [each for each in every if not each[2].get("conditions", "").startswith("id in ")]


def answering(*bodies: Any, status: int = 200, lines: tuple[str, ...] = ()) -> Any:
    """A vendor that gives these bodies one after another, and the last one from then on."""
    left = list(bodies)

    def answer(*_: Any) -> bytes:
        body = left.pop(0) if len(left) > 1 else left[0]
        return http(status, json.dumps(body).encode(), "application/json", *lines)

    return answer


def read(answer: Answer) -> Any:
    """What an answer holds."""
    assert answer.error is None, answer.error.as_text()
    return json.loads(answer.text)


def sent(request: Got) -> tuple[str, str, dict[str, str], Any]:
    """The verb, the path, the query and the body of a request."""
    verb, target, _ = request[0].split(" ")
    address = urlsplit(target)
    query = {name: each[0] for name, each in parse_qs(address.query).items()}
    return verb, address.path, query, json.loads(request[2]) if request[2] else None
