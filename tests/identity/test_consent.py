"""The page at which a person decides: what it shows, what can be chosen, and who can send its form."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from runtime.identity.clients import ClientLook, describe_client
from runtime.people import OAuthClient, OAuthClientId
from tests.identity.authorization import (
    ADDRESS,
    BACK,
    CUSTOM,
    READ,
    WRITE,
    Place,
    list_names,
    make_request,
    opened,
    read_answer,
    read_form,
)

Story = Callable[[Place, dict[str, str]], Awaitable[None]]


def run(data: Path, story: Story, role: str = "owner") -> None:
    async def begin() -> None:
        async with opened(data) as here:
            await story(here, await here.sign_in(here.add_person("anna@shop.example", role)))  # type: ignore[arg-type]

    asyncio.run(begin())


def test_what_is_allowed_comes_back_as_a_code_with_state_and_issuer(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        company, client = here.add_company("Shop"), await here.register()
        state = "x" * 430 + " &=+"
        done = await here.decide(browser, await here.ask(browser, client, state=state), company=company)
        assert done.status_code == 303
        assert done.headers["location"].startswith(BACK + "?")
        said = read_answer(done)
        assert (said["state"], said["iss"]) == (state, ADDRESS)
        assert said["code"].startswith("lpo_")
        assert done.headers["cache-control"] == "no-store"

    run(tmp_path, story)


def test_whoever_signs_in_first_comes_back_to_the_whole_request(tmp_path: Path) -> None:
    async def story(here: Place, _browser: dict[str, str]) -> None:
        client = await here.register()
        led = await here.ask({}, client, state="x" * 3_000 + " &=+%")
        assert led.status_code == 303
        back = dict(parse_qsl(urlsplit(led.headers["location"]).query))["return_to"]
        assert back == str(led.request.url).removeprefix(ADDRESS)
        page = await here.client.get(led.headers["location"])
        assert dict(read_form(page)).get("return_to", back) == back

    run(tmp_path, story)


def test_a_refusal_goes_back_and_makes_nothing(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        company, client = here.add_company("Shop"), await here.register()
        done = await here.decide(browser, await here.ask(browser, client), company=company, action="refuse")
        assert read_answer(done)["error"] == "access_denied"
        assert len(here.list_events("oauth_not_granted")) == 1
        assert here.list_audit("oauth_grant.created") == []

    run(tmp_path, story)


def test_the_form_works_once(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        company, client = here.add_company("Shop"), await here.register()
        page = await here.ask(browser, client)
        first = await here.decide(browser, page, company=company)
        again = await here.decide(browser, page, company=company)
        assert (first.status_code, again.status_code) == (303, 409)
        assert len(here.list_audit("oauth_grant.created")) == 1

    run(tmp_path, story)


def test_the_form_ends_after_ten_minutes(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        company, client = here.add_company("Shop"), await here.register()
        page = await here.ask(browser, client)
        here.clock.pass_(600)
        late = await here.decide(browser, page, company=company)
        assert late.status_code == 400
        assert "open for too long" in late.text

    run(tmp_path, story)


@pytest.mark.parametrize("proof", ["", "0" * 64])
def test_a_form_that_another_site_sends_changes_nothing(tmp_path: Path, proof: str) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        company, client = here.add_company("Shop"), await here.register()
        page = await here.ask(browser, client)
        forged = await here.decide(browser, page, company=company, proof=proof)
        assert forged.status_code == 403
        assert here.list_audit("oauth_grant.created") == []

    run(tmp_path, story)


def test_the_proof_of_one_request_does_not_serve_another(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        company, mine, theirs = here.add_company("Shop"), await here.register(), await here.register("Thief")
        proof = read_form(await here.ask(browser, mine))["proof"]
        forged = await here.decide(browser, await here.ask(browser, theirs), company=company, proof=proof)
        assert forged.status_code == 403

    run(tmp_path, story)


def test_a_form_of_another_session_leads_back_to_the_page(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        company, client = here.add_company("Shop"), await here.register()
        page = await here.ask(browser, client)
        other = await here.sign_in(here.add_person("bert@shop.example"))
        for someone in (other, {}):
            led = await here.decide(someone, page, company=company)
            assert led.status_code == 303
            assert led.headers["location"].startswith("/oauth/authorize?")
            asked = read_answer(led)
            assert asked == make_request(client) | {"scope": asked["scope"]}
        assert here.list_audit("oauth_grant.created") == []

    run(tmp_path, story)


@pytest.mark.parametrize("text", ["", "x", "AAAA", "A" * 500])
def test_a_request_that_was_not_sealed_here_is_refused(tmp_path: Path, text: str) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        sent = await here.client.post("/oauth/authorize", data={"request": text}, headers=browser)
        assert sent.status_code == 400

    run(tmp_path, story)


def test_no_field_of_the_form_changes_the_client_or_where_it_returns_to(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        company, client = here.add_company("Shop"), await here.register()
        page = await here.ask(browser, client)
        done = await here.decide(
            browser, page, company=company, client_id="lpc_other", redirect_uri="https://evil.example/"
        )
        assert done.headers["location"].startswith(BACK)

    run(tmp_path, story)


def test_the_page_cannot_be_framed_scripted_or_stored(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        here.add_company("Shop")
        for page in (await here.ask(browser, await here.register()), await here.ask(browser, "lpc_none")):
            policy = page.headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy and "default-src 'none'" in policy
            assert "script" not in policy and "<script" not in page.text
            assert page.headers["cache-control"] == "no-store"
            assert page.headers["referrer-policy"] == "no-referrer"

    run(tmp_path, story)


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        (BACK, "form-action 'self' https:;"),
        ("http://127.0.0.1:7000/x", "form-action 'self' https: http://127.0.0.1:7000;"),
        ("cursor://anysphere/x", "form-action 'self' https: cursor:;"),
    ],
)
def test_the_form_may_lead_where_the_client_is(tmp_path: Path, uri: str, target: str) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        here.add_company("Shop")
        page = await here.ask(browser, await here.register(redirects=[uri]), redirect_uri=uri)
        assert target in page.headers["content-security-policy"] + ";"

    run(tmp_path, story)


def test_a_strangers_texts_are_shown_as_texts(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        here.add_company("<i>Shop</i>")
        page = await here.ask(browser, await here.register("<b>Agent</b>\n\u202ex" + "y" * 300))
        assert "<b>" not in page.text and "<i>" not in page.text
        assert "\u202e" not in page.text and "y" * 100 not in page.text

    run(tmp_path, story)


def test_the_page_shows_how_many_tools_a_choice_leaves(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        company, client = here.add_company("Shop"), await here.register()
        page = await here.ask(browser, client)

        async def count(**choice: object) -> int:
            shown = await here.decide(browser, page, company=company, action="count", **choice)
            return int(re.findall(r"(\d+) of \d+ tools remain", shown.text)[0])

        read, all_of_them = await count(), await count(scope=[READ, WRITE, CUSTOM])
        tagged = await count(**{"tags:quickbooks": "sales"})
        tokens = await here.get_tokens(browser, company)
        assert 0 < tagged < read < all_of_them
        assert len(here.runtime.catalog.tools) >= all_of_them
        assert "instructions" in (await here.call(tokens["access_token"], "initialize", **INITIALIZE)).text

    run(tmp_path, story)


INITIALIZE = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "t", "version": "1"},
}


def test_an_agent_has_the_methods_and_tags_that_were_chosen(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        company = here.add_company("Shop")
        tokens = await here.get_tokens(browser, company, scope=[READ], **{"tags:quickbooks": "sales"})
        names = list_names(await here.call(tokens["access_token"]))
        assert any("invoices" in name for name in names)
        assert not any("vendor" in name or name.startswith(("create", "delete")) for name in names)

    run(tmp_path, story)


def test_an_agent_is_given_the_plain_tools_where_that_was_chosen(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        company = here.add_company("Shop")
        tokens = await here.get_tokens(browser, company, scope=[READ], tools="short")
        names = list_names(await here.call(tokens["access_token"]))
        assert {"search", "fetch", "search_customers", "list_connections"} <= set(names)
        assert not {"record_payment", "create_invoice", "list_all_quick_books_invoices"} & set(names)

    run(tmp_path, story)


@pytest.mark.parametrize(
    "choice",
    [
        {"company": []},
        {"company": "no-such-company"},
        {"scope": []},
        {"ends": "soon"},
        {"tags:quickbooks": "no-such-tag"},
    ],
)
def test_a_choice_that_leaves_nothing_is_said_on_the_page_and_can_be_corrected(
    tmp_path: Path, choice: dict[str, object]
) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        company, client = here.add_company("Shop"), await here.register()
        page = await here.ask(browser, client)
        wrong = await here.decide(browser, page, **{"company": company, **choice})
        assert wrong.status_code == 400
        assert 'role="alert"' in wrong.text
        right = await here.decide(browser, wrong, company=company)
        assert right.status_code == 303

    run(tmp_path, story)


def test_a_company_of_another_tenant_cannot_be_chosen(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        mine, theirs = here.add_company("Shop"), here.add_company("Rival", "rival")
        page = await here.ask(browser, await here.register())
        assert "Rival" not in page.text
        assert (await here.decide(browser, page, company=[mine, theirs])).status_code == 400

    run(tmp_path, story)


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_whoever_may_use_no_tools_is_said_whom_to_ask(tmp_path: Path, role: str) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        here.add_company("Shop")
        page = await here.ask(browser, await here.register())
        assert "An owner or an admin of your organization" in page.text
        assert "Shop" not in page.text
        done = await here.decide(browser, page, action="refuse")
        assert read_answer(done)["error"] == "access_denied"

    run(tmp_path, story, role)


def test_a_viewer_lets_an_agent_read_where_the_tenant_allows_it_and_never_write(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        company = here.add_company("Shop")
        here.set_tools_role("viewer")
        tokens = await here.get_tokens(browser, company, scope=[READ, WRITE, CUSTOM])
        assert tokens["scope"] == READ
        names = list_names(await here.call(tokens["access_token"]))
        assert names and not any(name.startswith(("create", "update", "delete", "void")) for name in names)
        page = await here.ask(browser, await here.register())
        assert (await here.decide(browser, page, company=company, scope=[WRITE])).status_code == 400

    run(tmp_path, story, "viewer")


def test_a_person_may_give_more_than_was_asked_for_and_less(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        company = here.add_company("Shop")
        more = await here.get_tokens(browser, company, scope=[READ, WRITE])
        less = await here.get_tokens(browser, company, asked={"scope": f"{READ} {WRITE}"}, scope=[READ])
        assert (more["scope"], less["scope"]) == (f"{READ} {WRITE}", READ)

    run(tmp_path, story)


def _describe(name: str, client_id: str = "lpc_1", back: str = BACK) -> ClientLook:
    kind = "document" if client_id.startswith("https:") else "registered"
    metadata = {"client_name": name, "redirect_uris": [back]}
    return describe_client(OAuthClient(OAuthClientId(client_id), kind, metadata, 0.0), back)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    ["Claude", "claude desktop", "C1aude", "Cl\u0430ude", "Anthropic", "Chat GPT", "OpenAI", "Ledgerport"],
)
def test_a_client_that_names_itself_after_another_is_not_verified(name: str) -> None:
    for look in (_describe(name), _describe(name, "https://evil.example/client")):
        assert look.is_pretender
        assert look.verified_host == ""
        assert look.redirect_host == "agent.example"


@pytest.mark.parametrize(
    ("name", "client_id", "back"),
    [
        ("Claude", "lpc_1", "https://claude.ai/api/mcp/auth_callback"),
        ("Claude Code", "https://claude.ai/oauth/claude-code-client-metadata", "http://127.0.0.1:9/callback"),
        (
            "ChatGPT",
            "https://chatgpt.com/oauth/client.json",
            "https://chatgpt.com/connector_platform_oauth_redirect",
        ),
        ("Bookkeeper", "lpc_1", BACK),
    ],
)
def test_the_real_ones_and_all_others_are_no_pretenders(name: str, client_id: str, back: str) -> None:
    assert not _describe(name, client_id, back).is_pretender


def test_a_host_that_ends_like_another_is_another() -> None:
    assert _describe("Claude", "https://evilclaude.ai/x").is_pretender


def test_the_page_says_that_a_pretender_is_not_verified_and_where_it_returns_to(tmp_path: Path) -> None:
    async def story(here: Place, browser: dict[str, str]) -> None:
        here.add_company("Shop")
        page = await here.ask(browser, await here.register("Claude"))
        assert "Not verified." in page.text and "nothing shows that it is" in page.text
        assert '<span class="host">agent.example</span>' in page.text

    run(tmp_path, story)
