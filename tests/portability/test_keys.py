"""A vendor that is signed in to with keys: they are tested before anything is stored, replaced, and reported when they
end.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from runtime.commands import connect
from runtime.errors import Conflict, InvalidRequest, VendorUnavailable
from runtime.model import AccountId, Grant, ServerConfig
from runtime.settings import Settings
from tests.identity.authorization import Prepared
from tests.portability.mixed_vendor import FIELDS, LIST, Site, run

NEW = {"site": "north", "public_key": "open", "private_key": "second-secret"}


def test_keys_that_the_vendor_refuses_are_not_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(site: Site) -> None:
        site.pier.secret = "another"
        refused = await site.rest(
            "POST", "/integrated-account", json={"name": "North", "integration": "pier", "fields": FIELDS}
        )
        assert refused.status_code == 400, refused.text
        assert "Pier does not accept these keys." in refused.text
        assert "first-secret" not in refused.text
        listed = await site.rest("GET", "/integrated-account")
        assert listed.json()["result"] == []
        site.pier.secret = "first-secret"
        made = await site.rest(
            "POST", "/integrated-account", json={"name": "North", "integration": "pier", "fields": FIELDS}
        )
        assert (made.status_code, made.json()["status"]) == (201, "active")

    run(tmp_path, monkeypatch, story)


def test_nothing_is_sent_for_whoever_may_make_no_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(site: Site) -> None:
        token = site.make_token(["accounts:write"], await site.add())
        body = {"name": "North", "integration": "pier", "fields": FIELDS}
        assert (await site.rest("POST", "/integrated-account", token, json=body)).status_code == 403
        assert site.pier.asked == []

    run(tmp_path, monkeypatch, story)


def test_keys_are_replaced_over_rest_once_the_vendor_takes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(site: Site) -> None:
        path = f"/integrated-account/{await site.add()}/keys"
        refused = await site.rest("PUT", path, json={"fields": {"private_key": "second-secret"}})
        assert (refused.status_code, "Nothing was stored" in refused.text) == (400, True)
        before = site.account.sealed
        site.pier.secret = "second-secret"
        done = await site.rest("PUT", path, json={"fields": {"private_key": "second-secret"}})
        assert (done.status_code, done.json()["status"]) == (200, "active")
        assert "second-secret" not in done.text
        assert site.account.sealed != before
        [noted] = site.here.list_audit("account.keys_replaced")
        assert "second-secret" not in str(noted)
        tested = await site.rest("POST", f"/integrated-account/{site.company}/test")
        assert tested.json()["company"] == "The North Pier"

    run(tmp_path, monkeypatch, story)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"public_key": "open"}, "private_key is missing"),
        ({"site": "south", "private_key": "first-secret"}, "another company"),
        ({"private_key": "first-secret", "colour": "red"}, "colour"),
        ({"private_key": "x\r\ny"}, "not in the form"),
    ],
)
def test_what_cannot_be_keys_of_the_account_is_refused_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fields: dict[str, str], expected: str
) -> None:
    async def story(site: Site) -> None:
        account = await site.add()
        with pytest.raises((InvalidRequest, Conflict), match=expected):
            await site.keys.replace(account, fields)
        assert site.pier.asked == []

    run(tmp_path, monkeypatch, story)


@pytest.mark.parametrize("said", [b"[]", b'{"site": {"<b>": 1}}', b"not json", b'{"site": false}'])
def test_an_answer_that_confirms_nothing_stores_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    async def story(site: Site) -> None:
        account = await site.add()
        before, site.pier.confirmation = site.account, said
        with pytest.raises((InvalidRequest, VendorUnavailable)) as refused:
            await site.keys.replace(account, FIELDS)
        assert "Nothing was stored." in refused.value.advice
        assert site.account == before

    run(tmp_path, monkeypatch, story)


def test_keys_that_have_ended_make_the_account_need_a_person_until_they_are_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(site: Site) -> None:
        account = await site.add()
        site.pier.secret = "second-secret"
        runtime = site.here.runtime
        tools = {tool.name: tool for tool in runtime.get_catalog().list_tools("pier")}

        async def call() -> str:
            found = await runtime.calls.call(Grant(site.account, ServerConfig()), tools, LIST, {})
            return found.error.code + found.error.advice if found.error else found.text

        assert "replace the keys" in (said := await call())
        assert said.startswith("needs_reauth")
        assert site.account.status == "needs_reauth"
        asked = len(site.pier.asked)
        assert (await call()).startswith("needs_reauth")
        assert len(site.pier.asked) == asked
        await site.keys.replace(account, NEW)
        assert site.account.status == "active"
        assert "Ada" in await call()

    run(tmp_path, monkeypatch, story)


def test_one_request_that_the_keys_are_not_good_for_ends_no_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(site: Site) -> None:
        await site.add()
        site.pier.refuses_workers = True
        runtime = site.here.runtime
        tools = {tool.name: tool for tool in runtime.get_catalog().list_tools("pier")}
        found = await runtime.calls.call(Grant(site.account, ServerConfig()), tools, LIST, {})
        assert found.error is not None
        assert "No permission" in found.error.message
        assert site.account.status == "active"

    run(tmp_path, monkeypatch, story)


def test_the_page_shows_a_form_of_the_keys_and_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(site: Site) -> None:
        browser = await site.here.sign_in(site.here.add_person("olga@shop.example", "admin"))
        page = f"/company/{await site.add()}/connection"
        shown = (await site.here.client.get(page, headers=browser)).text
        assert (
            'name="field.private_key" required maxlength="4096" autocomplete="off" type="password"' in shown
        )
        assert "Shown once beside the public key." in shown
        assert "first-secret" not in shown
        values = {f"field.{name}": value for name, value in NEW.items()}
        empty = await site.send(browser, page, f"{page}/keys", values | {"field.private_key": " "})
        assert (empty.status_code, "Pier asks for the Private key." in empty.text) == (400, True)
        refused = await site.send(browser, page, f"{page}/keys", values)
        assert (refused.status_code, "Pier does not accept these keys." in refused.text) == (400, True)
        assert "second-secret" not in refused.text
        site.pier.secret = "second-secret"
        done = await site.send(browser, page, f"{page}/keys", values)
        assert (done.status_code, done.headers.get("location")) == (303, f"{page}?done=keys-replaced")

    run(tmp_path, monkeypatch, story)


def test_whoever_may_not_connect_companies_replaces_no_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(site: Site) -> None:
        browser = await site.here.sign_in(site.here.add_person("mia@shop.example", "billing_admin"))
        page = f"/company/{await site.add()}/connection"
        assert "h-keys" not in (await site.here.client.get(page, headers=browser)).text
        assert (await site.send(browser, page, f"{page}/keys", {})).status_code == 403

    run(tmp_path, monkeypatch, story)


def test_the_connect_page_tests_the_keys_before_it_makes_the_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(site: Site) -> None:
        browser = await site.here.sign_in(site.here.add_person("olga@shop.example", "admin"))
        values = {f"field.{name}": value for name, value in NEW.items()}
        values |= {"integration": "pier", "tenant": "default", "name": "North", "read_only": "yes"}
        page = "/accounts/connect?integration=pier"
        refused = await site.send(browser, page, "/accounts/connect", values)
        assert (refused.status_code, "Pier does not accept these keys." in refused.text) == (400, True)
        site.pier.secret = "second-secret"
        done = await site.send(browser, page, "/accounts/connect", values)
        assert done.status_code == 303, done.text
        site.company = done.headers["location"].split("/")[2]
        assert (site.account.status, site.account.is_read_only) == ("active", True)

    run(tmp_path, monkeypatch, story)


def test_the_command_makes_an_account_of_keys_and_replaces_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(connect, "Runtime", Prepared)

    async def story(site: Site) -> None:
        settings: Settings = site.here.runtime.deployment.settings
        wanted = connect.Wanted("pier", "North", is_read_only=True)
        await asyncio.to_thread(connect.run, settings, wanted, FIELDS, as_json=True)
        listed = (await site.rest("GET", "/integrated-account")).json()["result"]
        site.company = AccountId(listed[0]["id"])
        assert (listed[0]["status"], listed[0]["read_only"]) == ("active", True)
        site.pier.secret = "second-secret"
        again = connect.Wanted(account_id=site.company)
        with pytest.raises(InvalidRequest, match="does not accept these keys"):
            await asyncio.to_thread(connect.run, settings, again, {"private_key": "wrong"})
        await asyncio.to_thread(connect.run, settings, again, {"private_key": "second-secret"})
        assert "Connected: North" in capsys.readouterr().out

    run(tmp_path, monkeypatch, story)
