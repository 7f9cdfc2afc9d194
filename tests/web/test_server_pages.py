"""The pages of MCP servers: made by a form as by the API, shown once, changed, tried and ended by who may."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from generator.catalog import Tool
from runtime.exchange.tool_answer import Answer
from runtime.mcp_server.toolset import describe_listing
from runtime.model import AccountId, Grant
from runtime.operations.mcp_servers import McpServers
from runtime.watching.calls import LoggedCall
from tests.deployment import NOON
from tests.identity.authorization import Place, list_names, opened, read_form
from tests.web.visitors import read_forms

HOSTILE = '<script>alert(1)</script> {{ 7 * 7 }} =cmd|" /C calc"!A0'
Browser = dict[str, str]
Story = Callable[[Place, str, Browser], Awaitable[None]]


def run(data: Path, story: Story, role: Any = "admin", name: str = "Shop") -> None:
    async def begin() -> None:
        async with opened(data) as here:
            account = here.add_company(name)
            await story(here, account, await here.sign_in(here.add_person("anna@shop.example", role)))

    asyncio.run(begin())


async def send(
    here: Place,
    browser: Browser,
    page: str,
    address: str = "",
    headers: Mapping[str, str] = {},
    **values: Any,
) -> httpx2.Response:
    """Send the form of a page that leads to an address, with other values in it."""
    address = address or page
    shown = await here.client.get(page, headers=browser)
    (hidden,) = [found for leads_to, found in read_forms(shown) if leads_to.partition("#")[0] == address][:1]
    return await here.client.post(address, data={**hidden, **values}, headers={**browser, **headers})


async def make(here: Place, browser: Browser, account: str, **values: Any) -> str:
    """The URL of a server that is made by the form."""
    given = {"name": "Agent", "methods": ["read"], **values}
    made = await send(here, browser, f"/company/{account}/servers/new", **given)
    assert made.status_code == 200, made.text
    return find_url(made)


def find_url(page: httpx2.Response) -> str:
    (found,) = re.findall(r'<pre id="url"[^>]*>([^<]+)</pre>', page.text)
    return unescape(found)


def opens(here: Place, path: str) -> bool:
    """Whether a URL opens anything, by the clock of the test."""
    token_hash = here.runtime.keys.hash_token(path.rpartition("/")[2])
    return here.runtime.stores.look_up.find_grant(token_hash, here.clock()) is not None


def find_server(here: Place, account: str) -> Any:
    (found,) = here.records.list_mcp_servers(AccountId(account), None, 10, NOON)
    return found


def list_errors(page: httpx2.Response) -> dict[str, str]:
    """What stands beside each field that is wrong."""
    found = re.findall(r'class="error-text" id="(\w+)-e"><svg.*?</svg><span>(.*?)</span>', page.text)
    return {name: unescape(said) for name, said in found}


EVERY_FIELD: dict[str, Any] = {
    "name": " Bill intake ",
    "methods": ["read", "create"],
    "tags": ["payables"],
    "tool_exposure": "full",
    "ends": "",
    "require_api_token_auth": "yes",
    "networks": "203.0.113.0/24\n2001:db8::/32",
    "max_amount": "2,500.00",
    "max_amount_per_day": "12.5",
    "max_writes_per_hour": "20",
    "not_before": "day",
    "not_before_on": "2026-10-01",
    "allow": "vendors: 56, 41",
    "deny": "accounts: 35",
    "drafts_only": "",
    "reads_per_month": "1,000",
    "writes_per_month": "50",
    "max_uses": "10",
    "max_rows": "100",
    "max_answer_tokens": "5000",
    "max_answer_bytes": "20000",
    "time_zone": "America/New_York",
    "untrusted_text": "fenced",
    "rate_limit_style": "http_429",
    "show_sensitive": "yes",
}
THE_SAME = {
    "methods": ["read", "create"],
    "tags": ["payables"],
    "tool_exposure": "full",
    "require_api_token_auth": True,
    "networks": ["203.0.113.0/24", "2001:db8::/32"],
    "policies": {
        "max_amount": 2500.0,
        "max_amount_per_day": 12.5,
        "max_writes_per_hour": 20,
        "not_before": "2026-10-01",
        "allow": {"vendors": ["56", "41"]},
        "deny": {"accounts": ["35"]},
    },
    "budget": {"reads_per_month": 1000, "writes_per_month": 50},
    "max_uses": 10,
    "max_rows": 100,
    "max_answer_tokens": 5000,
    "max_answer_bytes": 20000,
    "time_zone": "America/New_York",
    "untrusted_text": "fenced",
    "rate_limit_style": "http_429",
    "show_sensitive": True,
}


@pytest.mark.parametrize(
    ("form", "config"),
    [
        (EVERY_FIELD, THE_SAME),
        ({"name": "Bill intake", "ends": "", "methods": ["read"]}, {"methods": ["read"]}),
    ],
    ids=["every field", "nothing but reading"],
)
def test_the_form_makes_exactly_the_config_that_the_api_makes(
    tmp_path: Path, form: dict[str, Any], config: dict[str, Any]
) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        await make(here, browser, account, **form)
        by_form = find_server(here, account)
        other = here.add_company("Farm")
        McpServers(here.runtime.deployment).create(other, "Bill intake", config)
        by_api = find_server(here, other)
        assert by_form.config == by_api.config
        assert (by_form.name, by_form.expires_at) == (by_api.name, by_api.expires_at)

    run(tmp_path, story)


def test_a_url_works_with_what_the_page_says_and_is_never_shown_again(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        url = await make(here, browser, account, tags=["payables"])
        path = urlsplit(url).path
        named = list_names(await here.call("", path=path))
        server = find_server(here, account)
        page = await here.client.get(f"/company/{account}/servers/{server.id}", headers=browser)
        everything = await here.client.get(f"/company/{account}/servers", headers=browser)
        listing = describe_listing(here.runtime.get_catalog(), "quickbooks", server.config)
        assert len(named) == listing.listed
        assert f"{listing.listed} listed, {listing.tokens:,} tokens" in page.text
        secret = path.rpartition("/")[2]
        for shown in (page, everything):
            assert secret not in shown.text
        assert secret not in json.dumps([fields for _event, fields in here.logged])
        new = await here.client.get(f"/company/{account}/servers/new", headers=browser)
        assert '<option value="90d" selected>' in new.text  # a URL that is forgotten ends by itself

    run(tmp_path, story)


@pytest.mark.parametrize(
    "chosen",
    [
        {"methods": ["read"], "tags": ["payables"]},
        {"methods": ["read", "create", "void"], "tags": [], "tool_exposure": "full"},
        {"methods": [], "tags": ["sales"], "tool_exposure": "discovery"},
        {"methods": ["read"], "tool_exposure": "short"},
        {},
    ],
    ids=["read payables", "full", "discovery", "short", "everything"],
)
def test_the_preview_has_the_counts_that_the_url_then_lists(tmp_path: Path, chosen: dict[str, Any]) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        new = f"/company/{account}/servers/new"
        part = await send(
            here, browser, new, headers={"hx-request": "true"}, name="", action="show", **chosen
        )
        assert part.status_code == 200
        assert "<html" not in part.text
        (listed,) = re.findall(r"<dt>Tool list</dt><dd>(\d+) tools", part.text)
        (left,) = re.findall(r'class="figure">(\d+)<', part.text)
        url = await make(here, browser, account, **{"methods": [], **chosen})
        assert len(list_names(await here.call("", path=urlsplit(url).path))) == int(listed)
        names = re.findall(r"<li><code>(\w+)</code></li>", part.text)
        assert len(names) == int(left)

    run(tmp_path, story)


def test_a_form_is_shown_again_with_what_remains_where_there_is_no_script(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        new = f"/company/{account}/servers/new"
        page = await send(
            here, browser, new, action="show", name="Agent", methods=["create"], tags=["payables"]
        )
        assert page.status_code == 200
        assert 'value="Agent"' in page.text
        assert 'name="methods" value="create" checked' in page.text
        assert here.records.list_mcp_servers(AccountId(account), None, 10, NOON) == []

    run(tmp_path, story)


def test_hosts_that_cannot_take_the_list_are_named(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        new = f"/company/{account}/servers/new"
        headers = {"hx-request": "true"}
        full = await send(here, browser, new, headers=headers, action="show", tool_exposure="full")
        few = await send(here, browser, new, headers=headers, action="show", methods="read", tags="payables")
        assert "Cursor may leave tools out" in full.text
        assert "the OpenAI API, GitHub Copilot, Copilot Studio, Zed, Mistral fails" in full.text
        assert "Nothing is left out." in full.text
        for said in ("leave tools out", "fails", "Nothing is left out."):
            assert said not in few.text

    run(tmp_path, story)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", " ", "This must be 1 to 200 characters"),
        ("methods", "paint", "which QuickBooks Online does not have"),
        ("max_amount", "2,500.0O", "“2,500.0O” is not an amount"),
        ("max_amount", "-1", "above 0"),
        ("max_amount", "NaN", "is not an amount"),
        ("max_amount_per_day", "9999999999999", "This is a number above 0 and at most"),
        ("max_rows", "1001", "is not a whole number up to 1,000"),
        ("reads_per_month", "1.5", "is not a whole number"),
        ("writes_per_month", "٣", "is not a whole number"),
        ("networks", "10.0.0.1/8", "which is an address within a network"),
        ("time_zone", "Europe/Londno", 'Did you mean "Europe/London"?'),
        ("allow", "vendors", "is no list of Ids"),
        ("deny", "planets: 3", 'This has "planets", which no write refers to.'),
        ("ends", "soon", "Choose when it ends"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_what_was_entered_stays(
    tmp_path: Path, field: str, value: str, said: str
) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        new = f"/company/{account}/servers/new"
        given = {"name": "Agent <b>7</b>", "methods": ["read"], field: value}
        page = await send(here, browser, new, **given)
        assert page.status_code == 422
        assert [*list_errors(page)] == [field]
        assert said in list_errors(page)[field]
        assert "Agent &lt;b&gt;7&lt;/b&gt;" in page.text or field == "name"
        if field not in ("methods", "ends"):
            assert 'aria-invalid="true"' in page.text
            assert value.strip() in unescape(page.text)
        assert here.records.list_mcp_servers(AccountId(account), None, 10, NOON) == []

    run(tmp_path, story)


def test_days_are_asked_for_where_they_are_meant(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        new = f"/company/{account}/servers/new"
        given = {"name": "Agent", "methods": ["read"], "not_before": "day", "ends": "day"}
        assert {*list_errors(await send(here, browser, new, **given))} == {"not_before_on", "ends_on"}
        over = await send(here, browser, new, **given, not_before_on="2026-02-31", ends_on="2020-01-01")
        assert list_errors(over) == {
            "not_before_on": "This is a day as YYYY-MM-DD, closing_date, or null for any day.",
            "ends_on": "This day is over. Choose today or a later day.",
        }
        zone = {"cookie": f"{browser['cookie']}; zone=America%2FNew_York"}
        await make(here, zone, account, ends="day", ends_on="2027-12-31")
        assert find_server(here, account).expires_at == 1_830_315_600  # 2028-01-01T05:00:00Z

    run(tmp_path, story)


def test_a_change_lays_the_form_over_the_server_and_says_nothing_of_what_stays(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        url = await make(here, browser, account, **EVERY_FIELD | {"ends": "30d"})
        before = find_server(here, account)
        change = f"/company/{account}/servers/{before.id}/change"
        page = await here.client.get(change, headers=browser)
        same = await here.client.post(change, data=read_every_field(page), headers=browser)
        assert same.status_code == 303
        assert find_server(here, account) == before
        values = read_every_field(page) | {"name": "Renamed", "methods": ["read"], "max_amount": ""}
        done = await here.client.post(change, data=values, headers=browser)
        assert done.headers["location"] == f"/company/{account}/servers/{before.id}?done=changed"
        after = find_server(here, account)
        assert (after.name, after.config.methods) == ("Renamed", ("read",))
        assert after.config.policies.max_amount is None
        assert after.config.policies.max_amount_per_day == before.config.policies.max_amount_per_day
        assert after.expires_at == before.expires_at
        assert urlsplit(url).path.startswith("/mcp/")
        assert len(here.list_audit("mcp_server.changed")) == 1

    run(tmp_path, story)


def read_every_field(page: httpx2.Response) -> dict[str, Any]:
    """What a browser sends of the form of a server as it is."""
    (form,) = re.findall(r'<form class="card" id="server-form".*?</form>', page.text, re.DOTALL)
    found: dict[str, Any] = {
        name: unescape(v)
        for name, v in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    }
    for kind, name, value in re.findall(
        r'<input type="(checkbox|radio)" name="(\w+)" value="(\w+)" checked', form
    ):
        found[name] = value if kind == "radio" else [*found.get(name, []), value]
    for name, value in re.findall(r'<input class="input[^>]* name="(\w+)"[^>]* value="([^"]*)"', form):
        found[name] = unescape(value)
    for name, value in re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = unescape(value)
    for name, options in re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        found[name] = re.findall(r'value="(\w*)" selected', options)[0]
    return found


def test_a_rotation_shows_another_url_and_the_one_before_works_as_long_as_was_chosen(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        first = urlsplit(await make(here, browser, account)).path
        page = f"/company/{account}/servers/{find_server(here, account).id}"
        rotated = await send(here, browser, page, f"{page}/rotate", overlap="hour")
        second = urlsplit(find_url(rotated)).path
        assert "works for another hour" in rotated.text
        assert [opens(here, each) for each in (first, second)] == [True, True]
        here.clock.pass_(3_601)
        assert [opens(here, each) for each in (first, second)] == [False, True]

    run(tmp_path, story)


def test_a_server_that_is_expired_or_revoked_is_gone_for_its_agent(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        servers = f"/company/{account}/servers"
        first = urlsplit(await make(here, browser, account, name="First")).path
        one = f"{servers}/{find_server(here, account).id}"
        expired = await send(here, browser, one, f"{one}/expire")
        assert expired.headers["location"] == f"{servers}?show=ended&done=expired"
        ended = await here.client.get(expired.headers["location"], headers=browser)
        assert "First" in ended.text
        assert "expired" in ended.text
        assert not opens(here, first)
        second = urlsplit(await make(here, browser, account, name="Second")).path
        other = f"{servers}/{find_server(here, account).id}"
        asked = await here.client.get(other, headers=browser)
        assert "Revoke Second" in asked.text
        revoked = await send(here, browser, other, f"{other}/revoke")
        assert revoked.headers["location"] == f"{servers}?done=revoked"
        assert (await here.call("", path=second)).status_code == 404
        assert (await here.client.get(other, headers=browser)).status_code == 404
        actors = {fields["by"] for event, fields in here.logged if event.startswith("mcp_server_")}
        assert actors == {"person-anna@shop.example"}

    run(tmp_path, story)


class FakeCalls:
    """Answers a customer with a hostile name, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Grant, Sequence[str], str, dict[str, Any]]] = []

    async def call(
        self, grant: Grant, tools: Mapping[str, Tool], name: str, arguments: dict[str, Any], **_: Any
    ) -> Answer:
        self.asked.append((grant, [*tools], name, arguments))
        return Answer(json.dumps({"DisplayName": HOSTILE}))


