"""No secret of a platform turns up anywhere that this file does not name, embedded and in a fleet.

As `test_canary_secrets`, with what many tenants and many processes bring: links for customers, tokens in header fields
and under replacement, the older transport, the bridge, webhooks, a second secret key, and the passwords of PostgreSQL
and Redis. Beside logs and answers, what is exported to a collector, both stores and their own logs, and the reports of
crashed processes are searched.
"""

from __future__ import annotations

import secrets
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.engines import Postgres, running_postgres
from tests.faults import canary_fleet_paths as paths
from tests.faults.canaries import Canaries, Content, Found, database_contents, letters
from tests.faults.canary_deployment import Place, deployed
from tests.faults.canary_driver import Driver
from tests.faults.canary_stores import postgres_contents, redis_contents
from tests.faults.test_watching_served import Collector
from tests.redis_server import RedisServer, running_redis
from tests.waiting import wait_until
from tests.webhook_receiver import Receiver, receiving

ONCE = "It is shown this once, to whoever makes it."
SETTING = "It is no secret of ours: whoever set it reads it again."
ALLOWED: dict[tuple[str, str], str] = {
    ("API token", "output token create"): ONCE,
    ("API token", "response POST /api-token"): ONCE,
    ("MCP token", "output url rotate"): ONCE,
    ("MCP token", "response POST /integrated-account/{id}/mcp"): ONCE,
    ("MCP token", "response POST /integrated-account/{id}/mcp/{id}/rotate"): ONCE,
    ("link token", "response POST /link-token"): ONCE,
    (
        "link token",
        "response GET /connect/link/{secret}",
    ): "The form of the page leads back to its own address.",
    ("webhook secret", "output webhook create"): ONCE,
    ("webhook secret", "response POST /webhook"): ONCE,
    ("webhook secret", "response POST /webhook/{id}/rotate-secret"): ONCE,
    ("MCP token", "stream"): "The address for messages is below that of the stream.",
    ("stream session", "stream"): "The stream names the address for messages.",
    ("browser cookie", "response GET /connect/link/{secret}"): "It is set here.",
    ("browser cookie", "response POST /connect/link/{secret}"): "It is set here once more.",
    ("form proof", "response GET /connect/link/{secret}"): "It is what the form sends back.",
    ("link state", "response POST /connect/link/{secret}"): "OAuth sends the state through the vendor.",
    ("return query", "response POST /link-token"): SETTING,
    ("return query", "response GET list of link tokens"): SETTING,
    ("return query", "response GET /connect/callback"): "The browser is sent there.",
    ("return query", "table link_token"): SETTING,
    ("return query", "table authorization"): SETTING,
    ("webhook key", "output webhook create"): SETTING,
    ("webhook key", "output webhook list"): SETTING,
    ("webhook key", "response POST /webhook"): SETTING,
    ("webhook key", "response POST /webhook/{id}/rotate-secret"): SETTING,
    ("webhook key", "response GET of webhooks"): SETTING,
    ("webhook key", "response PATCH of webhooks"): SETTING,
    ("webhook key", "table webhook"): SETTING,
    ("return query", "export"): SETTING,
    ("webhook key", "export"): SETTING,
}
"""The places where a secret may be: kind and place, and why."""
ALLOWED_EMBEDDED = {
    ("previous secret key", "file data/secret.key"): "Where it is stored; nobody else can read the file.",
    ("return query", "file database"): SETTING,
    ("return query", "file database-wal"): SETTING,
    ("webhook key", "file database"): SETTING,
    ("webhook key", "file database-wal"): SETTING,
}
KINDS = {
    "API token", "MCP token", "link token", "link state", "form proof", "browser cookie",
    "client secret", "authorization code", "access token", "refresh token", "secret key", "idempotency key",
    "private number", "wrong token", "return query", "webhook key", "webhook secret", "stream session",
}  # fmt: skip
WORKERS = [sys.executable, "-m", "runtime", "serve", "--workers", "2"]
CRASHING = {"PYTHONFAULTHANDLER": "1"}
DROP = 'DROP TABLE IF EXISTS "{}"'


