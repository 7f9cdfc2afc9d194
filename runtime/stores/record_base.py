"""What the records of every kind share: transactions, reading in parts, and the note in the audit.

Every change is one transaction together with its audit entry. `account_records`, `server_records` and `records` inherit
from it. Calls `engine`, which opens the transactions.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, tuple_

from runtime.model import AccountId, AuditEntry
from runtime.stores.engine import Transactions
from runtime.stores.tables import ACCOUNT, AUDIT

Details = dict[str, Any]
"""What an audit entry says of a change beside who made it."""

Position = tuple[float, str]
"""Where a list goes on: the `created_at` and id of the last one seen."""


class RecordBase:
    """Changes and reads through two engines, so that no reader waits for a change."""

    def __init__(self, writing: Transactions, reading: Transactions) -> None:
        self._engine = writing
        self._reading = reading

    def close(self) -> None:
        """Give every connection back."""
        self._engine.dispose()
        self._reading.dispose()

    def _change(self, statement: Any, audit: AuditEntry | None = None, after: Any = None) -> bool:
        with self._engine.begin() as connection:
            is_done: bool = connection.execute(statement).rowcount > 0
            if is_done and audit is not None:
                note(connection, audit)
            if is_done and after is not None:
                connection.execute(after)
        return is_done


def lock_account(connection: Connection, account_id: AccountId | None, *, is_changed: bool = False) -> bool:
    """Return whether an account is there, and have it stay so until the transaction ends.

    With `is_changed` nobody else holds it so meanwhile. SQLite, where one changes at a time, needs no lock.
    """
    wanted = select(ACCOUNT.c.id).where(ACCOUNT.c.id == account_id)
    locked = wanted.with_for_update(read=not is_changed, key_share=True)
    return connection.execute(locked).first() is not None


def read_part(
    connection: Connection,
    table: Table,
    columns: Sequence[Any],
    after: Position | None,
    limit: int,
    condition: Any = None,
) -> Sequence[Any]:
    """Return the next `limit` rows behind a position, from the oldest on."""
    wanted = select(*columns).order_by(table.c.created_at, table.c.id).limit(limit)
    if condition is not None:
        wanted = wanted.where(condition)
    if after is not None:
        wanted = wanted.where(tuple_(table.c.created_at, table.c.id) > tuple_(*after))
    return connection.execute(wanted).all()


def count(connection: Connection, table: Table, condition: Any) -> int:
    """Return how many rows of a table meet a condition."""
    found: int = connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one()
    return found


def note(connection: Connection, entry: AuditEntry, more: Details | None = None) -> None:
    """Write an entry into the audit, with what more there is to say of the change."""
    values = {"at": entry.at, "actor": entry.actor, "action": entry.action, "subject": entry.subject}
    details = as_json(entry.details | (more or {}))
    connection.execute(insert(AUDIT).values(values | {"details": details}))


def as_json(value: Any) -> str:
    """Return a value as the records store it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
