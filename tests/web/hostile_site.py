"""A deployment in which everything that somebody can name has a hostile name, and its pages as they are answered.

Names are written into the database itself, past the checks of forms: a page does not rely on them. Each name says at
its end what it is the name of, so that a test sees that it was shown.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
from sqlalchemy import insert, update

from runtime.identity.people import Operator, People
from runtime.journal_filter import JournalFilter
from runtime.model import AccountId, Grant, McpServerId, ServerConfig
from runtime.operations.api_tokens import ApiTokens, Bounds
from runtime.operations.approvals.proposals import FieldChange, Note
from runtime.operations.explorer.history import History
from runtime.operations.insights.dismissals import Dismissals, Dismisser
from runtime.operations.undo import Undo
from runtime.people import PersonId
from runtime.safety.once import Once
from runtime.stores.job_tables import DELIVERY, EVENT, WEBHOOK
from runtime.stores.oauth_tables import OAUTH_GRANT
from runtime.stores.people_tables import INVITATION, PASSKEY, PERSON
from runtime.stores.schedule_tables import REPORT_RUN, RUN_FILE, SAVED_REPORT, SCHEDULE
from runtime.stores.tables import ACCOUNT, API_TOKEN, AUDIT, LINK_TOKEN, MCP_SERVER
from runtime.tenancy import TenantId
from runtime.watching.calls import LoggedCall
from tests.company import NOON, Company, copy_books, make_landscaper
from tests.deployment import HandClock
from tests.identity.authorization import Place, make_request, opened
from tests.identity.test_routes_of_people import PERSON as PAGES
from tests.identity.test_routes_of_people import add_schedule, add_webhook, list_paths
from tests.web.pending import BEFORE, EFFECTS, PROPOSAL, SIMILAR, add_change

MARKUP = "\"><img src=x onerror=alert(1)><script>alert(1)</script>{{7*711171}}' style=x onload=alert(1)"
FORMULA = "=cmd|' /C calc'!A1"
LINK = "javascript:alert(1)"
COMPUTED = "4978197"
"""What comes of the product in the markup where something computes it."""
TENANT = "default"
QUERY = "select Id, DisplayName, Notes from Customer orderby Id desc maxresults 5"
LIST = "list_all_quick_books_customers"
ASKED = (
    "q", "done", "tool", "query", "entity", "report", "when", "zone", "tenant", "integration", "client", "record",
    "state", "from", "to", "caller", "heads", "run", "cursor", "after", "status", "period", "show", "page", "sort",
    "columns", "saved", "date_macro", "start_date", "compare", "chosen", "error", "tag", "scope", "level",
)  # fmt: skip
"""Every name that a page reads from its address; some that none does."""


@dataclass
class HostileSite:
    """The deployment, its owner's browser, and the beginning of each hostile name."""

    here: Place
    company: Company
    start: str
    account: str
    person: PersonId
    browser: dict[str, str]
    program: str = ""
    entry: str = ""
    record: str = ""

    def name(self, what: str) -> str:
        """The hostile name of something."""
        return f"{self.start} {MARKUP} of-{what}"

    async def get(self, address: str) -> httpx2.Response:
        headers = {**self.browser, "accept": "text/html"}
        return await self.here.client.get(address, headers=headers)

    def change(self, table: Any, **values: Any) -> None:
        """Write values into every row of a table."""
        with self.here.records._engine.begin() as connection:
            assert connection.execute(update(table).values(**values)).rowcount, table.name

    def add(self, table: Any, **values: Any) -> None:
        with self.here.records._engine.begin() as connection:
            connection.execute(insert(table).values(**values))

    def list_addresses(self) -> list[str]:
        """The address of every page and file for people: once as it is, once with hostile values in it."""
        found = []
        for path, methods in list_paths(self.here).items():
            if path not in PAGES or "GET" not in methods:
                continue
            found += self._fill(path)
        wrong = urlencode(dict.fromkeys(ASKED, self.start + MARKUP))
        return [*found, *(f"{each}{'&' if '?' in each else '?'}{wrong}" for each in found)]

    def _fill(self, path: str) -> list[str]:
        if path == "/oauth/authorize":
            return [f"{path}?{urlencode(make_request(self.program))}"]
        values = {
            "tenant_id": TENANT, "account_id": self.account, "server_id": "server", "entry_id": self.entry,
            "resource": "customers", "record_id": self.record, "grant": "none", "tool": LIST,
            "webhook_id": f"whk_{TENANT}", "change_id": "pch_waits",
            **{f"{each}_id": f"{each}_{TENANT}" for each in ("saved", "schedule", "run", "file")},
        }  # fmt: skip
        choices = [
            {"report": report, "format": kind, "run": run, "kind": kind, "analysis": analysis}
            for report, analysis in (
                ("customer_balance_reports", "find_anomalies"),
                ("transaction_list_reports", "collections"),
            )
            for run in ("1" * 32, "2" * 32)
            for kind in ("csv", "xlsx", "pdf", "json")
        ]
        filled = dict.fromkeys(path.format(**values, **each) for each in choices)
        if path.endswith("/{analysis}"):
            filled |= dict.fromkeys(f"{each}?run=1" for each in list(filled))
        return [*filled, path.format(**{**values, **choices[0], **self._wrong_values()})]

    def _wrong_values(self) -> dict[str, str]:
        """A hostile text for each part of an address but those that find the company."""
        wrong = quote(self.start + MARKUP.replace("/", ""), safe="")
        names = (
            "server_id",
            "entry_id",
            "resource",
            "record_id",
            "report",
            "format",
            "run",
            "kind",
            "tool",
            "analysis",
        )
        return dict.fromkeys(
            (*names, "analysis", "change_id", "webhook_id", "saved_id", "schedule_id", "run_id", "file_id"),
            wrong,
        )


