"""The servers of a run, started when an entry first asks for them, and the rounds in which they take turns."""

from __future__ import annotations

import http.client
import json
import statistics
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType

from tests.bench import machine
from tests.bench.deployment import Deployment, prepare
from tests.bench.entry import Aim, Figure, Row, Scale
from tests.bench.environment import python_of
from tests.bench.invoice import REALM
from tests.bench.load import FIRST_NUMBER, Measured
from tests.bench.messages import list_request
from tests.bench.openapi import document_of
from tests.bench.processes import Server, await_port, free_port, server, started
from tests.bench.progress import Progress

SERVE = ("-m", "runtime", "serve")
SERVE_SEVERAL = ("-m", "tests.bench.servers.several", "serve")
SERVE_UNJOURNALED = ("-m", "tests.bench.servers.unjournaled", "serve")


class Stage:
    """Everything that entries share. Ends what it started when the block ends."""

    def __init__(self, scale: Scale, progress: Progress, python: str) -> None:
        self.scale = scale
        self.progress = progress
        self.server_core, self.load_core = machine.cores()
        self.python = python
        self._stack = ExitStack()

    def __enter__(self) -> Stage:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @cached_property
    def folder(self) -> Path:
        """A place for files of this run."""
        return Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="ledgerport-bench-")))

    @cached_property
    def vendor(self) -> Server:
        """The simulator for the vendor; it shares the core of the load."""
        return self._stack.enter_context(server("vendor", self.load_core))

    @property
    def vendor_url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.vendor.port}"

    @cached_property
    def deployment(self) -> Deployment:
        """What our server is started with."""
        return prepare(self.folder / "data", free_port(), self.vendor_url)

    @cached_property
    def asgi_deployment(self) -> Deployment:
        """The same, with the fast path turned off."""
        made = prepare(self.folder / "asgi", free_port(), self.vendor_url)
        return replace(made, environment={**made.environment, "LEDGERPORT_FAST_PATH": "off"})

    @cached_property
    def unjournaled_deployment(self) -> Deployment:
        """The same, for the server without its journal."""
        return prepare(self.folder / "unjournaled", free_port(), self.vendor_url)

    @cached_property
    def ours(self) -> Server:
        """Our server, the real one."""
        return self._serve("ours", self.deployment)

    @cached_property
    def asgi(self) -> Server:
        """Our server with the fast path turned off."""
        return self._serve("asgi", self.asgi_deployment)

    @cached_property
    def unjournaled(self) -> Server:
        """Our server without its journal."""
        return self._serve("unjournaled", self.unjournaled_deployment, SERVE_UNJOURNALED)

    @cached_property
    def several_deployment(self) -> Deployment:
        """The same, for the server whose URL reaches several companies."""
        return prepare(self.folder / "several", free_port(), self.vendor_url)

    @cached_property
    def several(self) -> Server:
        """Our server with several companies behind its URL."""
        return self._serve("several", self.several_deployment, SERVE_SEVERAL)

    def _serve(self, name: str, deployment: Deployment, command: tuple[str, ...] = SERVE) -> Server:
        """Start our server. Its log goes to a file, as under a service manager."""
        output = self._stack.enter_context((self.folder / f"{name}.log").open("wb"))
        process = self._stack.enter_context(
            started(name, [self.python, *command], self.server_core, output, deployment.environment)
        )
        await_port(process, deployment.port)
        return Server(name, process.pid, deployment.port)

    @cached_property
    def listed(self) -> Path:
        """A file with the bytes that our server answers to `tools/list`."""
        request = list_request(self.ours.port, self.deployment.path)(FIRST_NUMBER)
        head, _, body = request.partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        connection = http.client.HTTPConnection("127.0.0.1", self.ours.port, timeout=30)
        connection.request("POST", self.deployment.path, body, fields)
        path = self.folder / "list.json"
        path.write_bytes(connection.getresponse().read())
        connection.close()
        return path

    @cached_property
    def bare(self) -> Server:
        """The bare application: the bytes of the list, and a pass-through."""
        return self._stack.enter_context(
            server("bare", self.server_core, str(self.listed), self.vendor_url, python=self.python)
        )

    @cached_property
    def sdk(self) -> Server:
        """The SDK's own server over the same tools."""
        return self._stack.enter_context(
            server("sdk", self.server_core, str(self.listed), self.vendor_url, python=self.python)
        )

    @cached_property
    def fast_mcp(self) -> Server:
        """FastMCP's server over the same operations."""
        base_url = f"{self.vendor_url}/v3/company/{REALM}"
        path = self.folder / "openapi.json"
        path.write_text(json.dumps(document_of(self.deployment.catalog, base_url)))
        return self._stack.enter_context(
            server("fast_mcp", self.server_core, str(path), base_url, python=python_of("fastmcp"))
        )

    def rounds(self, variants: Mapping[str, Callable[[], Measured]]) -> Rounds:
        """Measure every variant in every round, in turn, each round starting with another one."""
        names = list(variants)
        found: dict[str, list[Measured]] = {name: [] for name in names}
        for number in range(self.scale.rounds):
            at = number % len(names)
            for name in names[at:] + names[:at]:
                found[name].append(variants[name]())
                self.progress.step(name)
        return Rounds(found)


