"""The audit of each organization: every entry names the tenant that it is of, where it is of one.

What was noted before gets its tenant from the things that are still there; the rest is of the deployment alone.
"""

from __future__ import annotations

from runtime.stores.migrations.dialect import execute_script

revision = "0023"
down_revision = "0022"

_SQL = """
ALTER TABLE audit ADD COLUMN tenant_id TEXT NOT NULL DEFAULT '';
UPDATE audit SET tenant_id = COALESCE(
    (SELECT tenant_id FROM account WHERE account.id = audit.subject),
    (SELECT account.tenant_id FROM mcp_server JOIN account ON account.id = mcp_server.account_id
     WHERE mcp_server.id = audit.subject),
    (SELECT tenant_id FROM api_token WHERE api_token.id = audit.subject AND is_bound_to_tenant = 1),
    (SELECT tenant_id FROM webhook WHERE webhook.id = audit.subject),
    (SELECT tenant_id FROM link_token WHERE link_token.id = audit.subject),
    (SELECT tenant_id FROM invitation WHERE invitation.id = audit.subject),
    (SELECT id FROM tenant WHERE tenant.id = audit.subject AND audit.action = 'tenant.changed'),
    '');
CREATE INDEX audit_tenant ON audit (tenant_id, id);
"""


def upgrade() -> None:
    """Go from the revision before to this one."""
    execute_script(_SQL)
