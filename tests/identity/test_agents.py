"""The page of agents: each person's own, and for admins those of others in their tenants."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
from sqlalchemy import text

from runtime.identity.sessions import Sessions
from tests.deployment import have_events_stored
from tests.identity.authorization import Place, opened

Story = Callable[[Place], Awaitable[None]]


def run(data: Path, story: Story) -> None:
    async def begin() -> None:
        async with opened(data) as here:
            await story(here)

    asyncio.run(begin())


async def revoke(
    here: Place, browser: dict[str, str], page: httpx2.Response, proof: str = ""
) -> httpx2.Response:
    """Press the first button of the page."""
    action = re.findall(r'action="(/agents/[^"]+)"', page.text)[0]
    own = re.findall(r'action="/agents/.*?name="proof" value="([^"]+)"', page.text)[0]
    return await here.client.post(action, data={"proof": proof or own}, headers=browser)


def test_a_person_sees_what_was_allowed_and_ends_it(tmp_path: Path) -> None:
    async def story(here: Place) -> None:
        company, browser = here.add_company("Shop"), await here.sign_in(here.add_person("a@x.example"))
        tokens = await here.get_tokens(browser, company)
        page = await here.client.get("/agents", headers=browser)
        assert page.status_code == 200
        assert "Agent<span" in page.text and 'Shop <span class="chip">read</span>' in page.text
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert (await revoke(here, browser, page)).headers["location"] == "/agents"
        assert (await here.call(tokens["access_token"])).status_code == 401
        assert "No program has been allowed" in (await here.client.get("/agents", headers=browser)).text

    run(tmp_path, story)


def test_whoever_is_not_signed_in_is_led_there(tmp_path: Path) -> None:
    async def story(here: Place) -> None:
        page = await here.client.get("/agents")
        assert page.headers["location"] == "/sign-in?return_to=%2Fagents"
        assert (await here.client.post("/agents/x/revoke")).headers["location"].startswith("/sign-in")

    run(tmp_path, story)


def test_another_site_cannot_press_the_button(tmp_path: Path) -> None:
    async def story(here: Place) -> None:
        company, browser = here.add_company("Shop"), await here.sign_in(here.add_person("a@x.example"))
        tokens = await here.get_tokens(browser, company)
        page = await here.client.get("/agents", headers=browser)
        assert (await revoke(here, browser, page, "0" * 64)).status_code == 403
        assert (await here.call(tokens["access_token"])).status_code == 200

    run(tmp_path, story)


def test_an_admin_ends_what_others_allowed_in_the_tenant_and_nothing_elsewhere(tmp_path: Path) -> None:
    async def story(here: Place) -> None:
        shop, farm = here.add_company("Shop"), here.add_company("Farm", "farm")
        anna = here.add_person("anna@x.example", "billing_admin")
        here.add_member(anna, "owner", "farm")
        tokens = await here.get_tokens(await here.sign_in(anna), [shop, farm], default=shop)
        admin = await here.sign_in(here.add_person("admin@x.example", "admin"))
        page = await here.client.get("/agents", headers=admin)
        assert "allowed by anna@x.example" in page.text
        assert "Shop" in page.text and "Farm" not in page.text
        assert (await revoke(here, admin, page)).status_code == 303
        assert "No program has been allowed" in (await here.client.get("/agents", headers=admin)).text
        assert (await here.call(tokens["access_token"])).status_code == 200  # the other company is left
        own = await here.client.get("/agents", headers=await here.sign_in(anna))
        shown = own.text.partition("<main")[
            2
        ]  # the switcher beside it lists companies, whoever may work in them
        assert "Farm" in shown and "Shop" not in shown

    run(tmp_path, story)


def test_others_see_nothing_and_end_nothing(tmp_path: Path) -> None:
    async def story(here: Place) -> None:
        shop = here.add_company("Shop")
        anna = await here.sign_in(here.add_person("anna@x.example"))
        tokens = await here.get_tokens(anna, shop)
        page = await here.client.get("/agents", headers=anna)
        action = re.findall(r'action="/agents/([^/]+)/', page.text)[0]
        for email, role, tenant in (
            ("b@x.example", "billing_admin", "default"),
            ("c@x.example", "owner", "rival"),
        ):
            other = await here.sign_in(here.add_person(email, role, tenant))  # type: ignore[arg-type]
            seen = await here.client.get("/agents", headers=other)
            assert "No program has been allowed" in seen.text
            sessions = Sessions(here.runtime.deployment)
            proof = sessions.make_proof(other["cookie"].partition("=")[2], f"revoke {action}")
            tried = await here.client.post(f"/agents/{action}/revoke", data={"proof": proof}, headers=other)
            assert tried.status_code == 404
        assert (await here.call(tokens["access_token"])).status_code == 200

    run(tmp_path, story)


def test_what_is_granted_and_revoked_is_an_event_of_each_mcp_server(tmp_path: Path) -> None:
    async def story(here: Place) -> None:
        have_events_stored(here.runtime.stores)
        companies = [here.add_company("Shop"), here.add_company("Farm")]
        browser = await here.sign_in(here.add_person("a@x.example"))
        await here.get_tokens(browser, companies)
        await revoke(here, browser, await here.client.get("/agents", headers=browser))
        with here.records._reading.begin() as connection:
            types = connection.execute(
                text("SELECT type FROM event WHERE type LIKE 'mcp_server.%' ORDER BY at, type")
            )
            found = [row[0] for row in types]
        assert found == ["mcp_server.created"] * 2 + ["mcp_server.revoked"] * 2

    run(tmp_path, story)
