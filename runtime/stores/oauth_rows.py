"""What an OAuth grant lets through, as it is read with every request: its MCP servers, and the person's role for each.

Called by `look_up` and its twin for PostgreSQL. What the role allows is decided by `identity.oauth_grants`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from runtime.model import AccountId, Grant
from runtime.people import OAuthClientId, OAuthGrantId, PersonId, Role
from runtime.stores.grant_rows import ACCOUNT_LENGTH, OF_ACCOUNT, make_grant

OAUTH_GRANT = (
    f"SELECT {OF_ACCOUNT}, mcp_server.id, mcp_server.config, mcp_server.expires_at, member.role, "
    "(SELECT tools_role FROM tenant WHERE tenant.id = account.tenant_id), oauth_grant.person_id, "
    "oauth_grant.client_id, oauth_grant.redirect_host, oauth_grant.resource, oauth_grant.default_account_id, "
    "oauth_grant.expires_at FROM oauth_grant "
    "LEFT JOIN mcp_server ON mcp_server.grant_id = oauth_grant.id AND mcp_server.used_up_at IS NULL "
    "LEFT JOIN account ON account.id = mcp_server.account_id "
    "LEFT JOIN member ON member.tenant_id = account.tenant_id AND member.person_id = oauth_grant.person_id "
    "WHERE oauth_grant.id = ? ORDER BY mcp_server.created_at, mcp_server.id"
)
"""One row for each MCP server; one without a server where all are gone. A tenant that was never named has no row."""
_SERVER_LENGTH = ACCOUNT_LENGTH + 2
"""Of what `make_grant` reads: the account, and the id and config of the server."""


@dataclass(frozen=True, slots=True)
class OpenServer:
    """One MCP server of a grant. `role` is the person's in the account's tenant now, None where he or she is no member.

    `tools_role` is the least one that the tenant lets use tools that handle money; None for the usual one.
    """

    grant: Grant
    ends_at: float
    role: Role | None
    tools_role: Role | None


@dataclass(frozen=True, slots=True)
class OpenGrant:
    """An OAuth grant as it is now. `ends_at` is infinite for one that lasts until it is revoked."""

    id: OAuthGrantId
    person_id: PersonId
    client_id: OAuthClientId
    redirect_host: str
    resource: str
    default_account_id: AccountId | None
    ends_at: float
    servers: tuple[OpenServer, ...]


@lru_cache(maxsize=4096)
def make_open_grant(grant_id: OAuthGrantId, rows: tuple[tuple[Any, ...], ...]) -> OpenGrant:
    """Return the grant in rows of OAUTH_GRANT, of which there is at least one. Cached by the content of the rows."""
    person_id, client_id, redirect_host, resource, default_id, ends_at = rows[0][-6:]
    servers = tuple(_make_server(row) for row in rows if row[ACCOUNT_LENGTH] is not None)
    return OpenGrant(
        grant_id, person_id, client_id, redirect_host, resource, default_id, _read_end(ends_at), servers
    )


def _make_server(row: tuple[Any, ...]) -> OpenServer:
    ends_at, role, tools_role = row[_SERVER_LENGTH : _SERVER_LENGTH + 3]
    return OpenServer(make_grant(row[:_SERVER_LENGTH]), _read_end(ends_at), role, tools_role)


def _read_end(ends_at: float | None) -> float:
    return math.inf if ends_at is None else ends_at
