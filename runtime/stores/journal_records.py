"""The records of the journal: links that are added and never changed, their heads, and which entries are still open.

Called by `operations.write_journal`, which has the values sealed, and `operations.journal`, which reads them. The hash
of a link comes from above (`safety.journal.chain`), because only inside of the transaction is the link before it known.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, exists, func, or_, select, update

from runtime.events import Event
from runtime.journal_filter import JournalFilter
from runtime.model import AccountId, JournalEntry, JournalOutcome
from runtime.stores.emitting import emit_plain
from runtime.stores.engine import PlainConnection
from runtime.stores.journal_tables import JOURNAL, JOURNAL_HEAD, JOURNAL_OPEN, JOURNAL_OUTCOME
from runtime.stores.new_link import NewLink
from runtime.stores.record_base import RecordBase

HashLink = Callable[[Mapping[str, Any], bytes], bytes]
Link = Mapping[str, Any]
FIRST = bytes(32)
"""What the first link of a chain follows."""

_TABLES: Mapping[str, Table] = {"journal": JOURNAL, "journal_outcome": JOURNAL_OUTCOME}
_COLUMNS = {name: tuple(column.name for column in table.c) for name, table in _TABLES.items()}
_ADD = {
    name: f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    for name, columns in _COLUMNS.items()
}
"""Statements of the driver: two transactions for every write cost twice as much processor time through SQLAlchemy."""
_OPEN = "INSERT INTO journal_open (entry_id, run, claimed_until) VALUES (?, ?, 0)"
_CLOSE = "DELETE FROM journal_open WHERE entry_id = ?"
_HEAD = "SELECT seq, hash FROM journal_head WHERE account_id = ?"
_MOVE_HEAD = (
    "INSERT INTO journal_head (account_id, seq, hash) VALUES (?, ?, ?) "
    "ON CONFLICT (account_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash"
)
_ANY = JOURNAL_OUTCOME.alias("any_outcome")
_LATEST = select(func.max(_ANY.c.seq)).where(_ANY.c.entry_id == JOURNAL.c.id)
_OF_ENTRY = [column for column in JOURNAL.c if column.name != "hash"]
_OF_OUTCOME = [
    JOURNAL_OUTCOME.c[name]
    for name in ("seq", "at", "outcome", "settled_how", "status", "trace", "record_id", "sealed")
]
_ENTRIES = select(*_OF_ENTRY, *_OF_OUTCOME).select_from(
    JOURNAL.outerjoin(
        JOURNAL_OUTCOME,
        and_(JOURNAL_OUTCOME.c.entry_id == JOURNAL.c.id, JOURNAL_OUTCOME.c.seq == _LATEST.scalar_subquery()),
    )
)
_REVERTS = _ENTRIES.where(JOURNAL.c.reverts.in_(bindparam("entry_ids", expanding=True))).order_by(
    JOURNAL.c.account_id, JOURNAL.c.seq
)
_WRITERS = select(
    select(JOURNAL.c.caller, JOURNAL.c.client, JOURNAL.c.tool)
    .where(JOURNAL.c.account_id == bindparam("account_id"))
    .order_by(JOURNAL.c.seq.desc())
    .limit(bindparam("most"))
    .subquery()
).distinct()


_UNDO, _UNDO_OUTCOME = JOURNAL.alias("undo"), JOURNAL_OUTCOME.alias("undo_outcome")
_IS_UNDONE = exists().where(
    _UNDO.c.reverts == JOURNAL.c.id,
    _UNDO_OUTCOME.c.entry_id == _UNDO.c.id,
    _UNDO_OUTCOME.c.outcome.in_(("done", "settled_done")),
)
"""That a write was undone: by an entry of the journal that is known to have been done."""


class JournalRecords(RecordBase):
    """Adds to the journal and reads it."""

    def add_links(self, links: Sequence[NewLink], hash_link: HashLink, *, is_lasting: bool = True) -> None:
        """Add links to the chains of their accounts, all in one transaction.

        What is not lasting survives the death of this process, and a power cut only once another change is stored.
        """
        heads: dict[str, tuple[int, bytes]] = {}
        with self._engine.begin_plain(synchronous="FULL" if is_lasting else "NORMAL") as connection:
            self._engine.lock_heads(connection, {link.values["account_id"] for link in links})
            for link in links:
                if _is_wanted(connection, link):
                    _add(connection, link, heads, hash_link)
            connection.executemany(_MOVE_HEAD, [(account_id, *head) for account_id, head in heads.items()])

    def make_lasting(self, now: float) -> None:
        """Have everything that is stored survive a power cut as well. Raises StorageUnavailable."""
        with self._engine.begin_plain() as connection:  # a commit that waits for the disk, with all before it
            connection.execute("UPDATE deployment SET probed_at = ?", (now,))

    def read_journal_entries(
        self, account_id: AccountId, wanted: JournalFilter, before: int | None, limit: int
    ) -> list[JournalEntry]:
        """Return entries of an account, the newest first; `before` is the `seq` of the last one seen."""
        found = _ENTRIES.where(JOURNAL.c.account_id == account_id, *_conditions(wanted))
        if before is not None:
            found = found.where(JOURNAL.c.seq < before)
        with self._reading.begin() as connection:
            rows = connection.execute(found.order_by(JOURNAL.c.seq.desc()).limit(limit))
            return [_entry(row) for row in rows]

    def find_journal_entry(self, account_id: AccountId | None, entry_id: str) -> JournalEntry | None:
        """Return one entry, of any account for None."""
        found = _ENTRIES.where(JOURNAL.c.id == entry_id)
        if account_id is not None:
            found = found.where(JOURNAL.c.account_id == account_id)
        with self._reading.begin() as connection:
            row = connection.execute(found).first()
        return None if row is None else _entry(row)

    def find_reverts(self, entry_id: str) -> list[JournalEntry]:
        """Return the entries that undo one, from the oldest on."""
        with self._reading.begin() as connection:
            rows = connection.execute(_ENTRIES.where(JOURNAL.c.reverts == entry_id).order_by(JOURNAL.c.seq))
            return [_entry(row) for row in rows]

    def find_reverts_of(self, entry_ids: Sequence[str]) -> list[JournalEntry]:
        """Return the entries that undo one of some, from the oldest on."""
        values = {"entry_ids": list(entry_ids)}
        with self._reading.begin() as connection:
            return [_entry(row) for row in connection.execute(_REVERTS, values)] if entry_ids else []

    def count_journal_entries(self, account_id: AccountId, wanted: JournalFilter, most: int) -> int:
        """Return how many entries of an account meet a filter, counted up to a bound."""
        mine = (JOURNAL.c.account_id == account_id, *_conditions(wanted))
        found = _ENTRIES.with_only_columns(JOURNAL.c.seq).where(*mine).limit(most).subquery()
        with self._reading.begin() as connection:
            return int(connection.execute(select(func.count()).select_from(found)).scalar_one())

    def list_journal_writers(self, account_id: AccountId, most: int) -> list[tuple[str, str, str]]:
        """Return who wrote with which program by which tool, among the newest entries of an account."""
        values = {"account_id": account_id, "most": most}
        with self._reading.begin() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(_WRITERS, values)]

    def find_reversals(self, account_id: AccountId, resource: str, record_id: str) -> list[JournalEntry]:
        """Return the entries that book the opposite of a record, from the oldest on."""
        table = JOURNAL
        mine = (table.c.account_id == account_id, table.c.reverses == record_id)
        found = _ENTRIES.where(*mine, table.c.resource == resource, table.c.kind == "reverse")
        with self._reading.begin() as connection:
            return [_entry(row) for row in connection.execute(found.order_by(table.c.seq))]

    def find_open_entries(self, run: str) -> list[JournalEntry]:
        """Return the entries without an outcome that other runs than this one have stored, from the oldest on."""
        others = select(JOURNAL_OPEN.c.entry_id).where(JOURNAL_OPEN.c.run != run)
        found = _ENTRIES.where(JOURNAL.c.id.in_(others)).order_by(JOURNAL.c.begun_at, JOURNAL.c.seq)
        with self._reading.begin() as connection:
            return [_entry(row) for row in connection.execute(found)]

    def claim_entry(self, entry_id: str, now: float, until: float) -> bool:
        """Claim an open entry for whoever settles it. False when another one has, or it has an outcome."""
        table = JOURNAL_OPEN
        claim = update(table).where(table.c.entry_id == entry_id, table.c.claimed_until <= now)
        return self._change(claim.values(claimed_until=until))

    def release_entry(self, entry_id: str) -> None:
        """Give an entry back that could not be settled now."""
        table = JOURNAL_OPEN
        self._change(update(table).where(table.c.entry_id == entry_id).values(claimed_until=0.0))

    def read_journal_links(self, account_id: AccountId | None = None) -> Iterator[Link]:
        """Yield the links of every chain, or of one, account by account in their order, as they are stored."""
        with self._reading.begin() as connection:
            yield from heapq.merge(
                *(_links(connection, each, account_id) for each in _TABLES.values()), key=_place
            )

    def read_journal_heads(self, account_id: AccountId | None = None) -> list[tuple[str, int, bytes]]:
        """Return the account, place and hash of the last link of every chain, or of one."""
        table = JOURNAL_HEAD
        found = select(table.c.account_id, table.c.seq, table.c.hash).order_by(table.c.account_id)
        if account_id is not None:
            found = found.where(table.c.account_id == account_id)
        with self._reading.begin() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(found)]


def _is_wanted(connection: PlainConnection, link: NewLink) -> bool:
    """Note that an entry has an outcome now; False for one that settles an entry which has one already."""
    if link.table == "journal":
        connection.execute(_OPEN, (link.values["id"], link.run))
        return True
    closed = connection.execute(_CLOSE, (link.values["entry_id"],))
    return closed.rowcount > 0 or not link.settles


def _add(
    connection: PlainConnection,
    link: NewLink,
    heads: dict[str, tuple[int, bytes]],
    hash_link: HashLink,
) -> None:
    account_id = link.values["account_id"]
    seq, previous = heads.get(account_id) or _find_head(connection, account_id)
    values = {name: _as_stored(value) for name, value in link.values.items()} | {"seq": seq + 1}
    values["hash"] = hash_link(values, previous)
    connection.execute(_ADD[link.table], [values[name] for name in _COLUMNS[link.table]])
    heads[account_id] = seq + 1, values["hash"]
    if values.get("outcome") == "indeterminate":
        data = {"integrated_account_id": account_id, "journal_entry_id": values["entry_id"]}
        emit_plain(connection, Event("write.indeterminate", values["at"], data, key=values["entry_id"]))


def _as_stored(value: Any) -> Any:
    """Return a value as every database stores it, because its hash is made before: PostgreSQL has no character 0."""
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value


def _find_head(connection: PlainConnection, account_id: str) -> tuple[int, bytes]:
    return connection.execute(_HEAD, (account_id,)).fetchone() or (0, FIRST)


def _conditions(wanted: JournalFilter) -> Iterator[Any]:
    found = func.coalesce(JOURNAL_OUTCOME.c.outcome, "sent")
    for name in ("tool", "kind", "caller", "client"):
        if (value := getattr(wanted, name)) is not None:
            yield JOURNAL.c[name] == value
    if wanted.record_id is not None:
        yield or_(JOURNAL.c.record_id == wanted.record_id, JOURNAL_OUTCOME.c.record_id == wanted.record_id)
    if wanted.resources is not None:
        yield JOURNAL.c.resource.in_(sorted(wanted.resources))
    if wanted.outcome is not None:
        yield found == wanted.outcome
    if wanted.outcomes is not None:
        yield found.in_(sorted(wanted.outcomes))
    yield from _other_conditions(wanted)


def _other_conditions(wanted: JournalFilter) -> Iterator[Any]:
    if wanted.since is not None:
        yield JOURNAL.c.begun_at >= wanted.since
    if wanted.until is not None:
        yield JOURNAL.c.begun_at < wanted.until
    if wanted.is_undone is not None:
        yield _IS_UNDONE if wanted.is_undone else ~_IS_UNDONE


def _entry(row: Any) -> JournalEntry:
    count = len(_OF_ENTRY)
    outcome = () if row[count] is None else (JournalOutcome(*row[count:]),)
    return JournalEntry(*row[:count], *outcome)


def _links(connection: Connection, table: Table, account_id: AccountId | None) -> Iterator[Link]:
    found = select(table).order_by(table.c.account_id, table.c.seq)
    if account_id is not None:
        found = found.where(table.c.account_id == account_id)
    names = [str(column.name) for column in table.c]
    for row in connection.execute(found):
        yield dict(zip(names, row, strict=True))


def _place(link: Link) -> tuple[str, int]:
    return str(link["account_id"]), link["seq"] if isinstance(link["seq"], int) else -1
