"""A server in a process of its own, which a test may starve, damage or kill, and the commands beside it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx2

from runtime.keys.crypto import Keys
from runtime.operations.api_tokens import ApiTokens
from runtime.settings import Settings
from runtime.stores.embedded import open_stores
from tests.builtin import store_builtin_catalog
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
SERVE = [sys.executable, "-m", "tests.faults.probing_server", "serve"]
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


class Server(NamedTuple):
    """A server that runs, its data directory, and a client with an API token."""

    process: subprocess.Popen[bytes]
    data: Path
    api: httpx2.Client

    def account(self) -> str:
        """A new pending account's id."""
        made = self.api.post("/integrated-account", json={"name": "Shop", "integration": "quickbooks"})
        found: str = made.json()["id"]
        return found

    def create_url(self, account: str, **config: Any) -> dict[str, Any]:
        """A new MCP server, with its token."""
        made = self.api.post(f"/integrated-account/{account}/mcp", json={"name": "Agent", "config": config})
        assert made.status_code == 201, made.text
        values: dict[str, Any] = made.json()
        return values

    def list_tools(self, mcp_server: dict[str, Any]) -> httpx2.Response:
        """What the URL of an MCP server answers to `tools/list`."""
        return self.api.post(f"/mcp/{mcp_server['token']}", json=LIST)

    def health(self) -> httpx2.Response:
        """What the server says of itself."""
        return self.api.get("/readyz")

    @property
    def database(self) -> Path:
        """The file."""
        return self.data / "ledgerport.sqlite3"


def environment(data: Path, **variables: str) -> dict[str, str]:
    """The environment of a deployment."""
    return {
        **os.environ,
        "LEDGERPORT_DATA": str(data),
        "LEDGERPORT_QUICKBOOKS_CLIENT_ID": "client",
        "LEDGERPORT_QUICKBOOKS_CLIENT_SECRET": "secret",
        **variables,
    }


def ledgerport(data: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "runtime", *arguments],
        cwd=ROOT, env=environment(data, **variables), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def new_token(data: Path, **variables: str) -> str:
    """An API token, made in this process: a command takes half a second of processor time."""
    settings = Settings.load(environment(data, **variables))
    stores = open_stores(settings, time.time())
    with closing(stores):
        made: str = ApiTokens(stores, Keys(settings.secret_key)).create("test")["token"]
    return made


@contextmanager
def serving(data: Path, token: str = "", **variables: str) -> Iterator[Server]:
    """A server that runs while the block runs, unless the block ends it."""
    token = token or new_token(data, **variables)
    store_builtin_catalog(data)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [*SERVE, "--port", str(port)],
        cwd=ROOT, env=environment(data, **variables), stdout=subprocess.DEVNULL,
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {token}"}
    address = f"http://127.0.0.1:{port}"
    try:
        with httpx2.Client(base_url=address, headers=headers, timeout=60, trust_env=False) as api:
            _await_answer(process, api)
            yield Server(process, data, api)
    finally:
        process.kill()
        process.wait()


def _await_answer(process: subprocess.Popen[bytes], api: httpx2.Client) -> None:
    def answers() -> bool:
        assert process.poll() is None, "the server ended"
        with suppress(httpx2.TransportError):
            api.get("/healthz")
            return True
        return False

    wait_until(answers)
