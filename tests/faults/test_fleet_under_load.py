"""A fleet of two tenants at work while one part after another fails: nothing is lost, doubled, revived or mixed up.

Two workers of one parent over PostgreSQL and Redis, each behind a network that can be cut, and the simulator as the
vendor. While a fault is on, every answer is right or an error of ours; once it has ended, all works again by itself.
"""

from __future__ import annotations

import contextlib
import os
import resource
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from runtime.commands import demo, demo_http, demo_processes
from tests.builtin import store_builtin_catalog
from tests.engines import Postgres, find_free_port, running_postgres
from tests.faults.cuttable_link import Link, linking
from tests.faults.fleet_load import Load, Tenant
from tests.faults.process import ROOT, environment, ledgerport, new_token
from tests.faults.test_workers import COUNT, Parent, is_alive
from tests.redis_server import RedisServer, running_redis
from tests.waiting import wait_until

COMPANIES = ("consultancy", "it_services")
SECONDS = 2.0
"""How long a fault lasts: several times what any request takes, and as often as the health is found out."""
SILENT_SECONDS = 7.0
"""Of a network that is silent: longer than a connection to PostgreSQL is given to answer."""


@dataclass
class Fleet:
    """Two workers, all that they need, and two tenants."""

    parent: Parent
    variables: dict[str, str]
    postgres: Postgres
    redis: RedisServer
    to_postgres: Link
    to_redis: Link
    books: Path
    tenants: tuple[Tenant, Tenant]

    @property
    def database(self) -> str:
        return urllib.parse.urlsplit(self.variables["LEDGERPORT_DATABASE_URL"]).path[1:]

    def count_booked(self, tenant: Tenant) -> Counter[str]:
        """Return how often each number that a tenant's agents gave is in its company's books at the vendor."""
        with contextlib.closing(sqlite3.connect(self.books)) as books:
            wanted = (
                "SELECT doc_number FROM records WHERE entity = 'Invoice' AND realm = ? AND doc_number LIKE ?"
            )
            return Counter(row[0] for row in books.execute(wanted, (tenant.realm, f"{tenant.mark}-%")))

    def count_outcomes(self) -> Counter[tuple[str, str]]:
        """Return how often the journal says that the record of an account was created."""
        wanted = (
            "SELECT o.account_id, o.record_id FROM journal_outcome o JOIN journal j ON j.id = o.entry_id "
            "WHERE j.tool LIKE 'create_%%' AND o.outcome IN ('done', 'settled_done')"
        )
        return Counter((row[0], row[1]) for row in self.postgres.execute(wanted, self.database))

    def count_open(self) -> int:
        found: int = self.postgres.execute("SELECT count(*) FROM journal_open", self.database)[0][0]
        return found


def is_well(parent: Parent) -> bool:
    """Whether every worker says so, as far as connections reach each."""
    once = {"Connection": "close"}
    found = {parent.api.get("/readyz", headers=once).json()["status"] for _ in range(8)}
    return found == {"ok"}


def connect_company(api: demo_http.Api, tenant: str, mark: str, realm: str) -> str:
    """Connect a company of the simulator as a person of the tenant does, and return the account."""
    new = {"integration": "quickbooks", "name": mark, "tenant_id": tenant}
    made = api.call("POST", "/integrated-account", new)
    opener = demo_http.make_opener(demo_http.urllib.request.HTTPCookieProcessor())
    address, page = demo_http._visit(opener, made["authorize_url"])
    address, page = demo_http._submit(opener, address, page)
    demo_http._submit(opener, address, page, decision="connect", realm=realm)
    assert api.call("GET", f"/integrated-account/{made['id']}")["status"] == "active"
    return str(made["id"])


def make_tenant(api: demo_http.Api, name: str, realm: str, company: str) -> Tenant:
    mark = f"{name}{secrets.token_hex(3)}"
    account = connect_company(api, name, mark, realm)
    token = api.call("POST", "/api-token", {"name": mark, "tenant_id": name})["token"]
    url = api.call("POST", f"/integrated-account/{account}/mcp", {"name": mark})["token"]
    return Tenant(name, mark, company, realm, account, token, url)


