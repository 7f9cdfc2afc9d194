"""The page of one account: connected at the vendor, tested, renamed, disconnected, deleted, and who may do each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from runtime.identity.roles import may
from runtime.model import AccountId
from runtime.people import ROLES, Role
from runtime.tenancy import Reach, TenantId
from tests.oauth_vendor import OAuthVendor, oauth_vendor
from tests.web.test_account_list import add_company, set_account
from tests.web.visitors import HERE, Site, submit

Story = Callable[[Site, OAuthVendor], Awaitable[None]]
ELSEWHERE = TenantId("elsewhere")
ACTIONS = ("connect", "test", "rename", "disconnect", "delete", "links", "links/end")
FORMS = {"links": "make link", "links/end": "end link"}


def run(data: Path, story: Story, **variables: str) -> None:
    async def begin() -> None:
        async with oauth_vendor() as vendor:
            site = Site(data, LEDGERPORT_BOOKS_ORIGIN=vendor.origin, **variables)
            try:
                await story(site, vendor)
            finally:
                await site.close()

    asyncio.run(begin())


def address(account: str, path: str = "") -> str:
    return f"/company/{account}/connection{path}"


async def agree(browser: httpx2.AsyncClient, vendor: OAuthVendor, led: httpx2.Response, company: str) -> str:
    """What a browser does at a connect link and at the vendor's: where it is led in the end."""
    assert led.status_code == 303, led.text
    path = urlsplit(led.headers["location"]).path
    at_vendor = await submit(browser, await browser.get(path), path)
    answer = vendor.agree(at_vendor.headers["location"], company)
    back = await browser.get("/connect/callback", params=answer)
    assert back.status_code == 303, back.text
    return str(back.headers["location"])


async def connect(
    site: Site, vendor: OAuthVendor, browser: httpx2.AsyncClient, company: str = "987654"
) -> AccountId:
    """An account that its page has connected."""
    account = add_company(site, "Shop")
    led = await submit(browser, await browser.get(address(account)), address(account, "/connect"))
    await agree(browser, vendor, led, company)
    return account


def list_actions(site: Site, subject: str) -> list[tuple[str, str]]:
    return [(each.action, each.actor) for each in site.here.stores.records.list_audit(subject)]


def test_a_new_company_is_connected_at_the_vendor_and_leads_back_to_its_page(tmp_path: Path) -> None:
    async def story(site: Site, vendor: OAuthVendor) -> None:
        browser = await site.sign_in("anna@example.com", "admin")
        page = await browser.get("/accounts/connect?integration=books")
        led = await submit(browser, page, "/accounts/connect", {"name": "Craig & Sons"})
        back = await agree(browser, vendor, led, "987654")
        shown = await browser.get(back)
        assert shown.headers["location"].endswith("/connection?status=connected")
        page = await browser.get(shown.headers["location"])
        assert "The company is connected." in page.text and "987654" in page.text
        account = shown.headers["location"].split("/")[2]
        person = (await site.find("anna@example.com")).id
        assert list_actions(site, account)[0] == ("account.created", person)
        assert ", by anna" in page.text
        assert (await browser.get("/")).headers["location"] == f"/company/{account}"

    run(tmp_path, story)


def test_whoever_refuses_at_the_vendor_comes_back_to_a_page_that_says_so(tmp_path: Path) -> None:
    async def story(site: Site, _vendor: OAuthVendor) -> None:
        browser = await site.sign_in("anna@example.com", "admin")
        account = add_company(site, "Shop")
        led = await submit(browser, await browser.get(address(account)), address(account, "/connect"))
        path = urlsplit(led.headers["location"]).path
        await submit(browser, await browser.get(path), path)
        state = path.rpartition("/")[2]
        back = await browser.get("/connect/callback", params={"error": "access_denied", "state": state})
        page = await browser.get(back.headers["location"])
        assert "The connection to Books was not allowed." in page.text
        assert "The company is connected." not in page.text

    run(tmp_path, story)


