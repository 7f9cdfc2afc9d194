"""Saved reports, schedules by which they are run and sent, and the runs with their files."""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0022"
down_revision = "0021"

_SQL = """
CREATE TABLE saved_report (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    person_id TEXT NOT NULL,
    name TEXT NOT NULL,
    choice TEXT NOT NULL,
    is_shared INTEGER NOT NULL,
    created_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX saved_report_account ON saved_report (account_id, created_at, id);
CREATE TABLE schedule (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    saved_report_id TEXT NOT NULL REFERENCES saved_report (id) ON DELETE CASCADE,
    person_id TEXT NOT NULL,
    cron TEXT NOT NULL,
    zone TEXT NOT NULL,
    formats TEXT NOT NULL,
    emails TEXT NOT NULL,
    webhook_url TEXT NOT NULL,
    webhook_secret BLOB,
    next_due_at DOUBLE PRECISION,
    is_paused INTEGER NOT NULL,
    pause_reason TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX schedule_account ON schedule (account_id, created_at, id);
CREATE INDEX schedule_due ON schedule (next_due_at) WHERE next_due_at IS NOT NULL;
CREATE INDEX schedule_saved_report ON schedule (saved_report_id);
CREATE TABLE report_run (
    id TEXT NOT NULL PRIMARY KEY,
    schedule_id TEXT NOT NULL REFERENCES schedule (id) ON DELETE CASCADE,
    account_id TEXT NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    is_manual INTEGER NOT NULL,
    missed INTEGER NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    finished_at DOUBLE PRECISION,
    next_at DOUBLE PRECISION,
    error TEXT NOT NULL,
    summary TEXT NOT NULL,
    deliveries TEXT NOT NULL
);
CREATE UNIQUE INDEX report_run_due ON report_run (schedule_id, due_at, is_manual);
CREATE INDEX report_run_created ON report_run (created_at);
CREATE TABLE run_file (
    id TEXT NOT NULL PRIMARY KEY,
    run_id TEXT NOT NULL REFERENCES report_run (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sealed BLOB NOT NULL
);
CREATE INDEX run_file_run ON run_file (run_id);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