def make_tenants(api: demo_http.Api, books: Path) -> tuple[Tenant, Tenant]:
    with contextlib.closing(sqlite3.connect(books)) as found:
        companies = found.execute("SELECT realm, name FROM companies ORDER BY rowid").fetchall()
    one, other = (
        make_tenant(api, name, *each) for name, each in zip(("amber", "birch"), companies, strict=True)
    )
    one.other, other.other = other, one
    probe = Load(urllib.parse.urlsplit(api.url).port or 0, (one, other))
    for tenant in (one, other):
        customers = probe.call(tenant, "list_all_quick_books_customers", {"limit": 1})
        items = probe.call(tenant, "list_all_quick_books_items", {"limit": 20, "Type": "Service"})
        tenant.customer, tenant.item = customers["records"][0]["Id"], items["records"][0]["Id"]
    assert not probe.wrong
    return one, other


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder: Path = tmp_path_factory.mktemp("fleet")
    books, secret = folder / "books.db", secrets.token_hex(16)
    ports = find_free_port(), find_free_port()
    simulator = [
        sys.executable, "-m", "runtime.simulators.quickbooks", "--port", str(ports[0]), "--data", str(books),
        "--size", "50", "--client-id", "client", "--no-throttle",
        *(part for name in COMPANIES for part in ("--company", name)),
    ]  # fmt: skip
    place = f"http://127.0.0.1:{ports[0]}"
    with contextlib.ExitStack() as opened:
        postgres = opened.enter_context(running_postgres())
        redis = opened.enter_context(running_redis(folder / "redis"))
        to_postgres, to_redis = (opened.enter_context(linking(port)) for port in (postgres.port, redis.port))
        ready = f"{place}/.well-known/openid_configuration"
        opened.enter_context(demo_processes.run_process(simulator, {demo.SIMULATOR_SECRET: secret}, ready))
        direct = postgres.make_database()
        variables = {
            "LEDGERPORT_DATABASE_URL": direct.replace(f":{postgres.port}/", f":{to_postgres.port}/"),
            "LEDGERPORT_REDIS_URL": redis.url.replace(f":{redis.port}/", f":{to_redis.port}/"),
            "LEDGERPORT_SECRET_KEY": secrets.token_urlsafe(32),
            "LEDGERPORT_WRONG_TOKENS_PER_MINUTE": "1000000",
            "LEDGERPORT_PUBLIC_URL": f"http://127.0.0.1:{ports[1]}",
            "LEDGERPORT_QUICKBOOKS_CLIENT_SECRET": secret,
            "LEDGERPORT_QUICKBOOKS_ORIGIN": place,
            "LEDGERPORT_LOG_FORMAT": "json",
        }
        token = new_token(folder / "data", **variables)
        store_builtin_catalog(folder / "data")
        parent = opened.enter_context(serving_workers(folder, ports[1], token, variables))
        api = demo_http.Api(variables["LEDGERPORT_PUBLIC_URL"], token)
        tenants = make_tenants(api, books)
        yield Fleet(parent, variables, postgres, redis, to_postgres, to_redis, books, tenants)


@contextlib.contextmanager
def serving_workers(folder: Path, port: int, token: str, variables: dict[str, str]) -> Iterator[Parent]:
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "runtime", "serve", "--port", str(port), "--workers", str(COUNT)],
            cwd=ROOT, env=environment(folder / "data", **variables), stdout=out, stderr=out,
        )  # fmt: skip
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(
        base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60, trust_env=False
    ) as api:
        parent = Parent(process, log, api)
        try:
            wait_until(lambda: parent.count("worker_serves") == COUNT)
            wait_until(lambda: is_well(parent))
            yield parent
        finally:
            workers = parent.list_workers()
            process.kill()
            process.wait()
            wait_until(lambda: not any(map(is_alive, workers)))


def kill_a_worker(fleet: Fleet) -> None:
    before = fleet.parent.count("worker_serves")
    os.kill(min(fleet.parent.list_workers()), signal.SIGKILL)
    wait_until(lambda: fleet.parent.count("worker_serves") == before + 1)


def restart_redis(fleet: Fleet) -> None:
    fleet.redis.stop()
    time.sleep(SECONDS)
    fleet.redis.start()  # empty


def crash_postgresql(fleet: Fleet) -> None:
    fleet.postgres.stop(signal.SIGQUIT)
    time.sleep(SECONDS)
    fleet.postgres.start()


