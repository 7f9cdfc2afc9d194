"""The MCP endpoint by access token: what one opens, where it opens nothing, and that a change holds at once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import Conflict
from runtime.operations.mcp_servers import McpServers
from runtime.operations.server_tokens import ServerTokens
from runtime.people import PersonId
from tests.identity.authorization import (
    ADDRESS,
    CUSTOM,
    HEADERS,
    READ,
    WRITE,
    Place,
    list_names,
    open_place,
    opened,
)

Story = Callable[[Place, dict[str, str], str, PersonId], Awaitable[None]]
EVERYTHING = [READ, WRITE, CUSTOM]
CREATE = {"name": "create_a_quick_books_customer", "arguments": {"DisplayName": "x"}}


def run(data: Path, story: Story) -> None:
    """Run a story with an owner's browser and a company."""

    async def begin() -> None:
        async with opened(data) as here:
            company, person = here.add_company("Shop"), here.add_person("anna@shop.example")
            await story(here, await here.sign_in(person), company, person)

    asyncio.run(begin())


def read_challenge(value: str) -> dict[str, str]:
    assert value.startswith("Bearer ")
    return dict(re.findall(r'(\w+)="([^"]*)"', value))


@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
def test_without_a_token_the_answer_says_where_to_find_out_how_one_is_had(
    tmp_path: Path, path: str, method: str
) -> None:
    async def story(here: Place, _browser: dict[str, str], _company: str, _person: PersonId) -> None:
        answer = await here.client.request(method, path, headers=HEADERS)
        assert answer.status_code == 401
        said = read_challenge(answer.headers["www-authenticate"])
        assert said == {
            "resource_metadata": f"{ADDRESS}/.well-known/oauth-protected-resource/mcp",
            "scope": READ,
        }
        metadata = (await here.client.get(said["resource_metadata"])).json()
        assert metadata["resource"] == f"{ADDRESS}/mcp"
        assert metadata["authorization_servers"] == [ADDRESS]
        assert "offline_access" not in metadata["scopes_supported"]

    run(tmp_path, story)


@pytest.mark.parametrize("path", ["/mcp/lpm_unknown", "/mcp/eyJx", "/sse", "/sse/", "/sse/lpm_unknown"])
def test_secret_urls_and_the_older_transport_never_ask_for_an_access_token(tmp_path: Path, path: str) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, _person: PersonId) -> None:
        token = (await here.get_tokens(browser, company))["access_token"]
        for headers in (HEADERS, {**HEADERS, "authorization": f"Bearer {token}"}):
            answer = await here.client.request("POST", path, headers=headers)
            assert answer.status_code in (404, 405)
            assert "www-authenticate" not in answer.headers

    run(tmp_path, story)


def test_a_secret_token_in_the_header_field_works_and_fails_as_before(tmp_path: Path) -> None:
    async def story(here: Place, _browser: dict[str, str], company: str, _person: PersonId) -> None:
        made = McpServers(here.runtime.deployment).create(company, "Secret", {})
        assert (await here.call(made["token"])).status_code == 200
        assert (await here.call("lpm_" + "x" * 43)).status_code == 404
        assert (await here.call(made["token"], path=f"/c/{company}/mcp")).status_code == 401

    run(tmp_path, story)


def test_browsers_may_ask_before_they_send_a_token(tmp_path: Path) -> None:
    async def story(here: Place, _browser: dict[str, str], company: str, _person: PersonId) -> None:
        page = {"origin": "http://localhost:6274", "access-control-request-method": "POST"}
        for path in ("/mcp", f"/c/{company}/mcp"):
            asked = await here.client.options(path, headers=page)
            assert asked.status_code == 204
            assert "authorization" in asked.headers["access-control-allow-headers"]
            refused = await here.client.post(path, headers={**HEADERS, "origin": page["origin"]})
            assert refused.status_code == 401
            assert "www-authenticate" in refused.headers["access-control-expose-headers"]

    run(tmp_path, story)


def test_a_token_is_good_at_its_own_resource_alone(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, _person: PersonId) -> None:
        other = here.add_company("Farm")
        one = {"resource": f"{ADDRESS}/c/{company}/mcp"}
        for_all = (await here.get_tokens(browser, [company, other]))["access_token"]
        for_one = (await here.get_tokens(browser, company, asked=one))["access_token"]
        paths = ["/mcp", f"/c/{company}/mcp", f"/c/{other}/mcp", "/c/unknown/mcp"]
        opens = {
            path: [(await here.call(token, path=path)).status_code for token in (for_all, for_one)]
            for path in paths
        }
        assert opens == {
            "/mcp": [200, 401],
            f"/c/{company}/mcp": [401, 200],
            f"/c/{other}/mcp": [401, 401],
            "/c/unknown/mcp": [401, 401],
        }

    run(tmp_path, story)


