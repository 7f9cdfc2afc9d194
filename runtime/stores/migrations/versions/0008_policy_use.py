"""What MCP servers with limits have written lately.

`amount` is in millionths, `ref` names the write: a repeat under one idempotency key is one write. Rows older than a
day count for nothing, and are purged.
"""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0008"
down_revision = "0007"

_SQL = """
CREATE TABLE policy_use (
    id INTEGER NOT NULL PRIMARY KEY,
    server_id TEXT NOT NULL REFERENCES mcp_server (id) ON DELETE CASCADE,
    ref TEXT NOT NULL,
    at DOUBLE PRECISION NOT NULL,
    amount BIGINT NOT NULL
);
CREATE UNIQUE INDEX policy_use_ref ON policy_use (ref);
CREATE INDEX policy_use_in_order ON policy_use (server_id, at);
CREATE INDEX policy_use_at ON policy_use (at);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
