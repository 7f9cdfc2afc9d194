"""What a running server does when its database is locked, full, deleted or replaced: it reads on, or says why not."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.faults.process import Server, ledgerport, new_token, serving
from tests.waiting import wait_for


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as running:
        yield running


def health_becomes(server: Server, status: str) -> dict[str, Any]:
    """The health, once it is so: the server probes again and again."""
    found: dict[str, Any] = wait_for(lambda: server.health().json(), lambda found: found["status"] == status)
    return found


def is_refused(answer: httpx2.Response, reason: str) -> bool:
    body = answer.json()
    return (
        answer.status_code == 503
        and body["code"] == "storage_unavailable"
        and reason in body["message"]
        and "Nothing was changed" in body["advice"]
        and int(answer.headers["retry-after"]) > 0
    )


def test_a_locked_database_is_read_on_and_changes_are_refused_with_the_reason(server: Server) -> None:
    account = server.account()
    url = server.create_url(account)
    path = f"/integrated-account/{account}/mcp"
    with closing(sqlite3.connect(server.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(17) as pool:
            changes = [
                pool.submit(server.api.post, path, json={"name": "x", "config": {}}) for _ in range(16)
            ]
            docs = pool.submit(server.api.get, "/docs/quickbooks").result()
            answers = [change.result() for change in changes]
        assert docs.status_code < 500
        assert all(is_refused(answer, "locked by another program") for answer in answers), answers[0].text
        assert server.list_tools(url).status_code == 200
        assert server.api.get(path).status_code == 200
        assert server.health().status_code == 200, "it goes on serving what needs no change"
        assert health_becomes(server, "degraded")["reason"] == "The database is locked by another program."
        other.execute("ROLLBACK")
    health_becomes(server, "ok")
    assert server.api.post(path, json={"name": "x", "config": {}}).status_code == 201
    assert [each["name"] for each in server.api.get(path).json()["result"]] == ["Agent", "x"]


def test_health_notices_a_lock_that_no_write_has_met(server: Server) -> None:
    with closing(sqlite3.connect(server.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        health_becomes(server, "degraded")
    health_becomes(server, "ok")


def test_a_token_is_good_although_its_use_cannot_be_noted(tmp_path: Path) -> None:
    token = new_token(tmp_path)
    with serving(tmp_path, token) as server, closing(sqlite3.connect(server.database)) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        assert server.api.get("/api-token").json()["result"][0]["last_used_at"] is None


def test_a_disk_that_takes_no_more_is_read_on_and_works_again_when_there_is_space(server: Server) -> None:
    account = server.account()
    url = server.create_url(account)
    path = f"/integrated-account/{account}/mcp"
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    assert is_refused(server.api.post(path, json={"name": "x", "config": {}}), "over its quota")
    assert server.list_tools(url).status_code == 200
    assert server.api.get(path).status_code == 200
    assert health_becomes(server, "degraded")["reason"].startswith("The disk does not")
    resource.prlimit(
        server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    )
    health_becomes(server, "ok")
    assert server.api.post(path, json={"name": "x", "config": {}}).status_code == 201


def take_away(database: Path) -> None:
    database.unlink()


def take_the_log_away(database: Path) -> None:
    database.with_name(database.name + "-wal").unlink()


def replace_by_a_copy_without_urls(database: Path) -> None:
    copy = database.with_name("copy")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        target.execute("DELETE FROM mcp_server")
        target.commit()
    copy.rename(database)


def replace_by_an_empty_file(database: Path) -> None:
    database.with_name("nothing").touch()
    database.with_name("nothing").rename(database)


@pytest.mark.parametrize(
    "harm", [take_away, take_the_log_away, replace_by_a_copy_without_urls, replace_by_an_empty_file]
)
def test_a_url_whose_state_is_not_known_any_more_is_neither_open_nor_gone(server: Server, harm: Any) -> None:
    account = server.account()
    url = server.create_url(account)
    assert server.list_tools(url).status_code == 200
    harm(server.database)
    answer = wait_for(lambda: server.list_tools(url), lambda found: found.status_code != 200)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert "removed or replaced" in answer.json()["error"]["message"]
    assert server.list_tools({"token": "lpm_unknown"}).status_code == 503
    made = server.api.post(f"/integrated-account/{account}/mcp", json={"name": "x", "config": {}})
    assert made.status_code == 503
    found = server.health()
    assert (found.status_code, found.json()["status"]) == (503, "unavailable")
    assert "restart" in found.json()["reason"]


def test_what_a_command_revokes_is_revoked_with_the_next_request(server: Server) -> None:
    url = server.create_url(server.account(), require_api_token_auth=True)
    assert server.list_tools(url).status_code == 200
    mine = server.api.get("/api-token").json()["result"][0]["id"]
    with closing(sqlite3.connect(server.database)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    done = ledgerport(server.data, "token", "revoke", mine)
    assert done.returncode == 0, done.stderr
    assert server.list_tools(url).status_code == 403
    assert server.api.get("/api-token").status_code == 401


def test_a_second_server_on_the_same_database_refuses_to_start_and_commands_work_beside_it(
    tmp_path: Path,
) -> None:
    key = os.urandom(32).hex()
    one, two, link = tmp_path / "one", tmp_path / "two", tmp_path / "link"
    with serving(one, LEDGERPORT_SECRET_KEY=key) as server:
        link.symlink_to(one, target_is_directory=True)
        same = {
            "LEDGERPORT_SECRET_KEY": key,
            "LEDGERPORT_DATABASE_URL": f"sqlite:///{link}/ledgerport.sqlite3",
        }
        second = ledgerport(two, "serve", "--port", "0", **same)
        assert second.returncode == 1
        assert (
            f"(process {server.process.pid}) already serves from the database {server.database}"
            in second.stderr
        )
        assert "LEDGERPORT_DATABASE_URL" in second.stderr
        made = ledgerport(two, "token", "create", "test", "--bare", **same)
        token = made.stdout.strip()
        assert server.api.get("/api-token", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        with serving(two, token, **same) as next_one:
            assert next_one.health().status_code == 200


def test_a_server_on_a_copy_of_the_database_starts(tmp_path: Path) -> None:
    with serving(tmp_path / "one") as server:
        shutil.copytree(server.data, tmp_path / "two")
        with serving(tmp_path / "two") as other:
            assert other.health().status_code == 200
