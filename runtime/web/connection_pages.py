"""The page of one account: how it is connected, what uses it, and what may be done about it.

Called by `routes`. Whoever belongs to the organization may look; to connect, test, rename, disconnect or delete it, and
to make a link for a customer, takes the permission to connect companies. The audit names the person who did it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.errors import Conflict, InvalidRequest, LedgerportError
from runtime.model import AuditEntry
from runtime.operations.account_tests import AccountTests
from runtime.operations.accounts import Accounts
from runtime.operations.companies import show_name
from runtime.operations.company_mapping.endings import count_mappings, describe_mappings
from runtime.operations.link_tokens import LinkTokens, WantedLink
from runtime.people import PersonId
from runtime.tenancy import Reach
from runtime.web.account_view import STATES, explain_status
from runtime.web.company_pages import CompanyPages, CompanyServices, Place, require_company
from runtime.web.connect import SECRET_ADDRESS
from runtime.web.landing import ACCOUNTS_PATH, CONNECTION_PATH
from runtime.web.navigation import COMPANY_PATH, find_company_address
from runtime.web.person_pages import PageParts

PATH = COMPANY_PATH + CONNECTION_PATH
MOST_LINKS = 20
"""Open links of one account; more than one or two are never needed at a time."""
DONE = {
    "connected": "The company is connected.",
    "renamed": "The account has its new name.",
    "disconnected": "The company is disconnected.",
    "link-ended": "The link works no longer.",
}
"""What the page confirms, under the name that its address has."""
_ENDED = ("account.revoked", "account.not_revoked")


class ConnectionPages(CompanyPages):
    """The connection of one company."""

    def __init__(self, parts: PageParts, services: CompanyServices, accounts: Accounts) -> None:
        super().__init__(parts, services)
        self._accounts, self._links = accounts, LinkTokens(accounts)
        self._tests = AccountTests(parts.deployment, accounts.tokens)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of the page."""
        return [
            Route(PATH, self.look, methods=["GET"]),
            Route(PATH + "/connect", self.connect, methods=["POST"]),
            Route(PATH + "/test", self.test, methods=["POST"]),
            Route(PATH + "/rename", self.rename, methods=["POST"]),
            Route(PATH + "/disconnect", self.disconnect, methods=["POST"]),
            Route(PATH + "/delete", self.delete, methods=["POST"]),
            Route(PATH + "/links", self.make_link, methods=["POST"]),
            Route(PATH + "/links/end", self.end_link, methods=["POST"]),
        ]

    @require_company("see_companies")
    async def look(self, request: Request, place: Place) -> Response:
        """Show how a company is connected."""
        done = request.query_params.get("done") or request.query_params.get("status", "")
        is_so = done not in ("connected", "disconnected") or STATES[place.account.status][1].lower() == done
        return await self._show(
            request, place, done=DONE.get(done, "") if is_so else "", is_refused=done == "error"
        )

    @require_company("connect_companies")
    async def connect(self, request: Request, place: Place) -> Response:
        """Lead to the vendor's consent, to connect the company or to connect it again."""
        await self._check(request, place, "connect")
        back = (
            f"{self._deployment.settings.public_url}{find_company_address(place.account.id, CONNECTION_PATH)}"
        )
        made = await self._deployment.stores.write(
            lambda: self._accounts.connect(place.account.id, return_url=back, actor=place.who.person.id)
        )
        return RedirectResponse(made["authorize_url"], 303, SECRET_ADDRESS)

    @require_company("connect_companies")
    async def test(self, request: Request, place: Place) -> Response:
        """Ask the vendor for the company's name, and show it."""
        await self._check(request, place, "test")
        try:
            tested = await self._tests.test(place.account)
        except LedgerportError as problem:
            place = await self._read_again(place)
            return await self._show(request, place, status=problem.status, failure=problem)
        return await self._show(request, await self._read_again(place), tested=tested)

    @require_company("connect_companies")
    async def rename(self, request: Request, place: Place) -> Response:
        """Give the account another name."""
        name = (await self._check(request, place, "rename")).get("name", "")
        try:
            await self._deployment.stores.write(
                lambda: self._accounts.change(place.account.id, name=name, actor=place.who.person.id)
            )
        except InvalidRequest:
            return await self._show(request, place, status=400, entered=name)
        return _lead_back(place, "renamed")

    @require_company("connect_companies")
    async def disconnect(self, request: Request, place: Place) -> Response:
        """End the connection, with every URL and grant for the company."""
        await self._check(request, place, "disconnect")
        await self._accounts.disconnect(place.account.id, actor=place.who.person.id)
        self._log("account_disconnected", account=place.account.id, by=place.who.person.id)
        return _lead_back(place, "disconnected")

    @require_company("connect_companies")
    async def delete(self, request: Request, place: Place) -> Response:
        """Forget an account that is not connected."""
        await self._check(request, place, "delete")
        if place.account.status not in ("disconnected", "connecting"):
            raise Conflict(
                f"{show_name(place.account)} is connected. Nothing was deleted.",
                advice="Disconnect it first; then it can be deleted.",
            )
        await self._accounts.delete(place.account.id, actor=place.who.person.id)
        self._log("account_deleted", account=place.account.id, by=place.who.person.id)
        return RedirectResponse(f"{ACCOUNTS_PATH}?done=deleted", 303)

    @require_company("connect_companies")
    async def make_link(self, request: Request, place: Place) -> Response:
        """Make a link at which a customer connects the company, and show it this once."""
        await self._check(request, place, "make link")
        wanted, reach = WantedLink(account_id=place.account.id), Reach(place.account.tenant_id)
        made = await self._deployment.stores.write(
            lambda: self._links.create(wanted, reach=reach, actor=place.who.person.id)
        )
        return await self._show(request, place, made=made)

    @require_company("connect_companies")
    async def end_link(self, request: Request, place: Place) -> Response:
        """End a link before it is used."""
        link = (await self._check(request, place, "end link")).get("link", "")
        reach = Reach(place.account.tenant_id, place.account.id)
        await self._deployment.stores.write(
            lambda: self._links.revoke(link, reach=reach, actor=place.who.person.id)
        )
        return _lead_back(place, "link-ended")

    async def _check(self, request: Request, place: Place, form: str) -> dict[str, str]:
        return await self.check_form(request, name_form(form, place.account.id))

    async def _read_again(self, place: Place) -> Place:
        """Return the place as it is now: a test notes at the account what went wrong."""
        account = await self._accounts.look_up(place.account.id)
        return Place(place.who, account or place.account, place.role)

    async def _show(
        self, request: Request, place: Place, status: int = 200, entered: str | None = None, **given: Any
    ) -> Response:
        account, integration = (
            place.account,
            self._deployment.catalog().integrations[place.account.integration],
        )
        records, now = self._deployment.stores.records, self._deployment.clock()
        is_manager, by_consent = place.may("connect_companies"), integration.auth.type == "oauth2"
        has_links = is_manager and by_consent
        reach = Reach(account.tenant_id, account.id)
        uses, audit, links = await asyncio.gather(
            asyncio.to_thread(records.count_uses, [account.id], now),
            asyncio.to_thread(records.list_audit, account.id),
            asyncio.to_thread(records.list_open_links, reach, now, MOST_LINKS if has_links else 0),
        )
        nothing = {"done": "", "tested": None, "failure": None, "made": None, "is_refused": False}
        return await self.show_company(
            request,
            place,
            "connection",
            "connection",
            status,
            title=integration.title,
            name=show_name(account, len(account.name)),
            state=STATES[account.status],
            explained=explain_status(account, integration.title),
            uses=uses[account.id],
            mapped=describe_mappings(await count_mappings(self._deployment, account.id)),
            links=links,
            made_by=await self._name_maker(audit),
            ending=_find_ending(audit) if account.status == "disconnected" else "",
            is_manager=is_manager,
            by_consent=by_consent,
            entered=account.name if entered is None else entered,
            is_name_wrong=entered is not None,
            base=find_company_address(account.id, CONNECTION_PATH),
            name_form=lambda form: name_form(form, account.id),
            **(nothing | given),
        )

    async def _name_maker(self, audit: list[AuditEntry]) -> str:
        """Return the name of the person who made the account; empty where a program did."""
        actor = next((each.actor for each in audit if each.action == "account.created"), "")
        records = self._deployment.stores.records
        person = await asyncio.to_thread(records.find_person, PersonId(actor)) if actor else None
        return person.name if person else ""


def name_form(form: str, account_id: str) -> str:
    """Return the name of a form of an account, which its proof is for."""
    return f"{form} {account_id}"


def _find_ending(audit: list[AuditEntry]) -> str:
    """Return what the vendor said of the end of a connection, the last time that it ended."""
    ended = [each for each in audit if each.action in _ENDED]
    return str(ended[-1].details.get("reason", "")) if ended else ""


def _lead_back(place: Place, done: str) -> Response:
    address = find_company_address(place.account.id, CONNECTION_PATH)
    return RedirectResponse(f"{address}?done={done}", 303)
