"""What goes in and out of the API: `Request`, `Answer`, and the JSON of a body. Called by `app` and the package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from runtime.simulators.connectwise.errors import Refusal, make_bad_body

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the API sees it; names of parameters and headers in lower case, the last value of each wins."""

    method: str
    path: str
    segments: tuple[str, ...]
    """Of the path below /apis/3.0."""
    parameters: Mapping[str, str]
    query: str
    """The parameters as they were sent, for the links to other pages."""
    headers: Mapping[str, str]
    body: bytes
    origin: str
    """Scheme and host that the client called."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, content type and bytes of an answer."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def make_answer(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer with a value as JSON."""
    return Answer(status, JSON, orjson.dumps(value), headers or {})


def make_refused_answer(refusal: Refusal) -> Answer:
    """Return the answer that a refusal comes to."""
    kind, body = refusal.render()
    return Answer(refusal.status, kind, body, refusal.headers)


def parse_body(request: Request) -> Any:
    """Return the JSON of a body; refuse what is none."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind and not kind.endswith("json"):
        raise Refusal(
            415, {"code": "ConnectWiseApi", "message": f"The media type '{kind[:80]}' is not supported."}
        )
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise make_bad_body("The request body is not valid JSON.") from error
