"""What the records of every kind share: transactions, reading in parts, and the note in the audit.

Every change is one transaction together with its audit entry. `account_records`, `server_records` and `records` inherit
from it. Calls `engine`, which opens the transactions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, func, insert, select, tuple_

from runtime.events import Event
from runtime.model import AccountId, AuditEntry
from runtime.stores.emitting import emit
from runtime.stores.engine import Changing, Transactions
from runtime.stores.job_tables import WEBHOOK
from runtime.stores.tables import ACCOUNT, AUDIT, LINK_TOKEN

Details = dict[str, Any]
"""What an audit entry says of a change beside who made it."""

_NOTE = insert(AUDIT)
"""Made once: to make a statement with its values costs several times what it costs to run it."""

_OWNED = {"account": ACCOUNT, "webhook": WEBHOOK, "link_token": LINK_TOKEN}
"""The tables of what has a tenant, by the kind that its actions begin with; others name the tenant or the account."""

_FIND_ACCOUNT = select(ACCOUNT.c.id).where(ACCOUNT.c.id == bindparam("account"))
_HOLD_ACCOUNT = _FIND_ACCOUNT.with_for_update(read=True, key_share=True)
_LOCK_ACCOUNT = _FIND_ACCOUNT.with_for_update(key_share=True)

Position = tuple[float, str]
"""Where a list goes on: the `created_at` and id of the last one seen."""


class RecordBase:
    """Changes and reads through two engines, so that no reader waits for a change."""

    def __init__(self, writing: Changing, reading: Transactions) -> None:
        self._engine = writing
        self._reading = reading

    def hold_together(self) -> AbstractContextManager[None]:
        """Return a block whose changes, of one thread, are stored with one commit. Raises StorageUnavailable."""
        return self._engine.hold_together()

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()
        self._reading.dispose()

    def _change(
        self,
        statement: Any,
        audit: AuditEntry | None = None,
        after: Any = None,
        event: Event | None = None,
    ) -> bool:
        with self._engine.begin() as connection:
            is_done: bool = connection.execute(statement).rowcount > 0
            if is_done and audit is not None:
                note(connection, audit)
            if is_done and after is not None:
                connection.execute(after)
            if is_done and event is not None:
                emit(connection, event)
        return is_done


def lock_account(connection: Connection, account_id: AccountId | None, *, is_changed: bool = False) -> bool:
    """Return whether an account is there, and have it stay so until the transaction ends.

    With `is_changed` nobody else holds it so meanwhile. SQLite, where one changes at a time, needs no lock.
    """
    locked = _LOCK_ACCOUNT if is_changed else _HOLD_ACCOUNT
    return connection.execute(locked, {"account": account_id}).first() is not None


def read_part(
    connection: Connection,
    table: Table,
    columns: Sequence[Any],
    after: Position | None,
    limit: int,
    condition: Any = None,
) -> Sequence[Any]:
    """Return the next `limit` rows behind a position, from the oldest on."""
    wanted = select(*columns)
    if condition is not None:
        wanted = wanted.where(condition)
    return connection.execute(select_part(wanted, table, after, limit)).all()


def select_part(wanted: Select[Any], table: Table, after: Position | None, limit: int) -> Select[Any]:
    """Return a query for the next `limit` of its rows behind a position, from the oldest on."""
    part = wanted.order_by(table.c.created_at, table.c.id).limit(limit)
    return part if after is None else part.where(tuple_(table.c.created_at, table.c.id) > tuple_(*after))


def count(connection: Connection, table: Table, condition: Any) -> int:
    """Return how many rows of a table meet a condition."""
    found: int = connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one()
    return found


def note(connection: Connection, entry: AuditEntry, more: Details | None = None) -> None:
    """Write an entry into the audit, with what more there is to say of the change."""
    details = entry.details | (more or {})
    values = {"at": entry.at, "actor": entry.actor, "action": entry.action, "subject": entry.subject}
    tenant_id = _find_tenant(connection, entry, details)
    connection.execute(_NOTE, values | {"details": as_json(details), "tenant_id": tenant_id})


def _find_tenant(connection: Connection, entry: AuditEntry, details: Details) -> str:
    """Return the tenant that an entry is of; empty where it is of none, or of a thing that is gone."""
    if named := details.get("tenant_id"):
        return str(named)
    kind = entry.action.partition(".")[0]
    accounts = details.get("integrated_account_ids") or [details.get("integrated_account_id")]
    for table, id_ in (
        (ACCOUNT, accounts[0]),
        (WEBHOOK, details.get("webhook_id")),
        (_OWNED.get(kind), entry.subject),
    ):
        if table is not None and id_:
            found = connection.execute(select(table.c.tenant_id).where(table.c.id == id_)).scalar()
            if found is not None:
                return str(found)
    return entry.subject if kind == "tenant" else ""


def as_json(value: Any) -> str:
    """Return a value as the records store it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
