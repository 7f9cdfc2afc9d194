"""States of accounts with their last error, link tokens, claims of refreshes, and a lasting key.

`status` is made anew, because SQLite cannot change what a column may hold. `owner` and `claimed_until` say which
process refreshes an account, `lasting_key` is the key of the hashes once the secret key has been rotated, sealed with
the new one. Link tokens are HMAC-SHA256 in `token_hash`.
"""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0017"
down_revision = "0016"

_SQL = """
ALTER TABLE account ADD COLUMN state TEXT NOT NULL DEFAULT 'connecting'
    CHECK (state IN ('connecting', 'active', 'needs_reauth', 'disconnected'));
UPDATE account SET state = CASE status WHEN 'pending' THEN 'connecting' WHEN 'needs_reconnect' THEN 'needs_reauth'
    ELSE status END;
ALTER TABLE account DROP COLUMN status;
ALTER TABLE account RENAME COLUMN state TO status;
ALTER TABLE account ADD COLUMN status_since DOUBLE PRECISION NOT NULL DEFAULT 0;
UPDATE account SET status_since = updated_at;
ALTER TABLE account ADD COLUMN last_error TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN read_only INTEGER NOT NULL DEFAULT 0;

CREATE TABLE link_token (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash BLOB NOT NULL,
    tenant_id TEXT NOT NULL,
    account_id TEXT REFERENCES account (id) ON DELETE CASCADE,
    integration TEXT NOT NULL,
    name TEXT NOT NULL,
    external_id TEXT NOT NULL,
    metadata TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    read_only INTEGER NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    used_at DOUBLE PRECISION
);
CREATE UNIQUE INDEX link_token_token ON link_token (token_hash);
CREATE INDEX link_token_in_order ON link_token (created_at, id);
CREATE INDEX link_token_account ON link_token (account_id);
CREATE INDEX link_token_expiry ON link_token (expires_at);

ALTER TABLE "authorization" ADD COLUMN link_id TEXT REFERENCES link_token (id) ON DELETE CASCADE;
CREATE INDEX authorization_link ON "authorization" (link_id);

ALTER TABLE refresh_attempt ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE refresh_attempt ADD COLUMN claimed_until DOUBLE PRECISION NOT NULL DEFAULT 0;

ALTER TABLE deployment ADD COLUMN lasting_key BLOB;
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
