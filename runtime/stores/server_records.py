"""The records of what lets somebody in: MCP servers and API tokens. Their secrets come hashed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, and_, delete, func, insert, select, true, update

from runtime.events import Event
from runtime.model import AccountId, ApiToken, ApiTokenId, AuditEntry, McpServer, McpServerId, TokenHash
from runtime.stores.configs import read_config, write_config
from runtime.stores.emitting import emit
from runtime.stores.record_base import (
    Details,
    Position,
    RecordBase,
    lock_account,
    note,
    read_part,
    select_part,
)
from runtime.stores.tables import API_TOKEN, MCP_PREVIOUS_TOKEN, MCP_SERVER, MCP_SERVER_USE
from runtime.stores.tenant_records import check_servers, hold_tenant, is_alive
from runtime.stores.tenant_rows import API_TOKEN_COLUMNS, read_api_token
from runtime.stores.use_records import read_uses
from runtime.tenancy import EVERYTHING, Reach, TenantId

_API_TOKEN = [API_TOKEN.c[name] for name in API_TOKEN_COLUMNS.split(", ")]
_MCP_SERVER = [
    MCP_SERVER.c[name]
    for name in ("id", "account_id", "name", "config", "expires_at", "created_at", "updated_at", "used_up_at")
] + [
    func.coalesce(MCP_SERVER_USE.c.uses, 0),
    MCP_SERVER_USE.c.last_used_at,
    MCP_PREVIOUS_TOKEN.c.expires_at,
]
_WITH_ITS_USE = MCP_SERVER.outerjoin(MCP_SERVER_USE).outerjoin(
    MCP_PREVIOUS_TOKEN, MCP_PREVIOUS_TOKEN.c.server_id == MCP_SERVER.c.id
)
_ADD_MCP_SERVER = insert(MCP_SERVER)


class ServerRecords(RecordBase):
    """Reads and changes MCP servers."""

    def add_mcp_server(
        self,
        server: McpServer,
        token_hash: TokenHash,
        audit: AuditEntry,
        limited: TenantId | None = None,
    ) -> bool:
        """Store a new MCP server. False when its account is gone.

        `limited` is its tenant where that has a limit: then no other is added meanwhile. Raises LimitReached.
        """
        with self._engine.begin() as connection:
            if limited is not None:
                check_servers(connection, limited, audit.at)
            if not lock_account(connection, server.account_id):
                return False
            connection.execute(
                _ADD_MCP_SERVER,
                make_server_values(server) | {"token_hash": token_hash, "made_by": audit.actor},
            )
            note(connection, audit)
            emit(connection, make_server_event("mcp_server.created", server, audit))
        return True

    def list_mcp_servers(
        self, account_id: AccountId, after: Position | None, limit: int, now: float
    ) -> list[McpServer]:
        """Return the MCP servers of an account that have not expired, from the oldest on."""
        mine = select(*_MCP_SERVER).select_from(_WITH_ITS_USE).where(MCP_SERVER.c.account_id == account_id)
        wanted = select_part(mine.where(is_alive(now)), MCP_SERVER, after, limit)
        with self._reading.begin() as connection:
            return [_server(row) for row in connection.execute(wanted)]

    def list_expired_servers(self, account_id: AccountId, limit: int, now: float) -> list[McpServer]:
        """Return the MCP servers of an account that have expired and are not purged yet, the last one first."""
        mine = (MCP_SERVER.c.account_id == account_id, MCP_SERVER.c.expires_at <= now)
        wanted = select(*_MCP_SERVER).select_from(_WITH_ITS_USE).where(*mine)
        ordered = wanted.order_by(MCP_SERVER.c.expires_at.desc(), MCP_SERVER.c.id).limit(limit)
        with self._reading.begin() as connection:
            return [_server(row) for row in connection.execute(ordered)]

    def find_mcp_server(self, account_id: AccountId, server_id: McpServerId, now: float) -> McpServer | None:
        """Return one MCP server of an account, unless it has expired."""
        with self._reading.begin() as connection:
            return _find_server(connection, account_id, server_id, now)

    def change_mcp_server(
        self,
        account_id: AccountId,
        server_id: McpServerId,
        change: Callable[[McpServer], McpServer],
        audit: AuditEntry,
        describe: Callable[[McpServer, McpServer], Details] = lambda _before, _after: {},
    ) -> McpServer | None:
        """Change an MCP server with nobody else changing it meanwhile. None when there is none.

        `describe` adds to the audit entry what changed. Where nothing did, nothing is written.
        """
        with self._engine.begin() as connection:
            found = _find_server(connection, account_id, server_id, audit.at, is_changed=True)
            if found is None:
                return None
            changed = change(found)
            if changed == found:
                return found
            if changed.config.max_uses != found.config.max_uses:
                changed = replace(changed, used_up_at=_find_end(connection, changed, audit.at))
            values = make_server_values(changed) | {"used_up_at": changed.used_up_at}
            if changed.expires_at != found.expires_at:
                values["expired_at"] = None
            connection.execute(update(MCP_SERVER).where(MCP_SERVER.c.id == found.id).values(values))
            note(connection, audit, describe(found, changed))
        return changed

    def rotate_mcp_server(
        self,
        account_id: AccountId,
        server_id: McpServerId,
        token_hash: TokenHash,
        previous_until: float,
        audit: AuditEntry,
    ) -> McpServer | None:
        """Replace the token of an MCP server; the present one opens it until a time, an earlier one no longer.

        None when there is no such server.
        """
        former = MCP_PREVIOUS_TOKEN
        with self._engine.begin() as connection:
            found = _find_server(connection, account_id, server_id, audit.at, is_changed=True)
            if found is None:
                return None
            mine = MCP_SERVER.c.id == found.id
            connection.execute(delete(former).where(former.c.server_id == found.id))
            if previous_until > audit.at:
                replaced: bytes = connection.execute(select(MCP_SERVER.c.token_hash).where(mine)).scalar_one()
                values = {"server_id": found.id, "token_hash": replaced, "expires_at": previous_until}
                connection.execute(insert(former).values(values))
            connection.execute(
                update(MCP_SERVER).where(mine).values(token_hash=token_hash, updated_at=audit.at)
            )
            note(connection, audit)
            return _find_server(connection, account_id, server_id, audit.at)

    def delete_mcp_server(
        self,
        account_id: AccountId,
        server_id: McpServerId,
        audit: AuditEntry,
        describe: Callable[[McpServer], Details] = lambda _server: {},
    ) -> bool:
        """Forget an MCP server; its URL opens nothing from then on. False when there is none.

        `describe` adds to the audit entry what it was.
        """
        with self._engine.begin() as connection:
            found = _find_server(connection, account_id, server_id, audit.at, is_changed=True)
            if found is None:
                return False
            connection.execute(delete(MCP_SERVER).where(MCP_SERVER.c.id == found.id))
            note(connection, audit, describe(found))
            emit(connection, make_server_event("mcp_server.revoked", found, audit))
        return True


class ApiTokenRecords(RecordBase):
    """Reads and changes API tokens."""

    def add_api_token(self, token: ApiToken, token_hash: TokenHash, audit: AuditEntry) -> bool:
        """Store a new API token. False when the account that it is bound to is gone."""
        values = {
            "id": token.id,
            "name": token.name,
            "created_at": token.created_at,
            "token_hash": token_hash,
            "scopes": " ".join(token.scopes),
            "account_id": token.account_id,
            "tenant_id": token.tenant_id,
            "is_bound_to_tenant": int(token.is_bound_to_tenant),
            "expires_at": token.expires_at,
        }
        with self._engine.begin() as connection:
            if token.account_id is not None and not lock_account(connection, token.account_id):
                return False
            if token.is_bound_to_tenant:
                hold_tenant(connection, token.tenant_id, token.created_at)
            connection.execute(insert(API_TOKEN).values(values))
            note(connection, audit)
        return True

    def list_api_tokens(
        self, after: Position | None, limit: int, reach: Reach = EVERYTHING
    ) -> list[ApiToken]:
        """Return the API tokens within reach from the oldest on, without what would let anybody in."""
        with self._reading.begin() as connection:
            found = read_part(connection, API_TOKEN, _API_TOKEN, after, limit, _are_tokens_within(reach))
            return [read_api_token(row) for row in found]

    def delete_api_token(
        self,
        token_id: ApiTokenId,
        audit: AuditEntry,
        describe: Callable[[ApiToken], Details] = lambda _token: {},
        reach: Reach = EVERYTHING,
    ) -> bool:
        """Revoke an API token within reach. False when there is none.

        `describe` adds to the audit entry what it was.
        """
        with self._engine.begin() as connection:
            wanted = select(*_API_TOKEN).where(API_TOKEN.c.id == token_id, _are_tokens_within(reach))
            row = connection.execute(wanted.with_for_update()).first()
            if row is None:
                return False
            connection.execute(delete(API_TOKEN).where(API_TOKEN.c.id == token_id))
            note(connection, audit, describe(read_api_token(row)))
        return True

    def note_api_token_use(self, token_id: ApiTokenId, now: float) -> None:
        """Note when an API token was used last."""
        self._change(update(API_TOKEN).where(API_TOKEN.c.id == token_id).values(last_used_at=now))


def _are_tokens_within(reach: Reach) -> Any:
    """Return the condition that API tokens are bound to what is within reach."""
    conditions: list[Any] = [true()]
    if reach.tenant_id is not None:
        conditions += [API_TOKEN.c.tenant_id == reach.tenant_id, API_TOKEN.c.is_bound_to_tenant == 1]
    if reach.account_id is not None:
        conditions.append(API_TOKEN.c.account_id == reach.account_id)
    return and_(*conditions)


def _find_server(
    connection: Connection,
    account_id: AccountId,
    server_id: McpServerId,
    now: float,
    *,
    is_changed: bool = False,
) -> McpServer | None:
    mine = (MCP_SERVER.c.account_id == account_id, MCP_SERVER.c.id == server_id, is_alive(now))
    wanted = select(*_MCP_SERVER).select_from(_WITH_ITS_USE).where(*mine)
    row = connection.execute(wanted.with_for_update(of=MCP_SERVER) if is_changed else wanted).first()
    return None if row is None else _server(row)


def _find_end(connection: Connection, server: McpServer, now: float) -> float | None:
    """Return since when a server is used up, under its limit as it is now; None while it is not."""
    most = server.config.max_uses
    is_used_up = most and read_uses(connection, server.id) >= most
    return (server.used_up_at or now) if is_used_up else None


def _server(row: Any) -> McpServer:
    return McpServer(McpServerId(row[0]), AccountId(row[1]), row[2], read_config(row[3]), *row[4:])


def make_server_event(event_type: str, server: McpServer, audit: AuditEntry) -> Event:
    """Return the event of something that happened to a server."""
    data = {"mcp_server_id": server.id, "integrated_account_id": server.account_id, "name": server.name}
    return Event(event_type, audit.at, data)


def report_revoked(connection: Connection, condition: Any, audit: AuditEntry) -> None:
    """Emit the event of MCP servers that are about to go, all that meet a condition."""
    mine = (MCP_SERVER.c.id, MCP_SERVER.c.account_id, MCP_SERVER.c.name)
    for server_id, account_id, name in connection.execute(select(*mine).where(condition)).all():
        data = {"mcp_server_id": server_id, "integrated_account_id": account_id, "name": name}
        emit(connection, Event("mcp_server.revoked", audit.at, data))


def make_server_values(server: McpServer) -> dict[str, Any]:
    """Return what is stored of a server beside its token and its use."""
    return {
        "id": server.id,
        "account_id": server.account_id,
        "name": server.name,
        "config": write_config(server.config),
        "expires_at": server.expires_at,
        "created_at": server.created_at,
        "updated_at": server.updated_at,
    }
