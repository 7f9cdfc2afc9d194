"""The page of the API tokens of an organization: made, with the secret shown once, listed and revoked.

Called by `routes`. What a person makes here is bound to the organization: it reaches no other one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runtime.errors import InvalidRequest
from runtime.model import Account, ScopeName
from runtime.operations.api_tokens import ApiTokens, Bounds
from runtime.operations.names import check_expiry, check_name, read_end
from runtime.operations.scopes import READ_METRICS, SCOPES, check_scopes
from runtime.tenancy import AccountFilter
from runtime.web.person_pages import PageParts
from runtime.web.tenant_pages import SETTINGS_PATH, Sent, TenantPages, TenantPlace, lead_to, require_tenant

TOKENS_PATH = SETTINGS_PATH + "/tokens"
CREATE, REVOKE = "create API token", "revoke API token"
"""The names of the forms of the page."""
ENDS = {
    "30d": "In 30 days",
    "90d": "In 90 days",
    "365d": "In a year",
    "": "Never",
}
"""When a new token may expire, each as `read_end` takes it; the second is what the form proposes."""
USUAL_END = "90d"
TENANT_SCOPES: Mapping[ScopeName, str] = {
    name: about for name, about in SCOPES.items() if name != READ_METRICS
}
"""What a token of one organization may be given: the measurements are of the whole deployment."""
MOST_CHOSEN = 200
"""Companies that a token can be bound to by choosing one from a list; a platform with more uses the management API."""
MOST_TOKENS = 200
"""Tokens on one part of the list."""


class TokenPages(TenantPages):
    """Shows and changes API tokens."""

    def __init__(self, parts: PageParts) -> None:
        super().__init__(parts)
        deployment = parts.deployment
        self._tokens = ApiTokens(deployment.stores, deployment.keys, clock=deployment.clock)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of this page."""
        return [
            Route(TOKENS_PATH, self.look, methods=["GET"]),
            Route(TOKENS_PATH + "/create", self.create, methods=["POST"]),
            Route(TOKENS_PATH + "/revoke", self.revoke, methods=["POST"]),
        ]

    @require_tenant("manage_settings")
    async def look(self, request: Request, place: TenantPlace) -> Response:
        """Show the API tokens there are, and the form of a new one."""
        return await self._show(request, place)

    @require_tenant("manage_settings")
    async def create(self, request: Request, place: TenantPlace) -> Response:
        """Make a token, and show its secret this once."""
        sent = await self.check_choices(request, place, CREATE)
        errors = self._find_errors(place, sent)
        if not errors:
            try:
                made = await self._create(place, sent)
            except InvalidRequest as problem:
                errors = {"account": problem.message}
            else:
                self._log("api_token_created", tenant=place.tenant_id, by=place.who.person.id)
                return await self._show(request, place, made=made)
        return await self._show(request, place, 422, sent=sent, errors=errors)

    @require_tenant("manage_settings")
    async def revoke(self, request: Request, place: TenantPlace) -> Response:
        """Revoke a token: the next request with it is refused."""
        sent = await self.check_choices(request, place, REVOKE)
        revoke = partial(self._tokens.revoke, reach=place.reach, actor=place.who.person.id)
        await self._deployment.stores.write(lambda: revoke(sent.values.get("token", "")))
        self._log("api_token_revoked", tenant=place.tenant_id, by=place.who.person.id)
        return lead_to(place, "/settings/tokens", done="revoked")

    def _find_errors(self, place: TenantPlace, sent: Sent) -> dict[str, str]:
        """Return what is wrong with the fields of a form, each under its name."""
        values, now = sent.values, self._deployment.clock()
        account = values.get("account") or None
        checks: dict[str, Callable[[], object]] = {
            "name": lambda: check_name(values.get("name", "")),
            "scopes": lambda: check_scopes(_list_scopes(sent), account, place.tenant_id),
            "ends": lambda: check_expiry(read_end(values.get("ends", ""), now), now, of_token=True),
        }
        return dict(error for name, check in checks.items() if (error := _find_error(name, check)))

    async def _create(self, place: TenantPlace, sent: Sent) -> dict[str, Any]:
        ends = read_end(sent.values.get("ends", ""), self._deployment.clock())
        return await self._deployment.stores.write(
            lambda: self._tokens.create(
                sent.values.get("name", ""),
                _list_scopes(sent),
                sent.values.get("account") or None,
                bounds=Bounds(place.tenant_id, ends),
                actor=place.who.person.id,
            )
        )

    async def _show(
        self,
        request: Request,
        place: TenantPlace,
        status: int = 200,
        *,
        made: dict[str, Any] | None = None,
        sent: Sent | None = None,
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        after = request.query_params.get("after", "")
        part = await asyncio.to_thread(self._tokens.list, MOST_TOKENS, after, reach=place.reach)
        accounts = await self._list_accounts(place)
        return await self.show_tenant(
            request,
            place,
            "settings_tokens",
            "tokens",
            status,
            tokens=part["result"],
            next_cursor=part["next_cursor"],
            accounts=accounts,
            account_names={each.id: each.name for each in accounts},
            scopes=TENANT_SCOPES,
            ends=ENDS,
            usual_end=USUAL_END,
            made=made,
            entered=sent.values if sent else {},
            chosen=sent.list_choices("scope") if sent else [],
            errors=errors or {},
            done=request.query_params.get("done", ""),
        )

    async def _list_accounts(self, place: TenantPlace) -> list[Account]:
        wanted = AccountFilter(place.reach)
        return await asyncio.to_thread(
            self._deployment.stores.records.list_accounts, None, MOST_CHOSEN, wanted
        )


def _list_scopes(sent: Sent) -> list[str]:
    """Return the scopes that were chosen, of those that a token of one organization may have."""
    return [each for each in sent.list_choices("scope") if each in TENANT_SCOPES]


def _find_error(name: str, check: Callable[[], object]) -> tuple[str, str] | None:
    try:
        check()
    except InvalidRequest as problem:
        return name, f"{problem.message} {problem.advice or ''}".strip()
    return None