def test_a_test_shows_the_company_as_the_vendor_answers_it_and_notes_what_is_wrong(tmp_path: Path) -> None:
    async def story(site: Site, vendor: OAuthVendor) -> None:
        browser = await site.sign_in("anna@example.com", "admin")
        account = await connect(site, vendor, browser)
        page = await browser.get(address(account))
        tested = await submit(browser, page, address(account, "/test"))
        assert tested.status_code == 200 and "this is the company 987654" in tested.text
        vendor.companies.clear()
        vendor.refresh_token = "another"
        failed = await submit(browser, page, address(account, "/test"))
        assert failed.status_code >= 400
        assert (
            "Needs re-connecting" in failed.text and "does not accept this connection any more" in failed.text
        )

    run(tmp_path, story)


def test_a_company_is_connected_again_only_to_the_same_one(tmp_path: Path) -> None:
    async def story(site: Site, vendor: OAuthVendor) -> None:
        browser = await site.sign_in("anna@example.com", "admin")
        account = await connect(site, vendor, browser)
        set_account(site, account, status="needs_reauth")
        led = await submit(browser, await browser.get(address(account)), address(account, "/connect"))
        page = await browser.get(await agree(browser, vendor, led, "111111"))
        assert "company 111111" in page.text and "was chosen now" in page.text
        led = await submit(browser, await browser.get(address(account)), address(account, "/connect"))
        page = await browser.get(await agree(browser, vendor, led, "987654"))
        assert "The company is connected." in page.text

    run(tmp_path, story)


def test_a_disconnection_says_what_ends_and_then_ends_it(tmp_path: Path) -> None:
    async def story(site: Site, vendor: OAuthVendor) -> None:
        browser = await site.sign_in("anna@example.com", "owner")
        account = await connect(site, vendor, browser)
        for name in ("one", "two"):
            site.here.mcp_servers.create(account, name)
        page = await browser.get(address(account))
        assert "ends 2 MCP servers, no OAuth grants for this company" in page.text
        gone = await submit(browser, page, address(account, "/disconnect"))
        page = await browser.get(gone.headers["location"])
        assert "The company is disconnected." in page.text and "refuses the former access token" in page.text
        assert site.here.mcp_servers.list(account)["result"] == []
        person = (await site.find("anna@example.com")).id
        assert ("account.disconnected", person) in list_actions(site, account)
        again = await submit(browser, page, address(account, "/delete"))
        assert again.headers["location"] == "/accounts?done=deleted"
        assert "The account is deleted." in (await browser.get("/accounts?done=deleted")).text
        assert (await browser.get(address(account))).status_code == 404

    run(tmp_path, story)


def test_an_account_that_is_connected_is_not_deleted(tmp_path: Path) -> None:
    async def story(site: Site, vendor: OAuthVendor) -> None:
        browser = await site.sign_in("anna@example.com", "owner")
        account = add_company(site, "Shop")
        page = await browser.get(address(account))
        set_account(site, account, status="active")
        answer = await submit(browser, page, address(account, "/delete"))
        assert answer.status_code == 409 and "Nothing was deleted" in answer.text
        assert site.here.accounts.get(account)["status"] == "active"

    run(tmp_path, story)


def test_of_two_who_disconnect_at_once_both_see_it_disconnected(tmp_path: Path) -> None:
    async def story(site: Site, vendor: OAuthVendor) -> None:
        anna, bo = [await site.sign_in(f"{each}@example.com", "admin") for each in ("anna", "bo")]
        account = await connect(site, vendor, anna)
        pages = [await each.get(address(account)) for each in (anna, bo)]
        answers = await asyncio.gather(
            *(
                submit(each, page, address(account, "/disconnect"))
                for each, page in zip((anna, bo), pages, strict=True)
            )
        )
        assert [each.status_code for each in answers] == [303, 303]
        assert len(vendor.revoked) == 1

    run(tmp_path, story)


