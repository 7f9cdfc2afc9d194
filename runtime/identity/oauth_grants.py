"""What an access token lets through now: the companies of its grant, as far as the person's role there still goes.

Called by the MCP endpoint at every request. The grant, its MCP servers and the roles are looked up each time
(`stores.look_up`), so that what was revoked or lowered holds at once; what follows from them is cached as long as they
are the same.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from typing import NamedTuple

from generator.catalog import Catalog
from runtime.deployment import Deployment
from runtime.errors import Forbidden, LedgerportError
from runtime.identity.access_tokens import AccessToken, refuse_token
from runtime.identity.clients import takes_step_up
from runtime.identity.oauth_scopes import WRITE, is_money_hidden, list_possible_scopes, list_scopes, restrict
from runtime.identity.resources import is_for_all_companies
from runtime.model import Grant
from runtime.people import OAuthGrantId, OAuthReach
from runtime.recent import Recent
from runtime.stores.oauth_rows import OpenGrant, OpenServer

MOST_REMEMBERED = 10_000
"""Grants with what they let through, some 2 kB each."""


class _Made(NamedTuple):
    """What was worked out of a grant and a catalog, and until when it holds."""

    opened: OpenGrant
    catalog: Catalog
    until: float
    result: Grant | LedgerportError


class OpenGrants:
    """Works out what access tokens let through."""

    def __init__(self, deployment: Deployment) -> None:
        self._look_up, self._clock = deployment.stores.look_up, deployment.clock
        self._catalog = deployment.catalog
        self._made: Recent[tuple[OAuthGrantId, frozenset[str]], _Made] = Recent(MOST_REMEMBERED)

    def open(self, token: AccessToken) -> Grant | Awaitable[Grant]:
        """Return what a token lets through now, or what to await for it.

        Both raise OAuthRefused for a grant that was revoked or has ended, and Forbidden where the person's role does
        not go so far any more.
        """
        found = self._look_up.find_oauth_grant(token.grant_id)
        if found is None or isinstance(found, OpenGrant):
            return self._use(token, found)
        return self._await(token, found)

    async def _await(self, token: AccessToken, found: Awaitable[OpenGrant | None]) -> Grant:
        return self._use(token, await found)

    def _use(self, token: AccessToken, opened: OpenGrant | None) -> Grant:
        if opened is None:
            raise refuse_token("What this access token was granted has been revoked.")
        now, key = self._clock(), (token.grant_id, token.scopes)
        made = self._made.get(key)
        if (
            made is None
            or made.opened is not opened
            or made.catalog is not self._catalog()
            or made.until <= now
        ):
            made = self._made.put(key, _make(opened, token.scopes, self._catalog(), now))
        if isinstance(made.result, LedgerportError):
            raise made.result
        return made.result


def _make(opened: OpenGrant, scopes: frozenset[str], catalog: Catalog, now: float) -> _Made:
    alive = [server for server in opened.servers if server.ends_at > now]
    until = min((opened.ends_at, *(server.ends_at for server in alive)))
    if opened.ends_at <= now or not alive:
        error = refuse_token("What this access token was granted has ended, or was revoked.")
        return _Made(opened, catalog, float("inf"), error)
    possible = [_list_possible(server, catalog) for server in alive]
    reached = [
        _restrict(server, scopes & may_have, catalog)
        for server, may_have in zip(alive, possible, strict=True)
    ]
    grants = tuple(grant for grant in reached if grant is not None)
    if not grants:
        return _Made(opened, catalog, until, _refuse_role())
    return _Made(opened, catalog, until, _join(opened, grants, frozenset[str]().union(*possible)))


def _join(opened: OpenGrant, grants: tuple[Grant, ...], possible: frozenset[str]) -> Grant:
    """Return the grants of several companies as one: the default company's, with all of them in it."""
    has = frozenset[str]().union(*(list_scopes(each.config.methods) for each in grants))
    steps_up = takes_step_up(opened.client_id, opened.redirect_host)
    oauth = OAuthReach(opened.id, has, possible, steps_up)
    is_for_all = is_for_all_companies(opened.resource)
    reaches = frozenset(each.account.id for each in grants) if is_for_all else frozenset()
    grants = tuple(replace(each, oauth=oauth, reaches=reaches) for each in grants)
    first = next((each for each in grants if each.account.id == opened.default_account_id), grants[0])
    return replace(first, companies=grants) if is_for_all else first


def _restrict(server: OpenServer, scopes: frozenset[str], catalog: Catalog) -> Grant | None:
    config = restrict(server.grant.config, scopes)
    if config is None:
        return None
    integration = catalog.integrations[server.grant.account.integration]
    if is_money_hidden(server.role, server.tools_role, integration):
        config = replace(config, hides_money=True, show_sensitive=False)
    return replace(server.grant, config=config)


def _list_possible(server: OpenServer, catalog: Catalog) -> frozenset[str]:
    account = server.grant.account
    integration = catalog.integrations.get(account.integration)
    if integration is None:
        return frozenset()
    handles_money = integration.handles_money
    found = list_possible_scopes(server.role, server.tools_role, handles_money=handles_money)
    return found - {WRITE} if account.is_read_only else found


def _refuse_role() -> Forbidden:
    return Forbidden(
        "The person who allowed this has no role any more that lets an agent use these tools.",
        advice="An owner or an admin of the organization can change the role of the person who connected this agent.",
    )
