"""The simulator with a large company: reading and asking beside the same bytes from a bare Starlette application."""

from __future__ import annotations

import http.client
import json
import os
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from runtime.simulators.quickbooks.books.store import VERSION
from runtime.simulators.quickbooks.server import Options, prepare_application
from tests.bench.entry import FULL, Aim, Entry, Findings, Row, Scale
from tests.bench.environment import HOME
from tests.bench.load import Measured, Target, Wrong, measure_for
from tests.bench.processes import Server, server
from tests.bench.stage import Rounds, Stage

CONNECTIONS = 16
REALM = "9130357849126540"
LARGE, SMALLER = 100_000, 10_000
"""Transactions of the company: of a full run, and of a quick one."""
USUAL = 1_500
YEAR = timedelta(days=365)
QUERY = f"query?query={quote('select * from Invoice orderby TxnDate desc maxresults 10')}"
CLIENT = ("sandbox-client", "sandbox-secret")


class Simulator:
    """The simulator as a process, and a way to ask it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.token = self._connected()

    def get(self, path: str) -> bytes:
        """The body of an answer; raises Wrong when it is not a 200."""
        return self._ask("GET", self.path(path), {"Authorization": f"Bearer {self.token}"})

    def path(self, path: str) -> str:
        """A path below the company."""
        return f"/v3/company/{REALM}/{path}"

    def _connected(self) -> str:
        """An access token, by the way a program connects."""
        asked = {
            "client_id": CLIENT[0],
            "redirect_uri": "http://localhost:9/",
            "response_type": "code",
            "scope": "com.intuit.quickbooks.accounting",
            "state": "bench",
        }
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        back = self._ask(
            "POST", "/connect/oauth2", form, urlencode({**asked, "realm": REALM, "decision": "connect"})
        )
        code = dict(parse_qsl(urlsplit(back.decode()).query))["code"]
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": asked["redirect_uri"]}
        basic = {"Authorization": f"Basic {b64encode(':'.join(CLIENT).encode()).decode()}"}
        answer = self._ask("POST", "/oauth2/v1/tokens/bearer", form | basic, urlencode(given))
        token: str = json.loads(answer)["access_token"]
        return token

    def _ask(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> bytes:
        """The body of an answer, or where it leads to."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        leads_to = answer.getheader("location")
        if answer.status != 200 and leads_to is None:
            raise Wrong(f"{method} {path}: {answer.status} {content[:300]!r}")
        return leads_to.encode() if leads_to is not None else content


def size_of(scale: Scale) -> int:
    """Transactions of the company in this run."""
    return LARGE if scale == FULL else SMALLER


def company(stage: Stage) -> Path:
    """The file with the company; made once, and stored under .cache/bench."""
    HOME.mkdir(parents=True, exist_ok=True)
    path = HOME / f"simulator-{VERSION}-{size_of(stage.scale)}.db"
    if not path.exists():
        begun = path.with_suffix(f".{os.getpid()}")
        prepare_application(
            Options(data=begun, size=size_of(stage.scale))
        ).store.close()  # leaves one file, whole
        begun.replace(path)
    return path


def run(stage: Stage) -> Findings:
    """Measure."""
    size = str(size_of(stage.scale))
    with server("simulator", stage.server_core, str(company(stage)), size, python=stage.python) as process:
        simulator = Simulator(process)
        newest = json.loads(simulator.get(QUERY))["QueryResponse"]["Invoice"][0]
        by_id = _beside(stage, simulator, "get by id", f"invoice/{newest['Id']}")
        by_query = _beside(stage, simulator, "query of 10 rows", QUERY)
        reports = [_report(simulator, newest["TxnDate"]) for _ in range(stage.scale.rounds)]
        stage.progress.step("simulator: report")
    starts = [_start(stage) for _ in range(stage.scale.starts)]
    stage.progress.step("simulator: start")
    return Findings(
        [
            _row(by_id, "get by id"),
            _row(by_query, "query of 10 rows"),
            Row("simulator: profit and loss of a year", "", "", reports, Aim("under", 0.3), "s"),
            Row("simulator: start with a new demo company", "", "", starts, Aim("under", 3.0), "s"),
        ],
        [*by_id.figures(), *by_query.figures()],
        (_note(stage),),
    )


def _note(stage: Stage) -> str:
    size = size_of(stage.scale)
    reduced = "" if size == LARGE else f" (a full run takes {LARGE:,})"
    return (
        f"simulator: a company of {size:,} transactions{reduced}, {CONNECTIONS} connections. "
        "It aims at 1,000 answers a second, or else at 0.3 of the bare application."
    )


def _beside(stage: Stage, simulator: Simulator, name: str, path: str) -> Rounds:
    """Rounds of one request to the simulator and to the bare application."""
    body = simulator.get(path)
    file = stage.folder / f"{name.replace(' ', '-')}.json"
    file.write_bytes(body)
    with server("same", stage.server_core, str(file), python=stage.python) as bare:
        targets = {
            f"simulator: {name}": _target(simulator.server, simulator, path, body),
            f"bare: {name}": _target(bare, simulator, path, body),
        }
        return stage.rounds({which: _measurement(stage, target) for which, target in targets.items()})


def _target(asked: Server, simulator: Simulator, path: str, expected: bytes) -> Target:
    head = f"GET {simulator.path(path)} HTTP/1.1\r\nHost: 127.0.0.1:{asked.port}\r\n"
    request = f"{head}Authorization: Bearer {simulator.token}\r\nAccept: application/json\r\n\r\n".encode()

    def check(number: int, head: bytes, body: bytes) -> None:
        if _said(body) != _said(expected):
            raise Wrong("not the records that were asked for")

    return Target(asked.port, lambda number: request, check, {"server": asked.pid})


def _said(body: bytes) -> object:
    """What an answer says, without the moment at which it does."""
    return {name: value for name, value in json.loads(body).items() if name != "time"}


def _measurement(stage: Stage, target: Target) -> Callable[[], Measured]:
    return lambda: measure_for(target, CONNECTIONS, stage.scale.seconds)


def _row(rounds: Rounds, name: str) -> Row:
    """A ratio of 0.3, or 1,000 answers a second, is what is aimed at."""
    ours, bare = f"simulator: {name}", f"bare: {name}"
    numbers = f"{rounds.rate(ours):,.0f}/s", f"{rounds.rate(bare):,.0f}/s"
    aim = None if rounds.rate(ours) >= 1_000 else Aim("at least", 0.3)
    return Row(
        f"{ours} : bare Starlette",
        *numbers,
        rounds.ratios(ours, bare),
        aim,
        by_processor=rounds.by_processor(ours, bare),
    )


def _report(simulator: Simulator, until: str) -> float:
    """Seconds for a year's profit and loss."""
    asked = urlencode({"start_date": str(date.fromisoformat(until) - YEAR), "end_date": until})
    began = time.perf_counter()
    simulator.get(f"reports/ProfitAndLoss?{asked}")
    return time.perf_counter() - began


def _start(stage: Stage) -> float:
    """Seconds from before the process exists until it listens, with a demo company just made."""
    began = time.perf_counter()
    with server("simulator", stage.server_core, ":memory:", str(USUAL)):
        return time.perf_counter() - began


ENTRY = Entry("simulator", "the simulator with a large company", lambda scale: 4 * scale.rounds + 2, run)
