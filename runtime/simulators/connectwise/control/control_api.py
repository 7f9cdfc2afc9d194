"""The control API: `/_simulator`. What a test needs and no real service has: a clock to move, throttling on demand,
faults by rule, the rights of the role, snapshots, and a log of the requests. Answers on the loopback interface only.

Called by `app`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from starlette.requests import Request as WebRequest
from starlette.routing import Route

from runtime.simulators.connectwise.clock import normalise_moment
from runtime.simulators.connectwise.http.authentication import Rights
from runtime.simulators.connectwise.http.messages import Answer, Request
from runtime.simulators.connectwise.http.throttle import Throttle
from runtime.simulators.connectwise.records.store import Store
from runtime.simulators.serving.control import PATH, guard, move_clock
from runtime.simulators.serving.fault_rules import FaultRules, parse_rule

LONGEST_LOG = 5_000
"""Requests: more than a test sends."""
LONGEST_BODY = 20_000
"""Bytes of a body that the log has."""


class Control:
    """The state of the control API, and its endpoints."""

    def __init__(self, store: Store, throttle: Throttle, rights: Rights) -> None:
        self.store, self.throttle, self.rights = store, throttle, rights
        self.faults = FaultRules()
        self.log: deque[dict[str, Any]] = deque(maxlen=LONGEST_LOG)
        self.snapshots: dict[str, Any] = {}
        self.fill: Callable[[Store], None] | None = None
        """Loads the records of the firm anew, for `reset`."""

    def note(self, request: Request, answer: Answer) -> None:
        """Write a request into the log, without its credentials."""
        self.log.append(
            {
                "time": self.store.clock.read_seconds(), "method": request.method, "path": request.path,
                "parameters": dict(request.parameters), "status": answer.status,
                "body": request.body[:LONGEST_BODY].decode("utf-8", "replace"),
                "client_id": request.headers.get("clientid", ""),
            }
        )  # fmt: skip

    def make_routes(self) -> list[Route]:
        """Return the routes of the control API."""
        endpoints = (
            ("", self._overview, ["GET"]),
            ("/clock", self._clock, ["GET", "POST"]),
            ("/throttle", self._throttle, ["GET", "POST"]),
            ("/faults", self._faults, ["GET", "POST", "DELETE"]),
            ("/rights", self._rights, ["GET", "POST"]),
            ("/requests", self._requests, ["GET", "DELETE"]),
            ("/snapshot", self._snapshot, ["POST"]),
            ("/restore", self._restore, ["POST"]),
            ("/reset", self._reset, ["POST"]),
        )
        return [
            Route(f"{PATH}{path}", guard(handler), methods=methods) for path, handler, methods in endpoints
        ]

    async def _overview(self, _sent: Any, _request: WebRequest) -> Any:
        counts = {each.entity.path: len(each.records) for each in self.store.collections.values()}
        return {
            "simulator": "ConnectWise PSA; not ConnectWise PSA itself",
            "now": self.store.clock.read_stamp(),
            "records": {path: count for path, count in counts.items() if count},
        }

    async def _clock(self, sent: Any, request: WebRequest) -> Any:
        clock = self.store.clock
        if request.method == "POST":
            move_clock(clock, sent, _read_moment)
            self.throttle.forget()  # its window is of the time before
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

    async def _rights(self, sent: Any, request: WebRequest) -> Any:
        if request.method == "POST":
            self.rights.configure(sent)
        return asdict(self.rights)

    async def _requests(self, _sent: Any, request: WebRequest) -> Any:
        if request.method == "DELETE":
            self.log.clear()
        return list(self.log)

    async def _snapshot(self, sent: Any, _request: WebRequest) -> Any:
        name = str(sent.get("name", "default"))
        self.snapshots[name] = self.store.copy_records()
        return {"name": name}

    async def _restore(self, sent: Any, _request: WebRequest) -> Any:
        name = str(sent.get("name", "default"))
        if name not in self.snapshots:
            raise ValueError(f"there is no snapshot {name}; there are {', '.join(self.snapshots) or 'none'}")
        self.store.restore_records(self.snapshots[name])
        return {"name": name}

    async def _reset(self, _sent: Any, _request: WebRequest) -> Any:
        self.faults.rules.clear()
        self.log.clear()
        self.throttle.forced = 0
        self.throttle.forget()
        self.rights.configure({"denied": {}, "hidden": {}})
        if self.fill is not None:
            self.fill(self.store)
        return {"reset": True}


def _read_moment(text: str) -> float:
    return datetime.fromisoformat(normalise_moment(text)).timestamp()
