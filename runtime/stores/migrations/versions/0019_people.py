"""People: their roles in tenants, invitations, sessions, passkeys, and which role the tools of a tenant need."""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0019"
down_revision = "0018"

_SQL = """
CREATE TABLE person (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL
);
CREATE UNIQUE INDEX person_email ON person (email);
CREATE INDEX person_in_order ON person (created_at, id);
CREATE TABLE person_identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    created_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX person_identity_person ON person_identity (person_id);
CREATE TABLE member (
    tenant_id TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (tenant_id, person_id)
);
CREATE INDEX member_person ON member (person_id);
CREATE TABLE invitation (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash BLOB NOT NULL,
    tenant_id TEXT NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    invited_by TEXT NOT NULL,
    signs_in INTEGER NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    used_at DOUBLE PRECISION
);
CREATE INDEX invitation_expiry ON invitation (expires_at);
CREATE INDEX invitation_tenant ON invitation (tenant_id, created_at, id);
CREATE UNIQUE INDEX invitation_token ON invitation (token_hash);
CREATE TABLE session (
    id TEXT NOT NULL PRIMARY KEY,
    token_hash BLOB NOT NULL,
    person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    signed_in_by TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    last_used_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX session_person ON session (person_id);
CREATE UNIQUE INDEX session_token ON session (token_hash);
CREATE INDEX session_use ON session (last_used_at);
CREATE TABLE passkey (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    public_key BLOB NOT NULL,
    sign_count BIGINT NOT NULL,
    name TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    last_used_at DOUBLE PRECISION
);
CREATE INDEX passkey_person ON passkey (person_id);
CREATE TABLE sign_in (
    state_hash BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    sealed BLOB NOT NULL,
    browser_hash BLOB NOT NULL,
    return_to TEXT NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX sign_in_expiry ON sign_in (expires_at);
ALTER TABLE tenant ADD COLUMN tools_role TEXT NOT NULL DEFAULT 'billing_admin';
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
