"""What one process knows of a record never makes it overwrite what another one has written since."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from runtime.commands.demo import CLIENT_ID, Demo, run_servers
from tests.engines import find_free_port, running_postgres
from tests.faults.process import serving
from tests.redis_server import running_redis

CUSTOMER = "quick_books_customer"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx2.Client, httpx2.Client, str]]:
    """Two processes of a fleet, and the token of a URL, for the demo company at the simulator."""
    folder: Path = tmp_path_factory.mktemp("pair")
    with (
        running_postgres() as postgres,
        running_redis(folder / "redis") as redis,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("LEDGERPORT_REDIS_URL", redis.url)
        database_url = postgres.make_database()
        demo = Demo(folder / "demo", find_free_port(), find_free_port(), database_url=database_url)
        with run_servers(demo) as running:
            shared = {
                "LEDGERPORT_DATABASE_URL": database_url,
                "LEDGERPORT_SECRET_KEY": (demo.data / "secret.key").read_text().strip(),
                "LEDGERPORT_QUICKBOOKS_CLIENT_ID": CLIENT_ID,
                "LEDGERPORT_QUICKBOOKS_CLIENT_SECRET": (demo.data / "client-secret").read_text().strip(),
                "LEDGERPORT_QUICKBOOKS_ORIGIN": demo.simulator_url,
            }
            made = running.api.call("POST", f"/integrated-account/{running.account['id']}/mcp", {"name": "A"})
            with (
                httpx2.Client(base_url=demo.url, timeout=60, trust_env=False) as one,
                serving(folder / "other", running.api.token, **shared) as other,
            ):
                yield one, other.api, made["token"]


def call(client: httpx2.Client, token: str, tool: str, **arguments: Any) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments}
    answer = client.post(
        f"/mcp/{token}", json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    )
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()["result"]
    return result


def read(client: httpx2.Client, token: str, id_: str) -> dict[str, Any]:
    found = call(client, token, f"get_single_{CUSTOMER}_by_id", id=id_)
    assert not found.get("isError"), found
    return record_of(found)


def record_of(result: dict[str, Any]) -> dict[str, Any]:
    record: dict[str, Any] = orjson.loads(result["content"][0]["text"])
    return record


def test_an_update_is_never_merged_onto_a_version_that_another_process_has_replaced(
    pair: tuple[httpx2.Client, httpx2.Client, str],
) -> None:
    one, other, token = pair
    name = f"Shared {secrets.token_hex(4)}"
    made = call(one, token, f"create_a_{CUSTOMER}", DisplayName=name, Notes="first")
    id_ = record_of(made)["Id"]
    known = read(one, token, id_)  # this process now knows the version

    theirs = call(other, token, f"update_a_{CUSTOMER}_by_id", id=id_, Notes="by the other process")
    assert not theirs.get("isError"), theirs
    mine = call(
        one, token, f"update_a_{CUSTOMER}_by_id", id=id_, SyncToken=known["SyncToken"], CompanyName="Mine"
    )

    stored = read(other, token, id_)
    assert stored["Notes"] == "by the other process"
    assert bool(mine.get("isError")) is (stored.get("CompanyName") != "Mine")
