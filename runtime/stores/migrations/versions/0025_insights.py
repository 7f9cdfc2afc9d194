"""Analyses: the findings that were dismissed, and what was read before a rate limit."""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0025"
down_revision = "0024"

_SQL = """
CREATE TABLE dismissed_finding (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    finding TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason BLOB NOT NULL,
    says BLOB NOT NULL,
    by_person TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL
);
CREATE UNIQUE INDEX dismissed_finding_account ON dismissed_finding (account_id, finding);
CREATE TABLE insight_reading (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    holder TEXT NOT NULL,
    question BLOB NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX insight_reading_account ON insight_reading (account_id, created_at, id);
CREATE INDEX insight_reading_expiry ON insight_reading (expires_at);
CREATE TABLE insight_part (
    id TEXT NOT NULL PRIMARY KEY,
    reading_id TEXT NOT NULL REFERENCES insight_reading (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    sealed BLOB NOT NULL
);
CREATE UNIQUE INDEX insight_part_reading ON insight_part (reading_id, name);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
