"""Calls of the tools of made-up vendors, each against a vendor on loopback."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import Any

from generator.catalog import Catalog
from generator.compile import check, compile_catalog
from runtime.exchange.tool_answer import Answer
from runtime.model import Account, Credentials, Grant, ServerConfig
from runtime.operations.calls import Calls
from runtime.operations.clients import UNMAPPED, Clients
from runtime.operations.vendor_calls import VendorCalls
from runtime.safety.once import Once
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorClient
from tests import deployment
from tests.deployment import Deployment
from tests.vendor_server import vendor

HERE = Path(__file__).resolve().parent / "definitions"
CATALOG = compile_catalog(HERE)


class FixedCredentials:
    """Credentials that nothing ends and nothing renews."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def get_fresh(self, account: Account) -> Credentials:
        return self._credentials

    async def invalidate(self, account: Account, access_token: str) -> None:
        raise AssertionError("there is nothing to renew")


def call_steps(
    account: Account,
    credentials: Credentials,
    handler,
    *steps,
    catalog: Catalog = CATALOG,
    clients: Clients = UNMAPPED,
):
    """Answers of steps made one after another, and the requests that the vendor got.

    A step is `(tool, arguments)` or a function of the last answer.
    """
    tools = {tool.name: tool for tool in catalog.list_tools(account.integration)}

    async def main():
        async with vendor(handler) as server:
            client = VendorClient(timeout_seconds=2, per_account=4)
            calls = Calls(
                catalog=lambda: catalog,
                vendor=VendorCalls(
                    client=client,
                    tokens=FixedCredentials(credentials),
                    hot=MemoryHotState(),
                    base_url=lambda *_: server.url,
                ),
                max_answer_bytes=100_000,
                clients=clients,
            )
            answers = []
            for step in steps:
                name, arguments = step(answers[-1]) if callable(step) else step
                answers.append(await calls.call(Grant(account, ServerConfig()), tools, name, arguments))
            await client.close()
            return answers, server.requests

    return asyncio.run(main())


async def call_as(
    here: Deployment, account: Account, name: str, arguments: dict[str, Any], **more: Any
) -> Answer:
    """The answer of one call of a tool, made with the credentials that a deployment stores for an account."""
    catalog = deployment.CATALOG
    client = VendorClient(timeout_seconds=2, per_account=4)
    calls = Calls(
        catalog=lambda: catalog,
        vendor=VendorCalls(
            client=client,
            tokens=here.tokens,
            hot=MemoryHotState(),
            base_url=here.tokens.addresses.find_base_url,
            once=Once(here.keys, here.stores, clock=here.clock),
        ),
        max_answer_bytes=100_000,
    )
    tools = {tool.name: tool for tool in catalog.list_tools(account.integration)}
    try:
        return await calls.call(Grant(account, ServerConfig()), tools, name, arguments, **more)
    finally:
        await client.close()


def changed_definitions(folder: Path, integration: str, *changes: tuple[str, str]) -> Catalog | str:
    """The catalog of a made-up vendor whose texts are changed, or what is wrong with it."""
    shutil.copytree(HERE / integration, folder / integration)
    for before, after in changes:
        [path] = [
            each for each in (folder / integration).iterdir() if before in each.read_text(encoding="utf-8")
        ]
        path.write_text(path.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    return "\n".join(map(str, check([folder]))) or compile_catalog(folder)
