"""The log of calls: which tool was called when, by whom, and what it came to."""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0016"
down_revision = "0015"

_SQL = """
CREATE TABLE call_log (
    id INTEGER NOT NULL PRIMARY KEY,
    log_type TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    tenant_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    caller_id TEXT NOT NULL,
    tool TEXT NOT NULL,
    client_name TEXT NOT NULL,
    client_version TEXT NOT NULL,
    error_code TEXT NOT NULL,
    ms DOUBLE PRECISION NOT NULL,
    size BIGINT NOT NULL,
    request_id TEXT NOT NULL
);
CREATE INDEX call_log_at ON call_log (at, id);
CREATE INDEX call_log_account ON call_log (account_id, at, id);
CREATE INDEX call_log_tenant ON call_log (tenant_id, at, id);
CREATE INDEX call_log_caller ON call_log (caller_id, at, id);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
