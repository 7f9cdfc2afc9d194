"""The refusals of the service, each with its status and the body that the service gives it.

Raised by every package, rendered by `app`. The body is {code, message, errors}; an entry of `errors` is {code,
message, resource, field}.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

NO_SUCH_ENDPOINT = "The endpoint does not exist."


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of a record."""

    code: str
    message: str
    field: str

    def to_json(self, resource: str) -> dict[str, Any]:
        """Return the entry of `errors`."""
        return {"code": self.code, "message": self.message, "resource": resource, "field": self.field}


class Refusal(Exception):
    """An answer that is no success: status, JSON or plain text, further headers."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.status, self.body, self.headers = status, body, dict(headers or {})

    def render(self) -> tuple[str, bytes]:
        """Return the content type and the bytes of the body."""
        if isinstance(self.body, str):
            return "text/plain; charset=utf-8", self.body.encode()
        return "application/json; charset=utf-8", orjson.dumps(self.body)


def make_refusal(status: int, code: str, message: str, errors: list[dict[str, Any]] | None = None) -> Refusal:
    """Return a refusal in the usual body."""
    return Refusal(status, {"code": code, "message": message, "errors": errors})


def make_unauthenticated() -> Refusal:
    """Return the answer to wrong credentials."""
    return make_refusal(401, "Unauthorized", "UserNotAuthenticated")


def make_forbidden(message: str) -> Refusal:
    """Return the answer to what the role of the member does not allow."""
    return make_refusal(403, "Forbidden", message)


def make_missing_endpoint() -> Refusal:
    """Return the answer to a path that is none."""
    return make_refusal(404, "ConnectWiseApi", NO_SUCH_ENDPOINT)


def make_missing_record(schema: str, id: int) -> Refusal:
    """Return the answer to an id that no record has."""
    return make_refusal(404, "NotFound", f"{schema} {id} not found")


def make_wrong_verb(method: str, allowed: Iterable[str]) -> Refusal:
    """Return the answer to a verb that the path does not have."""
    body = {
        "code": "ConnectWiseApi",
        "message": f"The requested resource does not support http method '{method[:20]}'.",
        "errors": None,
    }
    return Refusal(405, body, {"Allow": ", ".join(allowed)})


def make_in_use(schema: str, id: int, by: str) -> Refusal:
    """Return the answer to a deletion of what another record names."""
    return make_refusal(409, "Conflict", f"{schema} {id} cannot be deleted: it is in use by {by}.")


def make_bad_condition(message: str) -> Refusal:
    """Return the answer to a condition or an order that cannot be followed."""
    return make_refusal(400, "ApiFindCondition", message)


def make_invalid(resource: str, problems: Iterable[Problem]) -> Refusal:
    """Return the answer to a record that cannot be stored."""
    nested = [problem.to_json(resource) for problem in problems]
    return make_refusal(400, "InvalidObject", f"{resource} object is invalid", nested)


def make_bad_body(message: str) -> Refusal:
    """Return the answer to a body that is not what the operation takes."""
    return make_refusal(400, "InvalidObject", message)


def make_throttled(retry_after: int) -> Refusal:
    """Return the answer to one request too many; its body has `error` in place of `code`."""
    body = {"error": "ConnectWiseAPI", "message": "Too many requests. Please retry later."}
    return Refusal(429, body, {"Retry-After": str(retry_after)})