def test_a_company_that_does_not_exist_is_challenged_as_any_other(tmp_path: Path) -> None:
    async def story(here: Place, _browser: dict[str, str], company: str, _person: PersonId) -> None:
        answers = [await here.call("", path=f"/c/{slug}/mcp") for slug in (company, "b" * len(company))]
        bodies = [(each.status_code, each.text) for each in answers]
        assert bodies[0] == bodies[1] and bodies[0][0] == 401
        said = read_challenge(answers[0].headers["www-authenticate"])
        metadata = (await here.client.get(said["resource_metadata"])).json()
        assert metadata["resource"] == f"{ADDRESS}/c/{company}/mcp"

    run(tmp_path, story)


def test_a_company_may_be_named_by_its_external_id(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], _company: str, _person: PersonId) -> None:
        farm = here.add_company("Farm", external_id="farm 7")
        asked = {"resource": f"{ADDRESS}/c/farm%207/mcp"}
        tokens = await here.get_tokens(browser, farm, asked=asked)
        assert (await here.call(tokens["access_token"], path="/c/farm%207/mcp")).status_code == 200

    run(tmp_path, story)


def test_the_page_of_one_company_offers_no_other_and_none_of_other_tenants(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, _person: PersonId) -> None:
        farm, rival = here.add_company("Farm"), here.add_company("Rival", "rival")
        client = await here.register()
        page = await here.ask(browser, client, resource=f"{ADDRESS}/c/{farm}/mcp")
        assert "Farm" in page.text and "Shop" not in page.text
        assert (await here.decide(browser, page, company=[farm, company])).status_code == 400
        for unknown in (rival, "nothing"):
            nothing = await here.ask(browser, client, resource=f"{ADDRESS}/c/{unknown}/mcp")
            assert "There is nothing here" in nothing.text and "Rival" not in nothing.text

    run(tmp_path, story)


def test_the_token_of_one_tenant_is_nothing_at_anothers_company(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, _person: PersonId) -> None:
        rival = here.add_company("Rival", "rival")
        token = (await here.get_tokens(browser, company))["access_token"]
        assert (await here.call(token, path=f"/c/{rival}/mcp")).status_code == 401

    run(tmp_path, story)


def test_what_was_revoked_is_refused_at_once_in_another_process(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, _person: PersonId) -> None:
        other = open_place(here.runtime.settings.data, here.clock)
        tokens = await here.get_tokens(browser, company)
        assert (await other.call(tokens["access_token"])).status_code == 200
        form = {"client_id": tokens["client_id"], "token": tokens["refresh_token"]}
        await here.client.post("/oauth/revoke", data=form)
        assert (await other.call(tokens["access_token"])).status_code == 401
        await other.runtime.close()

    run(tmp_path, story)


def test_a_role_that_is_lowered_shrinks_what_the_agent_has_at_once_and_one_that_is_raised_restores_it(
    tmp_path: Path,
) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, person: PersonId) -> None:
        token = (await here.get_tokens(browser, company, scope=EVERYTHING))["access_token"]
        writes = "create_a_quick_books_customer"
        everything = list_names(await here.call(token))
        here.change_role(person, "member")
        refused = await here.call(token)
        assert refused.status_code == 403
        assert "An owner or an admin of the organization" in refused.json()["error"]["message"]
        here.set_tools_role("viewer")
        here.change_role(person, "viewer")
        reads = list_names(await here.call(token))
        assert writes in everything and reads and writes not in reads
        assert (await here.call(token, "tools/call", **CREATE)).json()["result"]["isError"]
        here.change_role(person, "owner")
        assert list_names(await here.call(token)) == everything

    run(tmp_path, story)


def test_a_member_who_is_removed_leaves_the_agent_nothing(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, person: PersonId) -> None:
        token = (await here.get_tokens(browser, company))["access_token"]
        here.remove_member(person)
        assert (await here.call(token)).status_code == 403

    run(tmp_path, story)


def test_of_several_companies_those_are_left_where_the_person_has_a_role(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, person: PersonId) -> None:
        farm = here.add_company("Farm", "farm")
        here.add_member(person, "admin", "farm")
        browser = await here.sign_in(person)
        tokens = await here.get_tokens(browser, [company, farm], default=farm)
        title = (await here.call(tokens["access_token"], "initialize", **INITIALIZE)).json()["result"][
            "serverInfo"
        ]
        assert title["title"].endswith("2 companies")
        with here.records._engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM member WHERE tenant_id = 'farm'")
        title = (await here.call(tokens["access_token"], "initialize", **INITIALIZE)).json()["result"][
            "serverInfo"
        ]
        assert "Shop" in title["title"]

    run(tmp_path, story)


INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "t", "version": "1"},
}


