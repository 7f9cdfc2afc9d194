"""The rows of API tokens and of the limits of tenants, for whoever reads them: `look_up` and the records alike."""

from __future__ import annotations

import json
from typing import Any

from runtime.approval import read_approval
from runtime.model import ApiToken, ApiTokenId
from runtime.tenancy import NO_TENANT_LIMITS, TenantLimits

API_TOKEN_COLUMNS = (
    "id, name, created_at, last_used_at, scopes, account_id, tenant_id, is_bound_to_tenant, "  # noqa: S105 (no secret)
    "expires_at"
)


def read_tenant_limits(text: str | None) -> TenantLimits:
    """Return the limits of a tenant as they are stored; None where its tenant has never been named."""
    if not text:
        return NO_TENANT_LIMITS
    values = json.loads(text)
    return TenantLimits(**values | {"approval": read_approval(values.get("approval"), "tenant")})


def write_tenant_limits(limits: TenantLimits) -> str:
    """Return the same as text; empty where nothing is set."""
    values = limits.as_dict()
    return json.dumps(values) if values else ""


def read_api_token(row: Any) -> ApiToken:
    """Return the API token in a row of API_TOKEN_COLUMNS."""
    id_, name, created_at, last_used_at, scopes, account_id, tenant_id, is_bound, expires_at = row
    return ApiToken(
        ApiTokenId(id_), name, created_at, last_used_at, tuple(scopes.split()), account_id, tenant_id,
        bool(is_bound), expires_at,
    )  # fmt: skip


def read_live_api_token(row: Any, now: float) -> ApiToken | None:
    """Return the API token in a row, if there is one, unless it has expired."""
    token = None if row is None else read_api_token(row)
    return None if token is None or (token.expires_at is not None and token.expires_at <= now) else token
