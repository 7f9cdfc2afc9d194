"""The tables of the journal, beside `tables`. Called by `journal_records`."""

from __future__ import annotations

from sqlalchemy import DOUBLE_PRECISION, Column, Index, Integer, LargeBinary, Table, Text, text

from runtime.stores.tables import METADATA

JOURNAL = Table(
    "journal",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("begun_at", DOUBLE_PRECISION, nullable=False),
    Column("tool", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("vendor_key", Text, nullable=False),
    Column("reverts", Text),
    Column("sealed", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("reverses", Text),
    Index("journal_chain", "account_id", "seq", unique=True),
    Index("journal_record", "account_id", "record_id"),
    Index(
        "journal_reverts",
        "reverts",
        sqlite_where=text("reverts IS NOT NULL"),
        postgresql_where=text("reverts IS NOT NULL"),
    ),
    Index(
        "journal_reverses",
        "account_id",
        "reverses",
        sqlite_where=text("reverses IS NOT NULL"),
        postgresql_where=text("reverses IS NOT NULL"),
    ),
)

JOURNAL_OUTCOME = Table(
    "journal_outcome",
    METADATA,
    Column("account_id", Text, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("entry_id", Text, nullable=False),
    Column("at", DOUBLE_PRECISION, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("settled_how", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("trace", Text, nullable=False),
    Column("record_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("journal_outcome_entry", "entry_id", "seq"),
    Index("journal_outcome_record", "account_id", "record_id"),
)

JOURNAL_HEAD = Table(
    "journal_head",
    METADATA,
    Column("account_id", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

JOURNAL_OPEN = Table(
    "journal_open",
    METADATA,
    Column("entry_id", Text, primary_key=True),
    Column("run", Text, nullable=False),
    Column("claimed_until", DOUBLE_PRECISION, nullable=False, server_default=text("0")),
    sqlite_with_rowid=False,
)
