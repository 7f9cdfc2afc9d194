"""What is stored, as endpoints and the command line answer it: plain values with ISO 8601 times, and lists in parts."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson

from runtime.approval import PendingChange, write_approval
from runtime.errors import InvalidRequest
from runtime.events import Delivery, Webhook
from runtime.model import Account, ApiToken, McpServer, ServerConfig
from runtime.tenancy import AccountError, LinkToken, Tenant

LARGEST_PART = 200
"""Things in one answer of a list; a cursor leads to the next."""
USUAL_PART = 50
"""As many as a page shows."""
Thing = TypeVar("Thing", Account, McpServer, ApiToken, LinkToken, Tenant, Webhook, Delivery, PendingChange)


def format_time(seconds: float | None) -> str | None:
    """Return a time as ISO 8601 in UTC with milliseconds; None stays None."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def show_account(account: Account) -> dict[str, Any]:
    """Return an integrated account, without its credentials."""
    return {
        "id": account.id,
        "name": account.name,
        "integration": account.integration,
        "environment": account.environment,
        "status": account.status,
        "since": format_time(account.status_since),
        "last_error": _show_error(account.last_error),
        "ended_by": account.ended_by or None,
        "read_only": account.is_read_only,
        "company": account.company,
        "fields": account.fields,
        "budget": account.budget.as_dict(),
        "tenant_id": account.tenant_id,
        "external_id": account.external_id,
        "metadata": account.metadata,
        "created_at": format_time(account.created_at),
        "updated_at": format_time(account.updated_at),
    }


def _show_error(error: AccountError | None) -> dict[str, Any] | None:
    return error and {"code": error.code, "message": error.message, "at": format_time(error.at)}


def show_config(config: ServerConfig) -> dict[str, Any]:
    """Return the filter and switches of an MCP server."""
    return {
        "methods": list(config.methods),
        "tags": list(config.tags),
        "require_api_token_auth": config.require_api_token_auth,
        "rate_limit_style": config.rate_limit_style,
        "max_answer_bytes": config.max_answer_bytes,
        "tool_exposure": config.tool_exposure,
        "show_sensitive": config.show_sensitive,
        "max_rows": config.max_rows,
        "max_answer_tokens": config.max_answer_tokens,
        "untrusted_text": config.untrusted_text,
        "policies": config.policies.as_dict(),
        "approval": write_approval(config.approval, "mcp_server"),
        "budget": config.budget.as_dict(),
        "time_zone": config.time_zone,
        "networks": list(config.networks),
        "max_uses": config.max_uses,
    }


def show_server(server: McpServer) -> dict[str, Any]:
    """Return an MCP server, without its token, as one that is no part of an OAuth grant."""
    return {
        "id": server.id,
        "name": server.name,
        "config": show_config(server.config),
        "integrated_account_id": server.account_id,
        "expires_at": format_time(server.expires_at),
        "created_at": format_time(server.created_at),
        "updated_at": format_time(server.updated_at),
        "uses": server.uses,
        "last_used_at": format_time(server.last_used_at),
        "used_up_at": format_time(server.used_up_at),
        "previous_token_expires_at": format_time(_find_end_of_previous(server)),
        "oauth": None,
    }


def _find_end_of_previous(server: McpServer) -> float | None:
    """Return when the token before the present one ends: with the server at the latest."""
    previous, end = server.previous_token_expires_at, server.expires_at
    return end if previous is not None and end is not None and end < previous else previous


def show_api_token(token: ApiToken) -> dict[str, Any]:
    """Return an API token, without its secret."""
    return {
        "id": token.id,
        "name": token.name,
        "scopes": list(token.scopes),
        "integrated_account_id": token.account_id,
        "tenant_id": token.tenant_id if token.is_bound_to_tenant else None,
        "expires_at": format_time(token.expires_at),
        "created_at": format_time(token.created_at),
        "last_used_at": format_time(token.last_used_at),
    }


def read_part(
    read: Callable[[tuple[float, str] | None, int], Sequence[Thing]],
    write: Callable[[Thing], dict[str, Any]],
    limit: int,
    cursor: str,
) -> dict[str, Any]:
    """One part of a list: `{result, next_cursor}`, where the cursor is null at the end.

    Raises InvalidRequest for a cursor that no part of a list has answered.
    """
    wanted = min(max(1, limit), LARGEST_PART)
    found = read(_position(cursor), wanted + 1)
    shown = found[:wanted]
    more = _cursor(shown[-1]) if len(found) > wanted else None
    return {"result": [write(thing) for thing in shown], "next_cursor": more}


def _cursor(thing: Thing) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([thing.created_at, thing.id])).decode().rstrip("=")


def _position(cursor: str) -> tuple[float, str] | None:
    if not cursor:
        return None
    try:
        at, id_ = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError):
        at, id_ = None, None
    if not isinstance(at, float) or not math.isfinite(at) or not isinstance(id_, str) or "\0" in id_:
        raise InvalidRequest(
            "next_cursor is not one that a list here has answered.",
            advice="Pass next_cursor on unchanged, or leave it out to begin again.",
        )
    return at, id_
