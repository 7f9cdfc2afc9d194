"""The page of the people of a tenant: what each role may do at each route, and that nobody gets further by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.identity.roles import PERMISSIONS, Permission, is_at_least
from runtime.people import ROLES, Role
from runtime.tenancy import TenantId
from tests.web.visitors import HERE, OPERATOR, Site, submit

PEOPLE = f"/tenant/{HERE}/people"
ELSEWHERE = TenantId("elsewhere")
Values = Callable[[dict[str, str]], dict[str, str]]

ROUTES: list[tuple[str, Permission, Values]] = [
    ("/invite", "manage_people", lambda ids: {"email": "new@example.com", "role": "admin"}),
    ("/invite", "manage_owners", lambda ids: {"email": "new@example.com", "role": "owner"}),
    ("/end-invitation", "manage_people", lambda ids: {"invitation": ids["pending"]}),
    ("/end-invitation", "manage_owners", lambda ids: {"invitation": ids["pending owner"]}),
    ("/role", "manage_people", lambda ids: {"person": ids["member"], "role": "admin"}),
    ("/role", "manage_owners", lambda ids: {"person": ids["member"], "role": "owner"}),
    ("/role", "manage_owners", lambda ids: {"person": ids["owner"], "role": "viewer"}),
    ("/remove", "manage_people", lambda ids: {"person": ids["member"]}),
    ("/remove", "manage_owners", lambda ids: {"person": ids["owner"]}),
]


async def fill(site: Site) -> dict[str, str]:
    """Somebody of each kind to do something to, by id."""
    for role in ("owner", "member"):
        await site.sign_in(f"{role}@example.com", role)
    await site.sign_in("second@example.com", "owner")
    ids = {role: (await site.find(f"{role}@example.com")).id for role in ("owner", "member")}
    invited = {"pending": "admin", "pending owner": "owner"}
    for name, role in invited.items():
        made = await site.people.invite(OPERATOR, HERE, f"{role}.invited@example.com", role)
        ids[name] = made.invitation.id
    return ids


@pytest.mark.parametrize("role", [*ROLES, None])
def test_each_role_may_do_at_each_route_what_the_table_says(tmp_path: Path, role: Role | None) -> None:
    async def story() -> None:
        for number, (route, permission, values) in enumerate(ROUTES):
            site = Site(tmp_path / str(number))
            ids = await fill(site)
            browser = await site.sign_in("me@example.com", role or "owner", HERE if role else ELSEWHERE)
            before = await site.list_roles(), len(await site.people.list_pending(OPERATOR, HERE))
            cookie = browser.cookies["ledgerport-session"]
            form = {"/invite": "invite", "/end-invitation": "end invitation", "/role": "change role"}
            name = f"{form.get(route, 'remove person')} {HERE}"
            proof = site.application.state.sessions.make_proof(cookie, name)
            answer = await browser.post(PEOPLE + route, data=values(ids) | {"proof": proof})
            after = await site.list_roles(), len(await site.people.list_pending(OPERATOR, HERE))
            is_allowed = is_at_least(role, PERMISSIONS[permission][0])
            assert (answer.status_code in (200, 303)) is is_allowed, (route, permission, answer.text)
            assert (before != after) is is_allowed, (route, permission)
            assert is_allowed or answer.status_code == 403
            await site.close()

    asyncio.run(story())


@pytest.mark.parametrize("role", [*ROLES, None])
def test_the_page_shows_everybody_and_only_the_forms_that_a_role_may_send(
    tmp_path: Path, role: Role | None
) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        await fill(site)
        browser = await site.sign_in("me@example.com", role or "owner", HERE if role else ELSEWHERE)
        page = await browser.get(PEOPLE)
        assert page.status_code == (200 if role else 403)
        is_manager = is_at_least(role, "admin")
        assert ("member@example.com" in page.text) is (role is not None)
        assert (f'action="{PEOPLE}/invite"' in page.text) is is_manager
        assert ("admin.invited@example.com" in page.text) is is_manager
        assert ('<option value="owner"' in page.text) is (role == "owner")
        await site.close()

    asyncio.run(story())


def test_a_tenant_that_one_has_nothing_to_do_with_looks_like_one_that_is_not_there(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        await site.sign_in("bo@example.com", "owner", ELSEWHERE)
        browser = await site.sign_in("anna@example.com", "owner")
        there, nowhere = [await browser.get(f"/tenant/{each}/people") for each in ("elsewhere", "nowhere")]
        assert there.status_code == nowhere.status_code == 403
        assert there.text == nowhere.text.replace("nowhere", "elsewhere")
        await site.close()

    asyncio.run(story())


def test_the_link_of_an_admin_never_signs_in_as_somebody_who_is_known(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        victim = await site.sign_in("victim@example.com", "owner", ELSEWHERE)
        admin = await site.sign_in("admin@example.com", "admin")
        page = await admin.get(PEOPLE)
        shown = await submit(
            admin, page, f"{PEOPLE}/invite", {"email": "victim@example.com", "role": "viewer"}
        )
        path = "/invitation/" + shown.text.partition("/invitation/")[2].partition("<")[0]
        assert "has to do so before the link is opened" in shown.text
        taker = site.open_browser()
        stolen = await submit(taker, await taker.get(path), path)
        assert stolen.status_code == 409 and "ledgerport-session" not in taker.cookies
        accepted = await submit(victim, await victim.get(path), path)
        assert accepted.status_code == 303
        assert (await site.list_roles())["victim@example.com"] == "viewer"
        await site.close()

    asyncio.run(story())


def test_a_link_of_the_operator_signs_in_a_member_who_stays_what_he_is(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        await site.sign_in("anna@example.com", "owner")
        again = await site.sign_in("anna@example.com", "viewer")
        assert (await again.get("/account")).status_code == 200
        assert await site.list_roles() == {"anna@example.com": "owner"}
        await site.close()

    asyncio.run(story())


def test_the_links_of_who_loses_a_role_work_no_more(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        await site.sign_in("owner@example.com", "owner")
        admin = await site.sign_in("admin@example.com", "admin")
        page = await admin.get(PEOPLE)
        shown = await submit(
            admin, page, f"{PEOPLE}/invite", {"email": "friend@example.com", "role": "admin"}
        )
        path = "/invitation/" + shown.text.partition("/invitation/")[2].partition("<")[0]
        assert (await site.open_browser().get(path)).status_code == 200
        await site.people.change_role(OPERATOR, HERE, (await site.find("admin@example.com")).id, "viewer")
        assert (await site.open_browser().get(path)).status_code == 404
        await site.close()

    asyncio.run(story())


def test_the_last_owner_stays(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        owner = await site.sign_in("anna@example.com", "owner")
        person, page = (await site.find("anna@example.com")).id, await owner.get(PEOPLE)
        for route, more in (("/role", {"role": "admin"}), ("/remove", {})):
            answer = await submit(owner, page, PEOPLE + route, {"person": person, **more})
            assert answer.status_code == 409 and "last owner" in answer.text
        assert await site.list_roles() == {"anna@example.com": "owner"}
        await site.close()

    asyncio.run(story())


def test_what_people_are_called_is_shown_as_text(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        owner = await site.sign_in("anna@example.com", "owner", TenantId("a+b"))
        page = await owner.get("/tenant/a%2Bb/people")
        for email in (
            "<script>alert(1)</script>@example.com",
            "a\nb@example.com",
            "ä@example.com",
            "x@y",
            "",
        ):
            answer = await submit(
                owner, page, "/tenant/a%2Bb/people/invite", {"email": email, "role": "viewer"}
            )
            assert answer.status_code == 400 and "<script>" not in answer.text, email
        refused = await submit(
            owner, page, "/tenant/a%2Bb/people/invite", {"email": "b@example.com", "role": "god"}
        )
        assert refused.status_code == 400 and "There are viewer, member" in refused.text
        await site.close()

    asyncio.run(story())


def test_a_program_asks_by_api_token_at_the_same_address(tmp_path: Path) -> None:
    async def story() -> None:
        site = Site(tmp_path)
        await site.sign_in("anna@example.com", "owner")
        made = site.here.api_tokens.create("all", ("admin",))
        browser, headers = site.open_browser(), {"Authorization": f"Bearer {made['token']}"}
        answer = await browser.get(PEOPLE, headers=headers)
        assert [(each["email"], each["role"]) for each in answer.json()["result"]] == [
            ("anna@example.com", "owner")
        ]
        assert (await browser.get(PEOPLE, headers={"Accept": "*/*"})).status_code == 401
        assert (await browser.get(PEOPLE)).status_code == 303
        path = f"/tenant/{HERE}"
        assert (await browser.get(path, headers=headers)).json()["tools_role"] == "billing_admin"
        changed = await browser.patch(path, json={"tools_role": "member"}, headers=headers)
        assert changed.json()["tools_role"] == "member"
        refused = await browser.patch(path, json={"tools_role": "king"}, headers=headers)
        assert (
            refused.status_code == 400
            and (await browser.get(path, headers=headers)).json()["tools_role"] == "member"
        )
        await site.close()

    asyncio.run(story())
