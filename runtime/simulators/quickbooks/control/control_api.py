"""The control: `/_sandbox`. What a test needs and no real service has: time travel, throttling on demand, trouble by
rule, snapshots, and a log of what was asked. Answers on the loopback interface only.
"""

from __future__ import annotations

import random
import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from types import NoneType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
from starlette.requests import Request as WebRequest
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import Clock, moment
from runtime.simulators.quickbooks.control.control_page import render
from runtime.simulators.quickbooks.control.webhooks import Webhooks
from runtime.simulators.quickbooks.http.api import Answer, Request
from runtime.simulators.quickbooks.http.throttle import Throttle
from runtime.simulators.quickbooks.oauth.tokens import OAuth

EARLIEST, LATEST = 86_400, 32_472_144_000
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost", "testclient"})
LONGEST_LOG = 5000
KEPT = ("tokens", "codes", "settings")
"""What is not of the books: a snapshot does not bring back a token that was ended or a code that was used since."""

HTML_503 = (
    b"<html><head><title>503 Service Temporarily Unavailable</title></head><body>"
    b"<center><h1>503 Service Temporarily Unavailable</h1></center><hr><center>nginx</center></body></html>"
)


@dataclass
class Trouble:
    """A rule: which requests go wrong, how often, and how.

    `times` counts down; None is for ever. `chance` is 0 to 1. `status` answers that status with `body` (or the usual
    HTML); `cut` breaks the connection half way; `delay_ms` only waits.
    """

    method: str | None = None
    path: str | None = None
    times: int | None = None
    chance: float = 1.0
    status: int | None = None
    body: str | None = None
    content_type: str = "text/html"
    cut: bool = False
    delay_ms: int = 0


RULE: dict[str, tuple[type, ...]] = {
    "method": (str, NoneType), "path": (str, NoneType), "times": (int, NoneType), "chance": (int, float),
    "status": (int, NoneType), "body": (str, NoneType), "content_type": (str,), "cut": (bool,), "delay_ms": (int,),
}  # fmt: skip


def rule_of(sent: dict[str, Any]) -> Trouble:
    """The rule that an object describes; raises ValueError for one that could not be followed."""
    for name, value in sent.items():
        if name not in RULE:
            raise ValueError(f"a rule has no {name}; it has {', '.join(RULE)}")
        if type(value) not in RULE[name]:
            raise ValueError(f"{name} of a rule cannot be {value!r}")
    rule = Trouble(**sent)
    is_possible = (
        (rule.status is None or 200 <= rule.status <= 599)
        and 0 <= rule.chance <= 1
        and rule.delay_ms >= 0
        and (rule.times is None or rule.times >= 0)
        and rule.content_type.isascii()
        and rule.content_type.isprintable()
    )
    if not is_possible:
        raise ValueError(
            "status is 200 to 599, chance 0 to 1, times and delay_ms are not negative, content_type is one line"
        )
    return rule


