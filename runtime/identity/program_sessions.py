"""Sessions for programs: a short-lived access token for whoever is signed in, and what it reaches.

Called by `api.session_endpoints`, for callers of an interface that is older than this one. A token is that of a grant
made for it, which reaches the companies that the person may use, or one of them; it is listed and revoked as any.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import uuid4

from runtime.deployment import Deployment
from runtime.errors import Forbidden, InvalidRequest, Unauthorized
from runtime.identity.access_tokens import AccessToken, AccessTokens
from runtime.identity.consenting import Company, Consenting, make_server
from runtime.identity.oauth_grants import OpenGrants
from runtime.identity.oauth_scopes import CLASSES, write_scope
from runtime.identity.resources import PATH
from runtime.model import Account, AuditEntry, Grant, ServerConfig
from runtime.people import OAuthClientId, OAuthGrant, OAuthGrantId, Person, PersonId, SignedIn
from runtime.upstream.rate_limit_errors import refuse_many_tokens

CLIENT = OAuthClientId("session")
"""The client of such grants. No other one can have this id: it is neither an address nor of our making."""
CLIENT_NAME = "Session token"
USUAL_MINUTES = 60
"""An hour: four times as long as an access token lasts, and short enough that nobody has to revoke it."""
MOST_MINUTES = 720
"""As long as a session of a browser lasts that nobody uses: 12 hours."""
MOST_TOKENS = 20
"""Live tokens of one person: programs ask for one in an hour, and a loop that asks must not fill the database."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token, when it ends in seconds since the epoch, and the companies that it reaches."""

    token: str
    ends_at: float
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Connections:
    """Who asks, and the companies that are reached: the first one is used where a call names none."""

    person: Person
    accounts: tuple[Account, ...]


class ProgramSessions:
    """Issues, reads and ends such tokens."""

    def __init__(self, deployment: Deployment, tokens: AccessTokens, grants: OpenGrants) -> None:
        self._deployment, self._stores = deployment, deployment.stores
        self._tokens, self._grants = tokens, grants
        self._consenting = Consenting(deployment)

    async def issue(
        self, who: SignedIn, company: str | None = None, minutes: int = USUAL_MINUTES
    ) -> IssuedToken:
        """Return a token for all companies that a person may use, or for the one with this number or id.

        Raises InvalidRequest for a time that is out of bounds, Forbidden where the person may use no such company, and
        RateLimited for one more token than there may be.
        """
        if not 1 <= minutes <= MOST_MINUTES:
            raise InvalidRequest(f"ttl_minutes is a whole number from 1 to {MOST_MINUTES}.")
        found = await self._consenting.list_all(who.person)
        chosen = [each for each in found if company in (None, each.account.company, each.account.id)]
        if not chosen:
            raise _refuse_company(company)
        await self._check_count(who.person.id)
        return await self._issue(who.person, chosen, minutes)

    async def _issue(self, person: Person, chosen: list[Company], minutes: int) -> IssuedToken:
        now = self._deployment.clock()
        ends_at = float(int(now) + 60 * minutes)
        resource = self._deployment.settings.public_url + PATH
        grant = OAuthGrant(
            OAuthGrantId(str(uuid4())), person.id, CLIENT, CLIENT_NAME, "", resource, chosen[0].account.id,
            now, ends_at,
        )  # fmt: skip
        servers = [
            make_server(self._deployment.keys, grant, each.account.id, _make_config(each)) for each in chosen
        ]
        accounts = tuple(each.account for each in chosen)
        limited = frozenset(each.tenant_id for each in accounts if each.tenant_limits.mcp_servers)
        details = {"client": CLIENT_NAME, "integrated_account_ids": [each.id for each in accounts]}
        audit = AuditEntry(now, person.id, "oauth_grant.created", grant.id, details)
        if not await self._stores.write(
            lambda: self._stores.records.add_oauth_grant(grant, servers, limited, None, audit)
        ):
            raise _refuse_company(None)
        scope = write_scope(frozenset[str]().union(*(each.possible for each in chosen)))
        token, _seconds = await self._tokens.issue(grant, scope, 60 * minutes)
        return IssuedToken(token, ends_at, accounts)

    async def _check_count(self, person_id: PersonId) -> None:
        now, records = self._deployment.clock(), self._stores.records
        ends = await asyncio.to_thread(lambda: records.list_grant_ends(person_id, CLIENT, now))
        if len(ends) >= MOST_TOKENS:
            raise refuse_many_tokens(MOST_TOKENS, max(1, int(min(ends) - now)))

    async def describe(self, who: SignedIn) -> Connections:
        """Return the companies that somebody who is signed in may use."""
        found = await self._consenting.list_all(who.person)
        return Connections(who.person, tuple(each.account for each in found))

    async def describe_token(self, token: str) -> Connections:
        """Return whose a token is and the companies that it reaches. Raises OAuthRefused and Forbidden."""
        grant, opened = await self._open(token)
        person = await asyncio.to_thread(self._stores.records.find_person, grant.person_id)
        if person is None:
            raise Unauthorized("The person of this token is gone.")
        reached = opened.companies or (opened,)
        first = [each.account for each in reached if each.account.id == opened.account.id]
        return Connections(
            person, (*first, *(each.account for each in reached if each.account.id != opened.account.id))
        )

    async def revoke(self, person_id: PersonId, token: str) -> bool:
        """End the grant of a token of this person. False when it has ended already, or is somebody else's."""
        grant, _opened = await self._open(token)
        if grant.person_id != person_id:
            return False
        details = {"client": grant.client_name}
        audit = AuditEntry(self._deployment.clock(), person_id, "oauth_grant.revoked", grant.id, details)
        records = self._stores.records
        return await self._stores.write(lambda: records.revoke_oauth_grant(grant.id, audit))

    async def _open(self, token: str) -> tuple[OAuthGrant, Grant]:
        read = self._tokens.read(token)
        verified = read if isinstance(read, AccessToken) else await read
        found = self._grants.open(verified)
        opened = found if isinstance(found, Grant) else await found
        grant = await asyncio.to_thread(self._stores.records.find_oauth_grant, verified.grant_id)
        if grant is None:
            raise Unauthorized("What this token was granted has been revoked.")
        return grant, opened


def _make_config(company: Company) -> ServerConfig:
    return ServerConfig(methods=tuple(each for scope, each in CLASSES.items() if scope in company.possible))


def _refuse_company(company: str | None) -> Forbidden:
    if company is None:
        return Forbidden(
            "You may not use the tools of any company.",
            advice="An owner or an admin of the organization can change your role, or connect a company.",
        )
    return Forbidden(
        f"You have no connection to the company {company[:80]}.",
        advice="GET /api/auth/me lists the companies that you may use.",
    )
