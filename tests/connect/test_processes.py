"""However many processes want an access token at the moment of its expiry, the vendor is asked once."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from runtime.model import Account
from tests.connect.test_tokens import connected
from tests.deployment import Deployment
from tests.oauth_vendor import OAuthVendor

PROCESSES, CALLS = 4, 250
PATIENCE = 90
"""Seconds for a process on a machine with several suites at once; usually it takes two."""


async def start(
    data: Path, here: Deployment, vendor: OAuthVendor, account: Account, lease: float, **more: str
) -> Process:
    """A process that is ready to ask, an hour after the account was connected."""
    variables = {
        "LEDGERPORT_DATA": str(data),
        "LEDGERPORT_BOOKS_CLIENT_ID": "the-client",
        "LEDGERPORT_BOOKS_CLIENT_SECRET": "the-client-secret",
        "LEDGERPORT_BOOKS_ORIGIN": vendor.origin,
        **more,
    }
    path = data / "variables.json"
    path.write_text(json.dumps(variables))
    arguments = (str(path), account.id, str(CALLS), str(here.clock() + 3600), str(lease))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.connect.refreshing", *arguments, stdin=PIPE, stdout=PIPE
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
    assert line == b"ready\n"
    return process


async def go(process: Process) -> list[str]:
    """Let it ask, and return the access tokens that it got."""
    answer, _ = await asyncio.wait_for(process.communicate(b"go\n"), PATIENCE)
    found: list[str] = json.loads(answer)
    return found


def test_a_thousand_calls_in_four_processes_make_one_refresh(
    tmp_path: Path, database: dict[str, str]
) -> None:
    async def story() -> None:
        async with connected(tmp_path, **database) as (vendor, here, account):
            running = [
                await start(tmp_path, here, vendor, account, 10.0, **database) for _ in range(PROCESSES)
            ]
            found = await asyncio.gather(*map(go, running))
            assert vendor.refreshes == 1
            assert found == [[vendor.granted[vendor.refresh_token]]] * PROCESSES
            await here.stores.disconnect()

    asyncio.run(story())


def test_a_refresh_whose_process_was_killed_is_made_by_another_when_its_lease_has_ended(
    tmp_path: Path, database: dict[str, str]
) -> None:
    async def story() -> None:
        async with connected(tmp_path, **database) as (vendor, here, account):
            first, second = [await start(tmp_path, here, vendor, account, 1.0, **database) for _ in range(2)]
            vendor.gate = held = asyncio.Event()
            assert first.stdin is not None
            first.stdin.write(b"go\n")
            await asyncio.wait_for(vendor.was_asked.wait(), PATIENCE)
            waiting = asyncio.create_task(go(second))
            await asyncio.sleep(0)
            first.kill()
            await first.wait()
            vendor.gate = None
            assert await waiting == [vendor.granted[vendor.refresh_token]]
            assert vendor.refreshes == 2
            held.set()
            await here.stores.disconnect()

    asyncio.run(story())
