"""What a person lets a client do: the companies and methods to choose from, and the grant that is made of the choice.

Called by `web.oauth_pages`. Nothing beyond the person's role can be chosen, whatever the client asks for; a grant has
one MCP server for each company, whose secret nobody knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote
from uuid import uuid4

from generator.catalog import Tool, select
from generator.vendor import Integration
from runtime.deployment import Deployment
from runtime.errors import Conflict, InvalidRequest
from runtime.identity.authorizing import AuthorizationRequest, SealedRequest, find_slug
from runtime.identity.clients import ClientLook
from runtime.identity.helpers import Helpers
from runtime.identity.oauth_scopes import (
    CLASSES,
    CUSTOM,
    WRITE,
    is_money_hidden,
    list_possible_scopes,
    write_scope,
)
from runtime.identity.roles import USUAL_TOOLS_ROLE
from runtime.keys.crypto import Keys, make_secret
from runtime.model import (
    Account,
    AccountId,
    AuditEntry,
    McpServer,
    McpServerId,
    ServerConfig,
    TokenHash,
    ToolExposure,
)
from runtime.operations.mcp_servers import PREFIX as SERVER_PREFIX
from runtime.operations.mcp_servers import check_filter
from runtime.operations.money_tools import hide_money
from runtime.people import OAuthCode, OAuthGrant, OAuthGrantId, Person, Role, SignedIn

CODE_PREFIX = "lpo_"
CODE_SECONDS = 60.0
"""How long an authorization code is good: a client exchanges it at once."""
DAY = 86_400.0
"""Seconds."""
ENDS: Mapping[str, tuple[str, float | None]] = {
    "hour": ("1 hour", 3_600.0),
    "day": ("1 day", DAY),
    "month": ("30 days", 30 * DAY),
    "quarter": ("90 days", 90 * DAY),
    "never": ("Until it is revoked", None),
}
"""How long a grant may last, as the page offers it."""
USUAL_END = "quarter"


@dataclass(frozen=True, slots=True)
class Company:
    """A company that a person may let a client use, with the scopes that the person's role allows for it."""

    account: Account
    integration: Integration
    tools: tuple[Tool, ...]
    possible: frozenset[str]
    has_short_tools: bool = False
    hides_money: bool = False
    """Whether the person may not use those of its tools that handle money, where not all of them do."""
    tools_role: Role = USUAL_TOOLS_ROLE
    """The least role that may."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose: companies, the default one, scopes, the tags of each integration, and how long.

    `is_short`: few plain tools are listed in place of the usual ones, where an integration has them.
    """

    companies: tuple[str, ...]
    default: str
    scopes: frozenset[str]
    tags: Mapping[str, tuple[str, ...]]
    ends: str
    is_short: bool = False