def test_a_grant_is_listed_changed_and_ended_as_any_mcp_server(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, _person: PersonId) -> None:
        farm = here.add_company("Farm")
        tokens = await here.get_tokens(browser, [company, farm], scope=EVERYTHING, default=company)
        servers = McpServers(here.runtime.deployment)
        listed = servers.list(company)["result"]
        assert [each["name"] for each in listed] == ["Agent"]
        assert listed[0]["oauth"]["client"] == "Agent"
        assert listed[0]["oauth"]["person"] == "anna@shop.example"
        id_, token = listed[0]["id"], tokens["access_token"]
        with pytest.raises(Conflict, match="part of an OAuth grant"):
            ServerTokens(here.runtime.deployment, servers).rotate(company, id_)
        before = list_names(await here.call(token))
        servers.delete(farm, servers.list(farm)["result"][0]["id"])
        assert list_names(await here.call(token)) == before  # those of the other company
        servers.change(company, id_, config={"methods": ["list"]})
        names = list_names(await here.call(token))
        assert names and not any(name.startswith(("create_", "get_", "delete_")) for name in names)
        servers.delete(company, id_)
        assert (await here.call(token)).status_code == 401
        assert (await here.refresh(tokens["client_id"], tokens["refresh_token"])).json()[
            "error"
        ] == "invalid_grant"

    run(tmp_path, story)


def test_a_secret_url_is_no_part_of_a_grant(tmp_path: Path) -> None:
    async def story(here: Place, _browser: dict[str, str], company: str, _person: PersonId) -> None:
        servers = McpServers(here.runtime.deployment)
        made = servers.create(company, "Secret", {})
        assert made["oauth"] is None
        assert [each["oauth"] for each in servers.list(company)["result"]] == [None]

    run(tmp_path, story)


def test_an_mcp_server_that_expires_earlier_ends_its_company(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, _person: PersonId) -> None:
        token = (await here.get_tokens(browser, company))["access_token"]
        servers = McpServers(here.runtime.deployment)
        id_ = servers.list(company)["result"][0]["id"]
        servers.change(company, id_, expires_at="2027-01-15T08:05:00Z")
        assert (await here.call(token)).status_code == 200
        here.clock.pass_(300)
        assert (await here.call(token)).status_code == 401

    run(tmp_path, story)


def test_a_call_beyond_the_scopes_is_a_challenge_that_names_all_that_are_needed(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, _person: PersonId) -> None:
        token = (await here.get_tokens(browser, company))["access_token"]
        answer = await here.call(token, "tools/call", **CREATE)
        assert answer.status_code == 403
        said = read_challenge(answer.headers["www-authenticate"])
        assert (said["error"], said["scope"]) == ("insufficient_scope", f"{READ} {WRITE}")
        assert said["resource_metadata"].endswith("/mcp")
        assert f"{ADDRESS}/agents" in answer.json()["error"]["message"]
        nested = {"name": "call_write_tool", "arguments": CREATE}
        assert (await here.call(token, "tools/call", **nested)).status_code == 403

    run(tmp_path, story)


def test_a_short_tool_beyond_the_scopes_is_a_challenge_as_the_tool_that_it_calls(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, _person: PersonId) -> None:
        token = (await here.get_tokens(browser, company, tools="short"))["access_token"]
        answer = await here.call(token, "tools/call", name="record_payment", arguments={})
        assert answer.status_code == 403
        assert read_challenge(answer.headers["www-authenticate"])["scope"] == f"{READ} {WRITE}"
        unknown = await here.call(token, "tools/call", name="record_miracle", arguments={})
        assert (unknown.status_code, unknown.json()["result"]["isError"]) == (200, True)

    run(tmp_path, story)


@pytest.mark.parametrize(
    "back", ["https://claude.ai/api/mcp/auth_callback", "https://chatgpt.com/connector/oauth/x"]
)
def test_a_client_that_does_not_step_up_is_said_what_is_missing_and_where_to_allow_it(
    tmp_path: Path, back: str
) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, _person: PersonId) -> None:
        client = await here.register("Host", [back])
        code = await here.get_code(browser, client, company, {"redirect_uri": back})
        token = (await here.use_code(client, code, redirect_uri=back)).json()["access_token"]
        answer = await here.call(token, "tools/call", **CREATE)
        assert answer.status_code == 200
        result: dict[str, Any] = answer.json()["result"]
        assert result["isError"] is True and "structuredContent" not in result
        assert WRITE in result["content"][0]["text"] and f"{ADDRESS}/agents" in result["content"][0]["text"]
        assert 'error="insufficient_scope"' in result["_meta"]["mcp/www_authenticate"][0]

    run(tmp_path, story)


def test_a_tool_that_the_role_would_not_allow_is_unknown_like_one_that_does_not_exist(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, person: PersonId) -> None:
        here.set_tools_role("viewer")
        here.change_role(person, "viewer")
        token = (await here.get_tokens(browser, company))["access_token"]
        for name in (CREATE["name"], "create_a_quick_books_miracle"):
            answer = await here.call(token, "tools/call", name=name, arguments={})
            assert answer.status_code == 200
            assert answer.json()["result"]["isError"] is True

    run(tmp_path, story)


def test_a_call_is_logged_under_the_mcp_server_of_its_company(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str], company: str, _person: PersonId) -> None:
        token = (await here.get_tokens(browser, company))["access_token"]
        server = McpServers(here.runtime.deployment).list(company)["result"][0]["id"]
        await here.call(token, "tools/call", name="list_all_quick_books_invoices", arguments={})
        assert [each["server"] for each in here.list_events("tool_call")] == [server]

    run(tmp_path, story)