class Sandbox:
    """The state of the control, and its HTTP API."""

    def __init__(self, store: Store, oauth: OAuth, throttle: Throttle) -> None:
        self.store, self.oauth, self.throttle = store, oauth, throttle
        self.webhooks = Webhooks(store)
        self.rules: list[Trouble] = []
        self.random = random.Random(0)  # noqa: S311 (repeatable on purpose)
        self.log: deque[dict[str, Any]] = deque(maxlen=LONGEST_LOG)
        self.snapshots: dict[str, sqlite3.Connection] = {}
        self.fill: Callable[[Store, dict[str, Any]], None] | None = None
        """Makes the companies anew, for `reset`, which may name `companies`, `seed` and `size`."""

    def trouble(self, request: Request) -> Trouble | None:
        """The first rule that strikes this request."""
        for rule in self.rules:
            if rule.method not in (None, request.method) or (rule.path and rule.path not in request.path):
                continue
            if rule.times == 0 or (rule.chance < 1 and self.random.random() >= rule.chance):
                continue
            if rule.times is not None:
                rule.times -= 1
            return rule
        return None

    def made_up(self, rule: Trouble) -> Answer | None:
        """The answer that a rule gives in place of the API's; None when it only delays or cuts."""
        if rule.status is None:
            return None
        body = HTML_503 if rule.body is None else rule.body.encode()
        return Answer(rule.status, rule.content_type, body)

    def note(self, request: Request, answer: Answer, tid: str) -> None:
        """Writes a request into the log."""
        self.log.append(
            {
                "time": self.store.clock.seconds(), "method": request.method, "path": request.path,
                "parameters": dict(request.parameters), "body": request.body[:20_000].decode("utf-8", "replace"),
                "status": answer.status, "intuit_tid": tid,
            }
        )  # fmt: skip

    def routes(self) -> list[Route]:
        """The routes of the control."""
        return [Route("/_sandbox", self._page, methods=["GET"])] + [
            Route(f"/_sandbox/{name}", _guarded(handler), methods=methods)
            for name, handler, methods in (
                ("companies", self._companies, ["GET"]),
                ("clock", self._clock, ["GET", "POST"]),
                ("throttle", self._throttle, ["GET", "POST"]),
                ("faults", self._faults, ["GET", "POST", "DELETE"]),
                ("webhooks", self._webhooks, ["GET", "POST"]),
                ("tokens", self._tokens, ["POST"]),
                ("requests", self._requests, ["GET", "DELETE"]),
                ("snapshot", self._snapshot, ["POST"]),
                ("restore", self._restore, ["POST"]),
                ("reset", self._reset, ["POST"]),
            )
        ]

    async def _page(self, request: WebRequest) -> Response:
        if _is_foreign(request):
            return _foreign()
        return HTMLResponse(render(self))

    async def _companies(self, sent: Any, request: WebRequest) -> Any:
        return [{"realm": realm, "name": name} for realm, name in self.store.companies()]

    async def _clock(self, sent: Any, request: WebRequest) -> Any:
        clock = self.store.clock
        if request.method == "POST":
            moved = _moved(clock, sent)
            clock.offset, clock.frozen = moved.offset, moved.frozen
            self.store.remember("clock", clock.offset)
            self.throttle.forget()  # its windows are of the time before
        return {"now": clock.seconds(), "offset": clock.offset, "frozen": clock.frozen is not None}

    async def _throttle(self, sent: Any, request: WebRequest) -> Any:
        if request.method == "POST":
            self.throttle.configure(sent)
            self.throttle.forget()
        return self.throttle.as_json()

    async def _faults(self, sent: Any, request: WebRequest) -> Any:
        if request.method == "POST":
            if "seed" in sent:
                self.random.seed(sent.pop("seed"))
            if sent:
                self.rules.append(rule_of(sent))
        if request.method == "DELETE":
            self.rules.clear()
        return [asdict(rule) for rule in self.rules]

    async def _webhooks(self, sent: Any, request: WebRequest) -> Any:
        if request.method == "POST":
            is_delivered = sent.pop("deliver", False)
            self.webhooks.configure(sent)
            if is_delivered:
                await self.webhooks.deliver()
        return self.webhooks.as_json()

    async def _tokens(self, sent: Any, request: WebRequest) -> Any:
        kinds, rotate = sent.get("expire", []), sent.get("rotate", "daily")
        if not isinstance(kinds, list) or not {*kinds} <= {"access", "refresh"}:
            raise ValueError('expire is a list of "access" and "refresh"')
        if rotate not in ("always", "daily"):
            raise ValueError("rotate is always or daily")
        grace = sent.get("grace", self.oauth.grace)
        if type(grace) is not int or not 0 <= grace <= 86_400:
            raise ValueError("grace is a number of seconds, up to 86400")
        self.oauth.grace = grace
        if "rotate" in sent:
            self.oauth.rotates_always = rotate == "always"
        ended = sum(self.oauth.expire(kind, sent.get("realm")) for kind in kinds)
        return {"ended": ended, "rotate": "always" if self.oauth.rotates_always else "daily"}

    async def _requests(self, sent: Any, request: WebRequest) -> Any:
        if request.method == "DELETE":
            self.log.clear()
        return list(self.log)

    async def _snapshot(self, sent: Any, request: WebRequest) -> Any:
        name = str(sent.get("name", "default"))
        self.snapshots[name] = sqlite3.connect(":memory:", check_same_thread=False)
        self.store.connection.backup(self.snapshots[name])
        return {"name": name}

    async def _restore(self, sent: Any, request: WebRequest) -> Any:
        name = str(sent.get("name", "default"))
        if name not in self.snapshots:
            raise ValueError(f"there is no snapshot {name}; there are {', '.join(self.snapshots) or 'none'}")
        kept = {
            table: self.store.execute(f"select * from {table}").fetchall()  # noqa: S608
            for table in KEPT
        }
        self.snapshots[name].backup(self.store.connection)
        self.store.revise()
        with self.store.transaction():
            for table, rows in kept.items():
                self.store.execute(f"delete from {table}")  # noqa: S608
                for row in rows:
                    marks = ",".join("?" * len(row))
                    self.store.execute(f"insert into {table} values ({marks})", row)  # noqa: S608
        return {"name": name}

    async def _reset(self, sent: Any, request: WebRequest) -> Any:
        self.rules.clear()
        self.log.clear()
        self.throttle.forced = 0
        self.throttle.forget()
        if self.fill is not None and sent.get("companies") is not False:
            with self.store.transaction():
                self.store.empty()
                self.fill(self.store, {name: value for name, value in sent.items() if value is not True})
        return {"companies": self.store.companies()}


