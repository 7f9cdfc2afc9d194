"""What one process of a fleet revokes, another refuses at once: with Redis, without it, and when it comes back empty.

Two servers that share PostgreSQL and Redis and nothing else, as on two machines.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from runtime.stores.generation import LEASE_SECONDS
from tests.engines import Postgres, running_postgres
from tests.faults.process import Server, ledgerport, new_token, serving
from tests.redis_server import RedisServer, running_redis
from tests.waiting import wait_until

ROUNDS = 200


@dataclass
class Fleet:
    """Two servers, and what they share."""

    one: Server
    other: Server
    postgres: Postgres
    redis: RedisServer
    variables: dict[str, str]
    account: str

    def make_used(self) -> dict[str, Any]:
        """A URL that both have used, so that both have cached its grant."""
        made = self.one.create_url(self.account)
        assert [each.list_tools(made).status_code for each in (self.one, self.other)] == [200, 200]
        return made

    def revoke(self, made: dict[str, Any]) -> None:
        gone = self.one.api.delete(f"/integrated-account/{self.account}/mcp/{made['id']}")
        assert gone.status_code == 200, gone.text


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder: Path = tmp_path_factory.mktemp("fleet")
    with running_postgres() as postgres, running_redis(folder / "redis") as redis:
        variables = {
            "LEDGERPORT_DATABASE_URL": postgres.make_database(),
            "LEDGERPORT_REDIS_URL": redis.url,
            "LEDGERPORT_SECRET_KEY": secrets.token_urlsafe(32),
            "LEDGERPORT_WRONG_TOKENS_PER_MINUTE": "1000000",
        }
        token = new_token(folder / "one", **variables)
        with (
            serving(folder / "one", token, **variables) as one,
            serving(folder / "other", token, **variables) as other,
        ):
            yield Fleet(one, other, postgres, redis, variables, one.account())


def test_what_is_revoked_in_one_process_is_refused_by_the_other_each_time(fleet: Fleet) -> None:
    for _ in range(ROUNDS):
        made = fleet.make_used()
        fleet.revoke(made)
        assert fleet.other.list_tools(made).status_code == 404


def test_a_filter_that_one_process_changes_holds_in_the_other(fleet: Fleet) -> None:
    made = fleet.make_used()
    path = f"/integrated-account/{fleet.account}/mcp/{made['id']}"
    for methods in (["read"], ["write"], ["read"]):
        changed = fleet.one.api.patch(path, json={"config": {"methods": methods}})
        assert changed.status_code == 200, changed.text
        here, there = (
            [tool["name"] for tool in each.list_tools(made).json()["result"]["tools"]]
            for each in (fleet.one, fleet.other)
        )
        assert here == there
        assert any(name.startswith("create_") for name in there) is (methods == ["write"])


def test_what_one_process_has_wait_for_a_whole_tenant_waits_in_the_other(fleet: Fleet) -> None:
    made = fleet.make_used()
    for approval in ({"risks": ["overwrite"]}, None, {"above_amount": 5}, {}):
        changed = fleet.one.api.patch("/tenant/default", json={"approval": approval})
        assert changed.status_code == 200, changed.text
        listed = fleet.other.list_tools(made).json()["result"]["tools"]
        assert ("get_pending_change" in [each["name"] for each in listed]) is bool(approval)


def test_an_api_token_that_a_command_revokes_is_refused_at_once(fleet: Fleet, tmp_path: Path) -> None:
    made = fleet.one.api.post("/api-token", json={"name": "to be revoked"})
    assert made.status_code == 201, made.text
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    assert fleet.other.api.get("/integrated-account", headers=headers).status_code == 200

    revoked = ledgerport(tmp_path, "token", "revoke", made.json()["id"], **fleet.variables)

    assert revoked.returncode == 0, revoked.stderr
    assert fleet.other.api.get("/integrated-account", headers=headers).status_code == 401


def test_without_redis_nothing_opens_and_a_change_takes_as_long_as_a_lease(fleet: Fleet) -> None:
    before = fleet.make_used()
    fleet.redis.stop()
    made = [fleet.make_used() for _ in range(8)]  # read from the database, each time
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fleet.revoke, made))
    took = time.monotonic() - began

    refused = [fleet.other.list_tools(each).status_code for each in made]

    assert refused == [404] * 8
    assert took >= LEASE_SECONDS, "what another process still reads through Redis has ended"
    assert fleet.other.list_tools(before).status_code == 200
    wait_until(lambda: fleet.other.health().json()["status"] == "degraded")
    fleet.redis.start()
    wait_until(lambda: fleet.other.health().json()["status"] == "ok")


def test_a_redis_that_starts_empty_brings_nothing_back(fleet: Fleet) -> None:
    for _ in range(5):
        made = fleet.make_used()
        fleet.redis.stop()
        fleet.redis.start()
        fleet.revoke(made)
        assert fleet.other.list_tools(made).status_code == 404


def test_without_postgresql_a_cached_grant_serves_until_its_lease_ends_and_then_is_503(fleet: Fleet) -> None:
    wait_until(lambda: fleet.other.health().json()["status"] == "ok")
    unused = fleet.one.create_url(fleet.account)
    cached_after = time.monotonic()
    used = fleet.make_used()
    fleet.postgres.stop()
    try:
        served = fleet.other.list_tools(used).status_code
        has_ended = time.monotonic() - cached_after >= LEASE_SECONDS  # on a machine that is very busy
        unknown = fleet.other.list_tools(unused).status_code
        wait_until(lambda: fleet.other.list_tools(used).status_code == 503)
    finally:
        fleet.postgres.start()
    assert served == 200 or has_ended
    assert unknown == 503
    wait_until(lambda: fleet.other.list_tools(used).status_code == 200)
