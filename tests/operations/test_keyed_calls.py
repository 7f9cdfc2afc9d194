"""Calls with an idempotency key of their caller: what the vendor is sent, over real sockets and a real database."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from generator.catalog import Call, Catalog, Returns, Tool
from generator.vendor import BatchForm, Integration
from runtime.exchange.tool_answer import Answer
from runtime.model import Account, AccountId, ApiTokenId, Credentials, Grant, McpServerId, ServerConfig
from runtime.operations.calls import Calls
from runtime.operations.vendor_calls import VendorCalls
from runtime.safety.once import Once
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorClient
from tests import made_up
from tests.deployment import Deployment, deploy
from tests.vendor_server import Handler, http, vendor

ACCOUNT = Account(AccountId("a1"), "acme", "live", "Acme", "active", "42", {"company_id": "42"}, b"", 0, 0)
AGENT, OTHER = (Grant(ACCOUNT, ServerConfig(), McpServerId(name)) for name in ("m1", "m2"))
PROGRAM = Grant(ACCOUNT, ServerConfig(), api_token_id=ApiTokenId("t1"))
UPDATE, GET = made_up.UPDATE.name, made_up.GET.name
CHANGE = {"id": "7", "SyncToken": "0", "DueDate": "2026-12-31"}
OTHER_CHANGE = CHANGE | {"DueDate": "2027-01-31"}
BATCH = made_up.tool(
    "run_a_acme_batch",
    {"calls": {"type": "array", "items": {"type": "object"}}},
    Call("POST", "/batch"),
    Returns("batch", ("BatchItemResponse",)),
    method_class="custom",
    risk="overwrite",
)
TOOLS: dict[str, Tool] = {**made_up.TOOLS, BATCH.name: BATCH}
VENDOR: Integration = replace(
    made_up.VENDOR,
    batch=BatchForm(
        items="BatchItemRequest",
        id="bId",
        answers="BatchItemResponse",
        forms={"update": {"{entity}": "{body}"}},
    ),
)
NO_KEYS = replace(VENDOR, idempotency_query_param="", idempotency_header="")


class Tokens:
    """Access tokens of which the first has ended at the vendor."""

    def __init__(self) -> None:
        self.number = 1

    async def get_fresh(self, account: Account) -> Credentials:
        return Credentials(access_token=f"token-{self.number}", refresh_token="r")

    async def invalidate(self, account: Account, access_token: str) -> None:
        self.number += 1


def answer(line: str, headers: dict[str, str], body: bytes) -> bytes:
    if line.startswith("POST /batch"):
        items = orjson.loads(body)["BatchItemRequest"]
        answers = [{"bId": each["bId"], "Invoice": {"Id": "7"}} for each in items]
        return http(200, orjson.dumps({"BatchItemResponse": answers}))
    return http(200, b'{"Invoice":{"Id":"7"}}')


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Deployment]:
    made = deploy(tmp_path)
    yield made
    made.stores.close()


def run(
    here: Deployment,
    *steps: tuple[Grant, str, dict[str, Any], str],
    handler: Handler = answer,
    integration: Integration = VENDOR,
) -> tuple[list[Answer], list[str]]:
    """The answers of calls `(grant, tool, arguments, key)`, and the key of each request that the vendor got."""

    async def main() -> tuple[list[Answer], list[str]]:
        async with vendor(handler) as server:
            client = VendorClient(timeout_seconds=5, per_account=10)
            calls = Calls(
                catalog=lambda: Catalog("1", {"acme": integration}, tuple(TOOLS.values())),
                vendor=VendorCalls(
                    client=client,
                    tokens=Tokens(),
                    hot=MemoryHotState(),
                    base_url=lambda integration, account: server.url,
                    once=Once(here.keys, here.stores, clock=here.clock),
                ),
                max_answer_bytes=100_000,
            )
            found = [
                await calls.call(grant, TOOLS, name, arguments, idempotency_key=key)
                for grant, name, arguments, key in steps
            ]
            await client.close()
            lines = [urlsplit(line.split()[1]).query for line, _, _ in server.requests]
            return found, [parse_qs(query).get("requestid", [""])[0] for query in lines]

    return asyncio.run(main())


def codes(answers: list[Answer]) -> list[str | None]:
    return [each.error.code if each.error else None for each in answers]


def test_a_repeated_call_goes_to_the_vendor_under_the_same_key_and_another_call_is_refused(
    here: Deployment,
) -> None:
    answers, sent = run(
        here, (AGENT, UPDATE, CHANGE, "k"), (AGENT, UPDATE, CHANGE, "k"), (AGENT, UPDATE, OTHER_CHANGE, "k")
    )
    assert codes(answers) == [None, None, "idempotency_key_reused"]
    assert len(sent) == 2 and sent[0] == sent[1]
    assert answers[2].status == 0 and answers[2].error is not None
    assert "Nothing was sent" in answers[2].error.as_text()


def test_two_callers_of_one_account_with_one_key_make_two_writes(here: Deployment) -> None:
    callers = (AGENT, OTHER, PROGRAM)
    answers, sent = run(here, *((each, UPDATE, CHANGE, "k") for each in callers))
    assert codes(answers) == [None] * 3
    assert len(set(sent)) == 3


def test_calls_without_a_key_are_two_writes_and_store_nothing(here: Deployment) -> None:
    answers, sent = run(here, (AGENT, UPDATE, CHANGE, ""), (AGENT, UPDATE, CHANGE, ""))
    assert codes(answers) == [None, None]
    assert len(set(sent)) == 2 and all(sent)
    assert here.stores.bind_key(b"k", b"f", 0.0, 1.0) == (b"f", True)


def test_a_key_on_a_read_is_no_binding(here: Deployment) -> None:
    answers, sent = run(here, (AGENT, GET, {"id": "7"}, "k"), (AGENT, GET, {"id": "8"}, "k"))
    assert codes(answers) == [None, None]
    assert sent == ["", ""]


def test_arguments_that_are_refused_do_not_use_the_key_up(here: Deployment) -> None:
    answers, sent = run(here, (AGENT, UPDATE, {"id": "7"}, "k"), (AGENT, UPDATE, CHANGE, "k"))
    assert codes(answers) == ["invalid_arguments", None]
    assert len(sent) == 1


def batch_of(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"calls": [{"tool": UPDATE, "arguments": each} for each in changes]}


def test_a_batch_is_bound_to_its_key_as_a_whole(here: Deployment) -> None:
    answers, sent = run(
        here,
        (AGENT, BATCH.name, batch_of(CHANGE, OTHER_CHANGE), "k"),
        (AGENT, BATCH.name, batch_of(CHANGE, OTHER_CHANGE), "k"),
        (AGENT, BATCH.name, batch_of(OTHER_CHANGE, CHANGE), "k"),
        (AGENT, UPDATE, CHANGE, "k"),
    )
    assert codes(answers) == [None, None, "idempotency_key_reused", "idempotency_key_reused"]
    assert len(sent) == 2 and sent[0] == sent[1] != ""


def test_a_write_with_a_key_is_refused_when_the_key_cannot_be_stored_and_one_without_goes_through(
    here: Deployment,
) -> None:
    other = sqlite3.connect(here.stores.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answers, sent = run(here, (AGENT, UPDATE, CHANGE, "k"), (AGENT, UPDATE, CHANGE, ""))
    other.close()
    assert codes(answers) == ["storage_unavailable", None]
    assert len(sent) == 1


def test_a_write_is_sent_again_under_its_key_with_a_renewed_access_token(here: Deployment) -> None:
    def expired(line: str, headers: dict[str, str], body: bytes) -> bytes:
        return (
            answer(line, headers, body) if headers["authorization"] == "Bearer token-2" else http(401, b"{}")
        )

    for key in ("k", ""):
        answers, sent = run(here, (AGENT, UPDATE, CHANGE, key), handler=expired)
        assert codes(answers) == [None]
        assert len(sent) == 2 and sent[0] == sent[1] != ""


def test_a_vendor_without_keys_gets_a_keyed_write_once(here: Deployment) -> None:
    steps = ((AGENT, UPDATE, CHANGE, "k"), (AGENT, UPDATE, CHANGE, "k"))
    answers, sent = run(here, *steps, integration=NO_KEYS)
    assert codes(answers) == [None, None]
    assert answers[0].text == answers[1].text
    assert sent == [""]
