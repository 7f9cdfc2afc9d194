"""The page of a company mapping: who sees it, what it shows, and that its forms decide."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest

from runtime.identity.roles import may
from tests import deployment
from tests.operations.mapping_world import CATALOG, LEDGER, World, add_accounts
from tests.operations.test_company_mapping import CUSTOMERS, FIRMS, HOURS
from tests.web.hostile_site import MARKUP
from tests.web.visitors import HERE, Site, submit

PAGE = f"/tenant/{HERE}/company-mapping"
Visit = Callable[[Site, httpx2.AsyncClient, World], Awaitable[None]]


@pytest.fixture
def visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.setattr(deployment, "CATALOG", CATALOG)

    def run(story: Visit, role: str = "billing_admin", *, is_connected: bool = True) -> None:
        async def begin() -> None:
            site, world = Site(tmp_path), World(list(FIRMS), list(CUSTOMERS), list(HOURS))
            site.calls.call = world.call  # type: ignore[method-assign]
            if is_connected:
                add_accounts(site.here.stores.records, tenant=HERE)
            await story(site, await site.sign_in("anna@example.com", role), world)
            await site.close()

        asyncio.run(begin())

    return run


def test_what_is_certain_is_linked_and_suggestions_are_decided(visit: Callable[..., None]) -> None:
    async def story(site: Site, browser: httpx2.AsyncClient, world: World) -> None:
        page = await browser.get(PAGE)
        assert "Harbor Dentl" in page.text
        assert "The names are spelled almost alike." in page.text

        led = await submit(browser, page, f"{PAGE}/map")
        page = await browser.get(led.headers["location"])
        assert "What is certain is linked." in page.text
        led = await submit(
            browser, page, f"{PAGE}/decide", {"client": "2", "customer": "b", "action": "confirm"}
        )
        page = await browser.get(led.headers["location"])
        await submit(browser, page, f"{PAGE}/decide", {"client": "4", "action": "not_a_client"})
        page = await browser.get(PAGE)
        values = {"client": "3", "action": "link", "name": "Nobody we know"}
        await submit(browser, page, f"{PAGE}/decide", values)
        page = await browser.get(PAGE)

        assert "Every client is decided" in page.text
        assert "not a client" in page.text
        await submit(browser, page, f"{PAGE}/decide", {"client": "3", "action": "unlink"})
        page = await browser.get(PAGE)
        await submit(browser, page, f"{PAGE}/decide", {"action": "above", "score": "60"})
        file = await browser.get(f"{PAGE}/export.csv")
        assert "Stone Legal Group,3,Stone Legal,c,linked,confirmed" in file.text
        assert (await browser.get(f"{PAGE}/export.xlsx")).content[:2] == b"PK"

    visit(story)


def test_what_was_changed_meanwhile_is_not_overwritten(visit: Callable[..., None]) -> None:
    async def story(site: Site, browser: httpx2.AsyncClient, world: World) -> None:
        page = await browser.get(PAGE)
        await submit(browser, page, f"{PAGE}/map")
        late = await submit(browser, page, f"{PAGE}/decide", {"client": "4", "action": "not_a_client"})

        assert late.status_code == 409
        assert "was changed since you read it" in late.text

    visit(story)


@pytest.mark.parametrize(
    "values", [{"action": "dance"}, {"action": "above", "score": "x"}, {"version": "-1"}]
)
def test_a_form_that_says_nothing_sensible_is_refused(
    visit: Callable[..., None], values: dict[str, str]
) -> None:
    async def story(site: Site, browser: httpx2.AsyncClient, world: World) -> None:
        cookie = browser.cookies["ledgerport-session"]
        proof = site.application.state.sessions.make_proof(cookie, f"decide mapping {HERE}")
        sent = {"proof": proof, "version": "0", "action": "confirm", "client": "1", "customer": "a"} | values
        assert (await browser.post(f"{PAGE}/decide", data=sent)).status_code == 400
        assert (await browser.post(f"{PAGE}/decide", data=sent | {"proof": "wrong"})).status_code == 403

    visit(story)


def test_a_customer_that_several_have_the_name_of_is_not_chosen(visit: Callable[..., None]) -> None:
    async def story(site: Site, browser: httpx2.AsyncClient, world: World) -> None:
        world.customers.append({"id": "d2", "name": "Nobody we know"})
        page = await browser.get(PAGE)
        values = {"client": "4", "action": "link", "name": "Nobody we know"}
        refused = await submit(browser, page, f"{PAGE}/decide", values)

        assert refused.status_code == 400
        assert "2 customers are called" in refused.text

    visit(story)


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_whoever_may_not_see_money_does_not_see_it(visit: Callable[..., None], role: str) -> None:
    async def story(site: Site, browser: httpx2.AsyncClient, world: World) -> None:
        for path in (PAGE, f"{PAGE}/export.csv", f"{PAGE}/export.xlsx"):
            assert (await browser.get(path)).status_code == 403
        assert world.asked == []

    visit(story, role)


@pytest.mark.parametrize("role", ["billing_admin", "viewer", "member"])
def test_the_navigation_leads_to_it_where_there_is_a_work_system(
    visit: Callable[..., None], role: str
) -> None:
    link = f'<a href="{PAGE}"'

    async def story(site: Site, browser: httpx2.AsyncClient, world: World) -> None:
        page = await browser.get("/account")
        assert (link in page.text) is may(role, "see_journal")  # type: ignore[arg-type]

    visit(story, role)


def test_without_a_work_system_the_navigation_has_no_mapping(visit: Callable[..., None]) -> None:
    async def story(site: Site, browser: httpx2.AsyncClient, world: World) -> None:
        assert f'<a href="{PAGE}"' not in (await browser.get("/account")).text

    visit(story, is_connected=False)


def test_without_both_systems_it_says_what_to_connect(visit: Callable[..., None]) -> None:
    async def story(site: Site, browser: httpx2.AsyncClient, world: World) -> None:
        page = await browser.get(PAGE)
        assert page.status_code == 200
        assert "Nothing to map yet" in page.text
        assert (await browser.get(f"{PAGE}/export.csv")).text.count("\n") == 1

    visit(story, is_connected=False)


def test_of_several_accounts_one_is_chosen(visit: Callable[..., None]) -> None:
    async def story(site: Site, browser: httpx2.AsyncClient, world: World) -> None:
        add_accounts(site.here.stores.records, tenant=HERE, suffix="x")
        page = await browser.get(PAGE)
        assert "Choose the two accounts" in page.text
        page = await browser.get(f"{PAGE}?work_account=w1x&books_account={LEDGER}")
        assert "Harbor Dentl" in page.text

    visit(story)


def test_hostile_names_are_texts_on_the_page_and_in_the_file(visit: Callable[..., None]) -> None:
    async def story(site: Site, browser: httpx2.AsyncClient, world: World) -> None:
        world.firms[:] = [{"id": MARKUP[:90], "name": MARKUP}, {"id": "=1+1", "name": "=cmd|' /C calc'!A1"}]
        world.customers[:] = [{"id": "a", "name": MARKUP + "!"}]
        page = await browser.get(PAGE)
        await submit(browser, page, f"{PAGE}/decide", {"client": "=1+1", "action": "not_a_client"})
        await submit(browser, page, f"{PAGE}/map")
        page = await browser.get(PAGE)

        assert "<script>alert" not in page.text
        assert "4978197" not in page.text
        assert "'=cmd|" in (await browser.get(f"{PAGE}/export.csv")).text

    visit(story)


@pytest.mark.parametrize("name", ["W" * 4_000, "A\x00B\x1b[31m\u202eC\r\nSet-Cookie: x", "\ud7ff\u200b" * 60])
def test_a_name_that_no_company_has_is_shown_all_the_same(visit: Callable[..., None], name: str) -> None:
    async def story(site: Site, browser: httpx2.AsyncClient, world: World) -> None:
        world.firms[:] = [
            {"id": 1, "name": name},
            {"id": 2, "name": name + "2"},
            {"id": 3, "name": ["no text"]},
        ]
        world.customers[:] = [{"id": "a", "name": name}]
        page = await browser.get(PAGE)
        assert page.status_code == 200
        led = await submit(browser, page, f"{PAGE}/map")
        page = await browser.get(led.headers["location"])

        assert page.status_code == 200
        assert not set("\x00\x1b\u202e") & set(page.text)
        assert "W" * 1_000 not in page.text
        assert "set-cookie" not in page.headers
        file = await browser.get(f"{PAGE}/export.csv")
        assert not set("\x00\x1b\u202e") & set(file.text)
        assert (await browser.get(f"{PAGE}/export.xlsx")).content[:2] == b"PK"

    visit(story)


def test_before_a_company_is_disconnected_its_page_says_that_the_mapping_goes(
    visit: Callable[..., None],
) -> None:
    async def story(site: Site, browser: httpx2.AsyncClient, world: World) -> None:
        await submit(browser, await browser.get(PAGE), f"{PAGE}/map")
        page = await browser.get(f"/company/{LEDGER}/connection")

        assert "The company mapping is deleted." in page.text

    visit(story, "admin")
