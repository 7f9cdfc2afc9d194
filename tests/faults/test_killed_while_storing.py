"""Killed at any moment, a process loses nothing that it acknowledged, and the next one starts at once.

Each child prints what was stored after it was stored, and is killed a random time later; the seed is in the name of
the test, so that a failure can be repeated.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from runtime.keys.crypto import Keys
from runtime.model import TokenHash
from runtime.settings import Settings
from runtime.stores.embedded import open_stores
from runtime.stores.migrations import find_newest_version
from runtime.stores.opening import bring_up_to_date
from tests.deployment import deploy
from tests.faults.process import ROOT, Server, new_token, serving
from tests.stores.released import make_released

KEYS = Keys(bytes(32))
KILLS = int(os.environ.get("LEDGERPORT_TEST_KILLS", "3"))
"""How often each is killed, at other moments each time; 50 take some minutes, to look for more."""

STARTING = """
import sys
from pathlib import Path
from runtime.keys.crypto import Keys
import runtime.stores.migrating
from runtime.stores.opening import bring_up_to_date
print("ready", flush=True)
bring_up_to_date(Path(sys.argv[1]), 1.0, Keys(bytes(32)))
print("done", flush=True)
"""

STORING = """
import asyncio, sys
from pathlib import Path
from tests.deployment import deploy

async def main():
    here = deploy(Path(sys.argv[1]))
    account = here.accounts.create("Shop", "books")["id"]
    while True:
        made = await asyncio.gather(*(
            here.stores.write(lambda: here.mcp_servers.create(account, "Agent")) for _ in range(4)
        ))
        for each in made:
            print("url", each["token"], flush=True)
        await here.stores.write(lambda: here.mcp_servers.delete(account, made[0]["id"]))
        print("gone", made[0]["token"], flush=True)
        token = await here.stores.write(lambda: here.api_tokens.create("ci"))
        print("token", token["token"], flush=True)

asyncio.run(main())
"""


def run_and_kill(code: str, path: Path, lines: int, seconds: float) -> list[list[str]]:
    """What a process printed that was killed some time after it had printed a number of lines."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    first = [process.stdout.readline() for _ in range(lines)]
    time.sleep(seconds)
    process.kill()
    rest, _ = process.communicate()
    assert all(first), "it ended by itself"
    # The last line may be half written.
    return [line.split() for line in [*first, *rest.splitlines(keepends=True)] if line.endswith("\n")]


def make_version_one(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        make_released(connection, 1)
        row = ("a1", "books", "production", "Shop", "pending", "", "{}", KEYS.seal(b"{}", "a1"), 1.0, 1.0)
        connection.execute(f"INSERT INTO account VALUES ({', '.join('?' * len(row))})", row)


@pytest.mark.parametrize("is_upgrade", [False, True])
@pytest.mark.parametrize("seed", range(KILLS))
def test_a_start_that_is_killed_leaves_no_database_or_a_whole_one(
    tmp_path: Path, seed: int, is_upgrade: bool
) -> None:
    path = tmp_path / "records.sqlite3"
    if is_upgrade:
        make_version_one(path)
    run_and_kill(STARTING, path, 1, random.Random(seed).uniform(0.0, 0.03))
    assert bring_up_to_date(path, 2.0, KEYS) == find_newest_version()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM deployment").fetchone() == (1,)
        versions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        assert [int(row[0]) for row in versions] == [find_newest_version()]
        assert connection.execute("SELECT count(*) FROM account").fetchone() == (int(is_upgrade),)


@pytest.mark.parametrize("seed", range(2 * KILLS))
def test_what_was_acknowledged_before_a_kill_is_so_afterwards(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    printed = run_and_kill(STORING, tmp_path, chance.randint(1, 40), chance.uniform(0.0, 0.01))
    here = deploy(tmp_path)
    stored = {kind: {secret for what, secret in printed if what == kind} for kind in ("url", "gone", "token")}

    def is_open(secret: str) -> bool:
        return here.stores.look_up.find_grant(here.keys.hash_token(secret), here.clock()) is not None

    last_round = set(list(dict.fromkeys(secret for what, secret in printed if what == "url"))[-4:])
    assert [each for each in stored["gone"] if is_open(each)] == []
    # A deletion may have been stored and not yet acknowledged: that of the round under way.
    assert {each for each in stored["url"] - stored["gone"] if not is_open(each)} <= last_round
    assert all(asyncio.run(here.api_tokens.identify(each)) for each in stored["token"])
    with closing(sqlite3.connect(here.stores.path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        unaudited = connection.execute(
            "SELECT count(*) FROM mcp_server WHERE id NOT IN "
            "(SELECT subject FROM audit WHERE action = 'mcp_server.created')"
        )
        assert unaudited.fetchone() == (0,)
    here.stores.close()


def create_and_delete(server: Server, account: str, opened: list[str], closed: list[str]) -> None:
    """Creates URLs and deletes every second one, noting what was answered, until the server is gone."""
    while True:
        made = server.create_url(account)
        opened.append(made["token"])
        other = server.create_url(account)
        if server.api.delete(f"/integrated-account/{account}/mcp/{other['id']}").status_code == 200:
            closed.append(other["token"])


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_server_has_every_url_it_answered_and_none_it_closed(tmp_path: Path, seed: int) -> None:
    token = new_token(tmp_path)
    opened: list[str] = []
    closed: list[str] = []
    with serving(tmp_path, token) as server:
        account = server.account()

        def work() -> None:
            with contextlib.suppress(httpx2.TransportError):
                create_and_delete(server, account, opened, closed)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for each in threads:
            each.start()
        while not (opened and closed):
            time.sleep(0.001)
        time.sleep(random.Random(seed).uniform(0.0, 0.2))
        server.process.kill()
        server.process.wait()
        for each in threads:
            each.join()
    settings = Settings.load({"LEDGERPORT_DATA": str(tmp_path)})
    stores, keys = open_stores(settings, time.time()), Keys(settings.secret_key)

    def is_open(secret: str) -> bool:
        return stores.look_up.find_grant(TokenHash(keys.hash_token(secret)), 1.0) is not None

    assert [each for each in opened if not is_open(each)] == []
    assert [each for each in closed if is_open(each)] == []
    stores.close()
