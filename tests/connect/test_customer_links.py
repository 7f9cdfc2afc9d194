"""Link tokens: a platform's customer connects a company at an address that works until one is connected."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from runtime.errors import Forbidden, InvalidRequest, NotFound
from runtime.operations.link_tokens import LinkTokens, WantedLink
from runtime.tenancy import Reach, TenantId
from tests.connect.test_tokens import as_stored, connected
from tests.deployment import BROWSER, Deployment
from tests.web.test_pages import ask

RETURN = "https://app.example.com"
ELSEWHERE = (
    "https://app.example.com.evil.test/x",
    "http://app.example.com/",
    "//app.example.com",
    "https://a@app.example.com/",
    "javascript:alert(1)",
    "https://app.example.com\\@evil",
)


def make_link(here: Deployment, **wanted: Any) -> dict[str, Any]:
    return LinkTokens(here.accounts).create(WantedLink(integration="books", **wanted), actor="me")


async def opened(here: Deployment, link: dict[str, Any]) -> str:
    """The vendor's address that the button of a link's page leads to."""
    path, secret = urlsplit(link["url"]).path, link["url"].rpartition("/")[2]
    proof = here.accounts.authorizations.links.make_proof(secret, BROWSER)
    answer = await ask(here, path, method="POST", data={"proof": proof})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_a_link_makes_an_account_connects_it_and_is_used_up(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, _):
            link = make_link(here, name="<b>Café</b>", read_only=True)
            page = await ask(here, urlsplit(link["url"]).path)
            assert page.status_code == 200 and "&lt;b&gt;Café" in page.text and "never change" in page.text
            before = here.accounts.list()["result"]
            address = await opened(here, link)
            answer = await ask(here, "/connect/callback", vendor.agree(address, "777777"))
            assert answer.status_code == 200 and "777777" in answer.text
            (made,) = [each for each in here.accounts.list()["result"] if each not in before]
            assert (made["status"], made["company"], made["read_only"]) == ("active", "777777", True)
            again = await ask(here, urlsplit(link["url"]).path)
            assert again.status_code == 400 and "used already" in again.text
            (shown,) = LinkTokens(here.accounts).list()["result"]
            assert (shown["status"], shown["integrated_account_id"]) == ("used", made["id"])
            assert "url" not in shown and "secret" not in shown

    asyncio.run(story())


def test_a_link_works_again_after_somebody_gave_up_and_makes_one_account_only(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, _):
            link = make_link(here)
            first, second = await opened(here, link), await opened(here, link)
            state = parse_qs(urlsplit(first).query)["state"][0]
            refused = await ask(here, "/connect/callback", {"error": "access_denied", "state": state})
            assert "Open the link that you were sent again" in refused.text
            assert (await ask(here, "/connect/callback", vendor.agree(second, "777777"))).status_code == 200
            assert len(here.accounts.list()["result"]) == 2

    asyncio.run(story())


def test_of_two_who_go_on_with_one_link_the_first_connects(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, _):
            link = make_link(here)
            first, second = await opened(here, link), await opened(here, link)
            assert (await ask(here, "/connect/callback", vendor.agree(second, "777777"))).status_code == 200
            late = await ask(here, "/connect/callback", vendor.agree(first, "777777"))
            assert late.status_code == 400 and "has been used" in late.text

    asyncio.run(story())


def test_connecting_again_by_a_link_leaves_the_id_and_refuses_another_company(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            link = make_link(here, account_id=account.id)
            other = await ask(here, "/connect/callback", vendor.agree(await opened(here, link), "888888"))
            assert other.status_code == 409 and "is connected to company 123456789" in other.text
            same = await ask(here, "/connect/callback", vendor.agree(await opened(here, link)))
            assert same.status_code == 200
            assert as_stored(here, account).sealed != account.sealed
            assert len(here.accounts.list()["result"]) == 1

    asyncio.run(story())


def test_a_person_is_sent_back_to_an_origin_of_the_list_and_nowhere_else(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path, LEDGERPORT_RETURN_URLS=RETURN) as (vendor, here, _):
            for wrong in ELSEWHERE:
                with pytest.raises(
                    InvalidRequest, match=r"redirect_uri is not an address .* LEDGERPORT_RETURN_URLS"
                ):
                    make_link(here, redirect_uri=wrong)
            link = make_link(here, redirect_uri=f"{RETURN}/done?x=1")
            address = await opened(here, link)
            answer = await ask(here, "/connect/callback", vendor.agree(address, "777777"))
            assert answer.status_code == 303
            went = urlsplit(answer.headers["location"])
            assert (went.scheme, went.netloc, went.path) == ("https", "app.example.com", "/done")
            assert parse_qs(went.query)["x"] == ["1"] and parse_qs(went.query)["status"] == ["connected"]
            assert answer.headers["referrer-policy"] == "no-referrer"

    asyncio.run(story())


def test_a_link_ends_after_a_week_or_when_it_is_revoked_and_whoever_is_on_the_way_with_it(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, _):
            link, revoked = make_link(here), make_link(here)
            address = await opened(here, revoked)
            LinkTokens(here.accounts).revoke(revoked["id"], actor="me")
            with pytest.raises(NotFound):
                LinkTokens(here.accounts).revoke(revoked["id"])
            assert (await ask(here, "/connect/callback", vendor.agree(address, "777777"))).status_code == 400
            assert (await ask(here, urlsplit(revoked["url"]).path)).status_code == 400
            here.clock.pass_(7 * 86_400)
            late = await ask(here, urlsplit(link["url"]).path)
            assert late.status_code == 400 and "has run out" in late.text

    asyncio.run(story())


def test_the_button_works_only_in_a_browser_that_has_the_page(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, here, _account):
            link = make_link(here)
            forged = await ask(here, urlsplit(link["url"]).path, method="POST", data={"proof": "0" * 64})
            assert forged.status_code == 403
            assert len(here.accounts.list()["result"]) == 1

    asyncio.run(story())


def test_a_link_is_refused_where_it_would_change_what_an_account_may_do(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, here, account):
            with pytest.raises(InvalidRequest, match="does not become read only"):
                make_link(here, account_id=account.id, read_only=True)
            with pytest.raises(InvalidRequest, match="belongs to books"):
                LinkTokens(here.accounts).create(WantedLink(integration="desk", account_id=account.id))
            with pytest.raises(InvalidRequest, match="by keys"):
                LinkTokens(here.accounts).create(WantedLink(integration="desk"))

    asyncio.run(story())


def test_a_link_makes_its_account_for_the_tenant_and_as_the_platform_names_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, here, _account):
            link = make_link(here, tenant_id="acme", external_id="42", metadata={"plan": "pro"})
            await opened(here, link)
            (made,) = [each for each in here.accounts.list()["result"] if each["tenant_id"] == "acme"]
            assert (made["status"], made["external_id"]) == ("connecting", "42")
            assert made["metadata"] == {"plan": "pro"}

    asyncio.run(story())


def test_the_link_tokens_of_another_tenant_do_not_exist(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (_, here, account):
            mine, links = Reach(TenantId("acme")), LinkTokens(here.accounts)
            other = make_link(here, account_id=account.id)
            own = links.create(WantedLink(integration="books"), reach=mine)
            assert [each["id"] for each in links.list(reach=mine)["result"]] == [own["id"]]
            assert own["tenant_id"] == "acme"
            with pytest.raises(NotFound):
                links.revoke(other["id"], reach=mine)
            with pytest.raises(NotFound):
                links.create(WantedLink(account_id=account.id), reach=mine)
            with pytest.raises(Forbidden):
                links.create(WantedLink(integration="books", tenant_id="default"), reach=mine)
            with pytest.raises(Forbidden):
                links.create(WantedLink(integration="books"), reach=Reach(account_id=account.id))

    asyncio.run(story())