class Consenting:
    """Lists what may be chosen, and makes grants."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._stores = deployment, deployment.stores

    async def list_companies(self, person: Person, request: AuthorizationRequest) -> list[Company]:
        """Return the companies that a person may let a client use at the resource of its request."""
        found = await self.list_all(person)
        slug = unquote(find_slug(request))
        if not slug:
            return found
        named = [each for each in found if each.account.id == slug]
        named = named or [each for each in found if each.account.external_id == slug]
        return named if len(named) == 1 else []

    async def list_all(self, person: Person) -> list[Company]:
        """Return every company that a person may let a client use."""
        return await asyncio.to_thread(self._read_companies, person)

    def _read_companies(self, person: Person) -> list[Company]:
        catalog, found = self._deployment.catalog(), []
        for account_id, role, tools_role in self._stores.records.list_grantable(person.id):
            account = self._stores.read_account(account_id)
            integration = catalog.integrations.get(account.integration) if account is not None else None
            if account is None or integration is None or account.status == "disconnected":
                continue
            handles_money = integration.handles_money
            possible = list_possible_scopes(role, tools_role, handles_money=handles_money)
            if account.is_read_only:
                possible -= {WRITE}
            if possible:
                tools = tuple(catalog.list_tools(integration.name))
                has_short = any(each.integration == integration.name for each in catalog.short)
                is_hidden = is_money_hidden(role, tools_role, integration)
                least = tools_role or USUAL_TOOLS_ROLE
                found.append(Company(account, integration, tools, possible, has_short, is_hidden, least))
        return found

    async def explain_left_out(self, who: SignedIn, companies: Sequence[Company]) -> list[str]:
        """Return whom a person asks for what the role leaves out: tools of these companies, or all where none is."""
        helpers = Helpers(self._deployment)
        if not companies:
            return [await helpers.explain(each.tenant_id, USUAL_TOOLS_ROLE) for each in who.members]
        hiding = [each for each in companies if each.hides_money]
        left_out = ((each.account.tenant_id, each.integration.title, each.tools_role) for each in hiding)
        return [await helpers.explain_left_out(*each) for each in sorted(set(left_out))]

    async def approve(
        self,
        person: Person,
        sealed: SealedRequest,
        look: ClientLook,
        companies: Sequence[Company],
        choice: Choice,
    ) -> str:
        """Make the grant that a person chose, and return its authorization code.

        Raises InvalidRequest for a choice that leaves nothing, and Conflict for a form that was sent before.
        """
        chosen = choose_companies(companies, choice)
        configs = [make_config(company, choice) for company in chosen]
        await self.take(sealed)
        grant, servers = self._make(person, sealed.request, look, chosen, configs, choice)
        code = make_secret(CODE_PREFIX)
        stored = (self._deployment.keys.hash_token(code), _make_code(grant, sealed.request, configs))
        limited = frozenset(
            each.account.tenant_id for each in chosen if each.account.tenant_limits.mcp_servers
        )
        audit = self._describe(person, grant, stored[1].scope, chosen)
        if not await self._stores.write(
            lambda: self._stores.records.add_oauth_grant(grant, servers, limited, stored, audit)
        ):
            raise Conflict(
                "A company was removed meanwhile.", advice="Open the page again and choose once more."
            )
        return code

    async def take(self, sealed: SealedRequest) -> None:
        """Have a form used, which works once. Raises Conflict when it was used before, and InvalidRequest later."""
        keys, now = self._deployment.keys, self._deployment.clock()
        if sealed.ends_at <= now:
            raise InvalidRequest(
                "This page was open for too long.",
                advice="Begin again in the program that asked for your permission.",
            )
        name = keys.hash_key(f"consent {sealed.name}".encode())
        _found, is_new = await self._stores.write(
            lambda: self._stores.bind_key(name, name, now, sealed.ends_at)
        )
        if not is_new:
            raise Conflict(
                "This form was sent before, and works once.",
                advice="Begin again in the program that asked for your permission.",
            )

    def _make(
        self,
        person: Person,
        request: AuthorizationRequest,
        look: ClientLook,
        chosen: Sequence[Company],
        configs: Sequence[ServerConfig],
        choice: Choice,
    ) -> tuple[OAuthGrant, list[tuple[McpServer, TokenHash]]]:
        now, seconds = self._deployment.clock(), ENDS[choice.ends][1]
        ends_at = None if seconds is None else now + seconds
        default = AccountId(choice.default) if choice.default in choice.companies else chosen[0].account.id
        grant = OAuthGrant(
            OAuthGrantId(str(uuid4())), person.id, request.client_id, look.name, look.redirect_host,
            request.resource, default, now, ends_at,
        )  # fmt: skip
        servers = [
            make_server(self._deployment.keys, grant, company.account.id, config)
            for company, config in zip(chosen, configs, strict=True)
        ]
        return grant, servers

    def _describe(
        self, person: Person, grant: OAuthGrant, scope: str, chosen: Sequence[Company]
    ) -> AuditEntry:
        details = {
            "client": grant.client_name,
            "client_id": grant.client_id,
            "redirect_host": grant.redirect_host,
            "resource": grant.resource,
            "scope": scope,
            "integrated_account_ids": [each.account.id for each in chosen],
        }
        return AuditEntry(grant.created_at, person.id, "oauth_grant.created", grant.id, details)


def make_server(
    keys: Keys, grant: OAuthGrant, account_id: AccountId, config: ServerConfig
) -> tuple[McpServer, TokenHash]:
    """Return the MCP server of a grant for one company, with the hash of a secret that nobody knows."""
    id_, now = McpServerId(str(uuid4())), grant.created_at
    server = McpServer(id_, account_id, grant.client_name, config, grant.expires_at, now, now)
    return server, keys.hash_token(make_secret(SERVER_PREFIX))


def choose_companies(companies: Sequence[Company], choice: Choice) -> list[Company]:
    """Return the companies that were chosen. Raises InvalidRequest for none, and for one that may not be."""
    chosen = [each for each in companies if each.account.id in choice.companies]
    if not chosen or len(chosen) != len(set(choice.companies)):
        raise InvalidRequest("Choose at least one of the companies on this page.")
    if choice.ends not in ENDS:
        raise InvalidRequest("Choose how long it lasts.")
    return chosen


def make_config(company: Company, choice: Choice) -> ServerConfig:
    """Return the access filter of a choice for one company. Raises InvalidRequest where it leaves no tool."""
    scopes = choice.scopes & company.possible
    methods = tuple(each for scope, each in CLASSES.items() if scope in scopes)
    tags = tuple(choice.tags.get(company.integration.name, ()))
    name = company.account.name
    if not methods:
        raise InvalidRequest(
            f"Choose what may be done in {name}: your role there does not allow what is chosen."
        )
    try:
        check_filter(company.integration, company.tools, methods, tags)
    except InvalidRequest as problem:
        problem.message = f"{name}: {problem.message}"
        raise
    exposure: ToolExposure = "short" if choice.is_short and company.has_short_tools else "auto"
    return ServerConfig(methods=methods, tags=tags, tool_exposure=exposure)


def list_tools(company: Company, choice: Choice) -> tuple[Tool, ...]:
    """Return the tools that a choice leaves of a company."""
    scopes = choice.scopes & company.possible
    methods = [each for scope, each in CLASSES.items() if scope in scopes]
    tags = choice.tags.get(company.integration.name, ())
    found = select(company.tools, methods, tags) if methods else ()
    found = hide_money(found) if company.hides_money else found
    return tuple(tool for tool in found if tool.is_read_only or not company.account.is_read_only)


def suggest_choice(companies: Sequence[Company], request: AuthorizationRequest) -> Choice:
    """Return what the page has chosen when it is opened: one company where there is one, and what was asked for."""
    first = (companies[0].account.id,) if len(companies) == 1 else ()
    possible = frozenset[str]().union(*(each.possible for each in companies))
    connected = [each for each in companies if each.account.status == "active"]
    default = next((each.account.id for each in connected or companies), "")
    return Choice(first, default, frozenset(request.scopes) & possible, {}, USUAL_END)


def _make_code(
    grant: OAuthGrant, request: AuthorizationRequest, configs: Sequence[ServerConfig]
) -> OAuthCode:
    classes = {method for config in configs for method in config.methods}
    scope = write_scope(scope for scope, each in CLASSES.items() if each in classes)
    return OAuthCode(
        grant.id,
        request.client_id,
        request.redirect_uri,
        request.challenge,
        scope,
        grant.created_at + CODE_SECONDS,
    )


RISKS: Mapping[str, str] = {"tools:read": "read", WRITE: "overwrite", CUSTOM: "destroy"}
"""The most that a tool of each scope may do, as the page marks it."""
