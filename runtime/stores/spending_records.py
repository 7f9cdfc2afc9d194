"""The records of what was sent to vendors: reads and writes by account, MCP server and month.

Called by `operations.spending`, which counts in memory and stores what was added every few seconds, and at once what
must not exceed a budget that other processes spend from as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, select, text

from runtime.model import AccountId, Spent, SpentKey
from runtime.stores.record_base import RecordBase, lock_account
from runtime.stores.tables import SPENDING

_ADD = text(
    "INSERT INTO spending (account_id, server_id, month, reads, writes) "
    "SELECT id, :server_id, :month, :reads, :writes FROM account WHERE id = :account_id "
    "ON CONFLICT (account_id, server_id, month) DO UPDATE "
    "SET reads = spending.reads + excluded.reads, writes = spending.writes + excluded.writes"
)
"""Adds to what there is; of an account that is gone nothing is stored."""


class SpendingRecords(RecordBase):
    """Adds up and reads what was sent."""

    def add_spending(self, added: Sequence[tuple[SpentKey, Spent]]) -> dict[SpentKey, Spent]:
        """Add to what is stored, in one transaction, and return all that the same accounts have in these months."""
        with self._engine.begin() as connection:
            for account_id in sorted({key.account_id for key, _ in added}):
                lock_account(connection, account_id)
            for key, spent in sorted(
                added
            ):  # in one order everywhere, so that none waits for another in a circle
                connection.execute(_ADD, {**key._asdict(), **spent._asdict()})
            found: dict[SpentKey, Spent] = {}
            for account_id, month in {(key.account_id, key.month) for key, _ in added}:
                found |= _read(connection, account_id, month)
        return found

    def spend_within(
        self, key: SpentKey, spent: Spent, check: Callable[[dict[SpentKey, Spent]], object]
    ) -> dict[SpentKey, Spent]:
        """Add to what is stored where `check` lets all that the account then has in the month pass, and return that.

        One transaction, with nobody else adding to the account meanwhile. Raises what `check` raises: nothing is added.
        """
        with self._engine.begin() as connection:
            lock_account(connection, key.account_id, is_changed=True)
            connection.execute(_ADD, {**key._asdict(), **spent._asdict()})
            found = _read(connection, key.account_id, key.month)
            check(found)
        return found

    def read_spending(self, account_id: AccountId, month: str = "") -> dict[SpentKey, Spent]:
        """Return what an account has spent in a month, or in every month, by MCP server."""
        with self._reading.begin() as connection:
            return _read(connection, account_id, month)


def _read(connection: Connection, account_id: AccountId, month: str) -> dict[SpentKey, Spent]:
    table = SPENDING
    columns = (table.c.account_id, table.c.server_id, table.c.month, table.c.reads, table.c.writes)
    wanted = select(*columns).where(table.c.account_id == account_id)
    if month:
        wanted = wanted.where(table.c.month == month)
    return {SpentKey(*row[:3]): Spent(*row[3:]) for row in connection.execute(wanted)}
