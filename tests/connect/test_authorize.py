from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from runtime.connect.authorize import STATE_SECONDS
from runtime.errors import Conflict, Forbidden, InvalidRequest, LedgerportError, VendorUnavailable
from tests.deployment import Deployment, deploy, deployed
from tests.oauth_vendor import OAuthVendor, oauth_vendor


@asynccontextmanager
async def pending(data: Path) -> AsyncIterator[tuple[OAuthVendor, Deployment, dict[str, Any]]]:
    async with oauth_vendor() as vendor, deployed(data, LEDGERPORT_BOOKS_ORIGIN=vendor.origin) as here:
        yield vendor, here, here.accounts.create("Shop", "books")


def test_the_link_is_ours_and_leads_to_the_vendor_who_sends_the_person_back_here(tmp_path: Path) -> None:
    here = deploy(tmp_path, LEDGERPORT_PUBLIC_URL="https://ledger.example.com")
    link = here.accounts.create("Shop", "books")["authorize_url"]
    address = urlsplit(asyncio.run(here.opened(link)))
    asked = {name: found[0] for name, found in parse_qs(address.query).items()}
    assert f"{address.scheme}://{address.netloc}{address.path}" == "https://books.example/authorize"
    assert link == f"https://ledger.example.com/connect/{asked['state']}"
    assert len(asked.pop("state")) >= 43
    assert len(asked.pop("code_challenge")) == 43
    assert asked == {
        "client_id": "the-client",
        "response_type": "code",
        "scope": "books.all",
        "code_challenge_method": "S256",
        "redirect_uri": "https://ledger.example.com/connect/callback",
    }


def test_the_callback_makes_the_account_active_with_what_the_vendor_said(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            account = await here.complete(
                vendor.agree(await here.opened(begun["authorize_url"]), "987654321")
            )
            assert here.accounts.get(begun["id"]) | {"updated_at": "", "since": ""} == {
                "id": begun["id"],
                "name": "Shop",
                "integration": "books",
                "environment": "simulator",
                "status": "active",
                "since": "",
                "last_error": None,
                "ended_by": None,
                "read_only": False,
                "budget": {},
                "tenant_id": "default",
                "external_id": None,
                "metadata": {},
                "company": "987654321",
                "fields": {"company_id": "987654321"},
                "created_at": begun["created_at"],
                "updated_at": "",
            }
            assert vendor.refresh_token.encode() not in account.sealed
            secrets.append(vendor.refresh_token.encode())

    secrets: list[bytes] = []
    asyncio.run(story())
    for file in tmp_path.iterdir():
        assert secrets[0] not in file.read_bytes()


def test_a_link_works_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            callback = vendor.agree(await here.opened(begun["authorize_url"]))
            await here.complete(callback)
            with pytest.raises(InvalidRequest, match="used already"):
                await here.complete(callback)
            assert here.accounts.get(begun["id"])["status"] == "active"

    asyncio.run(story())


def test_a_link_works_for_ten_minutes(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            here.clock.pass_(STATE_SECONDS)
            with pytest.raises(InvalidRequest, match="run out"):
                await here.complete(vendor.agree(await here.opened(begun["authorize_url"])))
            here.stores.records.purge(here.clock())
            with pytest.raises(InvalidRequest, match="run out"):
                await here.complete(vendor.agree(await here.opened(begun["authorize_url"])))

    asyncio.run(story())


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"state": "made-up"}, InvalidRequest, "not made here"),
        ({"state": ""}, InvalidRequest, "not made here"),
        ({"state": "\ud800é"}, InvalidRequest, "not made here"),
        ({"code": ""}, InvalidRequest, "no code"),
        ({"code": "x" * 5000}, InvalidRequest, "no code"),
        ({"code": "somebody-else's"}, InvalidRequest, "used, or has run out"),
        ({"company": "12/../34"}, VendorUnavailable, "Company ID"),
        ({"company": ""}, VendorUnavailable, "Company ID"),
        ({"error": "access_denied"}, Forbidden, "not allowed"),
        ({"error": "invalid_scope"}, Forbidden, "may not ask"),
        ({"error": "<script>"}, VendorUnavailable, "ended the connection"),
    ],
)
def test_a_callback_that_is_not_right_connects_nothing_and_says_why(
    tmp_path: Path, change: dict[str, str], kind: type[LedgerportError], words: str
) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            callback = vendor.agree(await here.opened(begun["authorize_url"])) | change
            with pytest.raises(kind, match=words) as refused:
                await here.complete(callback)
            assert refused.value.advice
            assert "<" not in refused.value.as_text()
            assert here.accounts.get(begun["id"])["status"] == "connecting"

    asyncio.run(story())


def test_an_account_cannot_be_connected_again_to_another_company(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            await here.complete(vendor.agree(await here.opened(begun["authorize_url"]), "111111"))
            again = here.accounts.connect(begun["id"])
            with pytest.raises(Conflict, match="company 222222"):
                await here.complete(vendor.agree(await here.opened(again["authorize_url"]), "222222"))
            assert here.accounts.get(begun["id"])["company"] == "111111"

    asyncio.run(story())


def test_a_link_for_an_account_that_was_deleted_connects_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            callback = vendor.agree(await here.opened(begun["authorize_url"]))
            await here.accounts.delete(begun["id"])
            with pytest.raises(InvalidRequest):
                await here.complete(callback)

    asyncio.run(story())


def test_two_callbacks_at_once_connect_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            callback = vendor.agree(await here.opened(begun["authorize_url"]))
            complete = here.complete
            found = await asyncio.gather(*(complete(callback) for _ in range(5)), return_exceptions=True)
            assert sum(not isinstance(each, Exception) for each in found) == 1

    asyncio.run(story())


def test_of_two_companies_that_are_chosen_at_once_only_one_is_connected(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            links = [begun["authorize_url"], here.accounts.connect(begun["id"])["authorize_url"]]
            complete = here.complete
            found = await asyncio.gather(
                complete(vendor.agree(await here.opened(links[0]), "111111")),
                complete(vendor.agree(await here.opened(links[1]), "222222")),
                return_exceptions=True,
            )
            assert [type(each) for each in found if isinstance(each, Exception)] == [Conflict]
            connected = next(each for each in found if not isinstance(each, BaseException))
            assert here.stores.read_account(connected.id) == connected

    asyncio.run(story())
