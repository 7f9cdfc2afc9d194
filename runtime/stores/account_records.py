"""The records of accounts: their credentials, which come sealed, and the refreshes that are under way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select, true, update

from runtime.errors import Conflict, LimitReached
from runtime.events import Event
from runtime.model import Account, AccountId, AuditEntry, EndedBy
from runtime.stores.emitting import emit
from runtime.stores.look_up import ACCOUNT_COLUMNS, read_account, write_budget
from runtime.stores.record_base import (
    Details,
    Position,
    RecordBase,
    as_json,
    count,
    lock_account,
    note,
    read_part,
)
from runtime.stores.tables import ACCOUNT, API_TOKEN, MCP_SERVER, REFRESH_ATTEMPT, TENANT
from runtime.stores.tenant_records import hold_tenant
from runtime.tenancy import EVERY_ACCOUNT, AccountFilter

_ACCOUNT = [
    *(ACCOUNT.c[name] for name in ACCOUNT_COLUMNS.split(", ")),
    select(TENANT.c.limits).where(TENANT.c.id == ACCOUNT.c.tenant_id).scalar_subquery(),
]
_SETTABLE = ("name", "budget", "external_id", "metadata", "updated_at")
_FIND_ACCOUNT = select(*_ACCOUNT).where(ACCOUNT.c.id == bindparam("account"))


class AccountRecords(RecordBase):
    """Reads and changes accounts."""

    def add_account(self, account: Account, audit: AuditEntry) -> None:
        """Store a new account, and its tenant where that is new.

        Raises LimitReached when its tenant has as many as it may, and Conflict for an external id that another account
        of the tenant has.
        """
        of_tenant = ACCOUNT.c.tenant_id == account.tenant_id
        with self._engine.begin() as connection:
            limits = hold_tenant(connection, account.tenant_id, audit.at)
            if limits.accounts and count(connection, ACCOUNT, of_tenant) >= limits.accounts:
                raise LimitReached.refuse_more(limits.accounts, "integrated accounts")
            _check_external_id(connection, account)
            connection.execute(insert(ACCOUNT).values(_of_account(account)))
            note(connection, audit)

    def find_account(self, account_id: AccountId) -> Account | None:
        """Return the account as it is now, if there is one."""
        with self._reading.begin() as connection:
            return find_account(connection, account_id)

    def list_accounts(
        self, after: Position | None, limit: int, wanted: AccountFilter = EVERY_ACCOUNT
    ) -> list[Account]:
        """Return the accounts that are wanted from the oldest on, `limit` of them."""
        condition = _are_accounts_wanted(wanted)
        with self._reading.begin() as connection:
            found = read_part(connection, ACCOUNT, _ACCOUNT, after, limit, condition)
            return [read_account(row) for row in found]

    def change_account(
        self,
        account_id: AccountId,
        change: Callable[[Account], Account],
        audit: AuditEntry,
        describe: Callable[[Account, Account], Details],
    ) -> Account | None:
        """Change what can be set of an account, with nobody else changing it meanwhile. None when there is none.

        `describe` says what changed, for the audit; where nothing did, nothing is written. Raises Conflict as
        `add_account` does.
        """
        with self._engine.begin() as connection:
            lock_account(connection, account_id, is_changed=True)
            before = find_account(connection, account_id)
            if before is None:
                return None
            after = change(before)
            if not (changes := describe(before, after)):
                return before
            if after.external_id != before.external_id:
                hold_tenant(connection, after.tenant_id, audit.at)
                _check_external_id(connection, after)
            values = {name: value for name, value in _of_account(after).items() if name in _SETTABLE}
            connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account_id).values(values))
            note(connection, audit, changes)
        return after

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
            if not lock_account(connection, account_id, is_changed=True):
                return False
            emit(connection, _event("account.disconnected", account_id, audit))
            connection.execute(delete(ACCOUNT).where(ACCOUNT.c.id == account_id))
            note(connection, audit, ended)
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


def _of_account(account: Account) -> dict[str, Any]:
    """Return the values of the row of an account."""
    values = {name: getattr(account, name) for name in ACCOUNT_COLUMNS.split(", ")}
    as_text = {"fields": as_json(account.fields), "metadata": as_json(account.metadata)}
    return values | as_text | {"budget": write_budget(account.budget)}


def _check_external_id(connection: Connection, account: Account) -> None:
    """Raise Conflict for an external id that another account of the tenant has; the tenant is held."""
    same = and_(
        ACCOUNT.c.tenant_id == account.tenant_id,
        ACCOUNT.c.external_id == account.external_id,
        ACCOUNT.c.id != account.id,
    )
    if account.external_id is not None and count(connection, ACCOUNT, same):
        raise Conflict(
            "Another integrated account of this tenant has that external_id.",
            advice="List the integrated accounts with ?external_id= to find it, or give this one another.",
        )


def _are_accounts_wanted(wanted: AccountFilter) -> Any:
    """Return the condition of a filter.

    Metadata are JSON with sorted keys, in which the text of a member stands only where the member is: a quote within a
    value has a backslash before it.
    """
    same = (
        (ACCOUNT.c.tenant_id, wanted.reach.tenant_id),
        (ACCOUNT.c.id, wanted.reach.account_id),
        (ACCOUNT.c.tenant_id, wanted.tenant_id),
        (ACCOUNT.c.external_id, wanted.external_id),
        (ACCOUNT.c.status, wanted.status),
    )
    conditions: list[Any] = [true(), *(column == value for column, value in same if value is not None)]
    members = [as_json({name: value})[1:-1] for name, value in wanted.metadata]
    conditions += [func.replace(ACCOUNT.c.metadata, member, "") != ACCOUNT.c.metadata for member in members]
    return and_(*conditions)


def _ended_attempt(account_id: AccountId) -> Any:
    return delete(REFRESH_ATTEMPT).where(REFRESH_ATTEMPT.c.account_id == account_id)
