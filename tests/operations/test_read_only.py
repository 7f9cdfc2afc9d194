"""A company that is connected to be read only is never written to, whatever an MCP server or a caller says."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from runtime.errors import InvalidRequest
from runtime.mcp_server.toolset import Toolsets
from runtime.model import ServerConfig
from runtime.operations.accounts import About
from tests.api.harness import ApiHarness
from tests.builtin import builtin_catalog
from tests.connect.test_tokens import connected
from tests.deployment import CATALOG, TOOLS, HandClock
from tests.safety.calling import Call, talk
from tests.vendor_server import Vendor

READING = {tool.name for tool in TOOLS if tool.is_read_only}


def read_only_account(harness: ApiHarness) -> str:
    body = {"name": "Shop", "integration": "books", "read_only": True}
    found: str = harness.ask("POST", "/integrated-account", json=body).json()["id"]
    return found


def test_no_tool_that_writes_is_left_at_an_mcp_server_of_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, here, _account):
            made = here.accounts.create("Shop", "books", about=About(read_only=True))
            server = here.mcp_servers.create(made["id"], "Agent", {"methods": ["write", "read"]})
            grant = here.stores.look_up.find_grant(here.keys.hash_token(server["token"]), here.clock())
            assert grant is not None and not isinstance(grant, asyncio.Future)
            config = grant.config  # type: ignore[union-attr]
            left = Toolsets().select(CATALOG, "books", config)
            assert set(left.tools) == READING
            assert set(Toolsets().select(CATALOG, "books", ServerConfig()).tools) > READING
            with pytest.raises(InvalidRequest, match='no "is_read_only"'):
                here.mcp_servers.change(made["id"], server["id"], config={"is_read_only": False})

    asyncio.run(story())


def test_one_filter_has_another_toolset_for_an_account_that_is_read_only() -> None:
    toolsets = Toolsets()
    whole = toolsets.select(CATALOG, "books", ServerConfig())
    assert (
        toolsets.select(CATALOG, "books", ServerConfig(is_read_only=True)).tools.keys() < whole.tools.keys()
    )
    assert toolsets.select(CATALOG, "books", ServerConfig()) is whole


def test_the_rest_api_lists_what_reads(tmp_path: Path) -> None:
    harness = ApiHarness(tmp_path, HandClock())
    account = read_only_account(harness)
    listed = harness.ask("GET", f"/integrated-account/{account}/tools").json()["result"]
    assert {tool["name"] for tool in listed} == READING
    assert harness.ask("GET", f"/integrated-account/{account}").json()["read_only"] is True


def test_every_tool_that_writes_is_refused_before_anything_is_sent() -> None:
    catalog = builtin_catalog()
    tools = {tool.name: tool for tool in catalog.tools}
    writing = [tool.name for tool in catalog.tools if not tool.is_read_only]

    async def script(call: Call, server: Vendor) -> None:
        found = {name: await call(name, {}) for name in writing}
        allowed = [
            name
            for name, answer in found.items()
            if answer.error is None or "connected to be read only" not in answer.error.message
        ]
        assert (len(found) > 100, allowed, server.requests) == (True, [], [])

    talk(catalog.integrations["quickbooks"], tools, lambda line, given: {}, script, is_read_only=True)
