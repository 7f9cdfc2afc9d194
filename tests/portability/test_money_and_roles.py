"""Of a vendor of which only some tools handle money, whoever has too low a role has the others, and sees no money.

The vendor is made up: workers, who have a cost, and bills.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from generator.catalog import Tool
from runtime.mcp_server.toolset import Toolsets
from runtime.model import Account, AccountId, Credentials, Grant, ServerConfig
from runtime.operations.accounts import About, Accounts
from runtime.operations.calls import Calls
from runtime.operations.money_tools import hide_money
from runtime.operations.vendor_calls import VendorCalls
from runtime.people import Role
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorClient
from tests.deployment import NOON
from tests.identity import authorization
from tests.identity.authorization import READ, WRITE, Place, list_names, opened
from tests.portability.calling import FixedCredentials
from tests.portability.mixed_vendor import BILLS, BOTH, FIELDS, LIST, MIXED, UPDATE, WORKER
from tests.vendor_server import http, vendor

GET = "get_single_pier_worker_by_id"
Story = Callable[[Place, str], Awaitable[None]]


def run(data: Path, monkeypatch: pytest.MonkeyPatch, story: Story) -> None:
    """Run a story in a deployment whose one vendor is the made-up one, with a company of it."""

    async def begin() -> None:
        monkeypatch.setattr(authorization, "builtin_catalog", lambda: BOTH)
        async with opened(data) as here:
            accounts = Accounts(here.runtime.deployment, here.runtime.tokens)
            made = accounts.create("North", "pier", FIELDS, about=About(tenant_id="default"))
            await story(here, made["id"])

    asyncio.run(begin())


def call(
    name: str, arguments: dict[str, Any], given: dict[str, Tool] | None = None, **config: Any
) -> tuple[Any, list[str]]:
    """The answer of a tool to a client of a config, and what the vendor was asked."""
    open_fields = {"site": "north", "public_key": "open"}
    account = Account(
        AccountId("a"), "pier", "live", "North", "active", "north", open_fields, b"", NOON, NOON
    )
    tools = given or Toolsets().select(MIXED, "pier", ServerConfig(**config)).tools

    async def main() -> tuple[Any, list[str]]:
        asked: list[str] = []

        def answer(line: str, _headers: dict[str, str], _body: bytes) -> bytes:
            asked.append(line.split(" HTTP")[0])
            return http(200, json.dumps(WORKER if "/workers/1" in line else [WORKER]).encode())

        async with vendor(answer) as server:
            client = VendorClient(timeout_seconds=2, per_account=4)
            sends = VendorCalls(
                client=client,
                tokens=FixedCredentials(Credentials(secrets={"private_key": "secret"})),  # type: ignore[arg-type]
                hot=MemoryHotState(),
                base_url=lambda *_: server.url,
            )
            calls = Calls(catalog=lambda: MIXED, vendor=sends, max_answer_bytes=100_000)
            found = await calls.call(Grant(account, ServerConfig(**config)), tools, name, arguments)
            await client.close()
            return found, asked

    return asyncio.run(main())


def test_no_tool_that_handles_money_is_left_and_no_argument_that_shows_some() -> None:
    whole = Toolsets().select(MIXED, "pier", ServerConfig()).tools
    left = Toolsets().select(MIXED, "pier", ServerConfig(hides_money=True)).tools
    assert set(whole) - set(left) == {tool.name for tool in MIXED.tools if tool.resource == "bills"}
    shown = {name: set(tool.input_schema["properties"]) for name, tool in left.items()}
    assert not [name for names in shown.values() for name in names if "ost" in name or name == "rate"]
    assert left[LIST].input_schema["properties"]["order_by"]["enum"] == ["id", "name"]
    assert not [name for name, tool in left.items() if b"hourlyCost" in tool.schema]


@pytest.mark.parametrize(
    ("name", "arguments"), [(LIST, {}), (GET, {"id": 1}), (UPDATE, {"id": 1, "name": "Ada"})]
)
def test_fields_with_money_are_masked_in_every_answer(name: str, arguments: dict[str, Any]) -> None:
    shown, _ = call(name, arguments, hides_money=True)
    assert shown.error is None, shown.error
    assert "Ada" in shown.text
    assert not [each for each in ("41.5", "120") if each in shown.text]
    assert "•••" in shown.text
    whole, _ = call(name, arguments)
    assert "41.5" in whole.text


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        (LIST, {"hourlyCost_from": 40}),
        (LIST, {"order_by": "hourlyCost"}),
        (LIST, {"sum": ["hourlyCost"]}),
        (LIST, {"any_of": [{"hourlyCost_from": 40}]}),
        (LIST, {"more": '{"hourlyCost_until": 50}'}),
        (UPDATE, {"id": 1, "hourlyCost": 1}),
        (UPDATE, {"id": 1, "rate": {"amount": 1}}),
    ],
)
def test_nothing_is_found_sorted_added_up_or_set_by_what_is_masked(
    name: str, arguments: dict[str, Any]
) -> None:
    refused, asked = call(name, arguments, hides_money=True)
    assert refused.error is not None
    assert asked == []
    done, _ = call(name, arguments)
    assert done.error is None or "any_of" in arguments, done.error


def test_a_tool_that_handles_money_is_refused_whichever_way_it_comes() -> None:
    refused, asked = call(BILLS, {}, MIXED.by_name, hides_money=True)
    assert refused.error is not None
    assert (refused.error.code, asked) == ("forbidden", [])
    assert "handles money" in refused.error.message


@pytest.mark.parametrize(
    ("role", "least", "has_bills"),
    [
        ("viewer", "billing_admin", False),
        ("member", "billing_admin", False),
        ("billing_admin", "billing_admin", True),
        ("admin", "owner", False),
        ("member", "member", True),
    ],
)
def test_an_agent_of_somebody_has_the_tools_that_the_role_goes_as_far_as(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, role: Role, least: Role, *, has_bills: bool
) -> None:
    async def story(here: Place, company: str) -> None:
        here.set_tools_role(least)
        browser = await here.sign_in(here.add_person("anna@shop.example", role))
        tokens = await here.get_tokens(browser, company)
        names = list_names(await here.call(tokens["access_token"]))
        assert (BILLS in names, LIST in names) == (has_bills, True)
        if not has_bills:
            called = await here.call(tokens["access_token"], "tools/call", name=BILLS, arguments={})
            assert f"{BILLS}" in called.text
            assert called.json()["result"]["isError"] is True

    run(tmp_path, monkeypatch, story)


def test_a_role_that_is_lowered_takes_the_tools_away_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(here: Place, company: str) -> None:
        person = here.add_person("anna@shop.example", "billing_admin")
        tokens = await here.get_tokens(await here.sign_in(person), company, scope=[READ, WRITE])
        assert BILLS in list_names(await here.call(tokens["access_token"]))
        here.change_role(person, "member")
        left = list_names(await here.call(tokens["access_token"]))
        assert (BILLS in left, UPDATE in left) == (False, True)

    run(tmp_path, monkeypatch, story)


def test_the_consent_says_what_is_left_out_and_whom_to_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(here: Place, company: str) -> None:
        here.add_person("olga@shop.example", "owner")
        here.add_person("adam@shop.example", "admin")
        here.add_person("other@else.example", "owner", "else")
        browser = await here.sign_in(here.add_person("anna@shop.example", "member"))
        page = await here.ask(browser, await here.register())
        assert "The tools of Pier that handle money are left out." in page.text
        assert "adam@shop.example (admin) or olga@shop.example (owner)" in page.text
        assert "else.example" not in page.text
        left = len(hide_money(MIXED.tools))
        assert f"{left - 1} of {len(MIXED.tools)} tools remain" in page.text  # one of them writes
        here.set_tools_role("owner")
        page = await here.ask(browser, await here.register())
        assert "role owner. Ask olga@shop.example (owner) to" in page.text
        assert "adam@" not in page.text

    run(tmp_path, monkeypatch, story)


def test_the_pages_leave_the_same_tools_out_and_say_whom_to_ask(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(here: Place, company: str) -> None:
        here.set_tools_role("owner")
        here.add_person("olga@shop.example", "owner")
        browser = await here.sign_in(here.add_person("adam@shop.example", "admin"))
        page = await here.client.get(f"/company/{company}/explorer/tools", headers=browser)
        assert "The tools that handle money are left out." in page.text
        assert "Ask olga@shop.example (owner) to" in page.text
        assert "Bill" not in page.text
        gone = await here.client.get(f"/company/{company}/explorer/tools/{BILLS}", headers=browser)
        assert gone.status_code == 404
        tool = await here.client.get(f"/company/{company}/explorer/tools/{UPDATE}", headers=browser)
        assert "hourlyCost" not in tool.text
        assert "medium risk" in tool.text
        low = await here.sign_in(here.add_person("mia@shop.example", "member"))
        refused = await here.client.get(f"/company/{company}/explorer/tools", headers=low)
        assert refused.status_code == 403
        assert "Ask adam@shop.example (admin) or olga@shop.example (owner) to" in refused.text

    run(tmp_path, monkeypatch, story)
