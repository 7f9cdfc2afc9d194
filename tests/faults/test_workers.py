"""`ledgerport serve --workers`: a parent with real workers on one port, which are killed, asked to stop, and reload."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx2
import orjson
import pytest

from tests.builtin import store_builtin_catalog
from tests.engines import Postgres, find_free_port, running_postgres
from tests.faults.process import LIST, ROOT, environment, ledgerport, new_token
from tests.redis_server import running_redis
from tests.waiting import wait_until

COUNT = 2


@dataclass
class Parent:
    """A parent that runs, with what it logs."""

    process: subprocess.Popen[bytes]
    log: Path
    api: httpx2.Client

    def read_log(self) -> list[dict[str, object]]:
        return [orjson.loads(line) for line in self.log.read_bytes().splitlines() if line.startswith(b"{")]

    def count(self, event: str) -> int:
        return sum(line["event"] == event for line in self.read_log())

    def list_workers(self) -> set[int]:
        """The processes that serve, by their parent."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return {int(each) for each in found.stdout.split() if is_worker(int(each))}


def is_worker(process: int) -> bool:
    with contextlib.suppress(OSError):
        return b"\0worker\0" in Path(f"/proc/{process}/cmdline").read_bytes()
    return False


def is_alive(process: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postgres, dict[str, str]]]:
    folder: Path = tmp_path_factory.mktemp("engines")
    with running_postgres() as postgres, running_redis(folder / "redis") as redis:
        yield (
            postgres,
            {
                "LEDGERPORT_REDIS_URL": redis.url,
                "LEDGERPORT_SECRET_KEY": secrets.token_urlsafe(32),
                "LEDGERPORT_WRONG_TOKENS_PER_MINUTE": "1000",
            },
        )


@pytest.fixture
def start(tmp_path: Path, engines: tuple[Postgres, dict[str, str]]) -> Iterator[Callable[..., Parent]]:
    started: list[Parent] = []
    variables = {**engines[1], "LEDGERPORT_DATABASE_URL": engines[0].make_database()}

    def begin(**more: str) -> Parent:
        token = new_token(tmp_path, **variables)
        store_builtin_catalog(tmp_path)
        port = find_free_port()
        given = environment(tmp_path, **{**variables, "LEDGERPORT_LOG_FORMAT": "json", **more})
        log = tmp_path / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "runtime", "serve", "--port", str(port), "--workers", str(COUNT)],
                cwd=ROOT, env=given, stdout=out, stderr=out,
            )  # fmt: skip
        headers = {"Authorization": f"Bearer {token}"}
        api = httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60, trust_env=False)
        started.append(Parent(process, log, api))
        return started[-1]

    yield begin
    for parent in started:
        parent.api.close()
        workers = parent.list_workers()
        parent.process.kill()
        parent.process.wait()
        wait_until(lambda: not any(map(is_alive, workers)))  # noqa: B023


@pytest.fixture
def parent(start: Callable[..., Parent]) -> Parent:
    """One whose workers all serve."""
    begun = start()
    wait_until(lambda: begun.count("worker_serves") == COUNT)
    return begun


def ask(parent: Parent, _number: int = 0) -> int:
    """What a client on a connection of its own is answered."""
    with httpx2.Client(base_url=parent.api.base_url, timeout=60, trust_env=False) as client:
        return client.get("/healthz").status_code


def test_every_worker_serves_on_the_one_port_and_logs_its_number(parent: Parent) -> None:
    made = parent.api.post("/integrated-account", json={"name": "Shop", "integration": "quickbooks"})
    url = parent.api.post(f"/integrated-account/{made.json()['id']}/mcp", json={"name": "A"}).json()["token"]

    def call(_number: int) -> int:
        with httpx2.Client(base_url=parent.api.base_url, timeout=60, trust_env=False) as client:
            return client.post(f"/mcp/{url}", json=LIST).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(call, range(64))) == {200}
    lines = parent.read_log()
    assert {line.get("worker") for line in lines if line["event"] == "serving"} == {1, 2}


def test_a_worker_that_is_killed_is_replaced_and_connections_wait_for_it(parent: Parent) -> None:
    killed = min(parent.list_workers())

    os.kill(killed, signal.SIGKILL)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: ask(parent, number), range(64)))

    assert len(answers) == 64 and set(answers) <= {200, 503}, "what the dead one did not accept waits"
    wait_until(lambda: parent.count("worker_serves") == COUNT + 1)
    workers = parent.list_workers()
    assert len(workers) == COUNT and killed not in workers


