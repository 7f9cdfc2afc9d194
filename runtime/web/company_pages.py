"""What the pages of one company share: who may see them, its currency and country, and calls of tools for the viewer.

Called by every page below `/company/{account_id}`. An account that is not there and one that the person may not see
are refused in the same words. A call is made as an agent's would be: by the same tools, checks, limits, journal and
call log, in which it stands as the person's own.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from generator.catalog import Tool
from runtime.errors import Forbidden, NotFound
from runtime.exchange.tool_answer import Answer
from runtime.identity.helpers import Helpers
from runtime.identity.oauth_scopes import READ, WRITE, is_money_hidden, list_possible_scopes
from runtime.identity.roles import PERMISSIONS, USUAL_TOOLS_ROLE, Permission, check_permission, may
from runtime.model import Account, AccountId, Grant, ServerConfig
from runtime.operations.approvals.deciding import Decisions
from runtime.operations.call_protocol import CallProtocol
from runtime.operations.company_facts import CompanyFacts, CompanyFactsReader
from runtime.operations.exposure import ListingOf
from runtime.operations.finished_calls import FinishedCalls, Source, describe_ending
from runtime.operations.formats import Formats
from runtime.operations.money_tools import hide_money
from runtime.operations.server_uses import ServerUses
from runtime.operations.undo import Undo
from runtime.people import Role, SignedIn
from runtime.watching.calls import Caller
from runtime.web.landing import lead_to_connection, note_company
from runtime.web.person_pages import PageParts, PersonPages, read_zone, require_person

PAGE_CLIENT = "page"
"""What the journal and the call log name the program of a call that a page makes."""
PAGE_CALLER = Caller(PAGE_CLIENT)
PAGE_BYTES = 8_000_000
"""Of an answer to a page, which no model reads: a page of a thousand whole records has some 2 MB."""
_READING = ServerConfig(methods=("read",), max_answer_bytes=PAGE_BYTES)
_EVERYTHING = ServerConfig()


@dataclass(frozen=True, slots=True)
class CompanyServices:
    """What the pages of companies work with."""

    calls: CallProtocol
    finished: FinishedCalls
    facts: CompanyFactsReader
    undo: Undo | None = None
    listing: ListingOf | None = None
    uses: ServerUses | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The company that a page is of, and who looks at it, in which role."""

    who: SignedIn
    account: Account
    role: Role
    scopes: frozenset[str] = frozenset()
    """What the role lets tools of this company do, as it would let a program: reads, writes and other actions."""
    hides_money: bool = False
    """Whether the role does not go as far as those of its tools that handle money, where not all of them do."""
    tools_role: Role = USUAL_TOOLS_ROLE
    """The least role that does."""

    @property
    def may_write(self) -> bool:
        """Whether the viewer may use tools that write."""
        return WRITE in self.scopes

    def may(self, permission: Permission) -> bool:
        """Whether the viewer has a permission here."""
        return may(self.role, permission)


