"""Which company a token is for may be what a request says, asked with the new token before anything is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from generator.catalog import Catalog
from generator.vendor import AccountField
from runtime.errors import Conflict, LedgerportError, VendorUnavailable
from tests import deployment
from tests.connect.test_authorize import pending
from tests.deployment import BOOKS, TOOLS, Deployment
from tests.oauth_vendor import OAuthVendor

LOOKED_UP = replace(
    BOOKS,
    auth=replace(BOOKS.auth, lookup="/connections", confirm=None, scheme="Token"),
    account_fields=(
        AccountField("company_id", "Company ID", "", "lookup.0.tenant.id", r"^\d{6,20}$", identifies=True),
    ),
)
ONE = [{"tenant": {"id": "123456789"}}]


@pytest.fixture(autouse=True)
def looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "CATALOG", Catalog("1", {"books": LOOKED_UP}, TOOLS))


def connecting(tmp_path: Path, answer: Callable[[web.Request], web.Response], check: Any) -> None:
    """Agree at a vendor that answers the look-up so, and check what comes of it."""

    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            vendor.other = answer
            link = await here.opened(begun["authorize_url"])
            await check(vendor, here, begun["id"], here.complete(vendor.agree(link)))

    asyncio.run(story())


def test_the_account_has_what_the_vendor_says_to_the_new_token(tmp_path: Path) -> None:
    asked: list[tuple[str, str]] = []

    def answer(request: web.Request) -> web.Response:
        asked.append((request.path, request.headers["Authorization"].split()[0]))
        return web.json_response(ONE)

    async def check(vendor: OAuthVendor, here: Deployment, id_: str, completing: Any) -> None:
        account = await completing
        assert (account.company, account.fields) == ("123456789", {"company_id": "123456789"})
        assert asked == [("/connections", "Token")]

    connecting(tmp_path, answer, check)


def test_several_companies_that_no_field_distinguishes_are_not_connected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = tuple(replace(each, identifies=False) for each in LOOKED_UP.account_fields)
    books = replace(LOOKED_UP, account_fields=fields)
    monkeypatch.setattr(deployment, "CATALOG", Catalog("1", {"books": books}, TOOLS))

    async def check(vendor: OAuthVendor, here: Deployment, id_: str, completing: Any) -> None:
        with pytest.raises(Conflict, match="named 2 companies"):
            await completing

    connecting(tmp_path, lambda request: web.json_response([*ONE, *ONE]), check)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda request: web.json_response([{"tenant": ONE * 2}]), Conflict),
        (lambda request: web.json_response([]), VendorUnavailable),
        (lambda request: web.json_response({"tenant": {"id": "123456789"}}), VendorUnavailable),
        (lambda request: web.json_response([{"tenant": {"id": ["123456789"]}}]), VendorUnavailable),
        (lambda request: web.json_response([{"tenant": {"id": "12/../3"}}]), VendorUnavailable),
        (lambda request: web.Response(text="<html>"), VendorUnavailable),
        (lambda request: web.json_response(ONE, status=500), VendorUnavailable),
        (lambda request: web.json_response(ONE, status=403), VendorUnavailable),
        (
            lambda request: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
            VendorUnavailable,
        ),
    ],
)
def test_only_one_company_that_is_clearly_named_is_connected(
    tmp_path: Path, answer: Callable[[web.Request], web.Response], kind: type[LedgerportError]
) -> None:
    async def check(vendor: OAuthVendor, here: Deployment, id_: str, completing: Any) -> None:
        with pytest.raises(kind):
            await completing
        assert here.accounts.get(id_)["status"] == "connecting"
        assert vendor.revoked == []

    connecting(tmp_path, answer, check)
