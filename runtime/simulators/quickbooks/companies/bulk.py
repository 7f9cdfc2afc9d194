"""Loading a company in bulk: books that look lists up once, no garbage collection, indexes made at the end.

Called by `companies.business`, which fills the books with a year of work.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from runtime.simulators.quickbooks.books.books import Books
from runtime.simulators.quickbooks.books.store import Body, Store

LISTS = frozenset(
    {"Account", "Item", "TaxRate", "TaxAgency", "TaxCode", "Term", "Customer", "Vendor", "Class", "Employee"}
)

NEEDED_INDEXES = frozenset(
    {"records_id", "records_name", "records_full_name", "postings_txn", "postings_item"}
)
INDEXED_LATER_FROM = 4.0
"""Times the usual size: making an index at the end is worth it for large loads alone."""


@contextmanager
def pause_collection() -> Iterator[None]:
    """Pause garbage collection while a company is made: nothing in it goes in circles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def postpone_indexes(store: Store, scale: float) -> Iterator[None]:
    """Make the indexes that a large load itself does not need at its end; inside its
    transaction.
    """
    if scale < INDEXED_LATER_FROM:
        yield
        return
    rows: list[tuple[str, str]] = store.execute(
        "select name, sql from sqlite_master where type = 'index' and tbl_name in ('records', 'postings')"
        " and sql is not null"
    ).fetchall()
    later = [(name, sql) for name, sql in rows if name not in NEEDED_INDEXES]
    for name, _ in later:
        store.execute(f"drop index {name}")
    yield
    for _, sql in later:
        store.execute(sql)


class BulkBooks(Books):
    """Books that remember what they have looked up in lists, for loads that write nothing else to them."""

    def __init__(self, store: Store, realm: str) -> None:
        super().__init__(store, realm)
        self._lists: dict[tuple[str, str | None], Body | None] = {}
        self._names: dict[tuple[str, str], str | None] = {}
        self._standing: dict[tuple[str, str], tuple[str, int] | None] = {}
        self._first: dict[tuple[str, str | None], str | None] = {}

    def find(self, entity: str, id: str | None) -> Body | None:
        """Return a record; those of lists are read once."""
        if entity not in LISTS:
            return super().find(entity, id)
        key = (entity, id)
        if key not in self._lists:
            self._lists[key] = super().find(entity, id)
        return self._lists[key]

    def get_name(self, entity: str, id: str) -> str | None:
        """Return what a reference to the record shows as its name; read once."""
        key = (entity, id)
        if self._names.get(key) is None:
            self._names[key] = super().get_name(entity, id)
        return self._names[key]

    def get_reference_state(self, entity: str, id: str) -> tuple[str, int] | None:
        """Return the name that a reference to the record shows, and whether it is active; read once."""
        key = (entity, id)
        if self._standing.get(key) is None:
            self._standing[key] = super().get_reference_state(entity, id)
        return self._standing[key]

    def find_first_account(self, account_type: str, subtype: str | None = None) -> str | None:
        """Return Id of the oldest active account of a type (and subtype)."""
        key = (account_type, subtype)
        if self._first.get(key) is None:
            self._first[key] = super().find_first_account(account_type, subtype)
        return self._first[key]

    def write(self, entity: str, body: Body, created: int, updated: int) -> None:
        """Store a record and forget what was remembered of it."""
        super().write(entity, body, created, updated)
        self._lists.pop((entity, str(body["Id"])), None)
        self._standing.pop((entity, str(body["Id"])), None)
