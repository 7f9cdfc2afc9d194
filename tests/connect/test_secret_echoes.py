"""What a vendor repeats of a token, code or client secret while connecting is neither stored, shown nor logged."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from generator.vendor import AccountField
from runtime.connect.authorize import _check_open_fields, _refused
from runtime.connect.echoes import Echoes
from runtime.connect.grants import _refusal
from runtime.connect.vendor_http import OAuthAnswer
from runtime.errors import LedgerportError, VendorUnavailable
from tests import deployment
from tests.connect.test_authorize import pending
from tests.deployment import BOOKS, deploy


@pytest.mark.parametrize("code", ["access-token-12", "clientsecretofletters", "AB11x9", "", "invalid_grants"])
@pytest.mark.parametrize("status", [200, 400, 503])
def test_a_code_that_is_not_registered_may_be_a_secret_and_is_dropped(code: str, status: int) -> None:
    assert _refusal(BOOKS, OAuthAnswer(status, {"error": code})).vendor_code == ""
    assert _refused(BOOKS, code).vendor_code == ""


@pytest.mark.parametrize("code", ["invalid_request", "unsupported_grant_type", "unauthorized_client"])
def test_a_registered_code_says_what_is_wrong(code: str) -> None:
    assert _refusal(BOOKS, OAuthAnswer(400, {"error": code})).vendor_code == code
    assert _refused(BOOKS, "login_required").vendor_code == "login_required"


def test_a_code_that_a_definition_names_is_shown() -> None:
    books = replace(BOOKS, auth=replace(BOOKS.auth, reconnect_when=("bad_grant",)))
    assert _refusal(books, OAuthAnswer(400, {"error": "bad_grant"})).vendor_code == "bad_grant"


@pytest.mark.parametrize("secret", ["access token", "refresh token", "client secret", "code"])
def test_a_company_that_is_named_by_a_secret_is_not_connected(
    secret: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = (AccountField("company_id", "Company ID", "", "callback.company", identifies=True),)
    books = replace(BOOKS, account_fields=named)
    catalog = replace(deployment.CATALOG, integrations={"books": books})
    monkeypatch.setattr(deployment, "CATALOG", catalog)

    async def story() -> None:
        async with pending(tmp_path) as (vendor, here, begun):
            callback = vendor.agree(await here.opened(begun["authorize_url"]))
            vendor.answer = lambda: web.json_response(
                {"access_token": "the-access-token", "refresh_token": "the-refresh-token"}
            )
            vendor.confirm_answer = lambda: web.json_response({"company": {"id": company}})
            company = {
                "access token": "the-access-token", "refresh token": "the-refresh-token",
                "client secret": "the-client-secret", "code": callback["code"],
            }[secret]  # fmt: skip
            with pytest.raises(LedgerportError, match="has to stay secret"):
                await here.complete(callback | {"company": company})
            assert here.accounts.get(begun["id"])["status"] == "connecting"

    asyncio.run(story())
    for file in tmp_path.iterdir():
        assert b"the-refresh-token" not in file.read_bytes()


def test_only_fields_that_are_stored_in_the_open_are_looked_at(tmp_path: Path) -> None:
    here = deploy(tmp_path)
    account = here.stores.read_account(here.add_desk()["id"])
    assert account is not None
    _check_open_fields(BOOKS, account, Echoes(["prv-secret"]))
    with pytest.raises(VendorUnavailable):
        _check_open_fields(BOOKS, replace(account, fields={"a": "x prv-secret"}), Echoes(["prv-secret"]))
    here.stores.close()
