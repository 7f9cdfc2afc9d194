"""What the pages for people need to have something on them, and the address of every page that is then there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx2
from playwright.sync_api import Browser, BrowserContext

from runtime.insights.kinds import MODULES
from runtime.operations.api_tokens import ApiTokens, Bounds
from runtime.operations.explorer.history import History
from runtime.operations.journal import Journal
from runtime.operations.webhooks import make_webhooks
from runtime.people import PersonId
from runtime.server.app import Application
from runtime.tenancy import TenantId
from tests.browser.agents import LocalAgent
from tests.browser.books import TENANT, Books
from tests.browser.conftest import run_in_thread
from tests.deployment import NOON, HandClock
from tests.identity.authorization import HEADERS, Place
from tests.identity.test_routes_of_people import GET, PERSON, RUNS, add_run, add_schedule, fill, list_paths
from tests.web.pending import EFFECTS, PROPOSAL, SIMILAR, add_change

CUSTOMER = "2"
DECIDED = "change_decided"
COMMITTED: Mapping[str, Any] = {"status": "committed", "decided_at": NOON, "finished_at": NOON}
UPDATE = "update_a_quick_books_customer_by_id"
LONG = "Landscaping & Garden Maintenance of the Greater Bay Area <b>Ltd</b>"
QUERY = (
    "select DocNumber, CustomerRef, TxnDate, DueDate, Balance from Invoice where Balance > '0' maxresults 20"
)
READ = "get_single_quick_books_customer_by_id"
QUERY_RUN, EMPTY_RUN, TOOL_RUN = "c" * 32, "d" * 32, "e" * 32
NO_PAGES: Mapping[str, str] = {
    "/api/auth/me": "answers JSON",
    "/api/session/token": "answers JSON",
    "/company/{account_id}/reports/{report}/{format}": "a file",
    "/company/{account_id}/analysis/{analysis}/{format}": "a file",
    "/company/{account_id}/reports/saved/{saved_id}": "leads to the page of the report",
    "/company/{account_id}/journal/export.csv": "a file",
    "/company/{account_id}/journal/export.xlsx": "a file",
    "/company/{account_id}/journal/heads": "a file",
    "/company/{account_id}/calls/export.csv": "a file",
    "/tenant/{tenant_id}/company-mapping/export.csv": "a file",
    "/tenant/{tenant_id}/company-mapping/export.xlsx": "a file",
    "/company/{account_id}/schedules/preview": "a part of the form of a schedule",
    "/company/{account_id}/schedules/{schedule_id}/runs/{run_id}/{file_id}": "a file",
    "/company/{account_id}/explorer/runs/{run}/file": "a file",
    "/company/{account_id}/explorer/runs/{run}/export.{kind}": "a file",
}
"""What a GET answers that is no page to look at, and why."""
_MORE = (
    "/docs", "/docs/quickbooks/invoices", "/docs/errors", "/docs/errors/not_found",
    "/tenant/default/people?invite=yes",
)  # fmt: skip
_OF_COMPANY = (
    "/customers/2", "/customers/999999", "/journal?q=nothing+like+it", "/journal/check?run=yes", "/calls?q=none",
    "/reports/balance_sheet_reports", f"/explorer/runs/{QUERY_RUN}", f"/explorer/runs/{EMPTY_RUN}",
    f"/explorer/runs/{TOOL_RUN}",
    "/explorer?query=select+Nmae+from+Customer", f"/explorer/tools/{UPDATE}", "/explorer/tools?q=invoice",
    "/servers/none", "/approvals?state=committed", "/approvals?state=refused", "/approvals/change_decided",
    "/approvals/together?change=change_default",
    *(f"/analysis/{each}?run=1" for each in MODULES), "/analysis/cash_flow_forecast?run=1&weeks=99",
)  # fmt: skip
"""States of pages that have one of their own: nothing found, something wrong, a longer form."""


@dataclass(frozen=True)
class Visit:
    """Somebody who owns the organization, and the pages that there are to see."""

    books: Books
    place: Place
    cookie: tuple[str, str]
    authorize: str
    webhook_id: str
    entry_id: str

    def open(self, browser: Browser, **options: Any) -> BrowserContext:
        """Return a browser in which the owner is signed in."""
        context = browser.new_context(base_url=self.books.origin, **options)
        name, value = self.cookie
        context.add_cookies([{"name": name, "value": value, "url": self.books.origin}])
        return context

    def list_patterns(self) -> list[str]:
        """Return the routes of the pages for people."""
        found = list_paths(self.place)
        return [path for path in PERSON if "GET" in found.get(path, ()) and path not in NO_PAGES]

    def list_pages(self) -> list[str]:
        """Return the address of every page for people, and of others of the same looks."""
        own = [self._find_address(each) for each in self.list_patterns()]
        return [*own, *_MORE, *(self.books.company + each for each in _OF_COMPANY)]

    def _find_address(self, pattern: str) -> str:
        if pattern == "/oauth/authorize":
            return self.authorize
        for name, value in (("entry_id", self.entry_id), ("webhook_id", self.webhook_id)):
            pattern = pattern.replace("{" + name + "}", value)
        return fill(pattern, TENANT, self.books.account_id)


def prepare_visit(books: Books) -> Visit:
    """Make one of everything that a page shows, and sign an owner in."""
    place = Place(books.runtime, Application(books.runtime), HandClock(), httpx2.AsyncClient())
    person, account = place.add_person("anna@example.com"), books.account_id
    add_schedule(place, TENANT, account)
    hostile = replace(
        PROPOSAL, why=LONG, party=LONG, says=LONG, warnings=(LONG,), effects=EFFECTS, similar=SIMILAR
    )
    add_change(place, account, f"change_{TENANT}", hostile)
    add_change(place, account, DECIDED, hostile, record_id="1", **COMMITTED)
    place.add_server(account, f"server-of-{account}")
    webhook = _fill_settings(books)
    run_in_thread(lambda: _explore(place, account, person))
    name, _, value = run_in_thread(lambda: place.sign_in(person))["cookie"].partition("=")
    agent = LocalAgent(books.origin, "http://127.0.0.1:1/callback")
    authorize = agent.make_authorize_url().removeprefix(books.origin)
    return Visit(books, place, (name, value), authorize, webhook, _write(books, f"server-of-{account}"))


def _fill_settings(books: Books) -> str:
    """Make a webhook and an API token, and return the id of the webhook."""
    deployment = books.runtime.deployment
    webhooks = make_webhooks(deployment)
    made = webhooks.create("https://hook.example.com/ledgerport/events-of-the-books", tenant_id=TENANT)
    tokens = ApiTokens(deployment.stores, deployment.keys)
    tokens.create(LONG, ["accounts:read"], bounds=Bounds(TenantId(TENANT)))
    return str(made["id"])


async def _explore(place: Place, account: str, person: PersonId) -> None:
    """Ask the books by tools, of which one fails, by a query, and by one that finds nothing."""
    await add_run(place, RUNS[TENANT], account, person)
    history, found = History(place.runtime.deployment), place.records.find_account(account)
    await history.add_run(found, person, "query", GET, QUERY_RUN, query=QUERY)
    await history.add_run(found, person, "tool", READ, TOOL_RUN, arguments={"id": CUSTOMER})
    nothing = "select * from Customer where DisplayName = 'nobody'"
    await history.add_run(found, person, "query", GET, EMPTY_RUN, query=nothing)
    await history.save_query(found, person, LONG, QUERY, is_shared=True)


def _write(books: Books, server: str) -> str:
    """Have an agent write to the books and fail at it once, and return the id of the entry in the journal."""
    for arguments in ({"id": CUSTOMER, "Notes": LONG}, {"id": CUSTOMER, "Nonsense": 1}):
        params = {"name": UPDATE, "arguments": arguments}
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        answer = httpx2.post(f"{books.origin}/mcp/{server}", json=body, headers=HEADERS, timeout=30)
        assert answer.status_code == 200, answer.text
    entries = Journal(books.runtime.deployment).list(books.account_id)["result"]
    return str(next(each["id"] for each in entries if re.search("update", each["tool"])))
