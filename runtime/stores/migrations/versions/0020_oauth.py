"""Our OAuth authorization server: clients, grants with one MCP server for each company, codes, tokens, signing keys."""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0020"
down_revision = "0019"

_SQL = """
CREATE TABLE oauth_client (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    metadata TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    last_used_at DOUBLE PRECISION,
    fresh_until DOUBLE PRECISION
);
CREATE INDEX oauth_client_in_order ON oauth_client (created_at, id);
CREATE TABLE oauth_grant (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    client_name TEXT NOT NULL,
    redirect_host TEXT NOT NULL,
    resource TEXT NOT NULL,
    default_account_id TEXT,
    created_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION,
    last_used_at DOUBLE PRECISION
);
CREATE INDEX oauth_grant_client ON oauth_grant (client_id);
CREATE INDEX oauth_grant_expiry ON oauth_grant (expires_at);
CREATE INDEX oauth_grant_person ON oauth_grant (person_id, created_at, id);
CREATE TABLE oauth_code (
    code_hash BLOB NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES oauth_grant (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge TEXT NOT NULL,
    scope TEXT NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    used_at DOUBLE PRECISION
);
CREATE INDEX oauth_code_expiry ON oauth_code (expires_at);
CREATE INDEX oauth_code_grant ON oauth_code (grant_id);
CREATE TABLE oauth_refresh_token (
    token_hash BLOB NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES oauth_grant (id) ON DELETE CASCADE,
    created_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    used_at DOUBLE PRECISION
);
CREATE INDEX oauth_refresh_token_expiry ON oauth_refresh_token (expires_at);
CREATE INDEX oauth_refresh_token_grant ON oauth_refresh_token (grant_id);
CREATE TABLE signing_key (
    id TEXT NOT NULL PRIMARY KEY,
    public TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    retired_at DOUBLE PRECISION
);
ALTER TABLE mcp_server ADD COLUMN grant_id TEXT REFERENCES oauth_grant (id) ON DELETE CASCADE;
CREATE INDEX mcp_server_grant ON mcp_server (grant_id) WHERE grant_id IS NOT NULL;
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