@asynccontextmanager
async def opened_hostile(data: Path, start: str) -> AsyncIterator[HostileSite]:
    """The deployment with everything in it, whose hostile names begin with a text."""
    company = Company(copy_books(make_landscaper()))
    async with opened(data, HandClock(NOON)) as here:
        here.runtime.calls = company.calls
        here.runtime.undo = Undo(
            here.runtime.stores, here.runtime.journal_reader, company.calls, here.runtime.get_catalog
        )
        vendor: Any = company.calls._vendor
        vendor._once, vendor._journal = (
            Once(here.runtime.keys, here.runtime.stores),
            here.runtime.journal,
        )
        account, person = here.add_company("Shop"), here.add_person("anna@shop.example")
        site = HostileSite(here, company, start, account, person, await here.sign_in(person))
        here.add_server(account, "server")
        await _fill_books(site)
        await _fill_settings(site)
        await _fill_explorer(site)
        await _fill_analyses(site)
        _fill_schedules(site)
        _fill_approvals(site)
        yield site
    await company.client.http.aclose()


async def _fill_books(site: HostileSite) -> None:
    """Records, the journal of how an agent made them, and the call log."""
    site.change(ACCOUNT, fields=json.dumps({"realm_id": "1"}), status="active", status_since=NOON)
    account = site.here.records.find_account(AccountId(site.account))
    site.company.grant = Grant(
        account, ServerConfig(), server_id=McpServerId("server"), client=site.name("client")
    )
    called = site.name("customer").replace(":", "").replace(MARKUP, MARKUP[:60])[:100]
    made = await site.company.ask("create customers", "", DisplayName=called, Notes="before")
    assert made.error is None, made.error
    customer = json.loads(made.text)["Id"]
    site.record = customer
    await site.company.ask("update customers", "", id=customer, Notes=site.name("notes"))
    item = json.loads((await site.company.ask("list items", "", limit=1)).text)["records"][0]["Id"]
    line = {"Amount": 300, "DetailType": "SalesItemLineDetail", "Description": site.name("line"),
            "SalesItemLineDetail": {"ItemRef": {"value": item}}}  # fmt: skip
    memo = {"value": site.name("memo")}
    invoice = await site.company.ask(
        "create invoices", "", CustomerRef={"value": customer}, Line=[line], CustomerMemo=memo,
        PrivateNote=site.name("private"),
    )  # fmt: skip
    assert invoice.error is None, invoice.error
    site.here.runtime.stores.drain_journal()
    entries = site.here.records.read_journal_entries(AccountId(site.account), JournalFilter(), None, 9)
    site.entry = next(each.id for each in entries if "update" in each.tool)
    site.here.runtime.call_log.add(
        LoggedCall("mcp", NOON - 60, TENANT, site.account, "server", site.name("tool"), site.name("logged"), "1",
                   site.name("code"), 5.0, 1, "")
    )  # fmt: skip
    problem = json.dumps(["x", site.name("problem"), NOON])
    site.change(ACCOUNT, name=site.name("account"), last_error=problem, external_id=site.name("external"))


