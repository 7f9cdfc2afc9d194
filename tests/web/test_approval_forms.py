"""Which writes wait: in the form and the page of an MCP server, in the settings of an organization, at the consent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from runtime.approval import Approval, ApprovalRule
from runtime.operations.accounts import About, Accounts
from runtime.operations.mcp_servers import McpServers
from runtime.operations.tenant_calls import TenantCalls
from runtime.operations.tenants import Tenants
from runtime.people import ROLES, Role
from tests.identity.authorization import Place, opened
from tests.web.test_server_pages import HOSTILE, find_server, find_url, list_errors, make, send

SETTINGS = "/tenant/default/settings/approvals"
CHANGE = SETTINGS + "/change"
WRITING = {"methods": ["read", "update", "delete"]}
Browser = dict[str, str]
Story = Callable[[Place, str, Browser], Awaitable[None]]


def run(data: Path, story: Story, role: Role = "admin", others: tuple[Role, ...] = ()) -> None:
    async def begin() -> None:
        async with opened(data) as here:
            account = here.add_company("Shop")
            for number, each in enumerate(others):
                here.add_person(f"p{number}@shop.example", each)
            await story(here, account, await here.sign_in(here.add_person("anna@shop.example", role)))

    asyncio.run(begin())


def list_fields(page: httpx2.Response) -> dict[str, list[str]]:
    """What the fields of approval hold."""
    found: dict[str, list[str]] = {}
    for field in re.findall(r'<input [^>]*name="approval_[^>]*>', page.text):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', field))
        if attributes.get("type") != "checkbox" or " checked" in field:
            found.setdefault(attributes["name"], []).append(unescape(attributes["value"]))
    for name, text in re.findall(r'<textarea [^>]*name="(approval_\w+)"[^>]*>([^<]*)', page.text):
        found[name] = unescape(text).split()
    for name, text in re.findall(r'<select [^>]*name="(approval_\w+)"[^>]*>(.*?)</select>', page.text):
        found[name] = re.findall(r'value="([^"]*)" selected', text)
    return found


async def open_form(here: Place, browser: Browser, account: str, server_id: str = "") -> httpx2.Response:
    path = f"servers/{server_id}/change" if server_id else "servers/new"
    page = await here.client.get(f"/company/{account}/{path}", headers=browser)
    assert page.status_code == 200, page.text
    return page


async def make_as_shown(here: Place, browser: Browser, account: str, **values: Any) -> Approval:
    """The rules of a server that is made by the form with its fields as they are shown, but for some."""
    shown = list_fields(await open_form(here, browser, account))
    await make(here, browser, account, **{**WRITING, **shown, **values})
    found: Approval = find_server(here, account).config.approval
    return found


def add_server(here: Place, account: str, **config: Any) -> str:
    made = McpServers(here.runtime.deployment).create(account, "Agent", config)
    return str(made["id"])


async def set_floor(here: Place, approval: Any, tenant: str = "default") -> None:
    tenants = Tenants(here.runtime.deployment, TenantCalls(here.runtime.stores.hot))
    await tenants.change(tenant, {}, None, approval)


@pytest.mark.parametrize(
    ("others", "four_eyes"), [((), False), (("owner",), True), (("member", "viewer"), False)]
)
def test_a_new_server_that_writes_has_all_but_new_records_wait_and_four_eyes_where_there_are_two(
    tmp_path: Path, others: tuple[Role, ...], four_eyes: bool
) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        page = await open_form(here, browser, account)
        assert ("Only one person of the organization may approve" in page.text) is not four_eyes
        assert list_fields(page)["approval_above"] == [""], "no amount is guessed"
        assert await make_as_shown(here, browser, account) == (
            ApprovalRule(risks=("overwrite", "send", "destroy"), four_eyes=four_eyes),
        )

    run(tmp_path, story, others=others)


def test_a_server_that_only_reads_has_no_rule(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        assert await make_as_shown(here, browser, account, methods=["read"]) == ()
        page = await here.client.get(
            f"/company/{account}/servers/{find_server(here, account).id}", headers=browser
        )
        assert 'id="h-wait"' not in page.text

    run(tmp_path, story)


def test_a_company_that_is_read_only_is_asked_nothing_about_approval(tmp_path: Path) -> None:
    async def story(here: Place, _account: str, browser: Browser) -> None:
        accounts = Accounts(here.runtime.deployment, here.runtime.tokens)
        made = accounts.create("Farm", "quickbooks", about=About(tenant_id="default", read_only=True))
        page = await open_form(here, browser, str(made.get("id") or made["integrated_account"]["id"]))
        assert list_fields(page) == {}
        assert "nothing can be written, so nothing waits" in page.text

    run(tmp_path, story)


EVERY_FIELD: dict[str, Any] = {
    "approval_risks": ["create", "destroy"],
    "approval_above": "2,500.75",
    "approval_role": "admin",
    "approval_people": ["P0@shop.example"],
    "approval_hours": "24",
    "approval_four_eyes": "",
    "approval_tags": "payables\nsales",
    "approval_tools": "delete_a_quick_books_bill_by_id, ",
}


def test_every_field_is_in_the_rule_and_shown_again_as_it_was(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        tool = next(
            each.name for each in here.runtime.get_catalog().by_name.values() if each.risk == "destroy"
        )
        (rule,) = await make_as_shown(here, browser, account, **EVERY_FIELD | {"approval_tools": tool})
        assert rule.as_dict() == {
            "risks": ["create", "destroy"],
            "tags": ["payables", "sales"],
            "tools": [tool],
            "above_amount": 2500.75,
            "roles": ["admin", "owner"],
            "people": ["p0@shop.example"],
            "expires_after_hours": 24,
            "four_eyes": False,
            "confirm": ["send", "destroy"],
        }
        server = find_server(here, account)
        again = list_fields(await open_form(here, browser, account, server.id))
        address = f"/company/{account}/servers/{server.id}/change"
        saved = await send(here, browser, address, name="Other", **WRITING, **again)
        assert saved.status_code == 303, list_errors(saved)
        assert find_server(here, account).config.approval == (rule,)

    run(tmp_path, story, others=("member",))


def test_what_the_form_cannot_say_is_preserved(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        rule = {
            "risks": ["send"],
            "roles": ["viewer", "owner"],
            "people": ["later@shop.example"],
            "confirm": [],
        }
        server_id = add_server(here, account, approval=rule)
        page = await open_form(here, browser, account, server_id)
        assert "not in the organization" in page.text
        address = f"/company/{account}/servers/{server_id}/change"
        before = find_server(here, account).config.approval
        await send(here, browser, address, name="Other", **WRITING, **list_fields(page))
        assert find_server(here, account).name == "Other"
        assert find_server(here, account).config.approval == before

    run(tmp_path, story)


def test_a_rule_stays_where_its_server_only_reads_for_a_while(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        server_id = add_server(here, account, approval={"risks": ["send"]})
        address = f"/company/{account}/servers/{server_id}/change"
        saved = await send(here, browser, address, name="Agent", methods=["read"])
        assert saved.status_code == 303
        assert find_server(here, account).config.approval == (ApprovalRule(risks=("send",)),)

    run(tmp_path, story)


def test_with_nothing_chosen_a_server_has_no_rule_and_the_form_suggests_none(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        server_id = add_server(here, account, approval={"risks": ["send"]})
        address = f"/company/{account}/servers/{server_id}/change"
        await send(here, browser, address, name="Agent", **WRITING)
        assert find_server(here, account).config.approval == ()
        assert "approval_risks" not in list_fields(await open_form(here, browser, account, server_id))

    run(tmp_path, story)


@pytest.mark.parametrize(
    ("field", "entered", "said"),
    [
        ("approval_above", "a lot", "“a lot” is not an amount from 0 on. Write 500.00."),
        ("approval_above", "-5", "“-5” is not an amount"),
        ("approval_above", "NaN", "“NaN” is not an amount"),
        ("approval_above", "1e9", "“1e9” is not an amount"),
        ("approval_above", "9" * 16, "is not an amount"),
        ("approval_above", "\u0665\u0660", "is not an amount"),
        ("approval_hours", "0", "This is a whole number of hours from 1 to 744."),
        ("approval_hours", "745", "This is a whole number of hours from 1 to 744."),
        ("approval_hours", "soon", "“soon” is not a number of hours from 1 to 744."),
        ("approval_risks", "destory", 'This has "destory", which is none there. Did you mean "destroy"?'),
        ("approval_role", "boss", "Choose who may approve from the list."),
        ("approval_role", "people", None),
        ("approval_people", "anna@shop.exampel", "Did you mean \"anna@shop.example\"?"),
        ("approval_tags", "payable", 'Did you mean "payables"?'),
        ("approval_tools", "no_such_tool", 'This has "no_such_tool", which is none there.'),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_beside_its_field_with_what_was_entered(
    tmp_path: Path, field: str, entered: str, said: str | None
) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        values: dict[str, Any] = {"approval_above": "9", **WRITING, "name": "Agent", field: entered}
        answer = await send(here, browser, f"/company/{account}/servers/new", **values)
        assert answer.status_code == 422
        errors = list_errors(answer)
        if said is None:
            assert errors == {"approval_people": "Choose at least one person who may approve."}
        else:
            assert said in errors.pop(field)
            assert not errors
        if field in ("approval_above", "approval_hours"):
            assert list_fields(answer)[field] == [entered]
        assert not here.records.list_mcp_servers(account, None, 5, here.clock())

    run(tmp_path, story)


def test_who_may_approve_what_never_waits_is_refused(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        values = {**WRITING, "name": "Agent", "approval_role": "owner"}
        answer = await send(here, browser, f"/company/{account}/servers/new", **values)
        assert list_errors(answer) == {
            "approval_risks": "Choose what waits: nothing does now, so nobody has to approve."
        }

    run(tmp_path, story)


def test_hostile_values_are_shown_as_text(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        fields = ("risks", "above", "role", "people", "hours", "tags", "tools")
        values = {f"approval_{each}": HOSTILE for each in fields}
        answer = await send(
            here, browser, f"/company/{account}/servers/new", name="Agent", **WRITING, **values
        )
        assert answer.status_code == 422
        assert "<script>alert" not in answer.text
        assert "{{ 7 * 7 }}" in unescape(answer.text)

    run(tmp_path, story)


def test_many_people_are_written_as_a_list_and_checked_all_the_same(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        page = await open_form(here, browser, account)
        assert '<textarea class="textarea" name="approval_people"' in page.text
        (rule,) = await make_as_shown(
            here, browser, account, approval_people="p3@shop.example\np7@shop.example", approval_role="people"
        )
        assert (rule.people, rule.roles) == (("p3@shop.example", "p7@shop.example"), ())

    run(tmp_path, story, others=("member",) * 25)


def test_the_page_of_a_server_says_both_rules_in_words(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        rule = {
            "risks": ["destroy", "overwrite"],
            "above_amount": 250.5,
            "people": [f"x{HOSTILE[:8]}@b.example"],
        }
        server_id = add_server(here, account, approval=rule)
        path = f"/company/{account}/servers/{server_id}"
        alone = unescape((await here.client.get(path, headers=browser)).text)
        assert "overwrite or destroy; above $250.50" in alone
        assert "The organization" not in alone
        await set_floor(here, {"risks": ["send"]})
        page = await here.client.get(path, headers=browser)
        assert "The organization also has writes wait: Writes that send wait for a person." in page.text
        assert "<script" not in page.text.split('id="h-wait"')[1].split("</section>")[0]
        form = await open_form(here, browser, account)
        assert "Writes that send wait for a person." in form.text

    run(tmp_path, story)


def test_the_preview_counts_the_tool_that_waiting_brings(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        address = f"/company/{account}/servers/new"

        async def count(**values: Any) -> int:
            asked = {**WRITING, "tool_exposure": "full", "tags": ["payables"], "action": "show", **values}
            page = await send(here, browser, address, headers={"hx-request": "true"}, **asked)
            (found,) = re.findall(r"<dt>Tool list</dt><dd>(\d+) tools", page.text)
            return int(found)

        without = await count()
        assert await count(approval_risks="send") == without + 1
        assert await count(approval_above="5") == without + 1
        await set_floor(here, {"risks": ["send"]})
        assert await count() == without + 1

    run(tmp_path, story)


@pytest.mark.parametrize("role", ROLES)
def test_the_rule_of_an_organization_is_seen_by_all_and_set_by_admins(tmp_path: Path, role: Role) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        await set_floor(here, {"risks": ["send"]})
        page = await here.client.get(SETTINGS, headers=browser)
        assert page.status_code == 200
        may = role in ("admin", "owner")
        assert (f'action="{CHANGE}"' in page.text) is may
        if not may:
            refused = await here.client.post(CHANGE, data={"approval_risks": "create"}, headers=browser)
            assert refused.status_code == 403
        assert read_floor(here) == (ApprovalRule("tenant", ("send",)),)

    run(tmp_path, story, role=role)


def read_floor(here: Place) -> Approval:
    tenant = here.records.find_tenant("default")
    found: Approval = tenant.limits.approval if tenant else ()
    return found


def test_an_admin_sets_changes_and_clears_the_rule_of_an_organization(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        empty = await here.client.get(SETTINGS, headers=browser)
        assert "The organization has no rule." in empty.text
        values = {"approval_risks": ["send", "destroy"], "approval_above": "0", "approval_four_eyes": "yes"}
        done = await send(here, browser, SETTINGS, CHANGE, **values)
        assert done.headers["location"] == f"{SETTINGS}?done=set"
        rule = ApprovalRule("tenant", ("send", "destroy"), above_amount=read_floor(here)[0].above_amount)
        assert read_floor(here) == (rule,)
        page = await here.client.get(SETTINGS, headers=browser)
        assert "send or destroy; above 0.00 in the home currency" in page.text
        again = list_fields(page)
        await send(here, browser, SETTINGS, CHANGE, **again)
        assert read_floor(here) == (rule,)
        cleared = await send(here, browser, SETTINGS, CHANGE)
        assert cleared.headers["location"] == f"{SETTINGS}?done=cleared"
        assert read_floor(here) == ()
        assert len(here.list_audit("tenant.changed")) == 2, "setting it, and clearing it"

    run(tmp_path, story)


def test_the_settings_show_what_a_rule_does_to_each_server_before_it_is_set(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        add_server(
            here, account, methods=["read", "delete"], tags=["payables"], approval={"risks": ["create"]}
        )
        add_server(here, account, methods=["read"])
        foreign = here.add_company(HOSTILE, tenant="other")
        add_server(here, foreign)

        def read_rows(page: httpx2.Response) -> list[list[str]]:
            return [
                re.findall(r'class="num[^"]*">(\d+)', row)
                for row in re.findall(r'<tr><th scope="row"><a.*?</tr>', page.text, re.DOTALL)
            ]

        (row,) = read_rows(await here.client.get(SETTINGS, headers=browser))
        assert (int(row[0]) > 0, row[1:]) == (True, ["0", "0"])
        shown = await send(here, browser, SETTINGS, CHANGE, approval_risks="destroy", action="show")
        (row,) = read_rows(shown)
        assert (row[1], row[2]) == ("0", row[0])
        assert f"+{row[0]}" in shown.text
        assert read_floor(here) == (), "it is shown and not set"
        headers = {"hx-request": "true"}
        part = await send(here, browser, SETTINGS, CHANGE, headers, approval_risks="destroy", action="show")
        assert part.text.startswith("<section") and "What this rule would do" in part.text
        wrong = await send(here, browser, SETTINGS, CHANGE, headers, approval_hours="x", action="show")
        assert "“x” is not a number of hours" in wrong.text and "What it does" in wrong.text

    run(tmp_path, story)


def test_what_is_wrong_with_the_rule_of_an_organization_stands_beside_its_field(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        await set_floor(here, {"risks": ["send"]})
        wrong = await send(here, browser, SETTINGS, CHANGE, approval_risks="x", approval_above=HOSTILE)
        assert wrong.status_code == 422
        assert set(list_errors(wrong)) == {"approval_risks", "approval_above"}
        assert "<script>alert" not in wrong.text
        assert read_floor(here) == (ApprovalRule("tenant", ("send",)),)

    run(tmp_path, story)


def test_a_form_without_its_proof_changes_no_rule(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        answer = await here.client.post(CHANGE, data={"approval_risks": "create"}, headers=browser)
        assert answer.status_code == 403
        assert read_floor(here) == ()

    run(tmp_path, story)


def test_the_consent_says_what_waits_by_the_rule_of_the_organization(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        client_id = await here.register()
        here.set_status(account, "active")
        assert "wait for a person" not in (await here.ask(browser, client_id)).text
        await set_floor(here, {"risks": ["destroy", "send"], "above_amount": 500})
        page = await here.ask(browser, client_id)
        said = "Writes that send or destroy, and writes above 500.00 in the home currency, wait for a person."
        assert page.text.count(said) == 1

    run(tmp_path, story)


def test_the_consent_of_whoever_can_only_let_an_agent_read_says_nothing_of_waiting(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        here.set_tools_role("viewer")
        await set_floor(here, {"risks": ["send"]})
        here.set_status(account, "active")
        page = await here.ask(browser, await here.register())
        assert page.status_code == 200
        assert "wait for a person" not in page.text

    run(tmp_path, story, role="viewer")


def test_a_url_made_by_the_form_is_shown_once_with_a_rule_too(tmp_path: Path) -> None:
    async def story(here: Place, account: str, browser: Browser) -> None:
        made = await send(
            here,
            browser,
            f"/company/{account}/servers/new",
            name="Agent",
            **WRITING,
            approval_risks="destroy",
        )
        assert find_url(made).startswith("http")

    run(tmp_path, story)
