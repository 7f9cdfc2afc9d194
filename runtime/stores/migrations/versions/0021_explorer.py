"""The explorer: what people have asked of a company, and the queries that they have saved."""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0021"
down_revision = "0020"

_SQL = """
CREATE TABLE explorer_run (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    tool TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX explorer_run_account ON explorer_run (account_id);
CREATE INDEX explorer_run_at ON explorer_run (created_at);
CREATE INDEX explorer_run_own ON explorer_run (person_id, account_id, created_at, id);
CREATE TABLE saved_query (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    is_shared INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    created_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX saved_query_account ON saved_query (account_id, created_at, id);
CREATE INDEX saved_query_person ON saved_query (person_id);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