def _fill_approvals(site: HostileSite) -> None:
    """A change that waits, and one that was refused, whose every text is an agent's or of the books."""
    why, field, party = site.name("why"), site.name("field"), site.name("party")
    line = {**BEFORE["Line"][0], "Description": site.name("approved")}
    proposal = replace(
        PROPOSAL, says=site.name("says"), action=site.name("action"), party=party, why=why, refusal=why, error=why,
        number=site.name("number"), changed=(FieldChange(field, field, field),), warnings=(site.name("warning"),),
        after={**BEFORE, "PrivateNote": site.name("after"), "Line": [line]}, notes=(Note(NOON, "", why),),
        effects=(replace(EFFECTS[0], label=site.name("effect"), note=why),),
        similar=(replace(SIMILAR[0], number=site.name("similar"), party=party, why=why),),
        arguments={"id": "575", "PrivateNote": site.name("argument")},
    )  # fmt: skip
    client = site.name("asker")[:120]
    add_change(site.here, site.account, "pch_waits", proposal, client=client)
    add_change(
        site.here, site.account, "pch_refused", proposal, client=client, status="refused", decided_at=NOON,
        decided_by=site.person, finished_at=NOON,
    )  # fmt: skip


async def _fill_settings(site: HostileSite) -> None:
    """People, programs, API tokens, webhooks, links and the audit trail."""
    here = site.here
    site.program = await here.register()
    await here.get_tokens(site.browser, site.account, site.program)
    site.change(OAUTH_GRANT, client_name=site.name("program"), redirect_host=site.name("host"))
    site.change(MCP_SERVER, name=site.name("server"))
    await People(here.runtime.deployment).invite(Operator("x"), TenantId(TENANT), "b@shop.example", "viewer")
    site.change(INVITATION, email=site.name("invited"), invited_by=site.name("inviter"))
    site.change(PERSON, name=site.name("person"))
    here.add_member(here.add_person(site.name("email"), "viewer", "theirs"), "viewer", TENANT)
    ApiTokens(here.runtime.stores, here.runtime.keys, clock=here.clock).create(
        "ci", ["log:read"], bounds=Bounds(tenant_id=TENANT)
    )
    site.change(API_TOKEN, name=site.name("token"))
    add_webhook(here, TENANT)
    site.change(WEBHOOK, url=site.name("webhook"), reason=site.name("reason"))
    site.add(EVENT, id="e", type=site.name("event"), tenant_id=TENANT, at=NOON, data="{}", dispatched_at=NOON)
    site.add(
        DELIVERY, id="d", webhook_id=f"whk_{TENANT}", event_id="e", type=site.name("event"), status="failed",
        attempts=1, code=500, took_ms=1, error=site.name("delivery"), created_at=NOON, attempted_at=NOON,
    )  # fmt: skip
    site.add(
        LINK_TOKEN, id="l", token_hash=b"l", tenant_id=TENANT, integration="quickbooks", name=site.name("link"),
        external_id=site.name("link"), metadata="{}", redirect_uri=LINK, read_only=0, created_at=NOON,
        expires_at=NOON + 900,
    )  # fmt: skip
    site.add(
        PASSKEY, id="p", person_id=site.person, public_key=b"", sign_count=0, name=site.name("passkey"),
        created_at=NOON,
    )  # fmt: skip


async def _fill_explorer(site: HostileSite) -> None:
    history = History(site.here.runtime.deployment)
    account = site.here.records.find_account(AccountId(site.account))
    await history.add_run(account, site.person, "query", "query_quick_books", "1" * 32, query=QUERY)
    await history.add_run(account, site.person, "tool", LIST, "2" * 32, arguments={"limit": 5})
    wrong = f"select * from Customer where DisplayName = '{site.name('query')}'"
    await history.add_run(account, site.person, "query", "query_quick_books", "3" * 32, query=wrong)
    name = f"{site.start[:18]} {MARKUP[:50]} of-q"
    await history.save_query(account, site.person, name, wrong, is_shared=True)


async def _fill_analyses(site: HostileSite) -> None:
    """A finding that somebody dismissed."""
    reason, says = site.name("dismissal"), site.name("finding")
    who = Dismisser(f"person:{site.person}")
    dismissals = Dismissals(site.here.runtime.deployment)
    await dismissals.dismiss(AccountId(site.account), "dup-1f0c5a7e9b21", reason, who, says)


def _fill_schedules(site: HostileSite) -> None:
    add_schedule(site.here, TENANT, site.account)
    site.change(SAVED_REPORT, name=site.name("saved"))
    site.change(
        SCHEDULE, webhook_url=site.name("hook"), pause_reason=site.name("pause"), is_paused=1,
        emails=site.name("recipient"),
    )  # fmt: skip
    site.change(REPORT_RUN, error=site.name("run"), summary=site.name("summary"), status="failed")
    site.change(RUN_FILE, name=site.name("file"))
    name = site.name("audit")
    site.change(AUDIT, actor=name, subject=name, details=json.dumps({name: name}))
