"""The work system of the demo of a provider: its simulator, its connection, and the mapping of its clients.

Called by `demo`. The simulator shows the same business as the company of the books, as of the day on which the books
were made: that day, and the key of the simulator, are stored in the demo's directory.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runtime.commands.demo_http import Api
from runtime.commands.demo_processes import report, run_process
from runtime.errors import SettingsError
from runtime.simulators.provider.sizes import read_firm_day

INTEGRATION = "connectwise"
COMPANY = "brightwire"
"""The login company of the simulator: a made-up one."""
PUBLIC_KEY = "DemoPublicKey"
CLIENT_ID = "00000000-0000-4000-8000-000000000000"
"""The vendor gives each integration such a number; the simulator takes any."""
SECRET_NAME = "SIMULATOR_PRIVATE_KEY"  # noqa: S105  (the name of a variable)
MADE = "work-system.json"
"""The file of a demo's directory that says that it has a work system."""


@dataclass(frozen=True, slots=True)
class WorkSystem:
    """What is stored of the simulator of the work system."""

    day: str
    """The day, YYYY-MM-DD, on which the business ends that both simulators show."""
    private_key: str = field(repr=False)


def prepare_work_system(data: Path, *, is_wanted: bool) -> WorkSystem | None:
    """Return what a directory has of a work system, made where it is new; None for a demo of the books alone.

    Raises SettingsError where the directory was made by a demo of the other kind.
    """
    path, is_new = data / MADE, not (data / "client-secret").exists()
    if not is_new and path.exists() != is_wanted:
        has = "has a work system" if path.exists() else "has no work system"
        option = "Add --provider" if path.exists() else "Leave --provider out"
        raise SettingsError(
            f"The demo in {data} {has}.",
            advice=f"{option}, choose another directory with --data DIRECTORY, or begin anew with --reset.",
        )
    if not is_wanted:
        return None
    if is_new and not path.exists():
        made = {"day": read_firm_day(time.time()).isoformat(), "private_key": secrets.token_hex(16)}
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(made, file)
    return WorkSystem(**json.loads(path.read_text()))


@contextmanager
def run_work_simulator(system: WorkSystem, port: int) -> Iterator[None]:
    """Run the simulator of the work system while the block runs. Raises SettingsError when it does not start."""
    report("Starting the ConnectWise PSA simulator …")
    command = [
        sys.executable, "-m", f"runtime.simulators.{INTEGRATION}", "--port", str(port), "--day", system.day,
        "--company-id", COMPANY, "--public-key", PUBLIC_KEY,
    ]  # fmt: skip
    ready = f"http://127.0.0.1:{port}/login/companyinfo/{COMPANY}"
    with run_process(command, {SECRET_NAME: system.private_key}, ready):
        yield


def connect_work_account(api: Api, system: WorkSystem, known: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the work account among the known ones, or a new one connected by its keys."""
    for account in known:
        if account["integration"] == INTEGRATION and account["status"] == "active":
            return account
    report("Connecting the demo's work system …")
    fields = {
        "site": "demo.example.com", "company_id": COMPANY, "public_key": PUBLIC_KEY,
        "private_key": system.private_key, "client_id": CLIENT_ID,
    }  # fmt: skip
    body = {"integration": INTEGRATION, "name": "Demo service desk", "fields": fields}
    return api.call("POST", "/integrated-account", body)


def map_clients(api: Api, tenant_id: str, accounts: tuple[str, str]) -> None:
    """Map the clients of the work account to customers, as far as they are certain, where nothing is mapped yet."""
    query = f"?books_account={accounts[0]}&work_account={accounts[1]}"
    path = f"/tenant/{tenant_id}/company-mapping"
    version = api.call("GET", path + query)["version"]
    if version == 0:
        api.call("POST", f"{path}/auto{query}", {"version": version})
