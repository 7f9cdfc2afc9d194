"""The requests of a control API: from this machine only, JSON in and out, the clock moved as asked.

Called by `quickbooks.control.control_api` and `connectwise.control.control_api`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import orjson
from starlette.requests import Request as WebRequest
from starlette.responses import JSONResponse, RedirectResponse, Response

PATH = "/_simulator"
EARLIEST, LATEST = 86_400, 32_472_144_000
"""Seconds: from 1970 to the end of 2998, so that no zone leads out of the years that a date can be written in."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost", "testclient"})


class MovableClock(Protocol):
    """A clock with an offset, which may be frozen; both in seconds."""

    offset: float
    frozen: float | None

    def read_seconds(self) -> float:
        """Return seconds since 1970 in UTC."""


def move_clock(clock: MovableClock, sent: dict[str, Any], parse: Callable[[str], float]) -> None:
    """Move a clock as a request wants it; `parse` reads the seconds of a moment.

    Raises ValueError, and leaves the clock as it is, for a moment that cannot be written as a date.
    """
    former = clock.offset, clock.frozen
    _move(clock, sent, parse)
    if not EARLIEST <= clock.read_seconds() <= LATEST:
        clock.offset, clock.frozen = former
        raise ValueError("the clock goes from 1970 to 2999")


def _move(clock: MovableClock, sent: dict[str, Any], parse: Callable[[str], float]) -> None:
    wanted = parse(str(sent["now"])) if sent.get("now") else None
    clock.offset += float(sent.get("advance_seconds", 0.0))
    if wanted is not None:
        clock.offset = 0.0
        clock.offset = wanted - clock.read_seconds()
    if "frozen" in sent:
        clock.frozen, clock.offset = (clock.read_seconds(), 0.0) if sent["frozen"] else (None, clock.offset)
    if sent.get("reset"):
        clock.offset, clock.frozen = 0.0, None


def is_foreign(request: WebRequest) -> bool:
    """Return whether a request comes from another machine, or from a page of another site in a browser on this one.

    Such a page may have a host name of its own that leads to this machine; the Host header gives it away.
    """
    host = request.headers.get("host", "")
    origin = request.headers.get("origin")
    is_elsewhere = request.client is not None and request.client.host not in LOOPBACK
    is_renamed = urlsplit(f"//{host}").hostname not in LOOPBACK
    return is_elsewhere or is_renamed or (origin is not None and origin.partition("://")[2] != host)


def make_foreign_response() -> Response:
    """Return the answer to a request of another machine."""
    return JSONResponse({"error": "the control API answers on the loopback interface only"}, 403)


def guard(
    handler: Callable[[Any, WebRequest], Awaitable[Any]],
) -> Callable[[WebRequest], Awaitable[Response]]:
    """Wrap a handler: loopback only, JSON in and out, a clear sentence for what cannot be understood."""

    async def guarded(request: WebRequest) -> Response:
        if is_foreign(request):
            return make_foreign_response()
        body = await request.body()
        is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        try:
            sent = _read_form(body) if is_form else orjson.loads(body or b"{}")
            if not isinstance(sent, dict):
                raise ValueError("an object is needed")  # noqa: TRY004  (as what cannot be read)
            answer = await handler(sent, request)
            return RedirectResponse(PATH, 303) if is_form else JSONResponse(answer)
        except (ValueError, TypeError, KeyError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return guarded


def _read_form(body: bytes) -> dict[str, Any]:
    """Return the fields of a form of the page; their values are JSON."""
    return {name: orjson.loads(value) for name, value in parse_qsl(body.decode("utf-8", "replace"))}