class Rounds:
    """What every variant came to in every round."""

    def __init__(self, found: Mapping[str, list[Measured]]) -> None:
        self._found = found

    def rate(self, name: str) -> float:
        """The median of a variant's answers per second."""
        return statistics.median(each.rate for each in self._found[name])

    def latency(self, name: str) -> float:
        """The median of a variant's median latencies."""
        return statistics.median(each.latency for each in self._found[name])

    def rates(self, name: str) -> list[float]:
        """A variant's answers per second, round by round."""
        return [each.rate for each in self._found[name]]

    def latencies(self, name: str) -> list[float]:
        """A variant's median latencies, round by round."""
        return [each.latency for each in self._found[name]]

    def costs(self, name: str) -> list[float]:
        """The processor seconds of the server for an answer of a variant, round by round."""
        return _costs(self._found[name])

    def ratios(self, name: str, reference: str) -> list[float]:
        """Answers per second of one variant to another's, round by round."""
        return _over(self.rates(name), self.rates(reference))

    def by_processor(self, name: str, reference: str) -> float:
        """The same ratio by the processor time that one answer costs: what is left when nothing else runs."""
        return statistics.median(_costs(self._found[reference])) / statistics.median(
            _costs(self._found[name])
        )

    def added(self, name: str, ours: str, reference: str, aim: Aim | None = None) -> Row:
        """One line of the table: milliseconds of processor time that an answer of one variant costs more."""
        these, those = _costs(self._found[ours]), _costs(self._found[reference])
        values = [1e3 * (this - that) for this, that in zip(these, those, strict=True)]
        numbers = (f"{1e3 * statistics.median(costs):.2f} ms" for costs in (these, those))
        return Row(name, *numbers, values, aim, "ms")

    def cost_row(self, name: str, ours: str, reference: str, aim: Aim | None = None) -> Row:
        """One line of the table: processor time of an answer of one variant to another's."""
        these, those = _costs(self._found[ours]), _costs(self._found[reference])
        numbers = (f"{1e3 * statistics.median(costs):.2f} ms" for costs in (these, those))
        return Row(name, *numbers, _over(these, those), aim)

    def row(self, name: str, ours: str, reference: str, aim: Aim | None = None) -> Row:
        """One line of the table: answers per second of one variant to another's."""
        numbers = f"{self.rate(ours):,.0f}/s", f"{self.rate(reference):,.0f}/s"
        is_known = all("server" in each.used for name in (ours, reference) for each in self._found[name])
        by_processor = self.by_processor(ours, reference) if is_known else None
        return Row(name, *numbers, self.ratios(ours, reference), aim, by_processor=by_processor)

    def figures(self) -> list[Figure]:
        """One line on every variant."""
        return [_figure(name, found) for name, found in self._found.items()]


def _over(these: Iterable[float], those: Iterable[float]) -> list[float]:
    return [this / that for this, that in zip(these, those, strict=True)]


def _costs(found: list[Measured]) -> list[float]:
    return [each.used["server"] / each.answers for each in found]


def _figure(name: str, found: list[Measured]) -> Figure:
    shares = {
        kind: statistics.median(each.used[kind] / each.seconds for each in found) for kind in found[0].used
    }
    costs = _costs(found) if "server" in found[0].used else []
    return Figure(
        name=name,
        rate=statistics.median(each.rate for each in found),
        latency=statistics.median(each.latency for each in found),
        shares=shares,
        cost=statistics.median(costs) if costs else 0.0,
        answers=sum(each.answers for each in found),
        checked=sum(each.checked for each in found),
        rates=[each.rate for each in found],
    )
