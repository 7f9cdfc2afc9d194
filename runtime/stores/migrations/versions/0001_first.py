"""Accounts, MCP servers, API tokens, pending authorizations and the audit.

Times are seconds since the epoch. Hashes are HMAC-SHA256; `sealed` is encrypted; no secret stands here in the
clear.
"""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0001"
down_revision = None

_SQL = """
CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    integration TEXT NOT NULL,
    environment TEXT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'active', 'needs_reconnect')),
    company TEXT NOT NULL,
    fields TEXT NOT NULL,
    sealed BLOB NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX account_in_order ON account (created_at, id);
CREATE INDEX account_company ON account (integration, environment, company);

CREATE TABLE mcp_server (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL,
    name TEXT NOT NULL,
    config TEXT NOT NULL,
    expires_at DOUBLE PRECISION,
    created_at DOUBLE PRECISION NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL
);
CREATE UNIQUE INDEX mcp_server_token ON mcp_server (token_hash);
CREATE INDEX mcp_server_in_order ON mcp_server (account_id, created_at, id);
CREATE INDEX mcp_server_expiry ON mcp_server (expires_at);

CREATE TABLE api_token (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash BLOB NOT NULL,
    name TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    last_used_at DOUBLE PRECISION
);
CREATE UNIQUE INDEX api_token_token ON api_token (token_hash);
CREATE INDEX api_token_in_order ON api_token (created_at, id);

CREATE TABLE "authorization" (
    state_hash BLOB NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    redirect_uri TEXT NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    used_at DOUBLE PRECISION
);
CREATE INDEX authorization_account ON "authorization" (account_id);
CREATE INDEX authorization_expiry ON "authorization" (expires_at);

CREATE TABLE audit (
    id INTEGER NOT NULL PRIMARY KEY,
    at DOUBLE PRECISION NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, at);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
