"""Calls through `Calls` to a vendor on loopback that answers what a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import orjson

from generator.catalog import Catalog, Tool
from generator.vendor import Integration
from runtime.exchange.tool_answer import Answer
from runtime.model import Account, AccountId, Credentials, Grant, ServerConfig
from runtime.operations.calls import Calls
from runtime.operations.vendor_calls import VendorCalls
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorClient
from tests.vendor_server import Vendor, http, vendor

Reply = Callable[[str, Any], Any]
"""From the request line and the body (None when there is none) to the answer, a value or the bytes of one."""
Call = Callable[..., Coroutine[Any, Any, Answer]]


class NoRefresh:
    async def get_fresh(self, account: Account) -> Credentials:
        return Credentials(access_token="a")

    async def invalidate(self, account: Account, access_token: str) -> None:
        raise AssertionError


def sent(server: Vendor, at: int = -1) -> Any:
    """The body of one of the requests that the vendor got."""
    return orjson.loads(server.requests[at][2])


def talk(
    integration: Integration,
    tools: Mapping[str, Tool],
    reply: Reply,
    script: Callable[[Call, Vendor], Coroutine[Any, Any, None]],
    **config: Any,
) -> None:
    """Run a script of calls. Its first argument calls a tool: `await call(name, arguments)`."""

    def answer(line: str, headers: dict[str, str], body: bytes) -> bytes:
        given = orjson.loads(body) if body[:1] in (b"{", b"[") else None
        found = reply(line, given)
        return found if isinstance(found, bytes) else http(200, orjson.dumps(found))

    async def main() -> None:
        async with vendor(answer) as server:
            client = VendorClient(timeout_seconds=5, per_account=10)
            calls = Calls(
                catalog=lambda: Catalog("1", {integration.name: integration}, tuple(tools.values())),
                vendor=VendorCalls(
                    client=client,
                    tokens=NoRefresh(),
                    hot=MemoryHotState(),
                    base_url=lambda integration, account: server.url,
                ),
                max_answer_bytes=1_000_000,
            )
            account = Account(
                AccountId("a"),
                integration.name,
                "production",
                "",
                "active",
                "4",
                {"realm_id": "4"},
                b"",
                0,
                0,
                is_read_only=config.get("is_read_only", False),
            )
            grant = Grant(account, ServerConfig(**config))

            async def call(name: str, arguments: dict[str, Any]) -> Answer:
                return await calls.call(grant, tools, name, arguments)

            try:
                await script(call, server)
            finally:
                await client.close()

    asyncio.run(main())
