"""The records of our OAuth authorization server: programs that ask for a grant, and what people have granted.

Part of `records`; called by `identity`. A grant is stored with one MCP server for each company, and goes with them; its
codes and tokens are in `oauth_token_records`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    and_,
    delete,
    exists,
    insert,
    or_,
    select,
    text,
    update,
)

from runtime.model import AccountId, AuditEntry, McpServer, TokenHash
from runtime.people import OAuthClient, OAuthClientId, OAuthCode, OAuthGrant, OAuthGrantId, PersonId, Role
from runtime.stores.audit_records import list_places, note_in_tenants
from runtime.stores.configs import read_config
from runtime.stores.emitting import emit
from runtime.stores.oauth_tables import GRANT_COLUMNS, OAUTH_CLIENT, OAUTH_CODE, OAUTH_GRANT
from runtime.stores.people_tables import PERSON
from runtime.stores.record_base import RecordBase, lock_account
from runtime.stores.server_records import make_server_event, make_server_values, report_revoked
from runtime.stores.tables import ACCOUNT, MCP_SERVER
from runtime.stores.tenant_records import check_servers
from runtime.tenancy import TenantId

_SAVE_CLIENT = text(
    "INSERT INTO oauth_client (id, kind, metadata, created_at, last_used_at, fresh_until) "
    "VALUES (:id, :kind, :metadata, :created_at, :last_used_at, :fresh_until) "
    "ON CONFLICT (id) DO UPDATE SET metadata = excluded.metadata, fresh_until = excluded.fresh_until"
)
GrantedServer = tuple[AccountId, str, tuple[str, ...], TenantId]
"""One company of a grant: its account, the account's name, the methods of its filter, and its tenant."""
ListedGrant = tuple[OAuthGrant, str, tuple[GrantedServer, ...]]
"""A grant, the email address of its person, and its companies."""


