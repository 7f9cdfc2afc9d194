"""The records: accounts, MCP servers, API tokens, pending authorizations and the audit, in SQL.

Before it: operations and `connect` say what should be so. After it: the database. Every change is one transaction
together with its audit entry. Secrets come in hashed or sealed; nothing here could read them. What every request
needs is in `look_up`, not here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Table,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
    update,
)

from runtime.model import (
    Account,
    AccountId,
    ApiToken,
    ApiTokenId,
    AuditEntry,
    Authorization,
    EndedBy,
    McpServer,
    McpServerId,
    TokenHash,
)
from runtime.stores.engine import Transactions
from runtime.stores.look_up import (
    ACCOUNT_COLUMNS,
    API_TOKEN_COLUMNS,
    read_account,
    read_api_token,
    read_config,
    write_config,
)
from runtime.stores.tables import (
    ACCOUNT,
    API_TOKEN,
    AUDIT,
    AUTHORIZATION,
    IDEMPOTENCY_KEY,
    MCP_SERVER,
    REFRESH_ATTEMPT,
)

Details = dict[str, Any]
"""What an audit entry says of a change beside who made it."""

Position = tuple[float, str]
"""Where a list goes on: the `created_at` and id of the last one seen."""

MOST_BINDINGS = 1_000_000
"""Idempotency keys stored at most, about 150 MB: beyond them the oldest are purged before their time."""

_BIND_KEY = text(
    "INSERT INTO idempotency_key (key_hash, fingerprint, expires_at) VALUES (:key_hash, :fingerprint, :expires_at) "
    "ON CONFLICT (key_hash) DO UPDATE SET fingerprint = excluded.fingerprint, expires_at = excluded.expires_at "
    "WHERE idempotency_key.expires_at <= :now"
)
"""Binds a key that is not bound, or no longer; whoever else has bound it stays."""
PURGE_AFTER_SECONDS = 86_400.0
"""How long an MCP server is stored after its expiry: a clock is noticed to be wrong and corrected within a day."""

_ACCOUNT = [ACCOUNT.c[name] for name in ACCOUNT_COLUMNS.split(", ")]
_API_TOKEN = [API_TOKEN.c[name] for name in API_TOKEN_COLUMNS.split(", ")]
_MCP_SERVER = [
    MCP_SERVER.c[name]
    for name in ("id", "account_id", "name", "config", "expires_at", "created_at", "updated_at")
]


class Records:
    """Reads and changes the records. Synchronous: an endpoint reads in a thread, and changes through

    `Stores.write`. Every method raises StorageUnavailable when the file does not let it.
    """

    most_bindings = MOST_BINDINGS

    def __init__(self, writing: Transactions, reading: Transactions) -> None:
        self._engine = writing
        self._reading = reading

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()
        self._reading.dispose()

    # Accounts

    def add_account(self, account: Account, audit: AuditEntry) -> None:
        """Store a new account."""
        values = {name: getattr(account, name) for name in ACCOUNT_COLUMNS.split(", ")}
        with self._engine.begin() as connection:
            connection.execute(insert(ACCOUNT).values(values | {"fields": _json(account.fields)}))
            _note(connection, audit)

    def accounts(self, after: Position | None, limit: int) -> list[Account]:
        """Return the accounts from the oldest on, `limit` of them."""
        with self._reading.begin() as connection:
            return [read_account(row) for row in _part(connection, ACCOUNT, _ACCOUNT, after, limit)]

    def connect_account(self, account: Account, audit: AuditEntry) -> bool:
        """Make an account active with the fields, company and credentials given.

        False when it is gone, or belongs to another company by now.
        """
        same = and_(ACCOUNT.c.company == account.company, ACCOUNT.c.environment == account.environment)
        change = (
            update(ACCOUNT)
            .where(ACCOUNT.c.id == account.id, or_(ACCOUNT.c.company == "", same))
            .values(
                status="active",
                environment=account.environment,
                company=account.company,
                fields=_json(account.fields),
                sealed=account.sealed,
                updated_at=account.updated_at,
                ended_by="",
            )
        )
        return self._change(change, audit, _ended_attempt(account.id))

    def replace_credentials(self, account_id: AccountId, old: bytes, new: bytes, now: float) -> bool:
        """Store rotated credentials, unless others than `old` are stored by now (then False)."""
        change = (
            update(ACCOUNT)
            .where(ACCOUNT.c.id == account_id, ACCOUNT.c.sealed == old)
            .values(sealed=new, updated_at=now)
        )
        return self._change(change, after=_ended_attempt(account_id))

    def begin_refresh(self, account_id: AccountId, sealed: bytes, now: float) -> float | None:
        """Note that a refresh with these credentials is about to be sent; durable when it returns.

        Answers when an earlier attempt with the same credentials began that was never finished; None when there is
        none. The time of the first attempt stays.
        """
        tried = hashlib.sha256(sealed).digest()
        table = REFRESH_ATTEMPT
        with self._engine.begin() as connection:
            row = connection.execute(select(table).where(table.c.account_id == account_id)).mappings().first()
            if row is not None and row["credentials_hash"] == tried:
                begun_at: float = row["begun_at"]
                return begun_at
            connection.execute(_ended_attempt(account_id))
            values = {"account_id": account_id, "credentials_hash": tried, "begun_at": now}
            connection.execute(insert(table).values(values))
        return None

    def end_refresh(self, account_id: AccountId, sealed: bytes) -> None:
        """Forgets an attempt with these credentials that changed nothing at the vendor."""
        tried = hashlib.sha256(sealed).digest()
        self._change(_ended_attempt(account_id).where(REFRESH_ATTEMPT.c.credentials_hash == tried))

    def require_reconnect(
        self, account_id: AccountId, sealed: bytes, audit: AuditEntry, ended_by: EndedBy = "refused"
    ) -> bool:
        """Mark an account whose credentials have ended, unless it has others by now (then False)."""
        change = (
            update(ACCOUNT)
            .where(ACCOUNT.c.id == account_id, ACCOUNT.c.sealed == sealed, ACCOUNT.c.status == "active")
            .values(status="needs_reconnect", updated_at=audit.at, ended_by=ended_by)
        )
        return self._change(change, audit, _ended_attempt(account_id))

    def delete_account(self, account_id: AccountId, audit: AuditEntry) -> bool:
        """Forgets an account, its MCP servers, the API tokens bound to it and its pending authorizations.

        The audit entry also says how many servers and tokens ended with it.
        """
        with self._engine.begin() as connection:
            ended = {
                table.name + "s": _count(connection, table, table.c.account_id == account_id)
                for table in (MCP_SERVER, API_TOKEN)
            }
            if not connection.execute(delete(ACCOUNT).where(ACCOUNT.c.id == account_id)).rowcount:
                return False
            _note(connection, audit, ended)
        return True

    def is_company_shared(self, account: Account) -> bool:
        """Whether another account is connected to the same company of the same vendor, as far as that is known."""
        if not account.company:
            return False
        same = and_(
            ACCOUNT.c.integration == account.integration,
            ACCOUNT.c.environment == account.environment,
            ACCOUNT.c.company == account.company,
            ACCOUNT.c.id != account.id,
        )
        with self._reading.begin() as connection:
            return _count(connection, ACCOUNT, same) > 0

    # MCP servers

    def add_mcp_server(self, server: McpServer, token_hash: TokenHash, audit: AuditEntry) -> bool:
        """Store a new MCP server. False when its account is gone."""
        with self._engine.begin() as connection:
            if not connection.execute(select(ACCOUNT.c.id).where(ACCOUNT.c.id == server.account_id)).first():
                return False
            connection.execute(insert(MCP_SERVER).values(_of_server(server) | {"token_hash": token_hash}))
            _note(connection, audit)
        return True

    def mcp_servers(
        self, account_id: AccountId, after: Position | None, limit: int, now: float
    ) -> list[McpServer]:
        """Return the MCP servers of an account that have not expired, from the oldest on."""
        mine = and_(MCP_SERVER.c.account_id == account_id, _is_alive(now))
        with self._reading.begin() as connection:
            return [_server(row) for row in _part(connection, MCP_SERVER, _MCP_SERVER, after, limit, mine)]

    def mcp_server(self, account_id: AccountId, server_id: McpServerId, now: float) -> McpServer | None:
        """One MCP server of an account, unless it has expired."""
        with self._reading.begin() as connection:
            return _find_server(connection, account_id, server_id, now)

    def change_mcp_server(
        self,
        account_id: AccountId,
        server_id: McpServerId,
        change: Callable[[McpServer], McpServer],
        audit: AuditEntry,
        describe: Callable[[McpServer, McpServer], Details] = lambda before, after: {},
    ) -> McpServer | None:
        """Change an MCP server with nobody else changing it meanwhile. None when there is none.

        `describe` adds to the audit entry what changed. Where nothing did, nothing is written.
        """
        with self._engine.begin() as connection:
            found = _find_server(connection, account_id, server_id, audit.at)
            if found is None:
                return None
            changed = change(found)
            if changed == found:
                return found
            connection.execute(
                update(MCP_SERVER).where(MCP_SERVER.c.id == found.id).values(_of_server(changed))
            )
            _note(connection, audit, describe(found, changed))
        return changed

    def delete_mcp_server(
        self,
        account_id: AccountId,
        server_id: McpServerId,
        audit: AuditEntry,
        describe: Callable[[McpServer], Details] = lambda server: {},
    ) -> bool:
        """Forgets an MCP server; its URL opens nothing from then on. False when there is none.

        `describe` adds to the audit entry what it was.
        """
        with self._engine.begin() as connection:
            found = _find_server(connection, account_id, server_id, audit.at)
            if found is None:
                return False
            connection.execute(delete(MCP_SERVER).where(MCP_SERVER.c.id == found.id))
            _note(connection, audit, describe(found))
        return True

    # API tokens

    def add_api_token(self, token: ApiToken, token_hash: TokenHash, audit: AuditEntry) -> bool:
        """Store a new API token. False when the account that it is bound to is gone."""
        values = {
            "id": token.id,
            "name": token.name,
            "created_at": token.created_at,
            "token_hash": token_hash,
            "scopes": " ".join(token.scopes),
            "account_id": token.account_id,
        }
        owner = select(ACCOUNT.c.id).where(ACCOUNT.c.id == token.account_id)
        with self._engine.begin() as connection:
            if token.account_id is not None and not connection.execute(owner).first():
                return False
            connection.execute(insert(API_TOKEN).values(values))
            _note(connection, audit)
        return True

    def api_tokens(self, after: Position | None, limit: int) -> list[ApiToken]:
        """Return the API tokens from the oldest on, without what would let anybody in."""
        with self._reading.begin() as connection:
            return [read_api_token(row) for row in _part(connection, API_TOKEN, _API_TOKEN, after, limit)]

    def delete_api_token(
        self,
        token_id: ApiTokenId,
        audit: AuditEntry,
        describe: Callable[[ApiToken], Details] = lambda token: {},
    ) -> bool:
        """Revokes an API token. False when there is none. `describe` adds to the audit entry what it was."""
        with self._engine.begin() as connection:
            row = connection.execute(select(*_API_TOKEN).where(API_TOKEN.c.id == token_id)).first()
            if row is None:
                return False
            connection.execute(delete(API_TOKEN).where(API_TOKEN.c.id == token_id))
            _note(connection, audit, describe(read_api_token(row)))
        return True

    def note_api_token_use(self, token_id: ApiTokenId, now: float) -> None:
        """Remembers when an API token was used last."""
        self._change(update(API_TOKEN).where(API_TOKEN.c.id == token_id).values(last_used_at=now))

    # Pending authorizations

    def add_authorization(self, state_hash: TokenHash, authorization: Authorization) -> bool:
        """Store the state of a connect link. False when its account is gone."""
        values = {
            "state_hash": state_hash,
            "account_id": authorization.account_id,
            "redirect_uri": authorization.redirect_uri,
            "expires_at": authorization.expires_at,
            "verifier": authorization.verifier,
        }
        with self._engine.begin() as connection:
            wanted = select(ACCOUNT.c.id).where(ACCOUNT.c.id == authorization.account_id)
            if not connection.execute(wanted).first():
                return False
            connection.execute(insert(AUTHORIZATION).values(values))
        return True

    def find_authorization(self, state_hash: TokenHash) -> Authorization | None:
        """Return a pending authorization as it is now; nothing is changed."""
        with self._reading.begin() as connection:
            return _find_authorization(connection, state_hash)

    def open_authorization(self, state_hash: TokenHash, browser_hash: TokenHash) -> Authorization | None:
        """Binds a pending authorization to a browser, unless one has it; the answer says which browser has it now."""
        table = AUTHORIZATION
        with self._engine.begin() as connection:
            unopened = (table.c.state_hash == state_hash, table.c.browser_hash.is_(None))
            connection.execute(update(table).where(*unopened).values(browser_hash=browser_hash))
            return _find_authorization(connection, state_hash)

    def use_authorization(
        self, state_hash: TokenHash, browser_hash: TokenHash, now: float
    ) -> Authorization | None:
        """Take a pending authorization, which works once: `used_at` in the answer is when it was used *before*.

        For another browser than the one that opened it, it is answered and not used.
        """
        table = AUTHORIZATION
        with self._engine.begin() as connection:
            found = _find_authorization(connection, state_hash)
            if found is None or found.used_at is not None:
                return found
            if hmac.compare_digest(found.browser_hash or b"", browser_hash):
                connection.execute(update(table).where(table.c.state_hash == state_hash).values(used_at=now))
        return found

    # Idempotency keys

    def bind_key(
        self, key_hash: bytes, fingerprint: bytes, now: float, expires_at: float
    ) -> tuple[bytes, bool]:
        """Bind a key to the fingerprint of a call, and answer what it is bound to and whether that is new.

        One transaction: of two that bind a key at once, one wins and the other reads what the first has stored.
        """
        values = {"key_hash": key_hash, "fingerprint": fingerprint, "now": now, "expires_at": expires_at}
        bound = select(IDEMPOTENCY_KEY.c.fingerprint).where(IDEMPOTENCY_KEY.c.key_hash == key_hash)
        with self._engine.begin() as connection:
            is_new = connection.execute(_BIND_KEY, values).rowcount > 0
            found: bytes = connection.execute(bound).scalar_one()
        return found, is_new

    def release_key(self, key_hash: bytes, fingerprint: bytes) -> None:
        """Remove the binding of a key to the fingerprint of a call."""
        table = IDEMPOTENCY_KEY
        self._change(delete(table).where(table.c.key_hash == key_hash, table.c.fingerprint == fingerprint))

    # The audit, and time

    def add_audit(self, entry: AuditEntry) -> None:
        """Note what was done when it changed no record here."""
        with self._engine.begin() as connection:
            _note(connection, entry)

    def audit_of(self, subject: str) -> list[AuditEntry]:
        """Return what was done to one thing, from the oldest on."""
        columns = (AUDIT.c.at, AUDIT.c.actor, AUDIT.c.action, AUDIT.c.subject, AUDIT.c.details)
        wanted = select(*columns).where(AUDIT.c.subject == subject).order_by(AUDIT.c.id)
        with self._reading.begin() as connection:
            return [AuditEntry(*row[:4], json.loads(row[4])) for row in connection.execute(wanted)]

    def purge(self, now: float) -> int:
        """Forgets what has expired: it opens nothing already. Answers how many records that were.

        MCP servers stay for a day more, so that a clock that was set forward does not delete what it only closed.
        """
        with self._engine.begin() as connection:
            purged = ((MCP_SERVER, now - PURGE_AFTER_SECONDS), (AUTHORIZATION, now), (IDEMPOTENCY_KEY, now))
            expired = sum(
                connection.execute(delete(table).where(table.c.expires_at <= until)).rowcount
                for table, until in purged
            )
            newest = select(func.max(IDEMPOTENCY_KEY.c.id)).scalar_subquery()
            surplus = delete(IDEMPOTENCY_KEY).where(IDEMPOTENCY_KEY.c.id <= newest - self.most_bindings)
            return expired + connection.execute(surplus).rowcount

    def _change(self, statement: Any, audit: AuditEntry | None = None, after: Any = None) -> bool:
        with self._engine.begin() as connection:
            is_done: bool = connection.execute(statement).rowcount > 0
            if is_done and audit is not None:
                _note(connection, audit)
            if is_done and after is not None:
                connection.execute(after)
        return is_done


def _ended_attempt(account_id: AccountId) -> Any:
    return delete(REFRESH_ATTEMPT).where(REFRESH_ATTEMPT.c.account_id == account_id)


def _find_authorization(connection: Connection, state_hash: TokenHash) -> Authorization | None:
    wanted = select(AUTHORIZATION).where(AUTHORIZATION.c.state_hash == state_hash)
    row = connection.execute(wanted).mappings().first()
    if row is None:
        return None
    return Authorization(
        AccountId(row["account_id"]), row["redirect_uri"], row["expires_at"], row["used_at"],
        row["browser_hash"], row["verifier"],
    )  # fmt: skip


def _part(
    connection: Connection,
    table: Table,
    columns: Sequence[Any],
    after: Position | None,
    limit: int,
    condition: Any = None,
) -> Sequence[Any]:
    wanted = select(*columns).order_by(table.c.created_at, table.c.id).limit(limit)
    if condition is not None:
        wanted = wanted.where(condition)
    if after is not None:
        wanted = wanted.where(tuple_(table.c.created_at, table.c.id) > tuple_(*after))
    return connection.execute(wanted).all()


def _is_alive(now: float) -> Any:
    return or_(MCP_SERVER.c.expires_at.is_(None), MCP_SERVER.c.expires_at > now)


def _find_server(
    connection: Connection, account_id: AccountId, server_id: McpServerId, now: float
) -> McpServer | None:
    mine = (MCP_SERVER.c.account_id == account_id, MCP_SERVER.c.id == server_id, _is_alive(now))
    row = connection.execute(select(*_MCP_SERVER).where(*mine)).first()
    return None if row is None else _server(row)


def _server(row: Any) -> McpServer:
    return McpServer(McpServerId(row[0]), AccountId(row[1]), row[2], read_config(row[3]), *row[4:])


def _of_server(server: McpServer) -> dict[str, Any]:
    return {
        "id": server.id,
        "account_id": server.account_id,
        "name": server.name,
        "config": write_config(server.config),
        "expires_at": server.expires_at,
        "created_at": server.created_at,
        "updated_at": server.updated_at,
    }


def _count(connection: Connection, table: Table, condition: Any) -> int:
    found: int = connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one()
    return found


def _note(connection: Connection, entry: AuditEntry, more: Details | None = None) -> None:
    values = {"at": entry.at, "actor": entry.actor, "action": entry.action, "subject": entry.subject}
    details = _json(entry.details | (more or {}))
    connection.execute(insert(AUDIT).values(values | {"details": details}))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
