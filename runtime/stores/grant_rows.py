"""The rows of accounts and of what a token lets through, for whoever reads them: `look_up`, its twin, the records."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import orjson

from runtime.model import Account, AccountId, Grant, McpServerId, TokenHash
from runtime.stores.configs import read_config
from runtime.stores.row_texts import read_budget, read_error
from runtime.stores.tenant_rows import read_tenant_limits

ACCOUNT_COLUMNS = (
    "id, integration, environment, name, status, company, fields, sealed, created_at, updated_at, ended_by, "
    "budget, status_since, last_error, read_only, tenant_id, external_id, metadata"
)
OF_ACCOUNT = (
    ", ".join(f"account.{name}" for name in ACCOUNT_COLUMNS.split(", "))
    + ", (SELECT limits FROM tenant WHERE tenant.id = account.tenant_id)"
)
"""What is read of an account: its columns, and the limits of its tenant."""
ACCOUNT_LENGTH = ACCOUNT_COLUMNS.count(",") + 2
_ACCOUNT_OF_SERVER = "JOIN account ON account.id = mcp_server.account_id"
_IS_OPEN = "mcp_server.used_up_at IS NULL AND (mcp_server.expires_at IS NULL OR mcp_server.expires_at > ?)"
GRANT = (
    f"SELECT {OF_ACCOUNT}, mcp_server.id, mcp_server.config, mcp_server.expires_at "
    f"FROM mcp_server {_ACCOUNT_OF_SERVER} WHERE mcp_server.token_hash = ? AND {_IS_OPEN} "
    f"UNION ALL SELECT {OF_ACCOUNT}, mcp_server.id, mcp_server.config, "
    "CASE WHEN mcp_server.expires_at < mcp_previous_token.expires_at "
    "THEN mcp_server.expires_at ELSE mcp_previous_token.expires_at END "
    f"FROM mcp_previous_token JOIN mcp_server ON mcp_server.id = mcp_previous_token.server_id {_ACCOUNT_OF_SERVER} "
    f"WHERE mcp_previous_token.token_hash = ? AND mcp_previous_token.expires_at > ? AND {_IS_OPEN} LIMIT 1"
)
"""What a token opens now, and until when. The tokens before the present ones are few and are looked at only where no
present one is found; a token that has ended is looked up as one that never was, so that both take as long.
"""
GRANT_OF_SERVER = (
    f"SELECT {OF_ACCOUNT}, mcp_server.id, mcp_server.config, mcp_server.expires_at "
    f"FROM mcp_server {_ACCOUNT_OF_SERVER} WHERE mcp_server.id = ?"
)


def fill_grant(token_hash: TokenHash, now: float) -> tuple[TokenHash | float, ...]:
    """Return the values of GRANT."""
    return token_hash, now, token_hash, now, now


@lru_cache(maxsize=4096)
def make_grant(row: tuple[Any, ...]) -> Grant:
    """Return the grant in a row. Cached by the row's content: a row that changed is another row."""
    server_id, text = row[ACCOUNT_LENGTH:]
    account, config = read_account(row), read_config(text)
    if account.is_read_only:
        config = replace(config, is_read_only=True)
    if floor := account.tenant_limits.approval:
        config = replace(config, approval=floor + config.approval)
    return Grant(account, config, McpServerId(server_id))


def read_account(row: Any) -> Account:
    """Return the account in a row that begins with OF_ACCOUNT."""
    (
        id_, integration, environment, name, status, company, fields, sealed, created_at, updated_at,
        ended_by, budget, status_since, last_error, read_only, tenant_id, external_id, metadata, tenant_limits,
    ) = row[:ACCOUNT_LENGTH]  # fmt: skip
    return Account(
        AccountId(id_), integration, environment, name, status, company, orjson.loads(fields), sealed,
        created_at, updated_at, ended_by, read_budget(budget), status_since, read_error(last_error), bool(read_only),
        tenant_id, external_id, orjson.loads(metadata), read_tenant_limits(tenant_limits),
    )  # fmt: skip
