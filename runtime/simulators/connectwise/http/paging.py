"""The pages of a list, and the links from one to the others.

Navigable pages have numbers. A client that sends `pagination-type: forward-only` gets records by id from the one after
`pageId`. Called by `http.answers`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

from runtime.simulators.connectwise.errors import make_bad_body
from runtime.simulators.connectwise.http.messages import Request
from runtime.simulators.connectwise.records.store import Body

USUAL_SIZE, LARGEST_SIZE = 25, 1_000  # documented; a larger size is taken as the largest
UNTOUCHED = "/:,()"
"""Characters that a value in a link is not escaped for."""


@dataclass(frozen=True, slots=True)
class Page:
    """The records of a page and the value of the header Link."""

    records: Sequence[Body]
    link: str


def cut_page(found: Sequence[Body], request: Request, address: str) -> Page:
    """Return the page that a request asks for; refuse numbers that are none, and an order of forward-only pages."""
    size = min(_number(request.parameters, "pagesize", USUAL_SIZE) or USUAL_SIZE, LARGEST_SIZE)
    if request.headers.get("pagination-type", "").lower() == "forward-only":
        return _forward(found, request, address, size)
    page = max(_number(request.parameters, "page", 1), 1)
    last = max(-(-len(found) // size), 1)
    numbers = {"first": 1, "prev": page - 1, "next": page + 1, "last": last}
    shown = {name: number for name, number in numbers.items() if 1 <= number <= last}
    links = [_link(request, address, name, "page", number) for name, number in shown.items()]
    return Page(found[(page - 1) * size : page * size], ", ".join(links))


def _forward(found: Sequence[Body], request: Request, address: str, size: int) -> Page:
    if request.parameters.get("orderby", "").strip():
        raise make_bad_body("orderBy is not supported with forward-only pagination.")
    start = bisect_right(found, _number(request.parameters, "pageid", 0), key=lambda record: record["id"])
    records = found[start : start + size]
    if start + size >= len(found):
        return Page(records, "")
    return Page(records, _link(request, address, "next", "pageId", records[-1]["id"]))


def _number(parameters: Mapping[str, str], name: str, usual: int) -> int:
    text = parameters.get(name, "").strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise make_bad_body(f"The value '{text[:40]}' is not valid for {name}.")
    return int(text)


def _link(request: Request, address: str, name: str, parameter: str, value: int) -> str:
    """Return one link: the parameters as the client sent them, with another page."""
    others = [
        (key, given)
        for key, given in parse_qsl(request.query, keep_blank_values=True, errors="replace")
        if key.lower() not in ("page", "pageid")
    ]
    pairs = [*others, (parameter, str(value))]
    query = "&".join(f"{quote(key)}={quote(given, safe=UNTOUCHED)}" for key, given in pairs)
    return f'<{address}?{query}>; rel="{name}"'
