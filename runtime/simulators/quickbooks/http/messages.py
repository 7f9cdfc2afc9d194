"""What goes in and out of the accounting API: `Request`, `Answer`, and the JSON of a body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from runtime.simulators.quickbooks.faults import make_fault


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the API sees it: the path below the company, parameters (last value wins), lower-case headers."""

    method: str
    path: str
    segments: tuple[str, ...]
    realm: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, content type and bytes of an answer."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def parse_json(request: Request) -> Any:
    """Return the JSON of a body; 2010 when it is none, 1050 when it says it is something else."""
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind not in ("application/json", "text/json", "text/plain", "application/text", ""):
        raise make_fault("1050", f"Invalid Content Type : {kind[:100]}")
    try:
        return orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise make_fault(
            "2010", f"Property Name:{str(error)[:200]} specified is unsupported or invalid"
        ) from error