@contextmanager
def prepared(folder: Path, canaries: Canaries, **variables: str) -> Iterator[tuple[Place, Receiver]]:
    """A deployment with a collector and a receiver of webhooks."""
    collector = Collector()
    telemetry = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    more = {"LEDGERPORT_RETURN_URLS": paths.RETURN_ORIGIN, "LEDGERPORT_WRONG_TOKENS_PER_MINUTE": "1000"}
    with receiving() as receiver, deployed(folder, canaries, **telemetry, **more, **variables) as place:
        place.stored_elsewhere += [
            lambda: [Content("exported telemetry", collector.raw)],
            lambda: (
                Content("delivery to a webhook", f"{each.headers}\n".encode() + each.body)
                for each in receiver.requests
            ),
        ]
        yield place, receiver
        assert collector.spans and collector.metrics
    collector.server.shutdown()
    collector.server.server_close()


def drive_embedded(place: Place, receiver: Receiver) -> None:
    """Every path on SQLite, another secret key, and a crash."""
    url = paths.drive(place, receiver)
    place.end(signal.SIGTERM)
    token = next(secret for secret, kind in place.canaries.known.items() if kind == "API token")
    variables = paths.rotate_keys(token, place, url)
    place.start(**variables, **CRASHING)
    driver = Driver(place)
    driver.api_token = token

    def drop(tables: Sequence[str]) -> None:
        with closing(sqlite3.connect(place.database)) as records:
            for table in tables:
                records.execute(DROP.format(table))
            records.commit()

    assert place.server is not None
    paths.fail_inside(driver, drop, url)
    paths.end_badly(place, url, {place.server.pid})
    assert place.server.wait(60) == -signal.SIGABRT
    place.server = None


def drive_fleet(place: Place, receiver: Receiver, postgres: Postgres, redis: RedisServer) -> None:
    """Every path on PostgreSQL and Redis, both refused, both gone, and a crash of two processes."""
    url = paths.drive(place, receiver, LEDGERPORT_LOG_FORMAT="json")
    driver = Driver(place)
    driver.api_token = next(secret for secret, kind in place.canaries.known.items() if kind == "API token")
    refuse_passwords(place)
    redis.stop()
    postgres.stop()
    fail_without_stores(driver, url)
    redis.start()  # and has no password now: what is sent is one too many
    postgres.start()
    fail_without_stores(driver, url)
    place.end(signal.SIGTERM)
    place.start(command=WORKERS, **CRASHING)
    wait_until(lambda: place.logs[-1].read_text().count(" worker_serves ") == 2)
    assert place.server is not None
    listed = subprocess.run(
        ["pgrep", "-P", str(place.server.pid)], capture_output=True, text=True, check=True
    )
    database = urlsplit(place.environment["LEDGERPORT_DATABASE_URL"]).path[1:]
    place.snapshot("before tables are dropped")
    paths.fail_inside(
        driver,
        lambda tables: [postgres.execute(f"{DROP.format(each)} CASCADE", database) for each in tables],
        url,
    )
    paths.end_badly(place, url, map(int, listed.stdout.split()))
    wait_until(lambda: place.logs[-1].read_text().count(" worker_ended ") >= 2)
    place.end(signal.SIGTERM)


