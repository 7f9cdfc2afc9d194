"""Credentials go to where they belong: to their own vendor, into what is sealed, and in the newest state there is."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.vendor import AccountField
from runtime.connect.authorize import _said
from runtime.connect.grants import Granted
from runtime.connect.lifetimes import Opened
from runtime.connect.sealing import open_credentials, seal_credentials
from runtime.errors import Conflict, InvalidRequest, NotFound, StorageUnavailable, VendorUnavailable
from runtime.model import Credentials
from tests import deployment
from tests.connect.test_authorize import pending
from tests.connect.test_tokens import as_stored, connected
from tests.deployment import BOOKS, Deployment, deploy
from tests.oauth_vendor import OAuthVendor

SECRET = Credentials("access-canary", "refresh-canary")


def test_an_account_that_is_connected_by_keys_is_never_refreshed(tmp_path: Path) -> None:
    here = deploy(tmp_path)
    account = here.accounts.find(here.add_desk()["id"])
    here.clock.pass_(10 * 365 * 86_400)
    found = asyncio.run(here.tokens.get_fresh(account))
    assert found.secrets["private_key"] == "prv-secret"
    assert as_stored(here, account).status == "active"


def test_credentials_of_another_place_are_not_sent_to_be_revoked(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            with pytest.raises(Conflict, match="belongs to 'production'"):
                await here.tokens.revoke(replace(account, environment="production"))
            assert vendor.revoked == []

    asyncio.run(story())


def test_credentials_of_another_place_get_no_address_to_be_sent_to(tmp_path: Path) -> None:
    here = deploy(tmp_path)
    account = here.accounts.find(here.accounts.create("Shop", "books")["id"])
    for environment in ("simulator", "unknown"):
        with pytest.raises(Conflict, match="this deployment uses Books"):
            here.tokens.addresses.find_base_url(BOOKS, replace(account, environment=environment))
    other = deploy(tmp_path / "other", LEDGERPORT_BOOKS_ORIGIN="http://127.0.0.1:9")
    with pytest.raises(Conflict, match="this deployment uses a simulator of Books"):
        other.tokens.addresses.find_base_url(BOOKS, account)


def test_an_account_has_the_base_url_of_its_own_environment(tmp_path: Path) -> None:
    here = deploy(tmp_path, LEDGERPORT_BOOKS_ENVIRONMENT="production")
    account = here.accounts.find(here.accounts.create("Shop", "books")["id"])
    for environment, url in BOOKS.environments.items():
        own = replace(account, environment=environment)
        assert here.tokens.addresses.find_base_url(BOOKS, own) == url


def test_an_account_of_an_integration_that_is_gone_is_not_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = deploy(tmp_path)
    account = here.accounts.find(here.accounts.create("Shop", "books")["id"])
    monkeypatch.delitem(deployment.CATALOG.integrations, "books")
    with pytest.raises(NotFound, match="no integration 'books'"):
        asyncio.run(here.tokens.get_fresh(account))
    with pytest.raises(NotFound, match="no such integrated account"):
        here.accounts.find(account.id)


def test_credentials_that_another_process_stored_take_the_place_of_those_in_memory(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            await here.tokens.get_fresh(account)
            other = deploy(tmp_path, here.clock, LEDGERPORT_BOOKS_ORIGIN=vendor.origin)
            here.clock.pass_(3600)
            new = await other.tokens.get_fresh(account)
            await other.tokens.close()
            assert await here.tokens.get_fresh(as_stored(here, account)) == new
            assert vendor.refreshes == 1

    asyncio.run(story())


def test_credentials_that_could_not_be_stored_never_replace_those_of_a_newer_connection(
    tmp_path: Path,
) -> None:
    async def refresh_in_vain(here: Deployment, vendor: OAuthVendor, account: Any) -> None:
        with closing(sqlite3.connect(here.stores.path, isolation_level=None)) as disk:
            vendor.gate = asyncio.Event()
            call = asyncio.create_task(here.tokens.get_fresh(account))
            await vendor.was_asked.wait()
            disk.execute("BEGIN IMMEDIATE")
            here.stores.condition.note_failure("The disk is full.")
            vendor.gate.set()
            with pytest.raises(StorageUnavailable):
                await call

    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600)
            await refresh_in_vain(here, vendor, account)
            assert account.id in here.tokens._unkept
            other = deploy(tmp_path, here.clock, LEDGERPORT_BOOKS_ORIGIN=vendor.origin)
            theirs = Credentials("theirs", vendor.refresh_token, here.clock() + 60, 0.0, here.clock() - 3540)
            sealed = seal_credentials(other.keys, account.id, theirs)
            assert other.stores.records.replace_credentials(account.id, account.sealed, sealed, 1.0)
            found = await here.tokens.get_fresh(as_stored(here, account))
            assert vendor.refreshes == 2
            assert open_credentials(here.keys, as_stored(here, account)) == found

    asyncio.run(story())


def test_a_secret_field_that_comes_with_the_token_is_sealed_and_never_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = AccountField("kind", "Kind", "", "token.token_type", secret=True)
    odd = replace(BOOKS, account_fields=(*BOOKS.account_fields, kind))
    monkeypatch.setitem(deployment.CATALOG.integrations, "books", odd)

    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            account = await here.complete(vendor.agree(await here.opened(begun["authorize_url"])))
            assert account.fields == {"company_id": "123456789"}
            assert open_credentials(here.keys, account).secrets == {"kind": "bearer"}
            assert "kind" not in here.accounts.get(account.id)["fields"]

    asyncio.run(story())


@pytest.mark.parametrize("code", ["", "é", "a\nb", "x" * 4097])
def test_a_code_that_could_not_be_sent_is_not_sent(tmp_path: Path, code: str) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            callback = vendor.agree(await here.opened(begun["authorize_url"]))
            with pytest.raises(InvalidRequest, match="sent no code"):
                await here.complete(callback | {"code": code})
            assert len(vendor.codes) == 1

    asyncio.run(story())


def test_the_longest_code_is_sent(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            callback = vendor.agree(await here.opened(begun["authorize_url"]))
            vendor.codes["x" * 4096] = vendor.codes.pop(callback["code"])
            await here.complete(callback | {"code": "x" * 4096})
            assert here.accounts.get(begun["id"])["status"] == "active"

    asyncio.run(story())


@pytest.mark.parametrize("value", [True, False, None, 1.5, [], "", "é", "a\x00b", "x" * 4097])
def test_an_account_field_is_a_plain_text_or_a_whole_number(value: Any) -> None:
    field = AccountField("company_id", "Company ID", "", "token.company")
    with pytest.raises(VendorUnavailable, match="did not say the Company ID"):
        _said(BOOKS, field, {"company": value})
    assert _said(BOOKS, field, {"company": 12}) == "12"


@pytest.mark.parametrize("shown", [Granted(SECRET, {"x": "canary"}), Opened(b"canary", SECRET, 1.0)])
def test_what_holds_credentials_shows_none_of_them(shown: object) -> None:
    assert "canary" not in repr(shown)
    assert repr(shown).endswith("(…)")


def test_what_has_no_token_is_not_revoked(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, _):
            assert not await here.tokens.grants.revoke(BOOKS, Credentials())
            assert await here.tokens.grants.revoke(BOOKS, SECRET)
            assert vendor.revoked == ["refresh-canary"]

    asyncio.run(story())


def test_a_vendor_that_cannot_be_reached_has_not_agreed_to_an_end(tmp_path: Path) -> None:
    here = deploy(tmp_path, LEDGERPORT_BOOKS_ORIGIN="http://127.0.0.1:9")

    async def story() -> None:
        assert await here.tokens.grants.revoke(BOOKS, SECRET) is False
        with pytest.raises(VendorUnavailable, match=r"127\.0\.0\.1 could not be reached"):
            await here.tokens.grants.exchange(BOOKS, "code", "http://127.0.0.1/x")
        await here.tokens.close()

    asyncio.run(story())
