"""Every route there is belongs to somebody, and each role gets at those for people what the table of roles lets it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from runtime.api.table import TABLE
from runtime.events import Webhook
from runtime.exchange.tool_answer import Answer
from runtime.identity.roles import Permission, may
from runtime.model import AuditEntry
from runtime.operations.explorer.history import History
from runtime.operations.schedules.managing import make_run
from runtime.people import ROLES, PersonId, Role
from runtime.schedules import RunFile, SavedReport, Schedule, name_file_owner
from runtime.stores.report_run_records import SealedFile
from runtime.tenancy import AccountId
from tests.deployment import NOON
from tests.identity.authorization import Place, make_request, opened
from tests.web.pending import add_change

PUBLIC = {
    "/", "/static/{name}", "/docs", "/docs/", "/docs/errors", "/docs/errors/{code}", "/docs/{key:path}",
    "/openapi.json",
    "/sign-in", "/sign-in/with/{name}", "/sign-in/callback/{name}", "/sign-in/passkey/options", "/sign-in/passkey",
    "/sign-out", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json", "/.well-known/mcp.json",
    "/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/{rest:path}", "/api/health",
    "/oauth/token", "/token", "/oauth/register", "/oauth/revoke",
}  # fmt: skip
"""For anybody: they show nothing of a tenant. The endpoints of OAuth check what they are sent."""
SECRET = {
    "/invitation/{secret}", "/connect/link/{secret}", "/connect/callback", "/connect/{state}",
    "/connect/{state}/company", "/files/{link}",
}  # fmt: skip
"""For whoever has the secret in the address."""
PERSON: Mapping[str, Permission | None] = {
    "/account": None,
    "/account/passkeys/options": None,
    "/account/passkeys": None,
    "/account/passkeys/remove": None,
    "/account/sign-out-everywhere": None,
    "/agents": None,
    "/agents/{grant}/revoke": None,
    "/oauth/authorize": None,
    "/api/auth/me": None,
    "/api/session/token": None,
    "/api/session/revoke": None,
    "/tenant/{tenant_id}/people": "see_companies",
    "/tenant/{tenant_id}/people/invite": "manage_people",
    "/tenant/{tenant_id}/people/end-invitation": "manage_people",
    "/tenant/{tenant_id}/people/role": "manage_people",
    "/tenant/{tenant_id}/people/remove": "manage_people",
    "/tenant/{tenant_id}/company-mapping": "see_journal",
    "/tenant/{tenant_id}/company-mapping/export.csv": "see_journal",
    "/tenant/{tenant_id}/company-mapping/export.xlsx": "see_journal",
    "/tenant/{tenant_id}/company-mapping/map": "see_journal",
    "/tenant/{tenant_id}/company-mapping/decide": "see_journal",
    "/company/{account_id}": "see_journal",
    "/company/{account_id}/refresh": "see_journal",
    "/company/{account_id}/reports": "see_journal",
    "/company/{account_id}/reports/{report}": "see_journal",
    "/company/{account_id}/reports/{report}/{format}": "see_journal",
    "/company/{account_id}/analysis": "see_journal",
    "/company/{account_id}/analysis/{analysis}": "see_journal",
    "/company/{account_id}/analysis/{analysis}/{format}": "see_journal",
    "/company/{account_id}/analysis/{analysis}/dismiss": "approve_changes",
    "/company/{account_id}/analysis/{analysis}/restore": "approve_changes",
    "/tenant/{tenant_id}/settings": "see_companies",
    "/tenant/{tenant_id}/settings/tools-role": "manage_owners",
    "/tenant/{tenant_id}/settings/integrations": "see_companies",
    "/tenant/{tenant_id}/settings/keys": "manage_settings",
    "/tenant/{tenant_id}/settings/audit": "manage_settings",
    "/tenant/{tenant_id}/settings/tokens": "manage_settings",
    "/tenant/{tenant_id}/settings/tokens/create": "manage_settings",
    "/tenant/{tenant_id}/settings/tokens/revoke": "manage_settings",
    "/tenant/{tenant_id}/settings/webhooks": "manage_settings",
    "/tenant/{tenant_id}/settings/webhooks/{webhook_id}": "manage_settings",
    "/tenant/{tenant_id}/settings/webhooks/{webhook_id}/change": "manage_settings",
    "/tenant/{tenant_id}/settings/webhooks/{webhook_id}/switch": "manage_settings",
    "/tenant/{tenant_id}/settings/webhooks/{webhook_id}/rotate": "manage_settings",
    "/tenant/{tenant_id}/settings/webhooks/{webhook_id}/test": "manage_settings",
    "/tenant/{tenant_id}/settings/webhooks/{webhook_id}/delete": "manage_settings",
    "/tenant/{tenant_id}/settings/webhooks/{webhook_id}/resend": "manage_settings",
    "/tenant/{tenant_id}/settings/approvals": "see_companies",
    "/tenant/{tenant_id}/settings/approvals/change": "manage_settings",
    "/tenant/{tenant_id}/settings/budgets": "see_companies",
    "/tenant/{tenant_id}/settings/budgets/change": "manage_settings",
    "/company/{account_id}/servers": "see_companies",
    "/company/{account_id}/servers/new": "manage_servers",
    "/company/{account_id}/servers/{server_id}": "see_companies",
    "/company/{account_id}/servers/{server_id}/change": "manage_servers",
    "/company/{account_id}/servers/{server_id}/rotate": "manage_servers",
    "/company/{account_id}/servers/{server_id}/run": "manage_servers",
    "/company/{account_id}/servers/{server_id}/expire": "manage_servers",
    "/company/{account_id}/servers/{server_id}/revoke": "manage_servers",
    "/company/{account_id}/journal": "see_journal",
    "/company/{account_id}/journal/export.csv": "see_journal",
    "/company/{account_id}/journal/export.xlsx": "see_journal",
    "/company/{account_id}/journal/check": "see_journal",
    "/company/{account_id}/journal/heads": "see_journal",
    "/company/{account_id}/journal/{entry_id}": "see_journal",
    "/company/{account_id}/journal/{entry_id}/undo": "see_journal",
    "/company/{account_id}/approvals": "see_journal",
    "/company/{account_id}/approvals/together": "see_journal",
    "/company/{account_id}/approvals/{change_id}": "see_journal",
    "/company/{account_id}/approvals/{change_id}/approve": "see_journal",
    "/company/{account_id}/approvals/{change_id}/edit": "see_journal",
    "/company/{account_id}/approvals/{change_id}/refuse": "see_journal",
    "/company/{account_id}/calls": "see_journal",
    "/company/{account_id}/calls/export.csv": "see_journal",
    "/company/{account_id}/{resource}/{record_id}": "see_journal",
    "/accounts": None,
    "/accounts/connect": "connect_companies",
    "/accounts/links": "connect_companies",
    "/accounts/links/end": "connect_companies",
    "/account/formats": None,
    "/company/{account_id}/connection": "see_companies",
    "/company/{account_id}/connection/connect": "connect_companies",
    "/company/{account_id}/connection/test": "connect_companies",
    "/company/{account_id}/connection/rename": "connect_companies",
    "/company/{account_id}/connection/disconnect": "connect_companies",
    "/company/{account_id}/connection/delete": "connect_companies",
    "/company/{account_id}/connection/links": "connect_companies",
    "/company/{account_id}/connection/links/end": "connect_companies",
    "/company/{account_id}/reports/saved": "see_journal",
    "/company/{account_id}/reports/saved/{saved_id}": "see_journal",
    "/company/{account_id}/reports/saved/{saved_id}/change": "see_journal",
    "/company/{account_id}/reports/saved/{saved_id}/delete": "see_journal",
    "/company/{account_id}/schedules": "see_journal",
    "/company/{account_id}/schedules/new": "see_journal",
    "/company/{account_id}/schedules/preview": "see_journal",
    "/company/{account_id}/schedules/{schedule_id}": "see_journal",
    "/company/{account_id}/schedules/{schedule_id}/change": "see_journal",
    "/company/{account_id}/schedules/{schedule_id}/pause": "see_journal",
    "/company/{account_id}/schedules/{schedule_id}/resume": "see_journal",
    "/company/{account_id}/schedules/{schedule_id}/run": "see_journal",
    "/company/{account_id}/schedules/{schedule_id}/secret": "see_journal",
    "/company/{account_id}/schedules/{schedule_id}/delete": "see_journal",
    "/company/{account_id}/schedules/{schedule_id}/runs/{run_id}/{file_id}": "see_journal",
    "/company/{account_id}/explorer": "see_journal",
    "/company/{account_id}/explorer/complete": "see_journal",
    "/company/{account_id}/explorer/history": "see_journal",
    "/company/{account_id}/explorer/history/forget": "see_journal",
    "/company/{account_id}/explorer/saved": "see_journal",
    "/company/{account_id}/explorer/saved/delete": "see_journal",
    "/company/{account_id}/explorer/runs/{run}": "see_journal",
    "/company/{account_id}/explorer/runs/{run}/file": "see_journal",
    "/company/{account_id}/explorer/runs/{run}/export.{kind}": "see_journal",
    "/company/{account_id}/explorer/tools": "see_journal",
    "/company/{account_id}/explorer/tools/{tool}": "see_journal",
    "/company/{account_id}/explorer/tools/{tool}/write": "see_journal",
}
"""For people who are signed in: with the permission that the tenant in the address asks of them, where it has one."""
REFUSED = (401, 403, 404)
REPORT = "get_quick_books_profit_and_loss_report"
GET = "get_single_quick_books_invoice_by_id"
RUNS = {"default": "a" * 32, "theirs": "b" * 32}
"""Something that the person has asked of the company of each tenant."""


class OneRecord:
    """Calls that answer a record."""

    async def call(self, *_given: Any, **_more: Any) -> Answer:
        return Answer('{"Id": "1"}')


def fill(path: str, tenant: str, account: str) -> str:
    values = {
        "tenant_id": tenant,
        "account_id": account,
        "server_id": f"server-of-{account}",
        "resource": "invoices",
        "record_id": "1",
        "entry_id": "none",
        "grant": "none",
        "report": "profit_and_loss_reports",
        "analysis": "find_anomalies",
        "format": "csv",
        "run": RUNS[tenant],
        "kind": "json",
        "tool": GET,
        **{f"{each}_id": f"{each}_{tenant}" for each in ("saved", "schedule", "run", "file", "change")},
        "webhook_id": f"whk_{tenant}",
    }
    return path.format(**values)


async def open_page(here: Place, path: str, browser: Mapping[str, str]) -> int:
    """The status of a page that is asked for by a browser."""
    if path == "/oauth/authorize":
        path = f"{path}?{urlencode(make_request(await here.register()))}"
    answer = await here.client.get(path, headers={**browser, "accept": "text/html"})
    if "/reports/" in answer.headers.get("location", ""):  # a saved report leads to the report itself
        return 200
    return answer.status_code if answer.status_code != 303 else 401


def add_schedule(here: Place, tenant: str, account: str) -> None:
    """A shared report with its schedule, a run and a file of it, under the ids that `fill` names."""
    ids = {name: f"{name}_{tenant}" for name in ("saved", "schedule", "run", "file")}
    owner, choice = PersonId("somebody"), {"tool_name": REPORT, "arguments": {}, "compare": ""}
    saved = SavedReport(ids["saved"], AccountId(account), owner, "P&L", choice, True, NOON)
    schedule = Schedule(
        ids["schedule"], AccountId(account), saved.id, owner, "0 8 * * 1", "UTC", ("csv",), (), "", None,
        None, True, "", NOON, NOON,
    )  # fmt: skip
    run = replace(make_run(schedule, NOON, NOON), id=ids["run"])
    sealed = here.runtime.keys.seal(b"1", name_file_owner(ids["file"]))
    audit = AuditEntry(NOON, "tests", "schedule.created", schedule.id)
    here.records.add_saved_report(saved, audit)
    here.records.add_schedule(schedule, audit)
    here.records.add_run(run, NOON)
    file = SealedFile(RunFile(ids["file"], run.id, "a.csv", "text/csv", 1), sealed)
    here.records.change_run(run.id, lambda each: replace(each, status="made"), [file])


async def add_run(here: Place, id_: str, account: str, person: PersonId) -> None:
    found = here.records.find_account(account)
    await History(here.runtime.deployment).add_run(found, person, "tool", GET, id_, arguments={"id": "1"})


def add_webhook(here: Place, tenant: str) -> None:
    webhook = Webhook(
        f"whk_{tenant}",
        tenant,
        "https://hook.example/",
        (),
        b"",
        None,
        None,
        "disabled",
        "",
        None,
        NOON,
        NOON,
    )
    here.records.add_webhook(webhook, AuditEntry(NOON, "tests", "webhook.created", webhook.id))


def list_paths(here: Place) -> dict[str, set[str]]:
    """Every path with its methods, but those of the management API, which want an API token."""
    found: dict[str, set[str]] = {}
    for route in here.application._make_api_and_pages().routes:  # type: ignore[attr-defined]
        found.setdefault(route.path, set()).update(route.methods)
    own = {operation.path for operation in TABLE}
    return {path: methods for path, methods in found.items() if path not in own or path in PERSON}


def test_every_route_is_known_to_be_for_somebody(tmp_path: Path) -> None:
    async def begin() -> None:
        async with opened(tmp_path) as here:
            unknown = list_paths(here).keys() - PUBLIC - SECRET - PERSON.keys()
            assert unknown == set()

    asyncio.run(begin())


def test_nobody_who_is_not_signed_in_gets_a_page_for_people_or_sends_its_form(tmp_path: Path) -> None:
    async def begin() -> None:
        async with opened(tmp_path) as here:
            here.runtime.calls = OneRecord()  # type: ignore[assignment]
            account, reached = here.add_company("Shop"), []
            here.add_server(account, f"server-of-{account}")
            for path, methods in list_paths(here).items():
                if path not in PERSON:
                    continue
                address = fill(path, "default", account)
                if "GET" in methods and await open_page(here, address, {}) not in REFUSED:
                    reached.append(("GET", path))
                if "POST" in methods:
                    sent = await here.client.post(address, headers={"accept": "text/html"})
                    is_refused = sent.status_code in (*REFUSED, 400, 405, 415)
                    is_led = sent.status_code == 303 and "/sign-in" in sent.headers["location"]
                    if not is_refused and not is_led:
                        reached.append(("POST", path))
            assert reached == []

    asyncio.run(begin())


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_at_every_page_what_the_table_lets_it_and_nothing_elsewhere(
    tmp_path: Path, role: Role
) -> None:
    async def begin() -> None:
        async with opened(tmp_path) as here:
            here.runtime.calls = OneRecord()  # type: ignore[assignment]
            own, theirs = here.add_company("Shop"), here.add_company("Farm", tenant="theirs")
            for account in (own, theirs):  # the first page of one that is not leads to its connection
                here.set_status(account, "active")
            add_webhook(here, "default")
            add_webhook(here, "theirs")
            for account in (own, theirs):
                here.add_server(account, f"server-of-{account}")
            for tenant, account in (("default", own), ("theirs", theirs)):
                add_schedule(here, tenant, account)
                add_change(here, account, f"change_{tenant}")
            person = here.add_person("anna@shop.example", role)
            for tenant, account in (("default", own), ("theirs", theirs)):
                await add_run(here, RUNS[tenant], account, person)
            browser = await here.sign_in(person)
            wrong: list[tuple[str, Role, object]] = []
            for path, methods in list_paths(here).items():
                if path not in PERSON or "GET" not in methods or "{entry_id}" in path:
                    continue  # an entry is not there: tests/web/test_journal_pages.py looks at one in each role
                needed = PERSON[path]
                is_allowed = await open_page(here, fill(path, "default", own), browser) == 200
                if path == "/api/session/token":
                    expected = may(role, "see_journal")  # the usual role for tools that handle money
                else:
                    expected = needed is None or may(role, needed)
                if is_allowed != expected:
                    wrong.append((path, role, is_allowed))
                if (
                    needed
                    and "{" in path
                    and await open_page(here, fill(path, "theirs", theirs), browser) == 200
                ):
                    wrong.append((path, role, "of another tenant"))
            assert wrong == []

    asyncio.run(begin())
