"""Tenants: who owns accounts and API tokens, what each may have, and how a platform names its accounts.

What is there already belongs to the tenant `default`. The API tokens of before reach as far as they did: those of
one account are bound to its tenant, the others to none.
"""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0014"
down_revision = "0013"

_SQL = """
CREATE TABLE tenant (
    id TEXT NOT NULL PRIMARY KEY,
    limits TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL
);
CREATE INDEX tenant_in_order ON tenant (created_at, id);
INSERT INTO tenant (id, limits, created_at)
    SELECT 'default', '', (SELECT MIN(created_at) FROM account) WHERE EXISTS (SELECT 1 FROM account);
ALTER TABLE account ADD COLUMN tenant_id TEXT NOT NULL DEFAULT 'default';
ALTER TABLE account ADD COLUMN external_id TEXT;
ALTER TABLE account ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
CREATE INDEX account_tenant ON account (tenant_id, created_at, id);
CREATE UNIQUE INDEX account_external ON account (tenant_id, external_id) WHERE external_id IS NOT NULL;
ALTER TABLE api_token ADD COLUMN tenant_id TEXT NOT NULL DEFAULT 'default';
ALTER TABLE api_token ADD COLUMN is_bound_to_tenant INTEGER NOT NULL DEFAULT 0;
UPDATE api_token SET is_bound_to_tenant = 1 WHERE account_id IS NOT NULL;
ALTER TABLE api_token ADD COLUMN expires_at DOUBLE PRECISION;
CREATE INDEX api_token_tenant ON api_token (tenant_id, created_at, id);
ALTER TABLE "authorization" ADD COLUMN return_url TEXT NOT NULL DEFAULT '';
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
