"""The records of connections: made with credentials that come sealed, and ended. Part of `records`."""

from __future__ import annotations

from sqlalchemy import Connection, and_, case, delete, or_, select, update

from runtime.model import Account, AccountId, AuditEntry
from runtime.stores.account_records import make_event
from runtime.stores.emitting import emit
from runtime.stores.mapping_records import forget_mappings
from runtime.stores.record_base import RecordBase, as_json, count, lock_account, note
from runtime.stores.row_texts import write_error
from runtime.stores.tables import ACCOUNT, AUTHORIZATION, LINK_TOKEN, MCP_SERVER, REFRESH_ATTEMPT
from runtime.tenancy import AccountError, LinkTokenId


class ConnectionRecords(RecordBase):
    """Connects and ends accounts."""

    def connect_account(
        self, account: Account, audit: AuditEntry, link_id: LinkTokenId | None = None
    ) -> bool:
        """Make an account active with the fields, company and credentials given, and use up the link that led here.

        False when it is gone, belongs to another company by now, or the link has been used or revoked.
        """
        same = and_(ACCOUNT.c.company == account.company, ACCOUNT.c.environment == account.environment)
        change = (
            update(ACCOUNT)
            .where(ACCOUNT.c.id == account.id, or_(ACCOUNT.c.company == "", same))
            .values(
                status="active",
                status_since=account.updated_at,
                last_error="",
                environment=account.environment,
                company=account.company,
                fields=as_json(account.fields),
                sealed=account.sealed,
                updated_at=account.updated_at,
                ended_by="",
                read_only=int(account.is_read_only),
            )
        )
        with self._engine.begin() as connection:
            lock_account(connection, account.id, is_changed=True)
            if link_id is not None and not _is_usable(connection, link_id, audit.at):
                return False
            if not connection.execute(change).rowcount:
                return False
            if link_id is not None:
                used = update(LINK_TOKEN).where(LINK_TOKEN.c.id == link_id)
                connection.execute(used.values(used_at=audit.at))
            note(connection, audit)
            emit(connection, make_event("account.connected", account.id, audit, company=account.company))
            connection.execute(delete(REFRESH_ATTEMPT).where(REFRESH_ATTEMPT.c.account_id == account.id))
        return True

    def note_refusal(self, account_id: AccountId, audit: AuditEntry, error: AccountError | None) -> None:
        """Note that a connection was not made, and at an account without one what went wrong, where that is given."""
        with self._engine.begin() as connection:
            if error is not None:
                change = update(ACCOUNT).where(ACCOUNT.c.id == account_id, ACCOUNT.c.status != "active")
                connection.execute(change.values(last_error=write_error(error)))
            note(connection, audit)

    def note_error(self, account_id: AccountId, error: AccountError | None) -> None:
        """Store what went wrong with a connection last; None for nothing."""
        change = update(ACCOUNT).where(ACCOUNT.c.id == account_id, ACCOUNT.c.last_error != write_error(error))
        self._change(change.values(last_error=write_error(error)))

    def close_account(self, account_id: AccountId, audit: AuditEntry) -> bool:
        """Mark an account as disconnected and remove its MCP servers, company mappings and the ways to connect it.

        False when it is gone.

        Its credentials stay until the vendor was asked to revoke them.
        """
        with self._engine.begin() as connection:
            if not lock_account(connection, account_id, is_changed=True):
                return False
            connected = and_(ACCOUNT.c.id == account_id, ACCOUNT.c.status.in_(("active", "needs_reauth")))
            was_connected = count(connection, ACCOUNT, connected) > 0
            ended = {"mcp_servers": count(connection, MCP_SERVER, MCP_SERVER.c.account_id == account_id)}
            if forgotten := forget_mappings(connection, account_id):
                ended["company_mappings"] = forgotten
            since = case((ACCOUNT.c.status == "disconnected", ACCOUNT.c.status_since), else_=audit.at)
            values = {"status": "disconnected", "status_since": since, "updated_at": audit.at}
            connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account_id).values(values))
            for table in (MCP_SERVER, AUTHORIZATION, LINK_TOKEN):
                connection.execute(delete(table).where(table.c.account_id == account_id))
            note(connection, audit, ended)
            if was_connected:
                emit(connection, make_event("account.disconnected", account_id, audit))
        return True

    def destroy_credentials(self, account_id: AccountId, empty: bytes, audit: AuditEntry) -> None:
        """Replace the credentials of a disconnected account by empty ones."""
        change = update(ACCOUNT).where(ACCOUNT.c.id == account_id, ACCOUNT.c.status == "disconnected")
        ended = delete(REFRESH_ATTEMPT).where(REFRESH_ATTEMPT.c.account_id == account_id)
        self._change(change.values(sealed=empty, updated_at=audit.at), audit, ended)


def _is_usable(connection: Connection, link_id: LinkTokenId, now: float) -> bool:
    """Whether a link token works still; nobody else can use it until the transaction ends."""
    table = LINK_TOKEN
    wanted = select(table.c.id).where(
        table.c.id == link_id, table.c.used_at.is_(None), table.c.expires_at > now
    )
    return connection.execute(wanted.with_for_update()).first() is not None
