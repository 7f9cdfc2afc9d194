"""A running server takes over changed definitions, and refuses broken ones."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from generator.catalog import Catalog
from generator.compile import compile_catalog
from generator.diagnostics import DefinitionErrors, Diagnostic
from runtime.connect.tokens import AccessTokens
from runtime.deployment import Deployment
from runtime.errors import SettingsError
from runtime.keys.crypto import Keys
from runtime.operations.accounts import Accounts
from runtime.operations.mcp_servers import McpServers
from runtime.server import reload
from runtime.server.reload import Reloader
from runtime.settings import Settings
from runtime.stores.embedded import open_stores
from tests.generator.conftest import Shelf
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 30.0
"""Seconds that a real process may take to show something."""
BEFORE, AFTER = "Read one book of the shelf.", "Open one book and read it."


@dataclass
class Server:
    """A server in a process of its own, its definitions and what it logged."""

    shelf: Shelf
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def description(self) -> str:
        """What the tool that reads a book says of itself now."""
        ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        request = urllib.request.Request(self.url, json.dumps(ask).encode(), headers)
        with urllib.request.urlopen(request, timeout=120) as response:
            tools = json.load(response)["result"]["tools"]
        return next(tool["description"] for tool in tools if tool["name"].startswith("get_"))

    def logged(self) -> str:
        """Its log so far."""
        return self.log.read_text(encoding="utf-8")

    def hang_up(self) -> None:
        """SIGHUP."""
        os.kill(self.process.pid, signal.SIGHUP)


@pytest.fixture(params=["signal", "watch"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    shelf = Shelf(tmp_path / "definitions")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mine = {"LEDGERPORT_DATA": str(tmp_path / "data"), "LEDGERPORT_PORT": str(port)}
    url = _make_url(Settings.load({**mine, "LEDGERPORT_SHELF_ENVIRONMENT": "live"}), shelf.folder)
    log = tmp_path / "log"
    environ = {**os.environ, **mine, "LEDGERPORT_SHELF_ENVIRONMENT": "live", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "tests" / "reloading_server.py"), str(shelf.folder), request.param]
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=environ, stdout=out, stderr=out, cwd=tmp_path)
    made = Server(shelf, url, process, log)
    try:
        wait_until(lambda: "serving" in made.logged() or process.poll() is not None)
        wait_until(lambda: _listens(port))
        yield made
    finally:
        process.terminate()
        assert process.wait(PATIENCE) == 0, made.logged()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _make_url(settings: Settings, definitions: Path) -> str:
    catalog = compile_catalog(definitions)
    keys, stores = Keys(settings.secret_key), open_stores(settings, time.time())
    deployment = Deployment(settings, keys, stores, lambda: catalog)
    account = Accounts(deployment, AccessTokens(deployment)).create(
        "Ours", "shelf", {"region": "eu", "key": "secret"}
    )
    made = McpServers(deployment).create(account["id"], "Agent")
    stores.close()
    return str(made["url"])


def test_a_running_server_takes_over_changes_and_refuses_errors(server: Server) -> None:
    is_watched = "watch" in server.process.args[-1]  # type: ignore[index]
    assert server.description() == BEFORE

    server.shelf.change("book", BEFORE, AFTER)
    if not is_watched:
        server.hang_up()
    wait_until(lambda: server.description() == AFTER)

    server.shelf.change("book", "    required_for: [create]", "    requierd_for: [create]")
    if not is_watched:
        server.hang_up()
    wait_until(lambda: "definitions_error" in server.logged())
    assert "definitions_refused" in server.logged()
    assert 'shelf/book.yaml:15: title.requierd_for: "requierd_for" is an unknown key' in server.logged()
    assert server.description() == AFTER

    server.shelf.change("book", "    requierd_for: [create]", "    required_for: [create]")
    server.shelf.change("book", AFTER, BEFORE)
    if not is_watched:
        server.hang_up()
    wait_until(lambda: server.description() == BEFORE)
    assert server.process.poll() is None


class FakeSource:
    """Definitions that are what a test says."""

    def __init__(self, reads: Catalog | Exception, code: str = "") -> None:
        self.catalog = Catalog("1", {}, ())
        self.reads = reads
        self.code = code
        self.is_taken = True

    def list_definitions(self) -> tuple[Path, ...]:
        return ()

    def build_compiler_arguments(self) -> tuple[str, ...]:
        return ("-c", self.code)

    def read_catalog(self) -> Catalog:
        if isinstance(self.reads, Exception):
            raise self.reads
        return self.reads

    def take(self, catalog: Catalog) -> None:
        if not self.is_taken:
            raise SettingsError("It is gone.")
        self.catalog = catalog


def reloaded(source: FakeSource) -> tuple[bool, list[tuple[str, dict[str, Any]]]]:
    lines: list[tuple[str, dict[str, Any]]] = []

    async def main() -> bool:
        return await Reloader(source, lambda event, **fields: lines.append((event, fields))).reload()

    return asyncio.run(main()), lines


NEW = Catalog("2", {}, ())


def test_a_good_catalog_is_taken_and_its_version_said() -> None:
    source = FakeSource(NEW)
    is_taken, lines = reloaded(source)
    assert (is_taken, source.catalog.version) == (True, "2")
    assert (lines[0][0], lines[0][1]["version"]) == ("definitions_taken", "2")


def test_what_did_not_change_is_not_put_in_place_again() -> None:
    source = FakeSource(replace(NEW, version="1"))
    stored = source.catalog
    assert reloaded(source)[0]
    assert source.catalog is stored


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (FakeSource(NEW, "print('a.yaml:1: no'); raise SystemExit(1)"), "a.yaml:1: no"),
        (FakeSource(NEW, "raise SystemExit(3)"), "It ended with 3."),
        (FakeSource(DefinitionErrors([Diagnostic("a.yaml", 2, "", "x", "No.")])), "a.yaml:2: No."),
        (FakeSource(PermissionError(13, "Permission denied")), "They cannot be read: Permission denied."),
    ],
)
def test_a_refusal_has_every_reason_and_the_old_goes_on(source: FakeSource, said: str) -> None:
    is_taken, lines = reloaded(source)
    assert (is_taken, source.catalog.version) == (False, "1")
    assert lines[0] == ("definitions_refused", {"reasons": 1, "serving": "1"})
    assert lines[1] == ("definitions_error", {"says": said})


def test_what_the_server_cannot_do_without_is_not_taken_away() -> None:
    source = FakeSource(NEW)
    source.is_taken = False
    is_taken, lines = reloaded(source)
    assert not is_taken
    assert lines[1] == ("definitions_error", {"says": "It is gone."})


def test_a_folder_that_vanishes_while_it_is_looked_at_does_not_end_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "book.yaml").write_text("resource: books\n")

    def vanishing(folder: Path, _pattern: str) -> Iterator[Path]:
        yield folder / "book.yaml"
        yield folder / "gone.yaml"
        raise FileNotFoundError(folder)

    monkeypatch.setattr(Path, "rglob", vanishing)
    assert [name for name, _, _ in reload._state((tmp_path,))] == [str(tmp_path / "book.yaml")]
