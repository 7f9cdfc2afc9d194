"""The stage for the journeys: the simulator and the runtime as processes, as `scripts/demo` starts them."""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from runtime.commands.demo import Demo, Running, run_servers
from tests.journeys.agents import ROOT, Agent, agent
from tests.journeys.client_table import table_of
from tests.journeys.two_systems import Firm, map_as_a_person


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parts[-2:] == ("journeys", "test_clients.py"):
            cell = {"client": item.callspec.params["kind"], "behaviour": item.function.__doc__}
            item.user_properties += cell.items()


def pytest_terminal_summary(terminalreporter):
    reports = [
        report for each in ("passed", "failed", "error") for report in terminalreporter.getreports(each)
    ]
    if lines := table_of(reports):
        terminalreporter.section("Clients")
        terminalreporter.write("\n".join(lines) + "\n")


AT_THE_START = "at the start"
"""The snapshot of the demo company as nobody has worked in it."""


@dataclass(frozen=True)
class Stage:
    """Both servers, and what a platform does with them."""

    demo: Demo
    running: Running

    def server(self, **config: Any) -> dict[str, Any]:
        """A new MCP server for the company, which lists every tool unless `config` says otherwise."""
        config = {"tool_exposure": "full"} | config
        return self.running.api.call("POST", self.path, {"name": "Journey", "config": config})

    @property
    def path(self) -> str:
        """Where the company's MCP servers are managed."""
        return f"/integrated-account/{self.running.account['id']}/mcp"

    def control(self, path: str, body: dict[str, Any]) -> None:
        """Set a switch of the simulator."""
        request = urllib.request.Request(
            f"{self.demo.simulator_url}/_simulator/{path}",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            response.read()

    def restore_start(self) -> None:
        """Have the demo company as nobody has worked in it."""
        self.control("restore", {"name": AT_THE_START})


@pytest.fixture(scope="session")
def clients() -> None:
    """The clients that are not in the test environment."""
    subprocess.run([ROOT / "scripts" / "clients"], check=True)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One stage for all journeys."""
    demo = Demo(Path(tmp_path_factory.mktemp("stage")), *_free_ports(2))
    with pytest.MonkeyPatch.context() as patch, ExitStack() as opened:
        patch.setenv("LEDGERPORT_WRONG_TOKENS_PER_MINUTE", "1000000")  # every journey comes from one address
        all_of_it = opened.enter_context(run_servers(demo))
        made = Stage(demo, all_of_it)
        made.control("throttle", {"is_on": False})
        made.control("snapshot", {"name": AT_THE_START})
        yield made


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture(scope="session")
def one_agent(stage: Stage) -> Iterator[Agent]:
    """One agent with all tools for all bookkeeping: a client of its own for each test took more than the tests."""
    with agent("python-sdk-2", stage.server()["url"]) as someone:
        yield someone


@pytest.fixture
def bookkeeper(stage: Stage, one_agent: Agent) -> Iterator[Agent]:
    """An agent with all tools; the company is put back afterwards."""
    stage.control("snapshot", {"name": "before the work"})
    try:
        yield one_agent
    finally:
        stage.control("restore", {"name": "before the work"})


@pytest.fixture(scope="session")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """One firm with its books and its work system for all journeys, the clients of both mapped."""
    port, books_port, work_port = _free_ports(3)
    demo = Demo(Path(tmp_path_factory.mktemp("firm")), port, books_port, work_port=work_port)
    with ExitStack() as opened:
        made = Firm(demo, opened.enter_context(run_servers(demo)))
        made.control_books("throttle", {"is_on": False})
        made.control_work("throttle", {"is_on": False})
        not_clients = tuple(map(str, made.truths.not_clients))
        map_as_a_person(made, made.books["tenant_id"], not_clients)
        yield made