def test_a_name_that_cannot_be_is_said_beside_its_field_and_not_lost(tmp_path: Path) -> None:
    async def story(site: Site, _vendor: OAuthVendor) -> None:
        browser = await site.sign_in("anna@example.com", "admin")
        account = add_company(site, "Shop")
        page = await browser.get(address(account))
        for name in ("", "x" * 201, "two\nlines"):
            answer = await submit(browser, page, address(account, "/rename"), {"name": name})
            assert answer.status_code == 400 and 'aria-invalid="true"' in answer.text
            assert "Give it a name of 1 to 200 characters" in answer.text and f'value="{name}"' in answer.text
        done = await submit(browser, page, address(account, "/rename"), {"name": " <b>Farm</b> "})
        assert "&lt;b&gt;Farm&lt;/b&gt;" in (await browser.get(done.headers["location"])).text
        assert site.here.accounts.get(account)["name"] == "<b>Farm</b>"

    run(tmp_path, story)


@pytest.mark.parametrize("role", [*ROLES, None])
def test_each_role_may_do_on_the_page_what_the_table_says(tmp_path: Path, role: Role | None) -> None:
    async def story(site: Site, _vendor: OAuthVendor) -> None:
        account = add_company(site, "Shop")
        browser = await site.sign_in("me@example.com", role or "owner", HERE if role else ELSEWHERE)
        page = await browser.get(address(account))
        assert page.status_code == (200 if role else 404)
        is_allowed = may(role, "connect_companies")
        cookie, before = browser.cookies["ledgerport-session"], list_actions(site, account)
        for action in ACTIONS:
            assert (f'action="{address(account, f"/{action}")}"' in page.text) <= is_allowed
            if is_allowed:
                continue
            name = f"{FORMS.get(action, action)} {account}"
            proof = site.application.state.sessions.make_proof(cookie, name)
            answer = await browser.post(address(account, f"/{action}"), data={"proof": proof, "name": "X"})
            assert answer.status_code == (403 if role else 404), action
        assert is_allowed or list_actions(site, account) == before
        assert is_allowed or site.here.stores.records.list_open_links(Reach(HERE), site.clock(), 9) == []

    run(tmp_path, story)


@pytest.mark.parametrize("action", ACTIONS)
def test_no_form_of_the_page_does_anything_without_its_proof(tmp_path: Path, action: str) -> None:
    async def story(site: Site, _vendor: OAuthVendor) -> None:
        account, other = add_company(site, "Shop"), add_company(site, "Farm")
        browser = await site.sign_in("anna@example.com", "owner")
        before = list_actions(site, account)
        name = f"{FORMS.get(action, action)} {other}"
        of_another = site.application.state.sessions.make_proof(browser.cookies["ledgerport-session"], name)
        for proof in ("", of_another):
            answer = await browser.post(address(account, f"/{action}"), data={"proof": proof, "name": "X"})
            assert answer.status_code == 403
        assert list_actions(site, account) == before

    run(tmp_path, story)


def test_a_link_for_a_customer_connects_the_account_and_says_who_made_it(tmp_path: Path) -> None:
    async def story(site: Site, vendor: OAuthVendor) -> None:
        browser, customer = await site.sign_in("anna@example.com", "admin"), site.open_browser()
        account = add_company(site, "Shop")
        made = await submit(browser, await browser.get(address(account)), address(account, "/links"))
        link = made.text.partition('id="made-link">')[2].partition("<")[0]
        assert 'data-copy="made-link"' in made.text
        page = await browser.get(address(account))
        assert "End this link" in page.text and ">anna</td>" in page.text and link not in page.text
        path = urlsplit(link).path
        at_vendor = await submit(customer, await customer.get(path), path)
        answer = vendor.agree(at_vendor.headers["location"], "987654")
        assert (await customer.get("/connect/callback", params=answer)).status_code == 200
        page = await browser.get(address(account))
        assert "987654" in page.text and "End this link" not in page.text

    run(tmp_path, story)


