"""The page of all accounts: who sees which, how they are searched, and what each status says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx2
import pytest

from runtime.model import AccountId
from runtime.operations.accounts import About
from runtime.operations.answers import format_time
from runtime.people import ROLES, Role
from runtime.stores.tables import ACCOUNT
from runtime.tenancy import AccountError, TenantId
from tests.web.visitors import HERE, Site

ELSEWHERE = TenantId("elsewhere")


def add_company(site: Site, name: str, tenant: TenantId = HERE) -> AccountId:
    return AccountId(site.here.accounts.create(name, "books", about=About(tenant_id=tenant))["id"])


def set_account(site: Site, account: AccountId, **values: object) -> None:
    """What only a vendor or time does to an account."""
    with site.here.stores.records._engine.begin() as connection:
        connection.execute(ACCOUNT.update().where(ACCOUNT.c.id == account).values(**values))


def run(data: Path, story: Callable[[Site], Awaitable[None]]) -> None:
    async def begin() -> None:
        site = Site(data)
        try:
            await story(site)
        finally:
            await site.close()

    asyncio.run(begin())


def list_names(page: httpx2.Response) -> list[str]:
    assert page.status_code == 200, page.text
    return re.findall(r'<a href="/company/[^"/]+">([^<]*)</a>', page.text.partition("<main")[2])


def test_each_company_of_ones_organizations_is_listed_by_name_and_no_other(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        for name, tenant in (("Nursery", HERE), ("bakery", HERE), ("Secret", ELSEWHERE)):
            add_company(site, name, tenant)
        browser = await site.sign_in("anna@example.com", "viewer")
        page = await browser.get("/accounts")
        assert list_names(page) == ["bakery", "Nursery"]
        assert "Secret" not in page.text

    run(tmp_path, story)


def test_a_list_is_searched_by_name_and_status_and_read_in_parts(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        for number in range(30):
            add_company(site, f"Shop {number:02}")
        set_account(site, add_company(site, "Éclair_50% Café"), status="disconnected")
        browser = await site.sign_in("anna@example.com", "owner")
        first, second = await browser.get("/accounts"), await browser.get("/accounts?page=2")
        assert (len(list_names(first)), len(list_names(second))) == (25, 6)
        assert "1 to 25 of 31 accounts" in first.text and 'href="/accounts?page=2"' in first.text
        for query, found in (
            ("q=shop+07", ["Shop 07"]),
            ("q=%C3%89clair", ["Éclair_50% Café"]),
            ("q=_", ["Éclair_50% Café"]),
            ("q=%25", ["Éclair_50% Café"]),
            ("status=disconnected", ["Éclair_50% Café"]),
            ("q=nothing", []),
        ):
            assert list_names(await browser.get(f"/accounts?{query}")) == found, query
        assert "No account matches" in (await browser.get("/accounts?q=nothing")).text

    run(tmp_path, story)


@pytest.mark.parametrize(
    "query", ["page=-1", "page=x", "page=99999999", "status=%27", "page=%C2%B2", "q=" + "x" * 999]
)
def test_an_address_that_no_form_makes_is_answered_all_the_same(tmp_path: Path, query: str) -> None:
    async def story(site: Site) -> None:
        add_company(site, "Shop")
        browser = await site.sign_in("anna@example.com", "owner")
        assert (await browser.get(f"/accounts?{query}")).status_code == 200

    run(tmp_path, story)


def test_a_search_while_somebody_types_is_answered_with_the_rows_alone(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        add_company(site, "Shop")
        browser = await site.sign_in("anna@example.com", "owner")
        part = await browser.get("/accounts?q=shop", headers={"HX-Request": "true"})
        assert "Shop" in part.text and "<html" not in part.text and "<nav" not in part.text

    run(tmp_path, story)


def test_the_last_error_is_said_in_words_with_how_to_go_on(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        shop = add_company(site, "Shop")
        set_account(site, shop, status="needs_reauth")
        error = AccountError("invalid_grant", "Books refused the refresh token.", site.clock() - 7200)
        site.here.stores.records.note_error(shop, error)
        admin = await site.sign_in("anna@example.com", "admin")
        viewer = await site.sign_in("vera@example.com", "viewer")
        page, seen = await admin.get("/accounts"), await viewer.get("/accounts")
        for each in (page, seen):
            assert "Needs re-connecting" in each.text
            assert "Books refused the refresh token." in each.text and "2 h ago" in each.text
        assert f'action="/company/{shop}/connection/connect"' in page.text
        assert f'action="/company/{shop}/connection/connect"' not in seen.text

    run(tmp_path, story)


@pytest.mark.parametrize("role", ROLES)
def test_without_a_company_the_page_says_what_to_do_next_by_role(tmp_path: Path, role: Role) -> None:
    async def story(site: Site) -> None:
        browser = await site.sign_in("anna@example.com", role)
        page = (await browser.get("/accounts")).text
        assert "No company is connected yet" in page
        assert ('href="/accounts/connect"' in page) is (role in ("admin", "owner"))

    run(tmp_path, story)


def test_hostile_names_are_text(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        for name in (
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "=cmd|'/c calc'!A0",
            "{{ 7 * 7 }}",
        ):
            shop = add_company(site, name)
        browser = await site.sign_in("anna@example.com", "owner")
        for path in ("/accounts", '/accounts?q="><script>alert(2)</script>', f"/company/{shop}/connection"):
            page = (await browser.get(path)).text
            assert "alert(1)</script>" not in page and "<img" not in page and "alert(2)</script>" not in page
        assert "{{ 7 * 7 }}" in page

    run(tmp_path, story)


def test_mcp_servers_and_grants_that_use_an_account_are_counted(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        shop = add_company(site, "Shop")
        for name, expires in (("one", None), ("two", 10_800), ("gone", 3_600)):
            ends = format_time(site.clock() + expires) if expires else None
            site.here.mcp_servers.create(shop, name, expires_at=ends)
        site.clock.pass_(7200)
        uses = site.here.stores.records.count_uses([shop, AccountId("none")], site.clock())
        assert uses[shop] == (2, 0, 0) and uses[AccountId("none")] == (0, 0, 0)

    run(tmp_path, story)
