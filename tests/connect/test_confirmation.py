"""The company that a callback names is believed only when the vendor confirms it to the new token."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from generator.vendor import Confirmation
from runtime.errors import Forbidden, InvalidRequest, LedgerportError, VendorUnavailable
from runtime.model import AccountId, AuditEntry
from tests import deployment
from tests.connect.test_authorize import pending
from tests.deployment import BOOKS, Deployment


def audited(here: Deployment, account_id: str) -> list[tuple[str, str]]:
    found = here.stores.records.list_audit(AccountId(account_id))
    return [(entry.action, str(entry.details.get("reason", ""))) for entry in found]


def test_a_code_of_one_company_does_not_connect_another_and_its_grant_is_revoked(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            link = await here.opened(begun["authorize_url"])
            with pytest.raises(Forbidden, match="did not confirm the company"):
                await here.complete(vendor.agree(link, "111111", claimed="222222"))
            account = here.accounts.find(begun["id"])
            assert (account.status, account.company, account.fields) == ("connecting", "", {})
            assert vendor.revoked == [vendor.refresh_token]
            assert audited(here, begun["id"])[-1] == ("account.not_connected", "forbidden")

    asyncio.run(story())


def test_a_company_that_is_claimed_in_vain_is_not_shared_and_can_be_revoked(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            theirs = await here.complete(vendor.agree(await here.opened(begun["authorize_url"]), "222222"))
            claim = here.accounts.create("Somebody else", "books")
            with pytest.raises(Forbidden):
                await here.complete(
                    vendor.agree(await here.opened(claim["authorize_url"]), "111111", claimed="222222")
                )
            assert not here.stores.records.is_company_shared(theirs)
            await here.accounts.delete(theirs.id)
            assert audited(here, theirs.id)[-2][0] == "account.revoked"

    asyncio.run(story())


def test_a_connection_that_is_not_confirmed_leaves_the_one_before_it_as_it_was(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            before = await here.complete(vendor.agree(await here.opened(begun["authorize_url"]), "222222"))
            again = here.accounts.connect(begun["id"])
            with pytest.raises(Forbidden):
                await here.complete(
                    vendor.agree(await here.opened(again["authorize_url"]), "111111", claimed="222222")
                )
            assert here.accounts.find(before.id) == before

    asyncio.run(story())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda: web.Response(status=400), Forbidden),
        (lambda: web.Response(status=403), Forbidden),
        (lambda: web.Response(status=404), Forbidden),
        (lambda: web.Response(status=408), VendorUnavailable),
        (lambda: web.Response(status=425), VendorUnavailable),
        (lambda: web.Response(status=429), VendorUnavailable),
        (lambda: web.Response(status=499), Forbidden),
        (lambda: web.Response(status=500), VendorUnavailable),
        (lambda: web.Response(status=503, text="<html>"), VendorUnavailable),
        (lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}), VendorUnavailable),
        (lambda: web.Response(text="<html>"), VendorUnavailable),
        (lambda: web.json_response([]), VendorUnavailable),
        (lambda: web.json_response({"company": {"id": ""}}), VendorUnavailable),
        (lambda: web.json_response({"company": {"id": False}}), VendorUnavailable),
        (lambda: web.json_response({"company": {"id": {}}}), VendorUnavailable),
        (lambda: web.json_response({"company": ["123456789"]}), VendorUnavailable),
        (lambda: web.json_response({"company": {"id": "999"}}), Forbidden),
        (lambda: web.Response(body=b"[" * 300_000), VendorUnavailable),
    ],
)
def test_only_a_clear_yes_of_the_vendor_connects(
    tmp_path: Path, answer: Callable[[], web.Response], kind: type[LedgerportError]
) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            vendor.confirm_answer = answer
            with pytest.raises(kind) as refused:
                await here.complete(vendor.agree(await here.opened(begun["authorize_url"])))
            assert "start again" in refused.value.advice or "Try again" in refused.value.advice
            assert here.accounts.get(begun["id"])["status"] == "connecting"
            assert bool(vendor.revoked) == (kind is Forbidden)

    asyncio.run(story())


def test_a_vendor_that_was_down_connects_with_the_next_link(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            vendor.confirm_answer = lambda: web.Response(status=503)
            with pytest.raises(VendorUnavailable):
                await here.complete(vendor.agree(await here.opened(begun["authorize_url"])))
            vendor.confirm_answer = None
            again = here.accounts.connect(begun["id"])
            await here.complete(vendor.agree(await here.opened(again["authorize_url"])))
            assert here.accounts.get(begun["id"])["status"] == "active"

    asyncio.run(story())


@pytest.mark.parametrize("is_shared", [False, True])
def test_a_grant_for_an_account_that_was_deleted_meanwhile_is_revoked_unless_the_company_is_shared(
    tmp_path: Path, is_shared: bool
) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            if is_shared:
                other = here.accounts.create("The same company", "books")
                await here.complete(vendor.agree(await here.opened(other["authorize_url"])))
            id_ = AccountId(begun["id"])

            def deleted() -> web.Response:
                here.stores.records.delete_account(id_, AuditEntry(1.0, "test", "account.deleted", id_))
                return web.json_response({"company": {"id": "123456789"}})

            vendor.confirm_answer = deleted
            with pytest.raises(InvalidRequest, match="has been deleted"):
                await here.complete(vendor.agree(await here.opened(begun["authorize_url"])))
            assert vendor.revoked == ([] if is_shared else [vendor.refresh_token])

    asyncio.run(story())


def test_digits_of_another_script_are_no_company_number(tmp_path: Path) -> None:
    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            callback = vendor.agree(await here.opened(begun["authorize_url"]), "١٢٣٤٥٦٧٨٩")
            with pytest.raises(VendorUnavailable, match="Company ID"):
                await here.complete(callback)
            assert vendor.codes, "a code was spent on a callback that could not be right"

    asyncio.run(story())


def test_a_path_of_the_confirmation_cannot_be_left_by_what_a_callback_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def noted(request: web.Request) -> Any:
        asked.append(request.raw_path)
        return web.Response(status=404)

    fields = tuple(replace(each, pattern="") for each in BOOKS.account_fields)
    auth = replace(BOOKS.auth, confirm=Confirmation("/me/{company_id}"))
    odd = replace(BOOKS, account_fields=fields, auth=auth)
    monkeypatch.setitem(deployment.CATALOG.integrations, "books", odd)

    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            vendor.other = noted
            for claimed in ("../1", "..", "a?b#c", "1/me"):
                link = await here.opened(here.accounts.connect(begun["id"])["authorize_url"])
                with pytest.raises(Forbidden):
                    await here.complete(vendor.agree(link, claimed))
            link = await here.opened(here.accounts.connect(begun["id"])["authorize_url"])
            with pytest.raises(VendorUnavailable, match="in the form it should have"):
                await here.complete(vendor.agree(link, "é"))

    asyncio.run(story())
    assert [path.count("/") for path in asked] == [4, 4, 4], asked
    assert all(path.endswith("?minorversion=75") and path.count("?") == 1 for path in asked)
