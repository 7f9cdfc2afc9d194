"""What the OpenAPI document says of responses: statuses, bodies and header fields. Beside `openapi`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from runtime.api import shapes
from runtime.api.answer_shapes import ToolAnswer
from runtime.api.operation import Operation
from runtime.api.replies import NOTE

_REFUSALS = {
    "400": "The request is not valid; the message says where.",
    "401": "The API token is missing or not valid.",
    "403": "The API token lacks the scope.",
    "404": "Not found: no such resource, or not for this token.",
    "408": "The body did not come in time.",
    "409": "Its current state does not allow this.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "429": "Too many wrong tokens came from this address, or the rate limit of the vendor is reached.",
    "500": "The server failed; this was logged.",
    "503": "It cannot be done now; Retry-After says how long to wait.",
}
_REFUSALS_OF_KEYS = {"422": "The idempotency key was used for another request. Nothing was done."}
_REFUSALS_OF_PERSONS = {
    "401": "The API token, or the session of the person, is missing or not valid.",
    "403": "The API token lacks the scope, or a person decides this, and another one than who asks.",
}
_REFUSALS_OF_CALLS = {
    "422": "The idempotency key was used for another call. Nothing was sent.",
    "502": "The vendor is down, its answer cannot be read, or the answer to a write was lost.",
    "504": "The vendor did not answer in time.",
    "507": "A file cannot be stored until it is forwarded.",
    "default": "The vendor's own status.",
}
_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
HEADERS: dict[str, dict[str, Any]] = {
    "Cache-Control": {"description": "Always no-store: answers hold a company's books.", "schema": _TEXT},
    "X-Content-Type-Options": {"description": "Always nosniff.", "schema": _TEXT},
    "Request-Id": {
        "description": "The id of the request, in the log too: the one that it came with in this header, where that is "
        "up to 64 letters, digits, dots, _ and -, or one that was made here.",
        "schema": _TEXT,
    },
    "Location": {"description": "The path of what was created.", "schema": _TEXT},
    NOTE: {
        "description": "What the caller should know about a record that was written, such as a total that differs "
        "from the one that was sent.",
        "schema": _TEXT,
    },
    "Content-Disposition": {"description": "Of a file: its name.", "schema": _TEXT},
    "Content-Security-Policy": {"description": "Of a file: a browser runs nothing in it.", "schema": _TEXT},
    "Retry-After": {
        "description": "How many seconds to wait before the same request is sent again.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {"description": "An API token is required, as a Bearer token.", "schema": _TEXT},
    "Connection": {"description": "close: the rest of the body is not read.", "schema": _TEXT},
    "RateLimit-Limit": {
        "description": "Calls that the vendor takes in the window closest to being used up.",
        "schema": _COUNT,
    },
    "RateLimit-Remaining": {"description": "Calls that are left in it.", "schema": _COUNT},
    "RateLimit-Reset": {"description": "Seconds until the oldest call leaves it.", "schema": _COUNT},
    "RateLimit-Policy": {"description": "Every window: its name, calls and seconds.", "schema": _TEXT},
    "RateLimit": {
        "description": "The window closest to being used up: its name, the calls left in it, and the seconds "
        "until the oldest call leaves it.",
        "schema": _TEXT,
    },
}
"""Every header field that an answer may have, beside those of any HTTP response."""
_ALWAYS = ("Cache-Control", "X-Content-Type-Options", "Request-Id")
_LIMITS = tuple(name for name in HEADERS if name.startswith("RateLimit"))
_OF_STATUS = {
    "401": ("WWW-Authenticate",),
    "413": ("Connection",),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
    "default": ("Retry-After",),
}
_FILE = {"schema": {"type": "string", "format": "binary"}}
_SUCCESSES_OF_CALLS = {
    "200": "Done. A file comes as it is, everything else as JSON.",
    "201": "Done, and the vendor says that something was created.",
    "202": "It waits for a person's approval: pending is true, and approve_at is where. Nothing was changed. "
    "Or the vendor has accepted it and does it later.",
}


def list_responses(operation: Operation) -> dict[str, Any]:
    """Return every response of an operation, by status."""
    if operation.calls_vendor:
        found = {
            status: _success_of_call(operation, status, text) for status, text in _SUCCESSES_OF_CALLS.items()
        }
        refusals = _REFUSALS | _REFUSALS_OF_CALLS
    else:
        located = ("Location",) if operation.has_location else ()
        found = {str(operation.status): _response("Done.", operation.answer, located)}
        refusals = _REFUSALS | (_REFUSALS_OF_KEYS if operation.takes_key else {})
        refusals |= {} if operation.persons == "no" else _REFUSALS_OF_PERSONS
    if operation.is_public:
        return found | {"503": _response("It cannot work now.", operation.answer, ())}
    limits = _LIMITS if operation.calls_vendor else ()
    return found | {
        status: _response(text, shapes.ErrorShape, (*_OF_STATUS.get(status, ()), *limits))
        for status, text in refusals.items()
    }


_PLAIN = {"text/plain": {"schema": {"type": "string"}}}


def describe_json(model: type[BaseModel]) -> dict[str, Any]:
    """Return a body of JSON in the shape of a model."""
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


def _success_of_call(operation: Operation, status: str, text: str) -> dict[str, Any]:
    answer = ToolAnswer if status == "202" else operation.answer
    described = _response(text, answer, (NOTE, "Content-Disposition", "Content-Security-Policy", *_LIMITS))
    described["content"] |= {"application/pdf": _FILE, "application/octet-stream": _FILE}
    return described


def _response(text: str, model: type[BaseModel] | None, headers: tuple[str, ...]) -> dict[str, Any]:
    return {
        "description": text,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in (*_ALWAYS, *headers)},
        "content": describe_json(model) if model else _PLAIN,
    }