class CompanyPages(PersonPages):
    """Shows pages of companies."""

    def __init__(self, parts: PageParts, services: CompanyServices) -> None:
        super().__init__(parts)
        self._services, self._decisions = services, Decisions(self._deployment)

    async def show_company(
        self, request: Request, place: Place, page: str, section: str, status: int = 200, **values: Any
    ) -> Response:
        """Return a page of a company, which the browser remembers. `section` is its place in the navigation."""
        shown = await self.show(
            request,
            place.who,
            page,
            status,
            place=place,
            account=place.account,
            section=section,
            formats=await self.make_formats(request, place),
            waiting=await self.count_waiting(place),
            **values,
        )
        return note_company(request, shown, place.account)

    async def count_waiting(self, place: Place) -> int:
        """Return how many changes wait for a person's approval, for a viewer who may see them all; else none."""
        return await self._decisions.count_waiting(place.account.id) if place.may("see_journal") else 0

    async def make_formats(self, request: Request, place: Place) -> Formats:
        """Return how this page writes money and times: by the company's facts and in the viewer's zone."""
        facts = await self._services.facts.read(place.account)
        return self._make_formats(request, facts)

    def _make_formats(self, request: Request, facts: CompanyFacts) -> Formats:
        return Formats(facts.currency, facts.country, read_zone(request), self._deployment.clock())

    def list_tools(self, place: Place) -> dict[str, Tool]:
        """Return every tool of a company's integration that the role of the viewer goes as far as, under its name."""
        every = self._deployment.catalog().list_tools(place.account.integration)
        return {tool.name: tool for tool in (hide_money(every) if place.hides_money else every)}

    async def call(
        self,
        place: Place,
        name: str,
        arguments: dict[str, Any],
        *,
        is_write: bool = False,
        idempotency_key: str = "",
    ) -> Answer:
        """Call a tool for the viewer, and note it in the call log. The answer may have an error; nothing is raised."""
        if (WRITE if is_write else READ) not in place.scopes:
            return Answer(status=0, error=await self._refuse_tools(place, is_write=is_write))
        config = replace(_EVERYTHING if is_write else _READING, hides_money=place.hides_money)
        grant = Grant(place.account, config, client=PAGE_CLIENT, person_id=place.who.person.id)
        tools = self.list_tools(place)
        if not is_write:
            tools = {each: tool for each, tool in tools.items() if tool.is_read_only}
        began = time.perf_counter()
        answer = await self._services.calls.call(
            grant, tools, name, arguments, idempotency_key=idempotency_key
        )
        source = Source("page", place.who.person.id, place.account, place.account.integration)
        self._services.finished.note(source, name, began, describe_ending(answer), PAGE_CALLER)
        return answer

    async def explain_role(self, place: Place, needed: Role) -> str:
        """Return whom the viewer asks for a role, as a sentence."""
        return await Helpers(self._deployment).explain(place.account.tenant_id, needed)

    async def _refuse_tools(self, place: Place, *, is_write: bool) -> Forbidden:
        """Return the error for tools that the viewer's role does not let use, or that a read-only company lacks."""
        if is_write and place.account.is_read_only and READ in place.scopes:
            return Forbidden(
                "This company is connected read only.", advice="No tool that writes is there for it."
            )
        needed: Role = "member" if is_write and READ in place.scopes else place.tools_role
        return Forbidden(
            f"Your role, {place.role}, does not let you use the tools of this company.",
            advice=f"{await self.explain_role(place, needed)} An owner can also change the least role for tools.",
        )

    async def read(self, place: Place, name: str, arguments: dict[str, Any]) -> Any:
        """Return the answer of a tool that reads, with its numbers as decimals. Raises the error of the call."""
        answer = await self.call(place, name, arguments)
        if answer.error is not None:
            raise answer.error
        return json.loads(answer.text, parse_float=Decimal)


def require_company(
    permission: Permission,
) -> Callable[
    [Callable[[Any, Request, Place], Awaitable[Response]]], Callable[[Any, Request], Awaitable[Response]]
]:
    """Return what wraps a handler of a page of a company, for people with a permission in its organization."""

    def wrap(
        handler: Callable[[Any, Request, Place], Awaitable[Response]],
    ) -> Callable[[Any, Request], Awaitable[Response]]:
        @require_person
        @functools.wraps(handler)
        async def answer(pages: CompanyPages, request: Request, who: SignedIn) -> Response:
            place = await _find_place(pages, request, who)
            if led := lead_to_connection(request, place.account, place.role):
                return led
            await _check_permission(pages, place, permission)
            return await handler(pages, request, place)

        return answer

    return wrap


async def _find_place(pages: CompanyPages, request: Request, who: SignedIn) -> Place:
    """Return the company that is asked for. Raises NotFound where there is none that the person may see."""
    id_ = AccountId(request.path_params["account_id"])
    account = await pages._deployment.stores.look_up.find_account(id_)
    role = who.find_role(account.tenant_id) if account is not None else None
    if account is None or role is None or account.integration not in pages._deployment.catalog().integrations:
        raise NotFound(
            "There is no such company, or you may not see it.",
            advice="Choose a company of your own, or sign in as somebody of its organization.",
        )
    return await _make_place(pages, who, account, role)


async def _check_permission(pages: CompanyPages, place: Place, permission: Permission) -> None:
    """Raise Forbidden, with those who can help, where the role of the viewer does not allow something."""
    try:
        check_permission(place.who, place.account.tenant_id, permission)
    except Forbidden as problem:
        problem.advice = await pages.explain_role(place, PERMISSIONS[permission][0])
        raise


async def _make_place(pages: CompanyPages, who: SignedIn, account: Account, role: Role) -> Place:
    deployment = pages._deployment
    stores = deployment.stores
    tenant = await stores.read(lambda: stores.records.find_tenant(account.tenant_id))
    least: Any = tenant.tools_role if tenant is not None else None
    integration = deployment.catalog().integrations[account.integration]
    scopes = list_possible_scopes(role, least, handles_money=integration.handles_money)
    return Place(
        who,
        account,
        role,
        scopes & {READ} if account.is_read_only else scopes,
        is_money_hidden(role, least, integration),
        least or USUAL_TOOLS_ROLE,
    )
