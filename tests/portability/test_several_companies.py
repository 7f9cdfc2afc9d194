"""One consent that covers several companies: the person chooses one, and nothing is ever chosen for them.

Also what else a definition says of OAuth: PKCE, where a refresh token's life stands, and how a revocation is sent.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from runtime.connect.company_lookup import MOST_COMPANIES
from runtime.connect.consents import derive_challenge
from runtime.errors import Conflict, VendorUnavailable
from runtime.model import Account, AccountId
from tests import deployment
from tests.deployment import NOON, Deployment, deployed
from tests.portability.calling import CATALOG, call_as
from tests.vendor_server import http, vendor
from tests.web.test_pages import ask

NORTH = {"tenantId": "t-north", "tenantName": "North <b>Quay</b>"}
SOUTH = {"tenantId": "t-south", "tenantName": "South"}
GET, ID = "get_single_lagoon_invoice_by_id", "243216c5-369e-4056-ac67-05388f86dc81"


@dataclass
class Lagoon:
    """The vendor: the companies that a person agreed for, and what it was asked."""

    companies: Any = field(default_factory=lambda: [NORTH, SOUTH, NORTH])
    challenge: str = ""
    tenants: list[str] = field(default_factory=list)
    revoked: list[bytes] = field(default_factory=list)

    def answer(self, line: str, headers: dict[str, str], body: bytes) -> bytes:
        if line.startswith("POST /token"):
            form = {name: each[0] for name, each in parse_qs(body.decode()).items()}
            if derive_challenge(form.get("code_verifier", "")) != self.challenge:
                return http(400, b'{"error": "invalid_grant"}')
            value = {"token_type": "Bearer", "access_token": "lagoon-access", "refresh_token": "lagoon-refresh",
                     "expires_in": 1800, "refresh_life": 86400}  # fmt: skip
            return http(200, json.dumps(value).encode())
        if line.startswith("POST /revoke"):
            self.revoked.append(body)
            return http(200, b"{}")
        if line.startswith("GET /connections"):
            assert headers["authorization"] == "Lagoon-Token lagoon-access"
            return http(200, json.dumps(self.companies).encode())
        self.tenants.append(headers["lagoon-tenant"])
        return http(200, b'{"Invoices": [{"InvoiceID": "1"}]}')

    def agree(self, address: str) -> dict[str, str]:
        asked = {name: each[0] for name, each in parse_qs(urlsplit(address).query).items()}
        assert asked["code_challenge_method"] == "S256"
        self.challenge = asked["code_challenge"]
        return {"code": "the-code", "state": asked["state"]}


@pytest.fixture(autouse=True)
def catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "CATALOG", CATALOG)


@asynccontextmanager
async def lagoon(data: Path) -> AsyncIterator[tuple[Lagoon, Deployment]]:
    """The vendor, and a deployment that has an app there."""
    made = Lagoon()
    async with (
        vendor(made.answer) as server,
        deployed(
            data, LEDGERPORT_LAGOON_ORIGIN=server.url, LEDGERPORT_LAGOON_ENVIRONMENT="live",
            LEDGERPORT_LAGOON_CLIENT_ID="app", LEDGERPORT_LAGOON_CLIENT_SECRET="app-secret-text",
        ) as here,
    ):  # fmt: skip
        yield made, here


@dataclass
class Chooser:
    """A person who agreed, as far as the page of choices."""

    here: Deployment
    account_id: str
    back: httpx2.Response
    path: str

    @property
    def account(self) -> Account:
        found = self.here.stores.read_account(AccountId(self.account_id))
        assert found is not None
        return found

    async def page(self, **more: Any) -> httpx2.Response:
        return await ask(self.here, self.path, **more)

    async def choose(self, place: str, proof: str = "", **more: Any) -> httpx2.Response:
        if not proof:
            found = re.search(r'name="proof" value="([0-9a-f]{64})"', (await self.page()).text)
            proof = found[1] if found else ""
        return await self.page(method="POST", data={"proof": proof, "company": place}, **more)


async def agreed(vendor_: Lagoon, here: Deployment, link: dict[str, Any] | None = None) -> Chooser:
    link = link or here.accounts.create("Shop", "lagoon")
    callback = vendor_.agree(await here.opened(link["authorize_url"]))
    back = await ask(here, "/connect/callback", callback)
    return Chooser(here, link["id"], back, back.headers.get("location", "/connect/none/company"))


def run_story(tmp_path: Path, story: Callable[[Lagoon, Deployment], Any]) -> None:
    async def run() -> None:
        async with lagoon(tmp_path) as (vendor_, here):
            await story(vendor_, here)

    asyncio.run(run())


def test_the_person_chooses_and_calls_go_to_that_company(tmp_path: Path) -> None:
    async def story(vendor_: Lagoon, here: Deployment) -> None:
        chooser = await agreed(vendor_, here)
        assert (chooser.back.status_code, chooser.account.status) == (303, "connecting")
        assert "the-code" not in chooser.path
        page = await chooser.page()
        assert page.text.count('type="radio"') == 2
        assert "North &lt;b&gt;Quay&lt;/b&gt; (t-north)" in page.text and "checked" not in page.text
        assert "form-action 'self';" in page.headers["content-security-policy"]
        assert chooser.account.status == "connecting"
        done = await chooser.choose("1")
        assert "Lagoon company <strong>t-south</strong>" in done.text
        account = chooser.account
        assert (account.status, account.company, account.fields) == (
            "active",
            "t-south",
            {"tenant": "t-south"},
        )
        assert (await call_as(here, account, GET, {"id": ID})).error is None
        assert vendor_.tenants == ["t-south"]

    run_story(tmp_path, story)


def test_what_was_granted_waits_sealed_and_is_gone_once_it_was_chosen(tmp_path: Path) -> None:
    async def story(vendor_: Lagoon, here: Deployment) -> None:
        chooser = await agreed(vendor_, here)
        state_hash = here.keys.hash_token(chooser.path.split("/")[2])
        stored = here.stores.records.find_authorization(state_hash)
        assert stored is not None and stored.granted is not None
        assert b"lagoon" not in stored.granted and b"north" not in stored.granted
        await chooser.choose("0")
        stored = here.stores.records.find_authorization(state_hash)
        assert stored is not None and stored.granted is None

    run_story(tmp_path, story)


def test_a_choice_works_once_in_its_browser_with_its_proof_and_in_time(tmp_path: Path) -> None:
    async def story(vendor_: Lagoon, here: Deployment) -> None:
        chooser = await agreed(vendor_, here)
        refusals = [
            await chooser.page(browser="x" * 43),
            await chooser.choose("0", browser="x" * 43),
            await chooser.choose("0", proof="0" * 64),
            await chooser.choose("2"),
            await chooser.choose(""),
        ]
        assert [each.status_code for each in refusals] == [409, 409, 403, 400, 400]
        assert chooser.account.status == "connecting"
        here.clock.pass_(601)
        assert "run out" in (await chooser.choose("0")).text
        here.clock.pass_(-601)
        assert (await chooser.choose("0")).status_code == 200
        again = await chooser.choose("1", proof="0" * 64)
        assert (again.status_code, chooser.account.company) == (400, "t-north")

    run_story(tmp_path, story)


def test_an_account_that_is_connected_again_stays_with_its_company(tmp_path: Path) -> None:
    async def story(vendor_: Lagoon, here: Deployment) -> None:
        chooser = await agreed(vendor_, here)
        await chooser.choose("1")
        again = await agreed(vendor_, here, here.accounts.connect(chooser.account_id))
        assert (again.back.status_code, again.account.company) == (200, "t-south")
        vendor_.companies = [NORTH, {"tenantId": "t-east"}]
        other = await agreed(vendor_, here, here.accounts.connect(chooser.account_id))
        assert other.back.status_code == 409 and "not among the 2 companies" in other.back.text
        assert other.account.company == "t-south"

    run_story(tmp_path, story)


def test_one_company_is_connected_without_a_choice_and_what_the_vendor_said_of_its_token_is_known(
    tmp_path: Path,
) -> None:
    async def story(vendor_: Lagoon, here: Deployment) -> None:
        vendor_.companies = [NORTH, NORTH]
        chooser = await agreed(vendor_, here)
        assert (chooser.back.status_code, chooser.account.company) == (200, "t-north")
        assert (await here.tokens.get_fresh(chooser.account)).refresh_expires_at == NOON + 86400
        await here.accounts.delete(chooser.account_id)
        assert [json.loads(each) for each in vendor_.revoked] == [{"token": "lagoon-refresh"}]

    run_story(tmp_path, story)


@pytest.mark.parametrize(
    ("companies", "status"),
    [
        ([{"tenantId": f"t-{at}"} for at in range(MOST_COMPANIES + 1)], Conflict.status),
        ([{"tenantId": ["a"]}, SOUTH], VendorUnavailable.status),
    ],
)
def test_companies_that_cannot_be_chosen_between_are_not_connected(
    tmp_path: Path, companies: Any, status: int
) -> None:
    async def story(vendor_: Lagoon, here: Deployment) -> None:
        vendor_.companies = companies
        chooser = await agreed(vendor_, here)
        refused = await chooser.choose("0") if chooser.back.status_code == 303 else chooser.back
        assert refused.status_code == status
        assert chooser.account.status == "connecting"

    run_story(tmp_path, story)
