"""The settings of an organization: what each role may do, secrets shown once, errors beside fields, hostile names."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from runtime.events import Event
from runtime.identity.roles import Permission, may
from runtime.jobs.work import Task
from runtime.model import ApiTokenId, Spent, SpentKey
from runtime.operations.accounts import About
from runtime.operations.api_tokens import Bounds
from runtime.operations.deliveries import Deliveries
from runtime.operations.webhook_sender import Sender
from runtime.people import ROLES, Role, SigningKey
from runtime.tenancy import Reach, TenantId
from tests.deployment import NOON
from tests.web.visitors import HERE, Site, submit
from tests.webhook_receiver import Receiver, receiving

SETTINGS = f"/tenant/{HERE}/settings"
TOKENS, WEBHOOKS, BUDGETS = f"{SETTINGS}/tokens", f"{SETTINGS}/webhooks", f"{SETTINGS}/budgets"
THEIRS = TenantId("theirs")
HOSTILE = "<script>alert(1)</script>"
SAFE = "&lt;script&gt;alert(1)&lt;/script&gt;"
Story = Callable[[Site], Awaitable[None]]


def run(data: Path, story: Story, **variables: str) -> None:
    async def begin() -> None:
        site = Site(data, **variables)
        try:
            await story(site)
        finally:
            await site.close()

    asyncio.run(begin())


def add_company(site: Site, name: str = "Shop", tenant: str = HERE) -> str:
    keys = {
        "company": f"{sum(map(ord, name))}",
        "public_key": "pub",
        "private_key": "prv",
        "client_id": "cid",
    }
    made = site.here.accounts.create(name, "desk", keys, about=About(tenant_id=tenant))
    return str(made.get("id") or made["integrated_account"]["id"])


def add_webhook(site: Site, url: str = "https://hook.example/in", tenant: TenantId = HERE) -> dict[str, Any]:
    from runtime.operations.webhooks import make_webhooks

    return make_webhooks(site.parts).create(url, reach=Reach(tenant))


def read_secret(page: httpx2.Response, id_: str) -> str:
    found = re.search(rf'<pre id="{id_}"[^>]*>([^<]+)</pre>', page.text)
    assert found, page.text
    return unescape(found[1])


def sign(site: Site, browser: httpx2.AsyncClient, form: str, tenant: str = HERE) -> str:
    """The proof of a form that a page may not show."""
    cookie = browser.cookies["ledgerport-session"]
    return str(site.application.state.sessions.make_proof(cookie, f"{form} {tenant}"))


PAGES: Mapping[str, Permission] = {
    SETTINGS: "see_companies",
    f"{SETTINGS}/integrations": "see_companies",
    BUDGETS: "see_companies",
    f"{SETTINGS}/approvals": "see_companies",
    f"/tenant/{HERE}/company-mapping": "see_journal",
    TOKENS: "manage_settings",
    WEBHOOKS: "manage_settings",
    f"{SETTINGS}/keys": "manage_settings",
    f"{SETTINGS}/audit": "manage_settings",
}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_the_pages_of_its_permissions_and_only_their_tabs(tmp_path: Path, role: Role) -> None:
    async def story(site: Site) -> None:
        browser = await site.sign_in("me@example.com", role)
        for path, permission in PAGES.items():
            page = await browser.get(path)
            assert page.status_code == (200 if may(role, permission) else 403), path
            if page.status_code == 200:
                tabs = re.findall(
                    r'<a href="([^"]+)"', page.text.split('<nav class="tabs')[1].split("</nav>")[0]
                )
                assert {each for each in tabs if not each.endswith("/people")} == {
                    each for each, needed in PAGES.items() if may(role, needed)
                }

    run(tmp_path, story)


FORMS: list[tuple[str, str, Permission, Callable[[dict[str, str]], dict[str, str]]]] = [
    ("/tokens/create", "create API token", "manage_settings", lambda _: {"name": "ci", "scope": "log:read"}),
    ("/tokens/revoke", "revoke API token", "manage_settings", lambda ids: {"token": ids["token"]}),
    ("/webhooks", "create webhook", "manage_settings", lambda _: {"url": "https://a.example/", "which": "all"}),
    (
        "/webhooks/{webhook}/change", "change webhook", "manage_settings",
        lambda _: {"url": "https://b.example/", "which": "all"},
    ),
    ("/webhooks/{webhook}/switch", "switch webhook", "manage_settings", lambda _: {"to": "disabled"}),
    ("/webhooks/{webhook}/rotate", "rotate webhook secret", "manage_settings", lambda _: {}),
    ("/webhooks/{webhook}/test", "test webhook", "manage_settings", lambda _: {}),
    ("/webhooks/{webhook}/resend", "resend delivery", "manage_settings", lambda ids: {"delivery": ids["delivery"]}),
    ("/webhooks/{webhook}/delete", "delete webhook", "manage_settings", lambda _: {}),
    ("/approvals/change", "change approval rule", "manage_settings", lambda _: {"approval_risks": "send"}),
    ("/budgets/change", "change budget", "manage_settings", lambda ids: {"account": ids["account"], "reads": "5"}),
    ("/tools-role", "change tools role", "manage_owners", lambda _: {"role": "owner"}),
]  # fmt: skip


async def fill(site: Site, tenant: TenantId = HERE) -> dict[str, str]:
    """Something of each kind that a form can change."""
    with receiving() as receiver:
        webhook = add_webhook(site, receiver.url, tenant)
        site.here.stores.records.add_event(Event("account.connected", NOON, {}, tenant))
        await run_jobs(site)
    token = site.here.api_tokens.create("old", ["log:read"], bounds=Bounds(tenant))
    delivery = site.here.stores.records.list_deliveries(webhook["id"], None, 1)[0]
    account = add_company(site, "Shop", tenant)
    return {"webhook": webhook["id"], "token": token["id"], "delivery": delivery.id, "account": account}


def deliver(site: Site) -> Deliveries:
    sender = Sender(is_private_allowed=True)
    return Deliveries(
        site.here.stores, site.here.keys, sender, lambda event, **fields: None, clock=site.clock
    )


async def run_jobs(site: Site) -> None:
    """Deliver what is due, as the runner of jobs does."""
    deliveries, records = deliver(site), site.here.stores.records
    await deliveries.dispatch(site.clock())
    for job in records.list_due_jobs(site.clock(), 0, 100):
        answers: tuple[Any, ...] = ()
        for step in deliveries.job.steps:
            answers = (*answers, await step(Task(job.id, job.args, answers)))
        records.finish_job(job.id)


def list_everything(site: Site, tenant: TenantId) -> Any:
    """What the forms can change of an organization."""
    records, reach = site.here.stores.records, Reach(tenant)
    webhooks = records.list_webhooks(None, 50, reach)
    return (
        records.list_api_tokens(None, 50, reach), webhooks,
        [records.list_deliveries(each.id, None, 50) for each in webhooks],
        [each.budget for each in records.list_accounts(None, 50) if each.tenant_id == tenant],
        records.find_tenant(tenant),
    )  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_send_each_form_as_the_table_says(tmp_path: Path, role: Role) -> None:
    async def story(site: Site) -> None:
        browser = await site.sign_in("me@example.com", role)
        for path, form, permission, values in FORMS:
            ids = await fill(site)
            before, address = list_everything(site, HERE), SETTINGS + path.format(**ids)
            without = await browser.post(address, data=values(ids))
            assert (without.status_code, list_everything(site, HERE)) == (403, before), path
            sent = await browser.post(address, data={**values(ids), "proof": sign(site, browser, form)})
            is_allowed = may(role, permission)
            assert sent.status_code in ((200, 303) if is_allowed else (403,)), path
            assert (list_everything(site, HERE) != before) == is_allowed, path

    run(tmp_path, story, LEDGERPORT_WEBHOOK_PRIVATE="on")


def test_an_owner_changes_nothing_of_another_organization(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        browser = await site.sign_in("me@example.com", "owner")
        ids = await fill(site, THEIRS)
        before = list_everything(site, THEIRS)
        for path, form, _, values in FORMS:
            there, here = (f"/tenant/{tenant}/settings{path}".format(**ids) for tenant in (THEIRS, HERE))
            foreign = {**values(ids), "proof": sign(site, browser, form, THEIRS)}
            assert (await browser.post(there, data=foreign)).status_code == 403, path
            if values(ids).keys() & {"token", "account", "delivery"} or "{" in path:
                own = {**values(ids), "proof": sign(site, browser, form)}
                assert (await browser.post(here, data=own)).status_code == 404, path
        assert list_everything(site, THEIRS) == before

    run(tmp_path, story, LEDGERPORT_WEBHOOK_PRIVATE="on")


def test_a_token_is_shown_once_works_for_its_organization_alone_and_can_be_revoked(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        ours, theirs = add_company(site), add_company(site, "Farm", THEIRS)
        browser = await site.sign_in("me@example.com", "admin")
        values = {"name": HOSTILE, "scope": ["accounts:read", "tools:call"], "ends": "30d"}
        made = await submit(browser, await browser.get(TOKENS), f"{TOKENS}/create", values)  # type: ignore[arg-type]
        secret = read_secret(made, "made-token")
        bearer = {"authorization": f"Bearer {secret}", "accept": "application/json"}

        listed = await browser.get("/integrated-account", headers=bearer)
        foreign = await browser.get(f"/integrated-account/{theirs}", headers=bearer)
        assert [each["id"] for each in listed.json()["result"]] == [ours]
        assert foreign.status_code == 404
        again = await browser.get(TOKENS)
        assert secret not in again.text
        assert HOSTILE not in made.text + again.text
        assert SAFE in again.text
        assert "List and call tools" in again.text
        (token,) = site.here.stores.records.list_api_tokens(None, 9, Reach(HERE))
        assert token.expires_at == NOON + 30 * 86_400
        assert token.scopes == ("accounts:read", "tools:call")

        revoked = await submit(browser, again, f"{TOKENS}/revoke", {"token": token.id})
        assert revoked.headers["location"] == f"{TOKENS}?done=revoked"
        assert "The API token is revoked." in (await browser.get(revoked.headers["location"])).text
        assert (await browser.get("/integrated-account", headers=bearer)).status_code == 401

    run(tmp_path, story)


def test_what_a_token_cannot_have_is_said_beside_the_field_with_what_was_entered(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        account = add_company(site)
        browser = await site.sign_in("me@example.com", "owner")
        page = await browser.get(TOKENS)
        for values, id_, said in (
            ({"name": " ", "scope": ["log:read"]}, "e-name", "name must be 1 to"),
            ({"name": "Export"}, "e-scopes", "An API token needs a scope."),
            ({"name": "Export", "scope": ["metrics:read"]}, "e-scopes", "An API token needs a scope."),
            ({"name": "Export", "scope": ["admin"], "account": account}, "e-scopes", "cannot be bound to"),
            ({"name": "Export", "scope": ["log:read"], "ends": "soon"}, "e-ends", "ISO 8601"),
            (
                {"name": "Export", "scope": ["log:read"], "account": "none"},
                "e-account",
                "no such integrated account",
            ),
        ):
            answer = await submit(browser, page, f"{TOKENS}/create", values)  # type: ignore[arg-type]
            assert answer.status_code == 422, values
            error = re.search(rf'id="{id_}">(.*?)</span>', answer.text)
            assert error, values
            assert said in error[1], values
            assert f'value="{values["name"]!s}"' in answer.text
            assert f'aria-describedby="{id_}"' in answer.text
        assert site.here.stores.records.list_api_tokens(None, 9) == []

    run(tmp_path, story)


def test_a_token_of_the_operator_is_not_there_for_an_admin(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        operators = site.here.api_tokens.create("operator", ["accounts:read"])
        browser = await site.sign_in("me@example.com", "owner", TenantId("default"))
        page = await browser.get("/tenant/default/settings/tokens")
        proof = sign(site, browser, "revoke API token", "default")
        refused = await browser.post(
            "/tenant/default/settings/tokens/revoke", data={"token": operators["id"], "proof": proof}
        )
        assert "operator" not in page.text.split("</table>")[0].split("<table")[-1]
        assert refused.status_code == 404
        (left,) = site.here.stores.records.list_api_tokens(None, 9)
        assert left.id == ApiTokenId(operators["id"])

    run(tmp_path, story)


def test_a_webhook_is_made_with_a_secret_shown_once_and_informed_of_what_was_chosen(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        browser = await site.sign_in("me@example.com", "admin")
        values = {"url": "https://hook.example/?a=<b>", "type": ["account.connected", "budget.reached"]}
        made = await submit(browser, await browser.get(WEBHOOKS), WEBHOOKS, values)  # type: ignore[arg-type]
        secret = read_secret(made, "made-secret")
        (webhook,) = site.here.stores.records.list_webhooks(None, 9, Reach(HERE))
        assert webhook.types == ("account.connected", "budget.reached")

        page = await browser.get(f"{WEBHOOKS}/{webhook.id}")
        assert secret not in page.text
        assert "https://hook.example/?a=&lt;b&gt;" in page.text
        rotated = await submit(browser, page, f"{WEBHOOKS}/{webhook.id}/rotate")
        new = read_secret(rotated, "made-secret")
        assert new != secret
        later = await browser.get(f"{WEBHOOKS}/{webhook.id}")
        assert new not in later.text
        assert "The secret before signs until" in later.text

    run(tmp_path, story)


def test_a_webhook_is_changed_paused_resumed_and_deleted(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        webhook = add_webhook(site)
        base = f"{WEBHOOKS}/{webhook['id']}"
        browser = await site.sign_in("me@example.com", "admin")
        find = lambda: site.here.stores.records.find_webhook(webhook["id"])  # noqa: E731

        changed = await submit(
            browser,
            await browser.get(base),
            f"{base}/change",
            {"url": "https://new.example/", "type": "budget.reached"},
        )
        assert "The webhook is changed." in (await browser.get(changed.headers["location"])).text
        assert (find().url, find().types) == ("https://new.example/", ("budget.reached",))
        await submit(browser, await browser.get(base), f"{base}/switch", {"to": "disabled"})
        assert find().status == "disabled"
        assert "This webhook is paused." in (await browser.get(base)).text
        await submit(browser, await browser.get(base), f"{base}/switch", {"to": "enabled"})
        assert find().status == "enabled"
        gone = await submit(browser, await browser.get(base), f"{base}/delete")
        assert "The webhook is deleted." in (await browser.get(gone.headers["location"])).text
        assert find() is None
        assert (await browser.get(base)).status_code == 404

    run(tmp_path, story)


def test_an_address_that_cannot_be_informed_is_said_beside_the_field(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        webhook = add_webhook(site)
        browser = await site.sign_in("me@example.com", "admin")
        for path, action in ((WEBHOOKS, WEBHOOKS), (f"{WEBHOOKS}/{webhook['id']}",) * 2):
            target = action if action == WEBHOOKS else f"{action}/change"
            page = await browser.get(path)
            wrong = await submit(
                browser, page, target, {"url": 'http://10.0.0.1/"x', "type": "budget.reached"}
            )
            none = await submit(browser, page, target, {"url": "https://new.example/"})
            assert (wrong.status_code, none.status_code) == (422, 422)
            assert re.search(r'id="e-url">.*https', wrong.text)
            assert 'value="http://10.0.0.1/&#34;x"' in wrong.text
            assert re.search(r'value="budget.reached" checked', wrong.text)
            assert re.search(r'id="e-types">.*No event is chosen', none.text)
        (left,) = site.here.stores.records.list_webhooks(None, 9, Reach(HERE))
        assert left.url == "https://hook.example/in"

    run(tmp_path, story)


def test_a_delivery_that_failed_is_shown_and_a_resend_really_delivers_it(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        receiver = Receiver(statuses=[500, 204])
        receiver.holds.set()
        with receiving(receiver):
            webhook = add_webhook(site, receiver.url)
            base = f"{WEBHOOKS}/{webhook['id']}"
            site.here.stores.records.add_event(Event("account.connected", NOON, {"name": HOSTILE}, HERE))
            await run_jobs(site)
            (delivery,) = site.here.stores.records.list_deliveries(webhook["id"], None, 9)
            site.clock.pass_(10 * 86_400)
            browser = await site.sign_in("me@example.com", "admin")
            failing = await browser.get(base)
            assert "500" in failing.text
            assert "Waiting" in failing.text
            await run_jobs(site)
            page = await browser.get(base)
            resent = await submit(browser, page, f"{base}/resend", {"delivery": delivery.id})
            assert resent.headers["location"] == f"{base}?done=resent"
            await run_jobs(site)
            assert len(receiver.requests) == 3
            ids = {each.headers["webhook-id"] for each in receiver.requests}
            assert len(ids) == 1
            assert json.loads(receiver.requests[-1].body)["type"] == "account.connected"
        assert "Delivered" in (await browser.get(base)).text

    run(tmp_path, story, LEDGERPORT_WEBHOOK_PRIVATE="on")


def test_a_test_event_says_what_the_receiver_answered(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        browser = await site.sign_in("me@example.com", "admin")
        receiver = Receiver(statuses=[204, 418])
        receiver.holds.set()
        with receiving(receiver):
            base = f"{WEBHOOKS}/{add_webhook(site, receiver.url)['id']}"
            taken = await submit(browser, await browser.get(base), f"{base}/test")
            shown = await browser.get(taken.headers["location"])
            site.clock.pass_(1)
            await submit(browser, shown, f"{base}/test")
            refused = await browser.get(taken.headers["location"])
        assert "The receiver took the test event." in shown.text
        assert "It answered 204" in shown.text
        assert "The test event was not taken." in refused.text
        assert "The receiver answered 418." in refused.text

    run(tmp_path, story, LEDGERPORT_WEBHOOK_PRIVATE="on")


def test_budgets_are_set_and_shown_beside_what_is_used(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        account = add_company(site, HOSTILE[:40])
        month = SpentKey(account, "", "2027-01")  # type: ignore[arg-type]  # the month of the clock
        site.here.stores.records.add_spending([(month, Spent(4_500, 3))])
        browser = await site.sign_in("me@example.com", "admin")
        page = await browser.get(BUDGETS)
        values = {"account": account, "reads": "5,000", "writes": ""}
        done = await submit(browser, page, f"{BUDGETS}/change", values)
        shown = (await browser.get(done.headers["location"])).text
        assert '4,500 <span class="warn">of 5,000</span>' in shown
        assert HOSTILE not in shown
        assert "Jan 2027" in shown
        found = site.here.stores.read_account(account)  # type: ignore[arg-type]
        assert found is not None
        assert found.budget.as_dict() == {"reads_per_month": 5_000}

        for bad, name in (
            ({"reads": "many"}, "reads"),
            ({"writes": "-1"}, "writes"),
            ({"reads": "9" * 14}, "reads"),
        ):
            wrong = await submit(browser, page, f"{BUDGETS}/change", {"account": account, **bad})
            assert wrong.status_code == 422
            assert re.search(rf'id="e-{name}">.*whole number', wrong.text), bad
            assert f'value="{next(iter(bad.values()))}"' in wrong.text
        reader = await site.sign_in("viewer@example.com", "viewer")
        assert "/budgets/change" not in (await reader.get(BUDGETS)).text

    run(tmp_path, story)


def test_integrations_say_what_is_missing_and_show_no_secret(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        browser = await site.sign_in("me@example.com", "viewer")
        page = (await browser.get(f"{SETTINGS}/integrations")).text
        assert f"{site.here.settings.public_url}/connect/callback" in page
        assert "books.all" in page
        assert "Client id and secret are set" in page
        assert "the-client-secret" not in page

    async def without(site: Site) -> None:
        browser = await site.sign_in("me@example.com", "viewer")
        page = (await browser.get(f"{SETTINGS}/integrations")).text
        assert "No company can be connected yet." in page
        assert "LEDGERPORT_BOOKS_CLIENT_SECRET" in page

    run(tmp_path / "with", story)
    run(tmp_path / "without", without, LEDGERPORT_BOOKS_CLIENT_SECRET="")


def test_keys_are_listed_without_their_material(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        public = {"kid": "kid-1", "x": "public-half", "d": "never"}
        records = site.here.stores.records
        from runtime.model import AuditEntry

        for key in (
            SigningKey("kid-1", public, b"sealed", NOON - 500),
            SigningKey("kid-2", public, b"sealed", NOON),
        ):
            records.add_signing_key(
                key, AuditEntry(NOON, "tests", "signing_key.added", key.id), replaces=True
            )
        browser = await site.sign_in("me@example.com", "admin")
        page = (await browser.get(f"{SETTINGS}/keys")).text
        assert "kid-1" in page
        assert "Verifies until" in page
        assert "ledgerport rotate-keys" in page
        assert "public-half" not in page
        assert str(site.here.settings.data) not in page

    run(tmp_path, story)


def test_the_least_role_for_tools_is_set_by_owners_and_by_nobody_else(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        owner, admin = (
            await site.sign_in("o@example.com", "owner"),
            await site.sign_in("a@example.com", "admin"),
        )
        page = await owner.get(SETTINGS)
        done = await submit(owner, page, f"{SETTINGS}/tools-role", {"role": "admin"})
        refused = await admin.post(
            f"{SETTINGS}/tools-role", data={"role": "viewer", "proof": sign(site, admin, "change tools role")}
        )
        unknown = await submit(owner, page, f"{SETTINGS}/tools-role", {"role": "emperor"})
        tenant = site.here.stores.records.find_tenant(HERE)
        assert "The role is set." in (await owner.get(done.headers["location"])).text
        assert "/tools-role" not in (await admin.get(SETTINGS)).text
        assert (refused.status_code, unknown.status_code) == (403, 400)
        assert tenant is not None
        assert tenant.tools_role == "admin"

    run(tmp_path, story)


def test_the_audit_log_has_the_organizations_entries_in_words_and_no_others(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        theirs = await site.sign_in("them@elsewhere.example", "owner", THEIRS)
        browser = await site.sign_in("me@example.com", "owner")
        add_company(site, "Farm", THEIRS)
        account = add_company(site)
        page = await browser.get(TOKENS)
        values = {"name": HOSTILE, "scope": "log:read", "ends": ""}
        await submit(browser, page, f"{TOKENS}/create", values)
        (token,) = site.here.stores.records.list_api_tokens(None, 9, Reach(HERE))
        await submit(browser, await browser.get(TOKENS), f"{TOKENS}/revoke", {"token": token.id})
        await submit(
            browser, await browser.get(BUDGETS), f"{BUDGETS}/change", {"account": account, "reads": "7"}
        )
        shown = (await browser.get(f"{SETTINGS}/audit")).text
        for words in (
            "An API token was made", "An API token was revoked", "A company was changed", "Signed in", SAFE,
            "Budget: none → reads per month 7", "me@example.com", "A company was added",
        ):  # fmt: skip
            assert words in shown, words
        for hidden in (HOSTILE, "Farm", "them@elsewhere.example"):
            assert hidden not in shown
        only = (await browser.get(f"{SETTINGS}/audit?kind=api_token")).text
        assert "An API token was revoked" in only
        assert "A company was added" not in only
        assert "Farm" in (await theirs.get(f"/tenant/{THEIRS}/settings/audit")).text

    run(tmp_path, story)


def test_the_audit_log_goes_on_in_parts(tmp_path: Path) -> None:
    async def story(site: Site) -> None:
        for number in range(60):
            site.here.api_tokens.create(f"token {number}", ["log:read"], bounds=Bounds(HERE))
        browser = await site.sign_in("me@example.com", "owner")
        first = (await browser.get(f"{SETTINGS}/audit?kind=api_token")).text
        link = re.search(r'href="([^"]+before=[^"]+)"', first)
        assert link
        second = (await browser.get(unescape(link[1]))).text
        named = [re.findall(r"token (\d+)<", text) for text in (first, second)]
        assert sorted(int(each) for each in [*named[0], *named[1]]) == [*range(60)]
        assert (await browser.get(f"{SETTINGS}/audit?before=x&kind=<b>")).status_code == 200

    run(tmp_path, story)
