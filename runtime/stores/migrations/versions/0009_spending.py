"""What was sent to the vendor for each account, MCP server and month in UTC (2026-11).

An empty server is the REST API. An account may have a budget, JSON as in the config of MCP servers.
"""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0009"
down_revision = "0008"

_SQL = """
ALTER TABLE account ADD COLUMN budget TEXT NOT NULL DEFAULT '';
CREATE TABLE spending (
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    server_id TEXT NOT NULL,
    month TEXT NOT NULL,
    reads BIGINT NOT NULL,
    writes BIGINT NOT NULL,
    PRIMARY KEY (account_id, server_id, month)
);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
