"""A deployment whose every secret is known, and everything that it writes, answers and starts is collected."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.commands import run_command
from tests.faults.canaries import Canaries, Content, database_contents, folder_contents, letters
from tests.faults.echoing_vendor import EchoingVendor, echoing_vendor
from tests.portability.test_oauth_by_yaml import OAUTH, defined
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
HARBOR = ROOT / "tests" / "portability" / "definitions" / "harbor"
SERVER = [sys.executable, "-m", "tests.faults.verbose_server", "serve"]
PRIVATE = ("523-98-7416", "4539578763621486")
"""A social security number, and the number of a card."""


PASSING_ON = ("{tool}", "{token}", "{link}", "with a link")
"""The labels of what may pass on what the vendor answers."""
REFUSED = (b'"isError":true', b'"error":{"code":')
"""What marks an error of a tool and one of JSON-RPC, whatever the status."""


@dataclass
class Place:
    """The deployment: its directories, its server, its vendor, and what was collected."""

    folder: Path
    canaries: Canaries
    vendor: EchoingVendor
    environment: dict[str, str]
    port: int
    responses: list[Content] = field(default_factory=list)
    processes: set[bytes] = field(default_factory=set)
    """Command lines of everything that was started."""
    logs: list[Path] = field(default_factory=list)
    server: subprocess.Popen[bytes] | None = None
    client: httpx2.Client = field(default_factory=lambda: httpx2.Client(timeout=90, trust_env=False))
    codes: set[str] = field(default_factory=set)
    repeats_private: bool = False
    """Whether the vendor now repeats private numbers in texts that are no error."""
    extra: list[Content] = field(default_factory=list)
    stored_elsewhere: list[Callable[[], Iterable[Content]]] = field(default_factory=list)
    """Read what is stored, or was received, outside of the directories."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def database(self) -> Path:
        return self.data / "ledgerport.sqlite3"

    def start(self, *, command: Sequence[str] = SERVER, **variables: str) -> None:
        """Start the server and wait until it answers."""
        self.logs.append(self.folder / f"server-{len(self.logs)}.log")
        with self.logs[-1].open("wb") as log:
            self.server = subprocess.Popen(
                [*command, "--port", str(self.port)], cwd=ROOT, env={**self.environment, **variables},
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        wait_until(self._answers)

    def _answers(self) -> bool:
        assert self.server is not None
        assert self.server.poll() is None, self.logs[-1].read_text()
        with suppress(httpx2.TransportError):
            self.ask("GET", "/healthz")
            return True
        return False

    def end(self, by: signal.Signals) -> None:
        """End the server and wait for it."""
        assert self.server is not None
        self.server.send_signal(by)
        self.server.wait(90)
        self.server = None

    def ask(self, method: str, path: str, label: str = "", **more: Any) -> httpx2.Response:
        """Send a request and collect the whole response, under its method and path."""
        client = more.pop("client", self.client)
        response = client.request(method, self.url + path, follow_redirects=False, **more)
        is_refused = response.status_code >= 400 or any(each in response.content for each in REFUSED)
        is_said = not is_refused and self.repeats_private and label.endswith(PASSING_ON)
        passed_on = " passed on" if is_said else ""
        self.collect(response, f"response {method} {label or path}{passed_on}")
        return response

    def collect(self, response: httpx2.Response, at: str) -> None:
        head = "\n".join(f"{name}: {value}" for name, value in response.headers.multi_items())
        self.responses.append(
            Content(at, f"{response.reason_phrase}\n{head}\n\n".encode() + response.content)
        )
        self.codes |= set(re.findall(r'"code": ?\\?"([a-z_]+)', response.text.replace("\\", "")))

    def command(self, *arguments: str, **variables: str) -> str:
        """Run a command to its end, and collect what it writes."""
        return self.collect_output(
            arguments, run_command(*arguments, environment={**self.environment, **variables})
        )

    def typed_command(self, *arguments: str, **variables: str) -> str:
        """The same in a process, whose arguments the list of processes shows.

        A command that changes the file of a running server needs one: connections of one process share what SQLite
        knows of its log, so that one that was left open makes the next lose changes.
        """
        command = [sys.executable, "-m", "runtime", *arguments]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        return self.collect_output(arguments, done)

    def collect_output(self, arguments: Sequence[str], done: subprocess.CompletedProcess[str]) -> str:
        """Collect what a process has written, and return its standard output."""
        at = f"output {' '.join(each for each in arguments[:2] if each.isalpha())}"
        self.responses.append(Content(at, f"{done.stdout}\n{done.stderr}".encode()))
        return done.stdout.strip()

    def error_codes(self) -> set[str]:
        return self.codes

    def snapshot(self, name: str) -> None:
        """Collect what is stored now; it may be gone at the end."""
        self.extra += [Content(each.place, each.data) for each in self._stored()]
        assert self.extra, name

    def contents(self) -> Iterator[Content]:
        """Everything that was collected, and what is stored now."""
        yield from self.responses
        yield from self.extra
        yield from self._stored()
        for path in self.logs:
            yield Content("log", path.read_bytes())
        for line in self.processes:
            yield Content("process list", line)

    def _stored(self) -> Iterator[Content]:
        for path in self.data.glob("*.sqlite3"):
            yield from database_contents(path)
        for read in self.stored_elsewhere:
            yield from read()
        for path, name in (
            (self.data, "data"),
            (self.folder / "temporary", "temporary"),
            (self.folder / "home", "home"),
        ):
            for each in folder_contents(path, name):
                if ".sqlite3" not in each.place:
                    yield each


def _descendants() -> Iterator[str]:
    """The processes that this one has started, and those that they have."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parents[entry.name] = (entry / "stat").read_text().rpartition(")")[2].split()[1]
    mine = {str(os.getpid())}
    while more := {child for child, parent in parents.items() if parent in mine} - mine:
        mine |= more
    yield from mine - {str(os.getpid())}


def _watch(place: Place, is_over: threading.Event) -> None:
    while not is_over.wait(0.1):
        for process in _descendants():
            with suppress(OSError):
                for name in ("cmdline", "comm"):
                    place.processes.add(Path(f"/proc/{process}/{name}").read_bytes())


@contextmanager
def deployed(folder: Path, canaries: Canaries | None = None, **variables: str) -> Iterator[Place]:
    """The deployment, its server running until the block ends."""
    canaries = canaries or Canaries()
    client_secret = canaries.add("client secret", letters(30).lower())
    for number in PRIVATE:
        canaries.add("private number", number)
    for name in ("temporary", "home"):
        (folder / name).mkdir()
    definitions = folder / "definitions"
    definitions.mkdir()
    defined(definitions, OAUTH.replace("  pkce:", "  client_authentication: body\n  pkce:"))
    shutil.copytree(HARBOR, definitions / "harbor")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with echoing_vendor(canaries, client_secret, PRIVATE) as vendor:
        environment = {
            **os.environ, "LEDGERPORT_DATA": str(folder / "data"), "TMPDIR": str(folder / "temporary"),
            "HOME": str(folder / "home"), "LEDGERPORT_PORT": str(port), "PYTHONUNBUFFERED": "1",
            "LEDGERPORT_DEFINITIONS": str(definitions), "LEDGERPORT_QUICKBOOKS_CLIENT_ID": "client",
            "LEDGERPORT_QUICKBOOKS_CLIENT_SECRET": client_secret, "LEDGERPORT_QUICKBOOKS_ORIGIN": vendor.url,
            "LEDGERPORT_QUAY_CLIENT_ID": "client", "LEDGERPORT_QUAY_CLIENT_SECRET": client_secret,
            "LEDGERPORT_QUAY_ORIGIN": vendor.url, "LEDGERPORT_QUAY_ENVIRONMENT": "live",
            "LEDGERPORT_HARBOR_ENVIRONMENT": "live", "LEDGERPORT_HARBOR_ORIGIN": vendor.url,
            **variables,
        }  # fmt: skip
        place, is_over = Place(folder, canaries, vendor, environment, port), threading.Event()
        watcher = threading.Thread(target=_watch, args=(place, is_over), daemon=True)
        watcher.start()
        try:
            yield place
        finally:
            if place.server is not None:
                place.server.kill()
                place.server.wait()
            is_over.set()
            watcher.join(10)
            place.client.close()
