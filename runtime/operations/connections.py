"""The companies that an access reaches, as the tool `list_connections` answers them: which they are, and what it may
do there.

Called by the MCP endpoint with the grants of an address, each of one company; a grant of one company is a list of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runtime.errors import InvalidArguments
from runtime.exchange import bounds
from runtime.exchange.allowance import Allowance
from runtime.model import Grant
from runtime.operations.companies import show_name

LIST_CONNECTIONS = "list_connections"
LONGEST_CURSOR = 6
"""Digits: more companies than any access has."""


def list_connections(
    grants: Sequence[Grant], default: Grant, allowance: Allowance, next_cursor: str = ""
) -> str:
    """Return the companies of some grants as JSON: as many as fit, and the cursor of the others.

    `default` is the grant of the one that a call without a company reaches. Raises InvalidArguments for a cursor that
    was not answered here.
    """
    start = _read_cursor(next_cursor)
    shown = grants[start:]

    def head(count: int, remark: str) -> Mapping[str, Any]:
        first: dict[str, Any] = {"returned": count, "found": len(grants)}
        if start + count < len(grants):
            first["next_cursor"] = str(start + count)
        return first | ({"note": remark} if remark else {})

    rows = bounds.Source(
        len(shown), lambda place: bounds.write_json(describe_connection(shown[place], default))
    )
    return bounds.append_rows(head, "connections", rows, allowance)


def describe_connection(grant: Grant, default: Grant) -> dict[str, Any]:
    """Return one company: its ids, its status, and what the grant may do there; an empty list lets everything."""
    account = grant.account
    shown: dict[str, Any] = {
        "id": account.id,
        "name": show_name(account),
        "company": account.company,
        "status": account.status,
        "is_default": (account.id, grant.server_id) == (default.account.id, default.server_id),
        "methods": list(grant.config.methods),
        "tags": list(grant.config.tags),
    }
    if account.external_id:
        shown["external_id"] = account.external_id
    return shown | ({"read_only": True} if grant.config.is_read_only or account.is_read_only else {})


def _read_cursor(cursor: str) -> int:
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdecimal()) or len(cursor) > LONGEST_CURSOR:
        raise InvalidArguments(
            'Argument "next_cursor" is not one that this tool has answered.',
            advice="Pass next_cursor on unchanged, or leave it out to begin again.",
        )
    return int(cursor)