def test_sigterm_ends_all_and_sighup_has_all_read_the_definitions_again(parent: Parent) -> None:
    workers = parent.list_workers()

    parent.process.send_signal(signal.SIGHUP)
    wait_until(lambda: parent.count("definitions_taken") == COUNT)
    parent.process.send_signal(signal.SIGTERM)

    assert parent.process.wait(60) == 0
    assert not any(map(is_alive, workers))
    assert parent.count("stopped") == COUNT + 1


def test_workers_end_with_a_parent_that_is_killed(parent: Parent) -> None:
    workers = parent.list_workers()
    assert len(workers) == COUNT

    parent.process.kill()
    parent.process.wait()

    wait_until(lambda: not any(map(is_alive, workers)))


def test_a_worker_that_cannot_start_ends_the_whole_with_its_error(start: Callable[..., Parent]) -> None:
    begun = start(LEDGERPORT_MAX_CONNECTIONS="100000", LEDGERPORT_DEFINITIONS="")
    if begun.process.poll() is None and _has_files_for(100_000):
        pytest.skip("this machine has files for so many connections")
    assert begun.process.wait(60) == 1
    assert "LEDGERPORT_MAX_CONNECTIONS" in begun.log.read_text()


def _has_files_for(connections: int) -> bool:
    import resource

    return resource.getrlimit(resource.RLIMIT_NOFILE)[1] > connections


@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        ({}, "LEDGERPORT_DATABASE_URL"),
        ({"LEDGERPORT_REDIS_URL": "redis://127.0.0.1:1"}, "LEDGERPORT_DATABASE_URL"),
        ({"LEDGERPORT_DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c"}, "LEDGERPORT_REDIS_URL"),
    ],
)
def test_several_workers_without_postgresql_and_redis_are_refused_in_one_sentence(
    tmp_path: Path, variables: dict[str, str], missing: str
) -> None:
    refused = ledgerport(tmp_path, "serve", "--port", "0", LEDGERPORT_WORKERS="2", **variables)
    assert refused.returncode == 1
    assert refused.stderr.startswith("ledgerport: 2 workers need PostgreSQL and Redis")
    assert missing in refused.stderr.partition("names none")[0]


def test_a_second_server_without_redis_on_one_postgresql_is_refused(
    parent: Parent, tmp_path: Path, engines: tuple[Postgres, dict[str, str]]
) -> None:
    url = engines[0].url(f"test_{engines[0]._made}")
    given = {**engines[1], "LEDGERPORT_DATABASE_URL": url, "LEDGERPORT_REDIS_URL": ""}
    refused = ledgerport(tmp_path / "other", "serve", "--port", "0", **given)
    assert refused.returncode == 1
    assert "LEDGERPORT_REDIS_URL is not set" in refused.stderr


def test_a_second_parent_does_not_take_connections_of_the_first(
    parent: Parent, tmp_path: Path, engines: tuple[Postgres, dict[str, str]]
) -> None:
    port = str(parent.api.base_url.port)
    given = {**engines[1], "LEDGERPORT_DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c"}
    refused = ledgerport(tmp_path / "other", "serve", "--port", port, "--workers", "2", **given)
    assert refused.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in refused.stderr


def test_whichever_worker_is_scraped_it_reports_what_all_have_counted(parent: Parent) -> None:
    def read_requests() -> float:
        with httpx2.Client(
            base_url=parent.api.base_url, headers=parent.api.headers, trust_env=False
        ) as client:
            text = client.get("/metrics", timeout=60).text
        found = re.search(
            r'^ledgerport_http_requests_total\{endpoint="mcp",status="404"\} (\S+)', text, re.MULTILINE
        )
        return float(found[1]) if found else 0.0

    def guess(_number: int) -> None:
        with httpx2.Client(base_url=parent.api.base_url, timeout=60, trust_env=False) as client:
            assert client.post("/mcp/unknown", json=LIST).status_code == 404

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(32)))
    wait_until(lambda: {read_requests() for _ in range(8)} == {32.0})

    os.kill(min(parent.list_workers()), signal.SIGKILL)
    wait_until(lambda: parent.count("worker_serves") == COUNT + 1)
    assert {read_requests() for _ in range(8)} == {32.0}, "what a dead one has counted stays"
