"""The control API: `/_simulator`. What a test needs and no real service has: a clock to move, throttling on demand,
faults by rule, snapshots, and a log of the requests. Answers on the loopback interface only.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request as WebRequest
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from runtime.simulators.quickbooks.books.store import Store
from runtime.simulators.quickbooks.clock import parse_moment
from runtime.simulators.quickbooks.control.control_page import LAST, Company, State, render
from runtime.simulators.quickbooks.control.webhooks import Webhooks
from runtime.simulators.quickbooks.http.messages import Answer, Request
from runtime.simulators.quickbooks.http.throttle import Throttle
from runtime.simulators.quickbooks.oauth.tokens import OAuth
from runtime.simulators.serving.control import (
    PATH,
    guard,
    is_foreign,
    make_foreign_response,
    move_clock,
)
from runtime.simulators.serving.fault_rules import FaultRules, parse_rule

LONGEST_LOG = 5000
"""Requests: more than a test sends."""
FORMER_PATH = "/_sandbox"
"""Where the control API was before, and still is: programs know it."""

NOT_RESTORED = ("tokens", "codes", "settings")
"""What is not of the books: a snapshot does not bring back a token that was ended or a code that was used since."""


class Control:
    """The state of the control API, and its endpoints."""

    def __init__(self, store: Store, oauth: OAuth, throttle: Throttle) -> None:
        self.store, self.oauth, self.throttle = store, oauth, throttle
        self.webhooks = Webhooks(store)
        self.faults = FaultRules()
        self.log: deque[dict[str, Any]] = deque(maxlen=LONGEST_LOG)
        self.snapshots: dict[str, sqlite3.Connection] = {}
        self.fill: Callable[[Store, dict[str, Any]], None] | None = None
        """Makes the companies anew, for `reset`, which may name `companies`, `seed` and `size`."""

    def note(self, request: Request, answer: Answer, tid: str) -> None:
        """Write a request into the log."""
        self.log.append(
            {
                "time": self.store.clock.read_seconds(), "method": request.method, "path": request.path,
                "parameters": dict(request.parameters), "body": request.body[:20_000].decode("utf-8", "replace"),
                "status": answer.status, "intuit_tid": tid,
            }
        )  # fmt: skip

    def make_routes(self) -> list[Route]:
        """Return the routes of the control API, under its path and under the one of former versions."""
        return [route for path in (PATH, FORMER_PATH) for route in self._routes_under(path)]

    def _routes_under(self, path: str) -> list[Route]:
        endpoints = (
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
        return [
            Route(path, self._page, methods=["GET"]),
            *(
                Route(f"{path}/{name}", guard(handler), methods=methods)
                for name, handler, methods in endpoints
            ),
        ]

    def state(self) -> State:
        """Return what the page shows, as it is now."""
        counted: dict[str, dict[str, int]] = {}
        for realm, entity, count in self.store.execute(
            "select realm, entity, count(*) from records group by 1, 2"
        ).fetchall():
            counted.setdefault(realm, {})[entity] = count
        return State(
            seconds=self.store.clock.read_seconds(),
            companies=tuple(
                Company(realm, name, counted.get(realm, {})) for realm, name in self.store.list_companies()
            ),
            throttle=self.throttle.to_json(),
            rules=tuple(asdict(rule) for rule in self.faults.rules),
            last_requests=tuple(list(self.log)[: -LAST - 1 : -1]),
        )

    async def _page(self, request: WebRequest) -> Response:
        if is_foreign(request):
            return make_foreign_response()
        return HTMLResponse(render(self.state()))

    async def _companies(self, _sent: Any, _request: WebRequest) -> Any:
        return [{"realm": realm, "name": name} for realm, name in self.store.list_companies()]

    async def _clock(self, sent: Any, request: WebRequest) -> Any:
        clock = self.store.clock
        if request.method == "POST":
            move_clock(clock, sent, lambda text: parse_moment(text) / 1000)
            self.store.remember("clock", clock.offset)
            self.throttle.forget()  # its windows are of the time before
        return {"now": clock.read_seconds(), "offset": clock.offset, "frozen": clock.frozen is not None}

    async def _throttle(self, sent: Any, request: WebRequest) -> Any:
        if request.method == "POST":
            self.throttle.configure(sent)
            self.throttle.forget()
        return self.throttle.to_json()

    async def _faults(self, sent: Any, request: WebRequest) -> Any:
        if request.method == "POST":
            if "seed" in sent:
                self.faults.random.seed(sent.pop("seed"))
            if sent:
                self.faults.rules.append(parse_rule(sent))
        if request.method == "DELETE":
            self.faults.rules.clear()
        return [asdict(rule) for rule in self.faults.rules]

    async def _webhooks(self, sent: Any, request: WebRequest) -> Any:
        if request.method == "POST":
            is_delivered = sent.pop("deliver", False)
            self.webhooks.configure(sent)
            if is_delivered:
                await self.webhooks.deliver()
        return self.webhooks.to_json()

    async def _tokens(self, sent: Any, _request: WebRequest) -> Any:
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

    async def _requests(self, _sent: Any, request: WebRequest) -> Any:
        if request.method == "DELETE":
            self.log.clear()
        return list(self.log)

    async def _snapshot(self, sent: Any, _request: WebRequest) -> Any:
        name = str(sent.get("name", "default"))
        self.snapshots[name] = sqlite3.connect(":memory:", check_same_thread=False)
        self.store.connection.backup(self.snapshots[name])
        return {"name": name}

    async def _restore(self, sent: Any, _request: WebRequest) -> Any:
        name = str(sent.get("name", "default"))
        if name not in self.snapshots:
            raise ValueError(f"there is no snapshot {name}; there are {', '.join(self.snapshots) or 'none'}")
        present = {table: self.store.execute(f"select * from {table}").fetchall() for table in NOT_RESTORED}
        self.snapshots[name].backup(self.store.connection)
        self.store.revise()
        with self.store.begin_transaction():
            for table, rows in present.items():
                self.store.execute(f"delete from {table}")
                for row in rows:
                    marks = ",".join("?" * len(row))
                    self.store.execute(f"insert into {table} values ({marks})", row)
        return {"name": name}

    async def _reset(self, sent: Any, _request: WebRequest) -> Any:
        self.faults.rules.clear()
        self.log.clear()
        self.throttle.forced = 0
        self.throttle.forget()
        if self.fill is not None and sent.get("companies") is not False:
            with self.store.begin_transaction():
                self.store.empty()
                self.fill(self.store, {name: value for name, value in sent.items() if value is not True})
        return {"companies": self.store.list_companies()}
