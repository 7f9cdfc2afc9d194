"""What the management API sends back: JSON, files, and every error in its one shape."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

from runtime.errors import Busy, LedgerportError, RateLimited, StorageUnavailable, Unauthorized, VendorRefused
from runtime.exchange.allowance import Form
from runtime.exchange.tool_answer import Answer

JSON = "application/json"
NOTE = "Ledgerport-Note"
"""The response header with what a caller should know about a record that was written."""
_SAFE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_SUCCESSES = (200, 201, 202)
"""Statuses of our replies that are no error."""
_FAILED = range(400, 600)
"""The statuses of the vendor that are passed on. Others, up to 999, mean nothing to a client."""


def reply(value: Any, status: int = 200, *, location: str = "") -> Response:
    """Return a value as JSON; `location` is the path at which what was made can be read."""
    return reply_content(orjson.dumps(value), status, location=location)


def reply_content(content: bytes, status: int = 200, *, location: str = "") -> Response:
    """Return the same for JSON that is written already."""
    headers = {**_SAFE, "Location": location} if location else _SAFE
    return Response(content, status, media_type=JSON, headers=headers)


def refuse(
    error: LedgerportError,
    status: int = 0,
    *,
    rate_limit: dict[str, Any] | None = None,
    fields: Iterable[tuple[bytes, bytes]] = (),
) -> Response:
    """Return an error in the shape that every error has here. `status` is the vendor's own when it is one."""
    code = status or error.status
    shape = {
        "error": True,
        "statusCode": code,
        "statusMessage": _phrase(code),
        **error.as_dict(),
        **({"rate_limit": rate_limit} if rate_limit else {}),
    }
    response = Response(orjson.dumps(shape, default=str), code, media_type=JSON, headers=_SAFE)
    response.raw_headers += list(fields)
    if isinstance(error, Unauthorized):
        response.headers["WWW-Authenticate"] = 'Bearer realm="ledgerport"'
    if isinstance(error, RateLimited | Busy | StorageUnavailable) and "retry-after" not in response.headers:
        response.headers["Retry-After"] = str(error.retry_after)
    if code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        response.headers["Connection"] = "close"
    return response


def _body_bytes(answer: Answer) -> int:
    """Return the bytes of the body that an answer becomes."""
    return len(build_response(answer).body)


FORM = Form(_body_bytes)
"""How an answer is sent here: its text is the body."""


def build_response(answer: Answer) -> Response:
    """Return what a tool came to, with the vendor's own status and the state of its rate limit."""
    fields = answer.limits.write_fields()
    if answer.error is not None:
        status = answer.status if answer.status in _FAILED else answer.error.status
        if isinstance(answer.error, VendorRefused):
            status = answer.error.status
        return refuse(answer.error, status, rate_limit=answer.limits.as_dict(), fields=fields)
    if answer.file is not None:
        response = Response(
            answer.file.content, media_type=_media_type(answer.file.media_type), headers=_SAFE
        )
        response.headers["Content-Disposition"] = build_disposition(answer.file.name)
        response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    else:
        status = 202 if answer.pending_id else answer.status if answer.status in _SUCCESSES else 200
        response = Response(answer.text, status, media_type=JSON, headers=_SAFE)
    if answer.note:
        response.headers[NOTE] = answer.note.encode("ascii", "replace").decode()
    response.raw_headers += fields
    return response


def build_disposition(name: str) -> str:
    """Return the header of a file that a browser is to save and not to show."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "-", name)[:120] or "file"
    return f'attachment; filename="{safe}"'


def _media_type(text: str) -> str:
    return text if re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", text) else "application/octet-stream"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