def refuse_passwords(place: Place) -> None:
    """Commands and a server with passwords that are refused, or written as they cannot be."""
    database, redis = (place.environment[f"LEDGERPORT_{name}_URL"] for name in ("DATABASE", "REDIS"))
    host, known = database.rpartition("@")[2], place.canaries
    signed = f"postgresql://ledgerport:{known.add('wrong password', letters(20))}"
    for value in (
        f"{signed}@{host}", f"{signed}%zz@{host}", f"{signed}/x@{host}", f"{signed}@x@{host}", f"{signed}[@{host}",
        f"postgresql://{host}?user=ledgerport&password=a&{known.add('wrong password', letters(20))}",
    ):  # fmt: skip
        for command in ("doctor", "status", "settings", "rotate-keys", "serve"):
            place.command(command, LEDGERPORT_DATABASE_URL=value)
    signed = f"redis://:{known.add('wrong password', letters(20))}"
    host = redis.rpartition("@")[2]
    for value in (f"{signed}@{host}", f"{signed}@x@{host}", f"{signed}/x@{host}", f"{signed}%zz@{host}"):
        for command in ("doctor", "settings"):
            place.command(command, LEDGERPORT_REDIS_URL=value)


def fail_without_stores(driver: Driver, url: str) -> None:
    """Requests and commands while a store is not there, or answers otherwise."""
    place = driver.place
    wrong = driver.known.add("wrong token", f"lpl_{letters(43)}")
    place.ask("GET", f"/connect/link/{wrong}", paths.LINK + " that fails")
    paths.ask_by_header(driver, url.rpartition("/")[2], "tools/call", paths.CALL)
    driver.api("POST", "/webhook", "that fails", json={"url": "https://hooks.example/"})
    for path in ("/readyz", "/metrics"):
        driver.api("GET", path, "that fails")
    for command in ("doctor", "status"):
        place.command(command)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, Postgres]]:
    folder, canaries = tmp_path_factory.mktemp("fleet"), Canaries()
    password, key = canaries.add("Redis password", letters(24)), secrets.token_urlsafe(32)
    canaries.add("secret key", key)
    (folder / "deployment").mkdir()
    with running_postgres() as postgres, running_redis(folder / "redis") as redis:
        canaries.add("database password", postgres.password)
        Redis(port=redis.port).config_set("requirepass", password)
        variables = {
            "LEDGERPORT_DATABASE_URL": postgres.make_database(), "LEDGERPORT_SECRET_KEY": key,
            "LEDGERPORT_REDIS_URL": f"redis://:{password}@127.0.0.1:{redis.port}/0",
        }  # fmt: skip
        with prepared(folder / "deployment", canaries, **variables) as (place, receiver):
            place.stored_elsewhere += [
                lambda: postgres_contents(postgres, variables["LEDGERPORT_DATABASE_URL"]),
                lambda: redis_contents(find_redis(redis.port, password)),
            ]
            drive_fleet(place, receiver, postgres, redis)
            yield place, postgres


def find_redis(port: int, password: str) -> Redis:
    """A client, whether or not the server wants its password."""
    client = Redis(port=port, password=password)
    try:
        client.ping()
    except RedisError:
        return Redis(port=port)
    return client


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with prepared(tmp_path_factory.mktemp("embedded"), Canaries()) as (place, receiver):
        drive_embedded(place, receiver)
        yield place


@pytest.fixture(scope="module")
def found_embedded(embedded: Place) -> set[Found]:
    return embedded.canaries.search(embedded.contents())


@pytest.fixture(scope="module")
def found_in_fleet(fleet: tuple[Place, Postgres]) -> set[Found]:
    return fleet[0].canaries.search(fleet[0].contents())


def list_leaks(found: set[Found], allowed: Mapping[tuple[str, str], str]) -> list[tuple[str, str]]:
    return sorted({(kind, at) for kind, at, _ in found} - set(allowed))


def list_missing(found: set[Found], allowed: Mapping[tuple[str, str], str]) -> list[tuple[str, str]]:
    return sorted(set(allowed) - {(kind, at) for kind, at, _ in found})


def test_no_secret_of_a_platform_is_anywhere_else(embedded: Place, found_embedded: set[Found]) -> None:
    allowed = ALLOWED | ALLOWED_EMBEDDED
    assert list_leaks(found_embedded, allowed) == []
    assert list_missing(found_embedded, allowed) == [], "the search finds what is there"
    assert set(embedded.canaries.known.values()) == KINDS | {"previous secret key"}