def _moved(clock: Clock, sent: dict[str, Any]) -> Clock:
    """The clock as a request wants it; raises ValueError for a moment that cannot be written as a date."""
    moved = Clock(clock.offset, clock.frozen)
    if "advance_seconds" in sent:
        moved.offset += float(sent["advance_seconds"])
    if sent.get("now"):
        moved.offset = 0.0
        moved.offset = moment(str(sent["now"])) / 1000 - moved.seconds()
    if "frozen" in sent:
        moved.frozen, moved.offset = (moved.seconds(), 0.0) if sent["frozen"] else (None, moved.offset)
    if sent.get("reset"):
        moved.offset, moved.frozen = 0.0, None
    if not EARLIEST <= moved.seconds() <= LATEST:
        raise ValueError("the clock goes from 1970 to 2999")
    return moved


def _is_foreign(request: WebRequest) -> bool:
    """Whether a request comes from another machine, or from a page of another site in a browser on this one.

    Such a page may have a name of its own that leads to this machine; the host that was asked for tells it.
    """
    host = request.headers.get("host", "")
    origin = request.headers.get("origin")
    is_elsewhere = request.client is not None and request.client.host not in LOOPBACK
    is_renamed = urlsplit(f"//{host}").hostname not in LOOPBACK
    return is_elsewhere or is_renamed or (origin is not None and origin.partition("://")[2] != host)


def _foreign() -> Response:
    return JSONResponse({"error": "the control answers on the loopback interface only"}, 403)


def _form(body: bytes) -> dict[str, Any]:
    """The fields of the page's forms; their values are JSON."""
    return {name: orjson.loads(value) for name, value in parse_qsl(body.decode("utf-8", "replace"))}


def _guarded(
    handler: Callable[[Any, WebRequest], Awaitable[Any]],
) -> Callable[[WebRequest], Awaitable[Response]]:
    """Loopback only, JSON in and out, a clear sentence for what cannot be understood."""

    async def guarded(request: WebRequest) -> Response:
        if _is_foreign(request):
            return _foreign()
        body = await request.body()
        is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        try:
            sent = _form(body) if is_form else orjson.loads(body or b"{}")
            if not isinstance(sent, dict):
                raise ValueError("an object is needed")
            answer = await handler(sent, request)
            return RedirectResponse("/_sandbox", 303) if is_form else JSONResponse(answer)
        except (ValueError, TypeError, KeyError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return guarded
