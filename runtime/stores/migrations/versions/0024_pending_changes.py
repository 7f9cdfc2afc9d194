"""Changes that wait for a person, and who made each MCP server: whoever's agent asks may not approve.

The makers of the servers that are there are taken from the audit.
"""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0024"
down_revision = "0023"

_SQL = """
CREATE TABLE pending_change (
    id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    account_id TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    server_id TEXT NOT NULL,
    caller TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    client TEXT NOT NULL,
    batch TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    tool TEXT NOT NULL,
    resource TEXT NOT NULL,
    record_id TEXT NOT NULL,
    risk TEXT NOT NULL,
    amount TEXT NOT NULL,
    status TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    decided_at DOUBLE PRECISION,
    decided_by TEXT NOT NULL,
    finished_at DOUBLE PRECISION,
    entry_id TEXT NOT NULL,
    sealed BLOB NOT NULL
);
CREATE INDEX pending_change_account ON pending_change (account_id, status, created_at, id);
CREATE INDEX pending_change_tenant ON pending_change (tenant_id, status, created_at, id);
CREATE INDEX pending_change_batch ON pending_change (batch);
CREATE UNIQUE INDEX pending_change_same ON pending_change (account_id, caller, fingerprint)
    WHERE status IN ('waiting', 'approved');
CREATE INDEX pending_change_equal ON pending_change (account_id, tool, record_id, status, created_at);
CREATE INDEX pending_change_finished ON pending_change (finished_at);
ALTER TABLE mcp_server ADD COLUMN made_by TEXT NOT NULL DEFAULT '';
UPDATE mcp_server SET made_by = COALESCE(
    (SELECT oauth_grant.person_id FROM oauth_grant WHERE oauth_grant.id = mcp_server.grant_id),
    (SELECT audit.actor FROM audit WHERE audit.subject = mcp_server.id AND audit.action = 'mcp_server.created'
     ORDER BY audit.id LIMIT 1),
    '');
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