def test_a_tool_is_tried_through_the_filter_and_limits_of_the_server(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        here.runtime.calls = calls = FakeCalls()  # type: ignore[assignment]
        here.add_server(account, "m1", methods=("read", "create"), tags=("payables",), max_rows=5)
        page, bills = f"/company/{account}/servers/m1", "list_all_quick_books_bills"
        shown = await send(here, browser, page, f"{page}/run", tool=bills, arguments='{"limit": 2}')
        ((grant, tools, name, arguments),) = calls.asked
        assert (name, arguments) == (bills, {"limit": 2})
        assert (grant.config.max_rows, grant.config.tags, grant.config.is_read_only) == (
            5,
            ("payables",),
            True,
        )
        assert (grant.person_id, grant.server_id) == ("person-anna@shop.example", None)
        by_name = here.runtime.get_catalog().by_name
        assert all(by_name[each].is_read_only and "payables" in by_name[each].tags for each in tools)
        assert "&lt;script&gt;alert(1)" in shown.text
        assert "<script>alert" not in shown.text
        refused = await send(here, browser, page, f"{page}/run", tool="list_all_quick_books_customers")
        wrong = await send(here, browser, page, f"{page}/run", tool=bills, arguments="{limit")
        assert "The arguments are no JSON" in wrong.text
        assert (refused.status_code, len(calls.asked)) == (200, 1)

    run(tmp_path, story)


def test_the_list_has_the_use_of_seven_days_and_who_granted_what(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        here.add_server(account, "m1", methods=("read",), tags=("payables",))
        log = here.runtime.call_log
        for at, error in ((NOON, ""), (NOON - 86_400, "not_found"), (NOON - 30 * 86_400, "")):
            log.add(LoggedCall("mcp", at, "default", account, "m1", "a_tool", "x", "1", error, 5.0, 1, ""))
        await here.get_tokens(await here.sign_in(here.add_person("bo@shop.example")), account)
        page = await here.client.get(f"/company/{account}/servers", headers=browser)
        assert "2 calls of all in 7 days" in page.text
        assert "OAuth: Agent, by bo@shop.example" in page.text
        assert '<span class="chip">#payables</span>' in page.text
        one = await here.client.get(f"/company/{account}/servers/m1", headers=browser)
        assert "2 calls, 1 errors" in one.text
        (granted,) = re.findall(
            rf'href="/company/{account}/servers/([\w-]+)">Agent',
            page.text.replace(f'href="/company/{account}/servers/m1">Agent', ""),
        )
        theirs = await here.client.get(f"/company/{account}/servers/{granted}", headers=browser)
        assert "Granted by bo@shop.example to Agent." in theirs.text
        assert "Rotate" not in theirs.text

    run(tmp_path, story)


def test_a_viewer_looks_and_has_no_form_but_to_search(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        here.add_server(account, "m1")
        for path in ("servers", "servers/m1"):
            page = await here.client.get(f"/company/{account}/{path}", headers=browser)
            assert page.status_code == 200
            assert {action for action, _ in read_forms(page)} <= {"/sign-out", f"/company/{account}/servers"}
        for path in ("new", "m1/change", "m1/rotate", "m1/expire", "m1/revoke", "m1/run"):
            sent = await here.client.post(f"/company/{account}/servers/{path}", headers=browser)
            assert sent.status_code == 403, path
        assert find_server(here, account).expires_at is None

    run(tmp_path, story, role="billing_admin")


@pytest.mark.parametrize("path", ["new", "m1/change", "m1/rotate", "m1/expire", "m1/revoke", "m1/run"])
def test_no_form_is_taken_without_its_proof_or_with_that_of_another(tmp_path: Path, path: str) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        here.add_server(account, "m1")
        here.add_server(account, "m2")
        before = here.records.list_mcp_servers(AccountId(account), None, 10, NOON)
        own, wrong = f"/company/{account}/servers", path.replace("m1", "m2")
        shown = await here.client.get(f"{own}/m2" if "m1" in path else f"{own}/m1/change", headers=browser)
        proofs = [read_form(shown)["proof"], *(each.get("proof", "") for _, each in read_forms(shown))]
        for proof in ("", *proofs):
            sent = await here.client.post(
                f"{own}/{path}", data={"proof": proof, "name": "x"}, headers=browser
            )
            assert sent.status_code == 403, wrong
        assert here.records.list_mcp_servers(AccountId(account), None, 10, NOON) == before

    run(tmp_path, story)


def test_hostile_names_are_harmless_on_every_page(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        made = await send(
            here, browser, f"/company/{account}/servers/new", name=HOSTILE, methods="read", ends="30d"
        )
        id_ = find_server(here, account).id
        log = here.runtime.call_log
        log.add(LoggedCall("mcp", NOON, "default", account, id_, HOSTILE, "x", "1", "", 5.0, 1, ""))
        pages = [made]
        for path in (
            "",
            f"/{id_}",
            f"/{id_}/change",
            f"?q={HOSTILE}",
            f"/{id_}?done={HOSTILE}&tool={HOSTILE}",
        ):
            pages.append(await here.client.get(f"/company/{account}/servers{path}", headers=browser))
        for page in pages:
            assert page.status_code == 200
            assert "<script>alert" not in page.text
            assert "{{ 7 * 7 }}" in page.text or "done=" in str(page.url)
            assert not re.search(r"\sstyle=|\son\w+=", page.text)

    run(tmp_path, story, name=HOSTILE)


def test_a_company_without_servers_says_what_one_is_for(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        page = await here.client.get(f"/company/{account}/servers", headers=browser)
        assert "No MCP server yet" in page.text
        assert page.text.count(f"/company/{account}/servers/new") == 2

    run(tmp_path, story)
