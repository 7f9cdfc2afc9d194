"""Calls of tools through `Calls` to a vendor on loopback that answers what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from generator.catalog import Call, Catalog, Returns, Tool
from generator.vendor import Integration
from runtime.exchange.tool_answer import Answer
from runtime.model import Account, AccountId, Credentials, Grant, ServerConfig
from runtime.operations.calls import Calls
from runtime.operations.spending import Spending
from runtime.operations.vendor_calls import VendorCalls
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorClient
from tests.made_up import GET, TOOLS, UPDATE, VENDOR, tool
from tests.vendor_server import Handler, Vendor, http, vendor

ACCOUNT = Account(
    AccountId("a1"), "acme", "production", "Acme", "active", "42", {"company_id": "42"}, b"", 0, 0
)
TODAY = date(2026, 3, 1)
GRANT = Grant(ACCOUNT, ServerConfig())
READ, WRITE = (GET.name, {"id": "7"}), (UPDATE.name, {"id": "7", "SyncToken": "1"})
BATCH = tool(
    "run_a_batch",
    {"calls": {"type": "array", "items": {"type": "object"}}},
    Call("POST", "/batch", body="record", body_arguments=(("calls", "calls"),)),
    Returns("batch"),
    required=["calls"],
    risk="destroy",
)


class FixedTokens:
    """Credentials that are renewed once when they are refused."""

    def __init__(self) -> None:
        self.access_token = "old"

    async def get_fresh(self, account: Account) -> Credentials:
        return Credentials(access_token=self.access_token, refresh_token="r")

    async def invalidate(self, account: Account, access_token: str) -> None:
        assert access_token == self.access_token
        self.access_token = "new"


def run(
    handler: Handler,
    *calls: tuple[str, dict[str, Any]],
    timeout: float = 30,
    budget: int = 100_000,
    config: ServerConfig | None = None,
    tools: Mapping[str, Tool] = TOOLS,
    catalog: Mapping[str, Tool] = TOOLS,
    integration: Integration = VENDOR,
    accounts: tuple[Account, ...] = (ACCOUNT,),
    base_path: str = "",
    spending: Spending | None = None,
) -> tuple[list[Answer], Vendor]:
    """The answers of calls `(tool name, arguments)` made one after another, and the vendor that got them.

    `tools` are those of the MCP server. Of several accounts each makes all of the calls.
    """

    async def main() -> tuple[list[Answer], Vendor]:
        async with vendor(handler) as server:
            client = VendorClient(timeout_seconds=timeout, per_account=10)
            maker = Calls(
                catalog=lambda: Catalog("1", {integration.name: integration}, tuple(catalog.values())),
                vendor=VendorCalls(
                    client=client,
                    tokens=FixedTokens(),
                    hot=MemoryHotState(),
                    base_url=lambda integration, account: server.url + base_path,
                    clock=lambda: 1000.0,
                    spending=spending,
                ),
                max_answer_bytes=budget,
                today=lambda _time_zone: TODAY,
            )
            grants = [Grant(each, config or ServerConfig()) for each in accounts]
            answers = [await maker.call(grant, tools, *call) for grant in grants for call in calls]
            await client.close()
            return answers, server

    return asyncio.run(main())


def json_vendor(value: object, status: int = 200) -> Handler:
    return lambda line, headers, body: http(status, orjson.dumps(value))


def statement(server: Vendor, at: int = -1) -> str:
    """The statement in one of the requests that the vendor got."""
    return parse_qs(urlsplit(server.requests[at][0].split()[1]).query)["query"][0]


def invoices(count: int, first: int = 1, size: int = 50) -> list[dict[str, Any]]:
    return [
        {"Id": str(each), "Balance": 10 + each, "Line": ["x" * size]} for each in range(first, first + count)
    ]
