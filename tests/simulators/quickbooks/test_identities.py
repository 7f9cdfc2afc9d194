"""The simulator says who signs in as its service does: Ledgerport's own sign-in is played against it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from runtime.simulators.quickbooks.app import Application
from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock
from tests.deployment import NOON, HandClock
from tests.serving import served
from tests.web.visitors import Site, submit

CLIENT = ("sign-in-app", "sign-in-secret")


async def consent(address: str, person: str) -> dict[str, str]:
    """What the browser brings back when somebody has been chosen at the simulator."""
    async with httpx2.AsyncClient() as client:
        page = await client.get(address)
        assert "Sign in as" in page.text and "Company</legend>" not in page.text
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text))
        values = {**hidden, "person": person, "decision": "connect"}
        answer = await client.post(urlsplit(address)._replace(query="").geturl(), data=values)
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


@pytest.mark.parametrize(
    ("person", "status", "says"),
    [
        ("owner@example.com", 303, ""),
        ("bookkeeper@example.com", 403, "as bookkeeper@example.com, but nobody has invited you"),
        ("unverified@example.com", 403, "has not been verified"),
    ],
)
def test_who_is_chosen_there_signs_in_here(tmp_path: Path, person: str, status: int, says: str) -> None:
    async def story(origin: str) -> None:
        site = Site(
            tmp_path,
            HandClock(),
            LEDGERPORT_OIDC_SIMULATOR_ISSUER=f"{origin}/.well-known/openid_configuration",
            LEDGERPORT_OIDC_SIMULATOR_CLIENT_ID=CLIENT[0],
            LEDGERPORT_OIDC_SIMULATOR_CLIENT_SECRET=CLIENT[1],
        )
        for email in ("owner@example.com", "unverified@example.com"):
            await site.invite(email, "owner")
        browser = site.open_browser()
        led = await submit(browser, await browser.get("/sign-in"), "/sign-in/with/simulator?return_to=%2F")
        assert led.status_code == 303, led.text
        back = await consent(led.headers["location"], person)
        assert "realmId" not in back
        answer = await browser.get("/sign-in/callback/simulator", params=back)
        assert answer.status_code == status and says in answer.text
        if status == 303:
            assert "Sam Owner" in (await browser.get("/account")).text
        await site.close()

    store = Store(":memory:", Clock(frozen=NOON))
    with served(Application(store, dict([CLIENT]))) as simulator:
        asyncio.run(story(f"http://127.0.0.1:{simulator.port}"))
