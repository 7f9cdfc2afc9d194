"""Tokens of MCP servers: one before the present for a while, how often and when they were used, and expiry noted once.

Only what may expire, and what has, is in an index: to create a server without an expiry changes none of both.
"""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0018"
down_revision = "0017"

_SQL = """
ALTER TABLE mcp_server ADD COLUMN used_up_at DOUBLE PRECISION;
ALTER TABLE mcp_server ADD COLUMN expired_at DOUBLE PRECISION;
DROP INDEX mcp_server_expiry;
CREATE INDEX mcp_server_expiry ON mcp_server (expires_at) WHERE expires_at IS NOT NULL AND expired_at IS NULL;
CREATE INDEX mcp_server_expired ON mcp_server (expired_at) WHERE expired_at IS NOT NULL;
CREATE TABLE mcp_previous_token (
    server_id TEXT NOT NULL PRIMARY KEY REFERENCES mcp_server (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL
);
CREATE UNIQUE INDEX mcp_previous_token_hash ON mcp_previous_token (token_hash);
CREATE INDEX mcp_previous_token_expiry ON mcp_previous_token (expires_at);
CREATE TABLE mcp_server_use (
    server_id TEXT NOT NULL PRIMARY KEY REFERENCES mcp_server (id) ON DELETE CASCADE,
    uses BIGINT NOT NULL,
    last_used_at DOUBLE PRECISION NOT NULL
);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
