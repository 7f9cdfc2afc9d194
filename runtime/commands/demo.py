"""The demo: a QuickBooks simulator with a demo company, the runtime, and a URL to paste, from one command.

Both servers are processes of their own, as in a real deployment. The company is connected over the real OAuth path:
this process plays the person's browser, which signs in at the simulator and is sent back to the runtime. What was
made before (the company, the URLs) is stored in the demo's data directory.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import shutil
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runtime.commands.demo_http import Api, ask_server, sign_in
from runtime.commands.demo_output import Started, WorkStarted, count_listed, show_calls, write_instructions
from runtime.commands.demo_processes import check_free, report, run_command, run_process
from runtime.commands.demo_work import INTEGRATION as WORK_INTEGRATION
from runtime.commands.demo_work import MADE as WORK_MADE
from runtime.commands.demo_work import (
    WorkSystem,
    connect_work_account,
    map_clients,
    prepare_work_system,
    run_work_simulator,
)
from runtime.errors import LedgerportError, SettingsError
from runtime.web.navigation import find_company_address

CLIENT_ID = "ledgerport-demo"
OWNER = "owner@example.com"
"""Who owns the demo: one of the people as whom the simulator signs in."""
MADE = ("quickbooks.db*", "ledgerport.sqlite3*", "secret.key", "serve.lock", WORK_MADE)
"""The files of a demo's directory beside the client secret, which marks it as one, and the cache."""
SIMULATOR_SECRET = "SIMULATOR_CLIENT_SECRET"  # noqa: S105  (the name of a variable)


@dataclass(frozen=True, slots=True)
class Demo:
    """Where everything of one demo is."""

    data: Path
    port: int
    simulator_port: int
    definitions: str = ""
    """Folders of definitions laid over ours, as LEDGERPORT_DEFINITIONS names them; empty: as that says."""
    work_port: int = 0
    """Where the simulator of a work system listens; 0 for a demo of the books alone."""
    database_url: str = field(default="", repr=False)
    """Where the records are stored; empty for a file in `data`, and never those of a real deployment."""

    @property
    def url(self) -> str:
        """The runtime."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def simulator_url(self) -> str:
        """The QuickBooks simulator."""
        return f"http://127.0.0.1:{self.simulator_port}"

    @property
    def work_url(self) -> str:
        """The simulator of the work system; empty without one."""
        return f"http://127.0.0.1:{self.work_port}" if self.work_port else ""


@dataclass(frozen=True, slots=True)
class Running:
    """A demo that runs: a way to manage it, its company, and its servers."""

    api: Api
    account: dict[str, Any]
    work_account: dict[str, Any] | None
    processes: tuple[subprocess.Popen[bytes], ...]
    sign_in_link: str = field(repr=False)


def run(demo: Demo) -> None:
    """Start everything, print what to do with it, and wait until it is stopped.

    Raises SettingsError when the data or a port is taken, or a server does not start.
    """
    with run_servers(demo, shows_calls=True) as all_of_it:
        api, account = all_of_it.api, all_of_it.account
        made = api.call("POST", f"/integrated-account/{account['id']}/mcp", {"name": "Demo"})
        listed = count_listed(made, lambda message: ask_server(made["url"], message))
        started = Started(
            demo.url, demo.simulator_url, str(demo.data), account, api.token, made["url"], all_of_it.sign_in_link,
            listed, _start_work(demo, all_of_it),
        )  # fmt: skip
        print(write_instructions(started), flush=True)
        log = all_of_it.processes[-1].stdout
        assert log is not None
        show_calls(log)
        _wait(all_of_it.processes)


def _start_work(demo: Demo, running: Running) -> WorkStarted | None:
    """Return what to say of the work system, with an MCP URL of its own; None without one."""
    work = running.work_account
    if work is None:
        return None
    made = running.api.call("POST", f"/integrated-account/{work['id']}/mcp", {"name": "Demo service desk"})
    mapping_url = f"{demo.url}/tenant/{work['tenant_id']}/company-mapping"
    return WorkStarted(demo.work_url, work, made["url"], mapping_url)


def reset(data: Path) -> None:
    """Remove what demos have made in their directory, and nothing else. Raises SettingsError while one runs from it.

    The directory itself goes as well when nothing else is in it.
    """
    if not data.is_dir():
        return
    if not (data / "client-secret").is_file():  # a wrong --data must not cost anybody a real deployment
        raise SettingsError(
            f"{data} is not the directory of a demo.", advice="Give its directory with --data."
        )
    _make_folder(data)
    for pattern in MADE:
        for path in data.glob(pattern):
            path.unlink()
    shutil.rmtree(data / "cache", ignore_errors=True)
    (data / "client-secret").unlink()  # last: a reset that was interrupted can be repeated
    with contextlib.suppress(OSError):
        data.rmdir()


@contextmanager
def run_servers(demo: Demo, *, shows_calls: bool = False) -> Iterator[Running]:
    """Both servers, with the demo company connected, while the block runs. Raises as `run` does.

    With `shows_calls` the runtime's log comes as JSON through its process's `stdout`, which has to be read.
    """
    _make_folder(demo.data)
    _check_ports(demo)
    work = prepare_work_system(demo.data, is_wanted=bool(demo.work_port))
    client_secret = _client_secret(demo.data)
    environment = {
        "LEDGERPORT_DATA": str(demo.data),
        "LEDGERPORT_DATABASE_URL": demo.database_url,
        "LEDGERPORT_SECRET_KEY": "",
        "LEDGERPORT_HOST": "127.0.0.1",
        "LEDGERPORT_PORT": str(demo.port),
        "LEDGERPORT_PUBLIC_URL": demo.url,
        "LEDGERPORT_QUICKBOOKS_CLIENT_ID": CLIENT_ID,
        "LEDGERPORT_QUICKBOOKS_CLIENT_SECRET": client_secret,
        "LEDGERPORT_QUICKBOOKS_ORIGIN": demo.simulator_url,
        "LEDGERPORT_OIDC_INTUIT_ISSUER": f"{demo.simulator_url}/.well-known/openid_configuration",
        "LEDGERPORT_OIDC_INTUIT_CLIENT_ID": CLIENT_ID,
        "LEDGERPORT_OIDC_INTUIT_CLIENT_SECRET": client_secret,
    }
    if demo.work_url:
        environment[f"LEDGERPORT_{WORK_INTEGRATION.upper()}_ORIGIN"] = demo.work_url
    if demo.definitions:
        environment["LEDGERPORT_DEFINITIONS"] = demo.definitions
    if shows_calls:
        environment["LEDGERPORT_LOG_FORMAT"] = "json"
    report("Starting the QuickBooks simulator …")
    simulator_ready = demo.simulator_url + "/.well-known/openid_configuration"
    secret = {SIMULATOR_SECRET: client_secret}  # not on the command line, which everybody can list
    with ExitStack() as opened:
        simulator = opened.enter_context(run_process(_simulator_command(demo), secret, simulator_ready))
        if work is not None:
            opened.enter_context(run_work_simulator(work, demo.work_port))
        report("Starting Ledgerport …")
        command = [sys.executable, "-m", "runtime", "serve"]
        output = subprocess.PIPE if shows_calls else subprocess.DEVNULL
        server = opened.enter_context(run_process(command, environment, demo.url + "/healthz", output))
        api = Api(demo.url, _new_api_token(environment))
        link = run_command(environment, "person", "invite", OWNER, "--role", "owner")
        account, work_account = _connect_accounts(demo, api, work)
        dashboard = urllib.parse.urlencode({"return_to": find_company_address(account["id"])})
        yield Running(api, account, work_account, (simulator, server), f"{link}?{dashboard}")


def _connect_accounts(
    demo: Demo, api: Api, work: WorkSystem | None
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the books account and the work account, connected before or now, their clients mapped."""
    known: list[dict[str, Any]] = api.call("GET", "/integrated-account?limit=100")["result"]
    account = _connect_books(demo, api, known)
    if work is None:
        return account, None
    work_account = connect_work_account(api, work, known)
    map_clients(api, account["tenant_id"], (account["id"], work_account["id"]))
    return account, work_account