class OAuthRecords(RecordBase):
    """Reads and changes clients and grants."""

    def save_client(self, client: OAuthClient) -> None:
        """Store a client, in place of an earlier one with its id."""
        values = {
            "id": client.id,
            "kind": client.kind,
            "metadata": json.dumps(client.metadata),
            "created_at": client.created_at,
            "last_used_at": client.last_used_at,
            "fresh_until": client.fresh_until,
        }
        with self._engine.begin() as connection:
            connection.execute(_SAVE_CLIENT, values)

    def find_client(self, client_id: OAuthClientId) -> OAuthClient | None:
        """Return a client, if it is known."""
        with self._reading.begin() as connection:
            row = connection.execute(select(OAUTH_CLIENT).where(OAUTH_CLIENT.c.id == client_id)).first()
        if row is None:
            return None
        return OAuthClient(OAuthClientId(row[0]), row[1], json.loads(row[2]), *row[3:])

    def note_client_use(self, client_id: OAuthClientId, now: float) -> None:
        """Note that somebody was asked on behalf of a client."""
        self._change(update(OAUTH_CLIENT).where(OAUTH_CLIENT.c.id == client_id).values(last_used_at=now))

    def add_oauth_grant(
        self,
        grant: OAuthGrant,
        servers: Sequence[tuple[McpServer, TokenHash]],
        limited: frozenset[TenantId],
        code: tuple[TokenHash, OAuthCode] | None,
        audit: AuditEntry,
    ) -> bool:
        """Store a grant with its MCP servers and its code, if it has one. False when a company is gone.

        `limited` are the tenants of its companies that have a limit of MCP servers. Raises LimitReached.
        """
        with self._engine.begin() as connection:
            connection.execute(insert(OAUTH_GRANT).values(_of_grant(grant)))
            for tenant_id in sorted(limited):
                check_servers(connection, tenant_id, audit.at)
            for server, token_hash in servers:
                if not lock_account(connection, server.account_id):
                    connection.rollback()
                    return False
                values = make_server_values(server) | {"token_hash": token_hash, "grant_id": grant.id}
                values["made_by"] = grant.person_id
                connection.execute(insert(MCP_SERVER).values(values))
                emit(connection, make_server_event("mcp_server.created", server, audit))
            if code is not None:
                connection.execute(insert(OAUTH_CODE).values(_of_code(*code)))
            note_in_tenants(connection, audit, list_places(connection, MCP_SERVER.c.grant_id == grant.id))
        return True

    def find_oauth_grant(self, grant_id: OAuthGrantId) -> OAuthGrant | None:
        """Return a grant, if there is one."""
        with self._reading.begin() as connection:
            row = connection.execute(select(*GRANT_COLUMNS).where(OAUTH_GRANT.c.id == grant_id)).first()
        return None if row is None else OAuthGrant(*row)

    def list_grant_ends(self, person_id: PersonId, client_id: OAuthClientId, now: float) -> list[float]:
        """Return when the grants of a person to a client end, of those that will and have not."""
        mine = (OAUTH_GRANT.c.person_id == person_id, OAUTH_GRANT.c.client_id == client_id)
        with self._reading.begin() as connection:
            wanted = select(OAUTH_GRANT.c.expires_at).where(*mine, OAUTH_GRANT.c.expires_at > now)
            return list(connection.execute(wanted).scalars())

    def revoke_oauth_grant(self, grant_id: OAuthGrantId, audit: AuditEntry) -> bool:
        """End a grant, with its MCP servers and tokens. False when there is none any more."""
        gone = delete(OAUTH_GRANT).where(OAUTH_GRANT.c.id == grant_id)
        return self._revoke(gone, MCP_SERVER.c.grant_id == grant_id, audit)

    def revoke_in_tenants(
        self, grant_id: OAuthGrantId, tenants: Sequence[TenantId], audit: AuditEntry
    ) -> bool:
        """End what a grant reaches in some tenants. False when that is nothing any more."""
        accounts = select(ACCOUNT.c.id).where(ACCOUNT.c.tenant_id.in_(tenants)).scalar_subquery()
        mine = and_(MCP_SERVER.c.grant_id == grant_id, MCP_SERVER.c.account_id.in_(accounts))
        return self._revoke(delete(MCP_SERVER).where(mine), mine, audit)

    def _revoke(self, gone: Delete, servers: ColumnElement[bool], audit: AuditEntry) -> bool:
        """Delete what is given, with what the servers are reported and noted by. False when it was gone already."""
        with self._engine.begin() as connection:
            places = list_places(connection, servers)
            report_revoked(connection, servers, audit)
            if connection.execute(gone).rowcount == 0:
                connection.rollback()
                return False
            note_in_tenants(connection, audit, places)
        return True

    def list_oauth_grants(
        self, person_id: PersonId, tenants: Sequence[TenantId], now: float
    ) -> list[ListedGrant]:
        """Return the grants of a person, and those of others that reach a company of these tenants, newest first.

        Only those that have not ended. Of a grant of somebody else only the companies of these tenants are there.
        """
        is_open = or_(OAUTH_GRANT.c.expires_at.is_(None), OAUTH_GRANT.c.expires_at > now)
        is_within = exists().where(
            MCP_SERVER.c.grant_id == OAUTH_GRANT.c.id,
            MCP_SERVER.c.account_id == ACCOUNT.c.id,
            ACCOUNT.c.tenant_id.in_(tenants),
        )
        wanted = (
            select(*GRANT_COLUMNS, PERSON.c.email)
            .join_from(OAUTH_GRANT, PERSON, PERSON.c.id == OAUTH_GRANT.c.person_id)
            .where(is_open, or_(OAUTH_GRANT.c.person_id == person_id, is_within))
            .order_by(OAUTH_GRANT.c.created_at.desc(), OAUTH_GRANT.c.id)
        )
        with self._reading.begin() as connection:
            found = [(OAuthGrant(*row[:-1]), row[-1]) for row in connection.execute(wanted)]
            servers = _read_servers(connection, [grant.id for grant, _email in found])
        listed = [(grant, email, servers.get(grant.id, ())) for grant, email in found]
        return [
            (grant, email, of if grant.person_id == person_id else tuple(s for s in of if s[3] in tenants))
            for grant, email, of in listed
        ]

    def find_granted_by(self, server_ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """Return, for each MCP server that is part of a grant, the grant, its client and its person."""
        wanted = (
            select(MCP_SERVER.c.id, OAUTH_GRANT.c.id, OAUTH_GRANT.c.client_name, PERSON.c.email)
            .join_from(MCP_SERVER, OAUTH_GRANT, OAUTH_GRANT.c.id == MCP_SERVER.c.grant_id)
            .join(PERSON, PERSON.c.id == OAUTH_GRANT.c.person_id)
            .where(MCP_SERVER.c.id.in_(server_ids))
        )
        with self._reading.begin() as connection:
            rows = connection.execute(wanted).all()
        return {row[0]: {"grant_id": row[1], "client": row[2], "person": row[3]} for row in rows}

    def list_grantable(self, person_id: PersonId) -> list[tuple[AccountId, Role, Role | None]]:
        """Return the companies in the tenants of a person that were not ended: account, role and `tools_role`."""
        wanted = text(
            "SELECT account.id, member.role, (SELECT tools_role FROM tenant WHERE tenant.id = account.tenant_id) "
            "FROM account JOIN member ON member.tenant_id = account.tenant_id "
            "WHERE member.person_id = :person ORDER BY account.name, account.id"
        )
        with self._reading.begin() as connection:
            return [
                (AccountId(row[0]), row[1], row[2])
                for row in connection.execute(wanted, {"person": person_id})
            ]


def _read_servers(
    connection: Connection, grant_ids: Sequence[OAuthGrantId]
) -> Mapping[OAuthGrantId, tuple[GrantedServer, ...]]:
    wanted = (
        select(MCP_SERVER.c.grant_id, ACCOUNT.c.id, ACCOUNT.c.name, MCP_SERVER.c.config, ACCOUNT.c.tenant_id)
        .join_from(MCP_SERVER, ACCOUNT, ACCOUNT.c.id == MCP_SERVER.c.account_id)
        .where(MCP_SERVER.c.grant_id.in_(grant_ids))
        .order_by(MCP_SERVER.c.created_at, MCP_SERVER.c.id)
    )
    found: dict[OAuthGrantId, tuple[GrantedServer, ...]] = {}
    for grant_id, account_id, name, config, tenant_id in connection.execute(wanted):
        server = (account_id, name, read_config(config).methods, tenant_id)
        found[grant_id] = (*found.get(grant_id, ()), server)
    return found


def _of_grant(grant: OAuthGrant) -> dict[str, Any]:
    return {column.name: getattr(grant, column.name) for column in GRANT_COLUMNS}


def _of_code(code_hash: TokenHash, code: OAuthCode) -> dict[str, Any]:
    return {
        "code_hash": code_hash,
        "grant_id": code.grant_id,
        "client_id": code.client_id,
        "redirect_uri": code.redirect_uri,
        "challenge": code.challenge,
        "scope": code.scope,
        "expires_at": code.expires_at,
    }
