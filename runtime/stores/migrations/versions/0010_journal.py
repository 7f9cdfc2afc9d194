"""The journal of writes.

Rows of the first two tables are never changed: each is a link in the chain of its account, and its hash covers it
and the hash of the link before. An intent is stored before it is sent, its outcome after. They stay when their
account is deleted.
"""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0010"
down_revision = "0009"

_SQL = """
CREATE TABLE journal (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    caller TEXT NOT NULL,
    client TEXT NOT NULL,
    begun_at DOUBLE PRECISION NOT NULL,
    tool TEXT NOT NULL,
    resource TEXT NOT NULL,
    record_id TEXT NOT NULL,
    vendor_key TEXT NOT NULL,
    reverts TEXT,
    sealed BLOB NOT NULL,
    hash BLOB NOT NULL
);
CREATE UNIQUE INDEX journal_chain ON journal (account_id, seq);
CREATE INDEX journal_record ON journal (account_id, record_id);
CREATE INDEX journal_reverts ON journal (reverts);

CREATE TABLE journal_outcome (
    account_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    entry_id TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    outcome TEXT NOT NULL,
    settled_how TEXT NOT NULL,
    status INTEGER NOT NULL,
    trace TEXT NOT NULL,
    record_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (account_id, seq)
);
CREATE INDEX journal_outcome_entry ON journal_outcome (entry_id, seq);
CREATE INDEX journal_outcome_record ON journal_outcome (account_id, record_id);

-- The last link of each chain, for the next one to follow.
CREATE TABLE journal_head (
    account_id TEXT NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL
);

-- The intents without an outcome, with the run of the process that stored each, and until when another one settles it.
CREATE TABLE journal_open (
    entry_id TEXT NOT NULL PRIMARY KEY,
    run TEXT NOT NULL,
    claimed_until DOUBLE PRECISION NOT NULL DEFAULT 0
);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
