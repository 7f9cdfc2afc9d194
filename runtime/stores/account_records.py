"""The records of accounts: their credentials, which come sealed, and the refreshes that are under way."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, insert, or_, select, update

from runtime.events import Event
from runtime.model import Account, AccountId, AuditEntry, EndedBy
from runtime.stores.emitting import emit
from runtime.stores.look_up import ACCOUNT_COLUMNS, read_account, write_budget
from runtime.stores.record_base import Position, RecordBase, as_json, count, lock_account, note, read_part
from runtime.stores.tables import ACCOUNT, API_TOKEN, MCP_SERVER, REFRESH_ATTEMPT

_ACCOUNT = [ACCOUNT.c[name] for name in ACCOUNT_COLUMNS.split(", ")]
_FIND_ACCOUNT = select(*_ACCOUNT).where(ACCOUNT.c.id == bindparam("account"))


class AccountRecords(RecordBase):
    """Reads and changes accounts."""

    def add_account(self, account: Account, audit: AuditEntry) -> None:
        """Store a new account."""
        values = {name: getattr(account, name) for name in ACCOUNT_COLUMNS.split(", ")}
        with self._engine.begin() as connection:
            connection.execute(
                insert(ACCOUNT).values(
                    values | {"fields": as_json(account.fields), "budget": write_budget(account.budget)}
                )
            )
            note(connection, audit)

    def find_account(self, account_id: AccountId) -> Account | None:
        """Return the account as it is now, if there is one."""
        with self._reading.begin() as connection:
            return find_account(connection, account_id)

    def list_accounts(self, after: Position | None, limit: int) -> list[Account]:
        """Return the accounts from the oldest on, `limit` of them."""
        with self._reading.begin() as connection:
            return [read_account(row) for row in read_part(connection, ACCOUNT, _ACCOUNT, after, limit)]

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
                fields=as_json(account.fields),
                sealed=account.sealed,
                updated_at=account.updated_at,
                ended_by="",
            )
        )
        event = _event("account.connected", account.id, audit, company=account.company)
        return self._change(change, audit, _ended_attempt(account.id), event)

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

        Return when an earlier attempt with the same credentials began that was never finished; None when there is
        none. The time of the first attempt stays.
        """
        tried = hashlib.sha256(sealed).digest()
        table = REFRESH_ATTEMPT
        with self._engine.begin() as connection:
            lock_account(connection, account_id, is_changed=True)
            row = connection.execute(select(table).where(table.c.account_id == account_id)).mappings().first()
            if row is not None and row["credentials_hash"] == tried:
                begun_at: float = row["begun_at"]
                return begun_at
            connection.execute(_ended_attempt(account_id))
            values = {"account_id": account_id, "credentials_hash": tried, "begun_at": now}
            connection.execute(insert(table).values(values))
        return None

    def end_refresh(self, account_id: AccountId, sealed: bytes) -> None:
        """Forget an attempt with these credentials that changed nothing at the vendor."""
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
        event = _event("account.needs_reauth", account_id, audit, reason=ended_by)
        return self._change(change, audit, _ended_attempt(account_id), event)

    def delete_account(self, account_id: AccountId, audit: AuditEntry) -> bool:
        """Forget an account, its MCP servers, the API tokens bound to it and its pending authorizations.

        The audit entry also says how many servers and tokens ended with it.
        """
        with self._engine.begin() as connection:
            connection.execute(select(ACCOUNT.c.id).where(ACCOUNT.c.id == account_id).with_for_update())
            ended = {
                table.name + "s": count(connection, table, table.c.account_id == account_id)
                for table in (MCP_SERVER, API_TOKEN)
            }
            if not connection.execute(delete(ACCOUNT).where(ACCOUNT.c.id == account_id)).rowcount:
                return False
            note(connection, audit, ended)
            emit(connection, _event("account.disconnected", account_id, audit))
        return True

    def is_company_shared(self, account: Account) -> bool:
        """Return whether another account is known to be connected to the same company of the same vendor."""
        if not account.company:
            return False
        same = and_(
            ACCOUNT.c.integration == account.integration,
            ACCOUNT.c.environment == account.environment,
            ACCOUNT.c.company == account.company,
            ACCOUNT.c.id != account.id,
        )
        with self._reading.begin() as connection:
            return count(connection, ACCOUNT, same) > 0


def find_account(connection: Connection, account_id: AccountId) -> Account | None:
    """Return an account as it is now, if there is one."""
    row = connection.execute(_FIND_ACCOUNT, {"account": account_id}).first()
    return None if row is None else read_account(row)


def _event(event_type: str, account_id: AccountId, audit: AuditEntry, **data: str) -> Event:
    return Event(event_type, audit.at, {"integrated_account_id": account_id, **data})


def _ended_attempt(account_id: AccountId) -> Any:
    return delete(REFRESH_ATTEMPT).where(REFRESH_ATTEMPT.c.account_id == account_id)
