"""Runs the authorization scenarios of the public conformance suite against our authorization server.

Run as `python -m tests.conformance.authorization COMMAND…` by `scripts/conformance`, with the command of the suite.
Starts the demo, registers a public client, adds both to the command, and has a person open the page that the suite
prints; ends with the suite's own status.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import httpx2

from runtime.commands.demo import Demo, run_servers
from tests.engines import find_free_port
from tests.journeys.person import READ, Person


def main(command: list[str]) -> int:
    """Run the suite; return its status."""
    back = find_free_port()
    with tempfile.TemporaryDirectory() as folder:
        demo = Demo(Path(folder) / "demo", find_free_port(), find_free_port())
        with run_servers(demo) as running:
            person = Person(running.sign_in_link)
            person.scopes, person.companies = (READ,), (running.account["id"],)
            options = {
                "--url": demo.url,
                "--client-id": register(demo.url, f"http://127.0.0.1:{back}/callback"),
                "--resource": f"{demo.url}/mcp",
                "--port": str(back),
            }
            return run([*command, *(each for option in options.items() for each in option)], person)


def register(url: str, redirect: str) -> str:
    """Return the id of a new public client."""
    metadata = {
        "client_name": "Conformance",
        "redirect_uris": [redirect],
        "token_endpoint_auth_method": "none",
    }
    answer = httpx2.post(f"{url}/oauth/register", json=metadata, timeout=60)
    return str(answer.raise_for_status().json()["client_id"])


def run(command: list[str], person: Person) -> int:
    """Run a command, print what it prints, and have the person go where it says; return its status."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            if line.startswith("http") and "/oauth/authorize?" in line:
                httpx2.get(person.decide(line.strip()), timeout=60)
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