def _connect_books(demo: Demo, api: Api, known: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the company connected before, or a new connection made as a person makes it."""
    for account in known:
        if account["integration"] == "quickbooks" and account["status"] == "active":
            return account
    report("Connecting the demo company …")
    made = api.call("POST", "/integrated-account", {"integration": "quickbooks", "name": "Demo company"})
    sign_in(demo.url, made["authorize_url"])
    account = api.call("GET", f"/integrated-account/{made['id']}")
    if account["status"] != "active":
        raise LedgerportError("The demo company could not be connected.")
    return account


def _simulator_command(demo: Demo) -> list[str]:
    return [
        sys.executable, "-m", "runtime.simulators.quickbooks",
        "--port", str(demo.simulator_port), "--data", str(demo.data / "quickbooks.db"),
        "--client-id", CLIENT_ID, "--company", "provider" if demo.work_port else "landscaper",
    ]  # fmt: skip


def _make_folder(data: Path) -> None:
    """Prepare the directory of the demo. Raises SettingsError when it cannot be had, or another demo has it."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (data / "serve.lock").open(
            "a"
        ) as lock:  # the server's own lock: it is taken as long as one runs
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SettingsError(
            f"A demo is running from {data} already.",
            advice="Stop it, or choose another directory with --data DIRECTORY.",
        ) from None
    except OSError as problem:
        raise SettingsError(
            f"The demo cannot store its data in {data}: {problem.strerror or problem}.",
            advice="Choose another directory with --data DIRECTORY.",
        ) from problem


def _client_secret(data: Path) -> str:
    """Return the secret that the two servers share; made once."""
    path = data / "client-secret"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(24))
    return path.read_text().strip()


def _new_api_token(environment: dict[str, str]) -> str:
    """Return a fresh API token for this run; those of earlier runs stop working, which is said."""
    return run_command(environment, "token", "create", "demo", "--replace", "--bare")


def _wait(processes: tuple[subprocess.Popen[bytes], ...]) -> None:
    """Until Ctrl-C, a termination, or the end of one of the servers."""
    while all(process.poll() is None for process in processes):
        time.sleep(0.2)
    raise SettingsError("A server ended by itself; see above.")


def _check_ports(demo: Demo) -> None:
    if demo.port == demo.simulator_port:
        raise SettingsError(
            f"Ledgerport and the simulator cannot both have port {demo.port}.",
            advice="Choose another with --simulator-port NUMBER.",
        )
    if demo.work_port in (demo.port, demo.simulator_port):
        raise SettingsError(
            f"The simulator of the work system cannot have port {demo.work_port} as well.",
            advice="Choose another with --work-simulator-port NUMBER.",
        )
    check_free(demo.port, "--port")
    if demo.work_port:
        check_free(demo.work_port, "--work-simulator-port")
    check_free(demo.simulator_port, "--simulator-port")
