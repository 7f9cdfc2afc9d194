"""The records of the explorer: what people have asked, the last of it for each, and the queries that are saved.

Part of `records`; called by `operations.explorer.history`. What was asked comes in sealed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import and_, delete, func, insert, or_, select

from runtime.model import AccountId, AuditEntry
from runtime.people import PersonId
from runtime.stores.explorer_tables import EXPLORER_RUN, SAVED_QUERY
from runtime.stores.people_tables import PERSON
from runtime.stores.record_base import RecordBase, lock_account, note

MOST_RUNS = 100
"""Runs of one person at one company that are stored: as far back as somebody looks for a query."""
MOST_SAVED = 200
"""Queries that one person saves for one company; a list that is longer is not read."""
RunKind = Literal["query", "tool", "write"]
_RUN = [
    EXPLORER_RUN.c[name] for name in ("id", "account_id", "person_id", "kind", "tool", "sealed", "created_at")
]
_SAVED = [
    SAVED_QUERY.c[name] for name in ("id", "account_id", "person_id", "is_shared", "sealed", "created_at")
]


@dataclass(frozen=True, slots=True)
class StoredRun:
    """Something that a person has asked of a company; `tool` is its tool."""

    id: str
    account_id: AccountId
    person_id: PersonId
    kind: RunKind
    tool: str
    sealed: bytes
    created_at: float


@dataclass(frozen=True, slots=True)
class StoredQuery:
    """A query that is saved, and who saved it."""

    id: str
    account_id: AccountId
    person_id: PersonId
    is_shared: bool
    sealed: bytes
    created_at: float
    saved_by: str = ""
    """The name of the person, where it is read."""


class ExplorerRecords(RecordBase):
    """Reads and changes what is asked and saved in the explorer."""

    def add_explorer_run(self, run: StoredRun) -> bool:
        """Store a run, and forget those of its person and company that are too many.

        False when there is one with its id, or its company is gone.
        """
        table = EXPLORER_RUN
        mine = and_(table.c.person_id == run.person_id, table.c.account_id == run.account_id)
        newest = select(table.c.id).where(mine).order_by(table.c.created_at.desc(), table.c.id.desc())
        values = {column.name: getattr(run, column.name) for column in _RUN}
        with self._engine.begin() as connection:
            if not lock_account(connection, run.account_id):
                return False
            if connection.execute(select(table.c.id).where(table.c.id == run.id)).first() is not None:
                return False
            connection.execute(insert(table).values(values))
            latest = list(connection.scalars(newest.limit(MOST_RUNS)))
            connection.execute(delete(table).where(mine, table.c.id.not_in(latest)))
        return True

    def find_explorer_run(self, run_id: str, account_id: AccountId, person_id: PersonId) -> StoredRun | None:
        """Return a run of a person at a company; None where there is none."""
        table = EXPLORER_RUN
        mine = (table.c.id == run_id, table.c.account_id == account_id, table.c.person_id == person_id)
        with self._reading.begin() as connection:
            row = connection.execute(select(*_RUN).where(*mine)).first()
        return None if row is None else StoredRun(*row)

    def list_explorer_runs(self, account_id: AccountId, person_id: PersonId) -> list[StoredRun]:
        """Return the runs of a person at a company, the newest first."""
        table = EXPLORER_RUN
        mine = (table.c.person_id == person_id, table.c.account_id == account_id)
        wanted = select(*_RUN).where(*mine).order_by(table.c.created_at.desc(), table.c.id.desc())
        with self._reading.begin() as connection:
            return [StoredRun(*row) for row in connection.execute(wanted.limit(MOST_RUNS))]

    def forget_explorer_runs(self, account_id: AccountId, person_id: PersonId) -> None:
        """Forget the runs of a person at a company."""
        table = EXPLORER_RUN
        self._change(delete(table).where(table.c.person_id == person_id, table.c.account_id == account_id))

    def add_query(self, query: StoredQuery, audit: AuditEntry) -> bool:
        """Store a query. False when its person has as many as anybody may, or its company is gone."""
        table = SAVED_QUERY
        mine = and_(table.c.person_id == query.person_id, table.c.account_id == query.account_id)
        values = {column.name: getattr(query, column.name) for column in _SAVED}
        with self._engine.begin() as connection:
            if not lock_account(connection, query.account_id):
                return False
            if connection.execute(select(func.count()).where(mine)).scalar_one() >= MOST_SAVED:
                return False
            connection.execute(insert(table).values(values | {"is_shared": int(query.is_shared)}))
            if query.is_shared:
                note(connection, audit)
        return True

    def list_queries(self, account_id: AccountId, person_id: PersonId) -> list[StoredQuery]:
        """Return the queries for a company that a person may use, the oldest first: own ones and shared ones."""
        table = SAVED_QUERY
        usable = (
            table.c.account_id == account_id,
            or_(table.c.person_id == person_id, table.c.is_shared == 1),
        )
        wanted = (
            select(*_SAVED, PERSON.c.name)
            .join(PERSON, PERSON.c.id == table.c.person_id)
            .where(*usable)
            .order_by(table.c.created_at, table.c.id)
        )
        with self._reading.begin() as connection:
            return [_query(row) for row in connection.execute(wanted)]

    def delete_query(
        self, query_id: str, account_id: AccountId, person_id: PersonId, audit: AuditEntry, *, is_any: bool
    ) -> bool:
        """Forget a query of a person, or, with `is_any`, also a shared one of somebody else. False without one."""
        table = SAVED_QUERY
        own = table.c.person_id == person_id
        whose = or_(own, table.c.is_shared == 1) if is_any else own
        return self._change(
            delete(table).where(table.c.id == query_id, table.c.account_id == account_id, whose), audit
        )


def _query(row: tuple[object, ...]) -> StoredQuery:
    id_, account_id, person_id, is_shared, sealed, created_at, saved_by = row
    return StoredQuery(id_, account_id, person_id, bool(is_shared), sealed, created_at, saved_by)  # type: ignore[arg-type]