def test_a_link_that_was_ended_opens_nothing_and_nobody_else_ends_it(tmp_path: Path) -> None:
    async def story(site: Site, _vendor: OAuthVendor) -> None:
        browser = await site.sign_in("anna@example.com", "admin")
        stranger = await site.sign_in("eve@example.com", "owner", ELSEWHERE)
        page = await browser.get("/accounts/links")
        made = await submit(browser, page, "/accounts/links", {"name": "<i>Customer</i>", "read_only": "yes"})
        path = urlsplit(made.text.partition('id="made-link">')[2].partition("<")[0]).path
        page = await browser.get("/accounts/links")
        assert "&lt;i&gt;Customer&lt;/i&gt;" in page.text and "read only" in page.text
        assert "Customer" not in (await stranger.get("/accounts/links")).text
        (found,) = site.here.stores.records.list_open_links(Reach(HERE), site.clock(), 9)
        proof = site.application.state.sessions.make_proof(stranger.cookies["ledgerport-session"], "end link")
        for tenant, status in ((HERE, 403), (ELSEWHERE, 404)):
            form = {"proof": proof, "link": found.link.id, "tenant": tenant}
            assert (await stranger.post("/accounts/links/end", data=form)).status_code == status
        ended = await submit(browser, page, "/accounts/links/end", {"link": found.link.id})
        assert "works no longer" in (await browser.get(ended.headers["location"])).text
        assert (await site.open_browser().get(path)).status_code == 400

    run(tmp_path, story)


def test_a_vendor_that_wants_keys_is_connected_by_a_form_that_never_shows_a_secret_again(
    tmp_path: Path,
) -> None:
    async def story(site: Site, _vendor: OAuthVendor) -> None:
        browser = await site.sign_in("anna@example.com", "owner")
        page = await browser.get("/accounts/connect?integration=desk")
        keys = {
            "field.company": "acme",
            "field.public_key": "pub",
            "field.private_key": "prv",
            "field.client_id": "",
        }
        wrong = await submit(browser, page, "/accounts/connect", {"name": "Desk", **keys})
        assert wrong.status_code == 400 and "asks for the Client ID" in wrong.text
        assert 'value="acme"' in wrong.text and "prv" not in wrong.text
        out_of_form = keys | {"field.company": "a c!", "field.client_id": "cid"}
        wrong = await submit(browser, page, "/accounts/connect", {"name": "Desk", **out_of_form})
        assert wrong.status_code == 400 and "not in the form of a Company" in wrong.text
        done = await submit(
            browser, page, "/accounts/connect", {"name": "Desk", **keys, "field.client_id": "cid"}
        )
        shown = await browser.get(done.headers["location"])
        assert "The company is connected." in shown.text and "acme" in shown.text
        assert "/connection/connect" not in shown.text and "Link for a customer" not in shown.text

    run(tmp_path, story)


def test_companies_are_connected_only_for_organizations_of_ones_own(tmp_path: Path) -> None:
    async def story(site: Site, _vendor: OAuthVendor) -> None:
        browser = await site.sign_in("anna@example.com", "owner")
        viewer = await site.sign_in("vera@example.com", "viewer")
        page = await browser.get("/accounts/connect?integration=books")
        answer = await submit(browser, page, "/accounts/connect", {"name": "Shop", "tenant": HERE})
        assert answer.status_code == 303
        proof = site.application.state.sessions.make_proof(
            browser.cookies["ledgerport-session"], "connect company"
        )
        form = {"proof": proof, "name": "Shop", "tenant": ELSEWHERE, "integration": "books"}
        assert (await browser.post("/accounts/connect", data=form)).status_code == 403
        assert (await viewer.get("/accounts/connect")).status_code == 403
        assert {each["tenant_id"] for each in site.here.accounts.list()["result"]} == {HERE}

    run(tmp_path, story)
