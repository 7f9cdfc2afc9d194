"""Calls of the tools of made-up vendors, each against a vendor on loopback."""

from __future__ import annotations

import asyncio
from pathlib import Path

from generator.compile import compile_catalog
from runtime.model import Account, Credentials, Grant, ServerConfig
from runtime.operations.calls import Calls
from runtime.operations.vendor_calls import VendorCalls
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorClient
from tests.vendor_server import vendor

HERE = Path(__file__).resolve().parent / "definitions"
CATALOG = compile_catalog(HERE)


class FixedCredentials:
    """Credentials that nothing ends and nothing renews."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def fresh(self, account: Account) -> Credentials:
        return self._credentials

    async def invalidate(self, account: Account, access_token: str) -> None:
        raise AssertionError("there is nothing to renew")


def call_steps(account: Account, credentials: Credentials, handler, *steps):
    """Answers of steps made one after another, and the requests that the vendor got.

    A step is `(tool, arguments)` or a function of the last answer.
    """
    tools = {tool.name: tool for tool in CATALOG.of(account.integration)}

    async def main():
        async with vendor(handler) as server:
            client = VendorClient(timeout_seconds=2, per_account=4)
            calls = Calls(
                catalog=lambda: CATALOG,
                vendor=VendorCalls(
                    client=client,
                    tokens=FixedCredentials(credentials),
                    hot=MemoryHotState(),
                    base_url=lambda *_: server.url,
                ),
                max_answer_bytes=100_000,
            )
            answers = []
            for step in steps:
                name, arguments = step(answers[-1]) if callable(step) else step
                answers.append(await calls.call(Grant(account, ServerConfig()), tools, name, arguments))
            await client.close()
            return answers, server.requests

    return asyncio.run(main())