def test_no_secret_of_a_fleet_is_anywhere_else(
    fleet: tuple[Place, Postgres], found_in_fleet: set[Found]
) -> None:
    assert list_leaks(found_in_fleet, ALLOWED) == []
    assert list_missing(found_in_fleet, ALLOWED) == [], "the search finds what is there"
    kinds = KINDS | {"database password", "Redis password", "wrong password"}
    assert set(fleet[0].canaries.known.values()) == kinds


def test_every_new_place_was_in_use(embedded: Place, fleet: tuple[Place, Postgres]) -> None:
    everywhere = {"exported telemetry", "delivery to a webhook", "log", "process list", "stream", "export"}
    tables = {"table call_log", "table webhook", "table delivery", "table audit", "table workflow_status"}
    assert {each.place for each in embedded.contents() if each.data} >= {
        *everywhere, *tables, "output stdio", "output doctor",
    }  # fmt: skip
    assert {each.place for each in fleet[0].contents() if each.data} >= {
        *everywhere, *tables, "Redis", "clients of Redis", "sessions of PostgreSQL", "log of PostgreSQL",
    }  # fmt: skip


def test_processes_crashed_with_a_report_and_errors_that_nobody_has_foreseen(
    embedded: Place, fleet: tuple[Place, Postgres]
) -> None:
    for place in (embedded, fleet[0]):
        last = place.logs[-1].read_text()
        assert "Fatal Python error: Aborted" in last
        assert "Traceback (most recent call last)" in last
    workers = [line for line in fleet[0].processes if b"\0worker\0" in line]
    assert len(workers) == 2


def test_nothing_of_ours_went_to_the_vendor_or_to_a_receiver_of_webhooks(
    embedded: Place, found_embedded: set[Found]
) -> None:
    sent = embedded.canaries.search(Content("vendor", each) for each in embedded.vendor.asked)
    assert {each.kind for each in sent} <= {
        "client secret", "access token", "refresh token", "authorization code", "PKCE verifier",
    }  # fmt: skip
    assert {each.kind for each in sent} >= {"client secret", "access token"}
    assert [each for each in found_embedded if each.place == "delivery to a webhook"] == []


def stored(place: Place) -> Iterator[Content]:
    for read in place.stored_elsewhere:
        yield from read()


def test_a_secret_that_is_planted_is_found_in_every_new_place(
    embedded: Place, fleet: tuple[Place, Postgres]
) -> None:
    canaries, (place, postgres) = Canaries(), fleet
    secret = canaries.make("planted")
    database = urlsplit(place.environment["LEDGERPORT_DATABASE_URL"]).path[1:]
    for schema in ("public", "dbos"):
        postgres.execute(f"CREATE TABLE {schema}.planted_{schema} AS SELECT '{secret}' AS a", database)
    client = Redis(port=urlsplit(place.environment["LEDGERPORT_REDIS_URL"]).port or 0)
    client.set(f"planted:{secret}", "")
    places = {each.place for each in canaries.search(stored(place))}
    assert places >= {"table planted_public", "table planted_dbos", "Redis"}
    client.flushall()
    for plant in (
        lambda: client.set("a", secret),
        lambda: client.hset("b", "field", secret),
        lambda: client.rpush("c", secret),
        lambda: client.sadd("d", secret),
        lambda: client.zadd("e", {secret: 1}),
        lambda: client.xadd("f", {"a": secret}),
    ):
        plant()
        assert "Redis" in {each.place for each in canaries.search(redis_contents(client))}
        client.flushall()
    (jobs,) = embedded.data.glob("*.jobs.sqlite3")
    with closing(sqlite3.connect(jobs)) as records:
        records.execute("CREATE TABLE planted AS SELECT ? AS a", (secret,))
        records.commit()
        assert "table planted" in {each.place for each in canaries.search(database_contents(jobs))}
