"""The records of accounts. `connection_records` connects and ends them, `refresh_records` renews credentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, select, true, update

from runtime.errors import Conflict, LimitReached
from runtime.events import Event
from runtime.model import Account, AccountId, AuditEntry
from runtime.people import PersonId
from runtime.stores.emitting import emit
from runtime.stores.grant_rows import ACCOUNT_COLUMNS, read_account
from runtime.stores.people_tables import MEMBER
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
from runtime.stores.row_texts import write_budget, write_error
from runtime.stores.tables import ACCOUNT, API_TOKEN, MCP_SERVER, TENANT
from runtime.stores.tenant_records import hold_tenant
from runtime.tenancy import EVERY_ACCOUNT, AccountFilter

ACCOUNT_VALUES = [
    *(ACCOUNT.c[name] for name in ACCOUNT_COLUMNS.split(", ")),
    select(TENANT.c.limits).where(TENANT.c.id == ACCOUNT.c.tenant_id).scalar_subquery(),
]
_SETTABLE = ("name", "budget", "external_id", "metadata", "read_only", "updated_at")
_FIND_ACCOUNT = select(*ACCOUNT_VALUES).where(ACCOUNT.c.id == bindparam("account"))
_FOR_PERSON = (
    select(*ACCOUNT_VALUES)
    .where(
        ACCOUNT.c.tenant_id.in_(
            select(MEMBER.c.tenant_id).where(MEMBER.c.person_id == bindparam("person_id"))
        )
    )
    .order_by(func.lower(ACCOUNT.c.name), ACCOUNT.c.id)
    .limit(bindparam("most"))
    .offset(bindparam("after"))
)


class AccountRecords(RecordBase):
    """Reads and changes accounts."""

    def add_account(self, account: Account, audit: AuditEntry) -> None:
        """Store a new account, and its tenant where that is new.

        Raises LimitReached when its tenant has as many as it may, and Conflict for an external id that another account
        of the tenant has.
        """
        with self._engine.begin() as connection:
            store_account(connection, account, audit)

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
            found = read_part(connection, ACCOUNT, ACCOUNT_VALUES, after, limit, condition)
            return [read_account(row) for row in found]

    def list_for_person(self, person_id: PersonId, limit: int, after: int = 0) -> list[Account]:
        """Return the accounts of the tenants that a person belongs to, by name, `limit` of them after some."""
        values = {"person_id": person_id, "most": limit, "after": after}
        with self._reading.begin() as connection:
            return [read_account(row) for row in connection.execute(_FOR_PERSON, values)]

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

    def delete_account(self, account_id: AccountId, audit: AuditEntry) -> bool:
        """Forget an account, its MCP servers, the API tokens bound to it and its pending authorizations.

        The audit entry also says how many servers and tokens ended with it.
        """
        with self._engine.begin() as connection:
            wanted = select(ACCOUNT.c.status).where(ACCOUNT.c.id == account_id)
            status = connection.execute(wanted.with_for_update()).scalar()
            ended = {
                table.name + "s": count(connection, table, table.c.account_id == account_id)
                for table in (MCP_SERVER, API_TOKEN)
            }
            if status is None:
                return False
            if status in ("active", "needs_reauth"):
                emit(connection, make_event("account.disconnected", account_id, audit))
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
            ACCOUNT.c.status != "disconnected",
        )
        with self._reading.begin() as connection:
            return count(connection, ACCOUNT, same) > 0


def find_account(connection: Connection, account_id: AccountId) -> Account | None:
    """Return an account as it is now, if there is one."""
    row = connection.execute(_FIND_ACCOUNT, {"account": account_id}).first()
    return None if row is None else read_account(row)


def store_account(connection: Connection, account: Account, audit: AuditEntry) -> None:
    """Store a new account within a transaction, as `AccountRecords.add_account` does."""
    limits = hold_tenant(connection, account.tenant_id, audit.at)
    of_tenant = ACCOUNT.c.tenant_id == account.tenant_id
    if limits.accounts and count(connection, ACCOUNT, of_tenant) >= limits.accounts:
        raise LimitReached.refuse_more(limits.accounts, "integrated accounts")
    _check_external_id(connection, account)
    connection.execute(insert(ACCOUNT).values(_of_account(account)))
    note(connection, audit)
    if account.status == "active":
        emit(connection, make_event("account.connected", account.id, audit, company=account.company))


def make_event(event_type: str, account_id: AccountId, audit: AuditEntry, **data: str) -> Event:
    """Return the event of what the audit says of an account."""
    return Event(event_type, audit.at, {"integrated_account_id": account_id, **data})


def _of_account(account: Account) -> dict[str, Any]:
    """Return the values of the row of an account."""
    plain = {name: getattr(account, name) for name in ACCOUNT_COLUMNS.split(", ") if name != "read_only"}
    return plain | {
        "fields": as_json(account.fields),
        "metadata": as_json(account.metadata),
        "budget": write_budget(account.budget),
        "last_error": write_error(account.last_error),
        "read_only": int(account.is_read_only),
    }


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
