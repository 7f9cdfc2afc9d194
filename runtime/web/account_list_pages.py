"""The page of all integrated accounts of a person's organizations: searched, and how each stands.

Called by `routes`. The rows alone are answered to a search that htmx sends while somebody types.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.identity.roles import may
from runtime.operations.names import LONGEST_NAME
from runtime.people import SignedIn
from runtime.tenancy import TenantId
from runtime.web.account_view import STATES, show_account
from runtime.web.connection_pages import name_form
from runtime.web.landing import ACCOUNTS_PATH, CONNECTION_PATH
from runtime.web.navigation import find_company_address
from runtime.web.person_pages import PersonPages, require_person

ROWS = 25
"""Accounts of one page: those of most organizations, on two screens."""
LAST_PAGE = 10_000
"""A page beyond it has no accounts in any deployment."""
FEW = 8
"""As many accounts are found without a search."""
DONE = {"deleted": "The account is deleted.", "link-ended": "The link works no longer."}


class AccountListPages(PersonPages):
    """The list of accounts."""

    def make_routes(self) -> list[BaseRoute]:
        """Return the route of the page."""
        return [Route(ACCOUNTS_PATH, self.look, methods=["GET"])]

    @require_person
    async def look(self, request: Request, who: SignedIn) -> Response:
        """Show the accounts that a search finds; without one, all of them."""
        asked = request.query_params
        if arrived := asked.get("integrated_account_id", ""):
            return _lead_to_account(arrived, asked.get("status", ""))
        text, status = asked.get("q", "").strip()[:LONGEST_NAME], asked.get("status", "")
        page, status = _read_page(asked.get("page", "")), status if status in STATES else ""
        records, now = self._deployment.stores.records, self._deployment.clock()
        found = await asyncio.to_thread(
            records.search_accounts, who.person.id, text, status, ROWS, (page - 1) * ROWS
        )
        uses = await asyncio.to_thread(records.count_uses, [each.id for each in found.accounts], now)
        connectable, catalog = list_connectable(who), self._deployment.catalog()
        rows = [
            show_account(each, catalog, uses[each.id], is_allowed=each.tenant_id in connectable)
            for each in found.accounts
        ]
        values: dict[str, Any] = {
            "rows": rows,
            "count": found.total,
            "first": (page - 1) * ROWS + 1,
            "text": text,
            "chosen": status,
            "states": STATES,
            "is_searched": bool(text or status),
            "pages": _list_pages(found.total, page, {"q": text, "status": status}),
            "has_search": bool(text or status) or found.total > FEW,
            "has_several": len(who.members) > 1,
            "may_connect": bool(connectable),
            "name_form": name_form,
            "done": DONE.get(asked.get("done", ""), ""),
            "section": "accounts",
        }
        template = "account_rows" if request.headers.get("hx-request") else "accounts"
        return await self.show(request, who, template, **values)


def list_connectable(who: SignedIn) -> list[TenantId]:
    """Return the organizations for which a person may connect companies."""
    return [each.tenant_id for each in who.members if may(each.role, "connect_companies")]


def _lead_to_account(account_id: str, status: str) -> Response:
    """Return the redirect of a browser that comes back from the vendor to the page of its account."""
    said = "connected" if status == "connected" else "error"
    return RedirectResponse(f"{find_company_address(account_id, CONNECTION_PATH)}?status={said}", 303)


def _read_page(text: str) -> int:
    return (
        min(int(text), LAST_PAGE)
        if text.isascii() and text.isdecimal() and 0 < len(text) < 8 and int(text)
        else 1
    )


def _list_pages(count: int, page: int, search: dict[str, str]) -> dict[str, str]:
    """Return the addresses of the page before and the page after; empty where there is none."""
    chosen = {name: value for name, value in search.items() if value}

    def address(number: int) -> str:
        return f"{ACCOUNTS_PATH}?{urlencode(chosen | {'page': number})}"

    return {
        "before": address(page - 1) if page > 1 else "",
        "after": address(page + 1) if page * ROWS < count else "",
    }