def reset_postgresql(fleet: Fleet) -> None:
    fleet.to_postgres.reset()
    time.sleep(SECONDS)
    fleet.to_postgres.restore()


def reset_redis(fleet: Fleet) -> None:
    fleet.to_redis.reset()
    time.sleep(SECONDS)
    fleet.to_redis.restore()


def silence_postgresql(fleet: Fleet) -> None:
    fleet.to_postgres.silence()
    time.sleep(SILENT_SECONDS)
    fleet.to_postgres.restore()


def silence_redis(fleet: Fleet) -> None:
    fleet.to_redis.silence()
    time.sleep(SECONDS)
    fleet.to_redis.restore()


def set_postgresql_read_only(fleet: Fleet) -> None:
    """As hosts of databases do when a disk is nearly full."""
    fleet.postgres.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    fleet.postgres.execute("SELECT pg_reload_conf()")
    time.sleep(SECONDS)
    fleet.postgres.execute("ALTER SYSTEM RESET default_transaction_read_only")
    fleet.postgres.execute("SELECT pg_reload_conf()")


def fill_the_disk_of_the_workers(fleet: Fleet) -> None:
    """No file may become longer: neither the log nor anything in the data directory."""
    processes = [fleet.parent.process.pid, *fleet.parent.list_workers()]
    for each in processes:
        resource.prlimit(each, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    time.sleep(SECONDS)
    for each in processes:
        resource.prlimit(each, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


FAULTS: tuple[Callable[[Fleet], None], ...] = (
    kill_a_worker,
    restart_redis,
    crash_postgresql,
    reset_postgresql,
    silence_postgresql,
    reset_redis,
    silence_redis,
    set_postgresql_read_only,
    fill_the_disk_of_the_workers,
)
WITHOUT_LOOK_UP = (crash_postgresql, reset_postgresql, silence_postgresql)
"""What is revoked cannot be looked up then, and nothing says that it is."""


@pytest.fixture
def load(fleet: Fleet) -> Iterator[Load]:
    found = Load(fleet.parent.api.base_url.port or 0, fleet.tenants)
    found.number = secrets.randbelow(1_000_000) * 1_000
    found.start()
    yield found
    found.stop()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_whatever_fails_under_load_nothing_is_lost_doubled_revived_or_seen_by_another_tenant(
    fleet: Fleet, load: Load, fault: Callable[[Fleet], None]
) -> None:
    load.may_break = fault is kill_a_worker
    load.may_be_unavailable = fault in WITHOUT_LOOK_UP
    load.wait_for_progress()

    fault(fleet)

    load.wait_for_progress()
    wait_until(lambda: is_well(fleet.parent))
    load.stop()
    settle_what_is_open(fleet)
    assert load.wrong == []
    check_books(fleet, load)
    assert load.find_revived() == []


def test_after_all_of_it_the_journal_is_whole(fleet: Fleet) -> None:
    verified = ledgerport(fleet.books.parent / "data", "journal", "verify", **fleet.variables)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def settle_what_is_open(fleet: Fleet) -> None:
    """Wait for outcomes that come late; what a killed worker left open another process settles, here at once."""
    with contextlib.suppress(AssertionError):
        wait_until(lambda: fleet.count_open() == 0, SECONDS)
    if fleet.count_open():
        settled = subprocess.run(
            [sys.executable, "-m", "tests.faults.settling_once"],
            cwd=ROOT, env=environment(fleet.books.parent / "data", **fleet.variables), timeout=60, check=False,
        )  # fmt: skip
        assert settled.returncode == 0
    assert fleet.count_open() == 0


def check_books(fleet: Fleet, load: Load) -> None:
    """Compare what was acknowledged with the vendor's books, and these with the journal."""
    outcomes = fleet.count_outcomes()
    for tenant in fleet.tenants:
        booked = fleet.count_booked(tenant)
        assert {number: count for number, count in booked.items() if count > 1} == {}
        mine = {number: id_ for number, id_ in load.acknowledged.items() if number.startswith(tenant.mark)}
        assert mine, "nothing was written"
        assert set(mine) - set(booked) == set(), "an acknowledged write is lost"
        found = {number: outcomes[tenant.account, id_] for number, id_ in mine.items()}
        assert {number: count for number, count in found.items() if count != 1} == {}
