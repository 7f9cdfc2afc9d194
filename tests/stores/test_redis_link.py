"""Redis lost, stopped, empty, full, or reached by another road: each call is answered, and the counts come back."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from generator.vendor import RateWindow
from runtime.redis_address import RedisAddress, parse_redis_url
from runtime.settings import Settings
from runtime.stores.condition import StorageHealth
from runtime.stores.embedded import open_stores
from runtime.stores.generation import Generation
from runtime.stores.hot_redis import RedisHotState
from runtime.stores.redis_link import RETRY_SECONDS, RedisLink, RedisLost, _connect
from tests.deployment import HandClock
from tests.engines import find_free_port
from tests.redis_server import RedisServer, running_redis
from tests.waiting import PATIENCE, wait_until

ROOT = Path(__file__).resolve().parents[2]
WINDOWS = (RateWindow("hours", 50, 36_000),)
SHORT = 0.05
"""Seconds until Redis counts as lost, where the test has it lost."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with running_redis(tmp_path / "redis") as running:
        yield running


class Place:
    """Hot state over a link whose second of rest is passed by hand."""

    def __init__(self, address: RedisAddress, limit_seconds: float = PATIENCE) -> None:
        self.clock = HandClock()
        self.link = RedisLink(address, limit_seconds=limit_seconds, clock=self.clock)
        self.hot = RedisHotState(self.link)

    async def count(self, key: str = "a") -> int:
        """Count one call; a call that is not answered ends the test."""
        async with asyncio.timeout(PATIENCE):
            return (await self.hot.count(key, WINDOWS, 1.0))[0].used

    async def come_back(self) -> None:
        """Probe once a second until Redis answers, as the server does in the background."""
        for _ in range(600):
            self.clock.pass_(RETRY_SECONDS)
            await self.hot.probe()
            if not self.hot.find_fault():
                return
            await asyncio.sleep(0.05)  # what is waited for is another process


def play(
    address: RedisAddress, story: Callable[[Place], Coroutine[Any, Any, None]], limit: float = PATIENCE
) -> None:
    async def run() -> None:
        place = Place(address, limit)
        try:
            await story(place)
        finally:
            await place.link.close()

    asyncio.run(run())


def test_without_redis_a_process_counts_its_own_calls_says_so_and_comes_back(server: RedisServer) -> None:
    async def story(place: Place) -> None:
        with redis.Redis(port=server.port) as elsewhere:
            assert await place.count() == 1
            elsewhere.rpush("ledgerport:{a}:50/36000", elsewhere.lindex("ledgerport:{a}:50/36000", 0))
        assert await place.count() == 3
        server.stop()
        assert [await place.count(), await place.count()] == [3, 4]
        assert "does not answer" in place.hot.find_fault()
        server.start()
        assert await place.count() == 5
        await place.come_back()
        assert place.hot.find_fault() == ""
        assert await place.count() == 1  # what Redis held is lost
        assert (await place.hot.peek("a", WINDOWS, 1.0))[0].used == 1

    play(server.address, story)


def test_a_stopped_redis_is_waited_for_once_in_a_second_and_no_longer_than_the_limit(
    server: RedisServer,
) -> None:
    async def story(place: Place) -> None:
        place.link._limit = PATIENCE  # to connect, on a machine with other work
        assert await place.count() == 1
        place.link._limit = SHORT
        server.pause()
        counts = await asyncio.wait_for(asyncio.gather(*(place.count() for _ in range(500))), PATIENCE)
        assert max(counts) == 50
        assert place.link._faults == 1
        assert [await place.count("b") for _ in range(5)] == [1, 2, 3, 4, 5]
        assert place.link._faults == 1
        place.clock.pass_(RETRY_SECONDS)
        await asyncio.gather(*(place.count("b") for _ in range(500)))
        assert place.link._faults == 2
        server.resume()
        place.link._limit = PATIENCE
        await place.come_back()
        assert await place.count("c") == 1

    play(server.address, story)


def test_while_one_request_tries_again_the_others_do_not_wait_for_it(server: RedisServer) -> None:
    async def story(place: Place) -> None:
        server.stop()
        await place.count()
        server.start()
        server.pause()
        place.clock.pass_(RETRY_SECONDS)
        trying = asyncio.create_task(place.count())
        await asyncio.sleep(0)
        assert await place.count("b") == 1
        assert not trying.done()
        server.resume()
        assert await trying

    play(server.address, story)


def test_nothing_that_is_full_opens_when_redis_is_lost(server: RedisServer) -> None:
    async def story(place: Place) -> None:
        assert [await place.hot.admit("a", WINDOWS, 1.0) for _ in range(50)] == [0.0] * 50
        server.stop()
        assert await place.hot.admit("a", WINDOWS, 1.0) > 0
        assert [await place.hot.admit("b", WINDOWS, 1.0) == 0 for _ in range(51)] == [True] * 50 + [False]

    play(server.address, story)


def test_a_server_that_answers_with_errors_is_at_fault_and_its_words_are_not_repeated(
    server: RedisServer,
) -> None:
    async def story(place: Place) -> None:
        with redis.Redis(port=server.port) as elsewhere:
            elsewhere.config_set("maxmemory", 1)
            assert await asyncio.gather(place.count(), place.count()) == [1, 2]
            fault = place.hot.find_fault()
            assert str(server.port) in fault
            assert "maxmemory" not in fault
            elsewhere.config_set("maxmemory", 0)
        await place.come_back()
        assert await place.count() == 1

    play(server.address, story)


def test_a_caller_that_gives_up_takes_no_reply_of_another(server: RedisServer) -> None:
    async def story(place: Place) -> None:
        await place.link.run("SET", "a", "1")
        await place.link.run("SET", "b", "2")
        for _ in range(50):
            tasks = [asyncio.create_task(place.link.run("GET", each)) for each in "ab" * 20]
            await asyncio.sleep(0)
            for each in tasks[::3]:
                each.cancel()
            replies = await asyncio.gather(*tasks, return_exceptions=True)
            wanted = [b"1", b"2"] * 20
            assert [reply for at, reply in enumerate(replies) if at % 3] == [
                each for at, each in enumerate(wanted) if at % 3
            ]
        assert place.link.fault == ""

    play(server.address, story)


def test_what_is_under_way_at_the_end_fails_as_if_redis_were_lost(server: RedisServer) -> None:
    async def story(place: Place) -> None:
        await place.count()
        server.pause()
        waiting = [asyncio.create_task(place.link.run("GET", "a")) for _ in range(3)]
        await asyncio.sleep(0)
        await place.link.close()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(each) for each in found] == [RedisLost] * 3

    play(server.address, story)


ADMITTING = """
import asyncio, sys
from generator.vendor import RateWindow
from runtime.redis_address import parse_redis_url
from runtime.stores.hot_redis import RedisHotState
from runtime.stores.redis_link import RedisLink

WINDOWS = (RateWindow("many", 700, 36_000), RateWindow("few", 500, 18_000))

async def main():
    link = RedisLink(parse_redis_url(sys.argv[1]), limit_seconds=60)
    hot = RedisHotState(link)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    waits = await asyncio.gather(*(hot.admit("a", WINDOWS, 1.0) for _ in range(600)))
    assert link.fault == ""
    print(sum(wait == 0 for wait in waits), flush=True)
    await link.close()

asyncio.run(main())
"""


def test_two_processes_let_through_exactly_what_one_window_holds(server: RedisServer) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-P", "-c", ADMITTING, server.url],
            env={"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in running:
        print(file=each.stdin, flush=True)
    admitted = [int(each.communicate(timeout=PATIENCE)[0]) for each in running]
    assert sum(admitted) == 500


def test_a_password_is_sent_and_a_wrong_one_counts_as_lost(tmp_path: Path) -> None:
    with running_redis(tmp_path, "--requirepass", "s@crét") as server:

        def name(password: str) -> RedisAddress:
            found = parse_redis_url(f"redis://:{password}@127.0.0.1:{server.port}/3")
            assert found is not None
            return found

        async def is_counted(place: Place) -> None:
            await place.count()
            assert place.hot.find_fault() == ""

        async def is_refused(place: Place) -> None:
            assert await place.count() == 1
            assert "AuthenticationError" in place.hot.find_fault()
            assert "wrong" not in place.hot.find_fault()

        play(name("s%40cr%C3%A9t"), is_counted)
        play(name("wrong"), is_refused)


def make_certificate(folder: Path) -> None:
    """Write a certificate of 127.0.0.1 that signs itself, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    began = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, began, began.replace(year=2120))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir()
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def test_over_tls_the_certificate_is_checked(tmp_path: Path) -> None:
    make_certificate(tmp_path / "tls")
    certificate, key, port = (
        tmp_path / "tls" / "certificate.pem",
        tmp_path / "tls" / "key.pem",
        find_free_port(),
    )
    with running_redis(
        tmp_path / "redis", "--tls-port", str(port), "--tls-cert-file", str(certificate),
        "--tls-key-file", str(key), "--tls-ca-cert-file", str(certificate), "--tls-auth-clients", "no",
    ):  # fmt: skip

        async def is_counted(place: Place) -> None:
            assert [await place.count(), await place.count()] == [1, 2]
            assert place.hot.find_fault() == ""

        async def is_refused(place: Place) -> None:
            await place.count()
            assert "does not answer" in place.hot.find_fault()

        known, unknown, other_name = (
            f"rediss://127.0.0.1:{port}?ca_certs={certificate}",
            f"rediss://127.0.0.1:{port}",
            f"rediss://localhost:{port}?ca_certs={certificate}",
        )
        for url, story in ((known, is_counted), (unknown, is_refused), (other_name, is_refused)):
            address = parse_redis_url(url)
            assert address is not None
            play(address, story)


def test_a_cluster_counts_each_key_where_it_belongs(tmp_path: Path) -> None:
    with (
        running_redis(tmp_path / "one", "--cluster-enabled", "yes") as one,
        running_redis(tmp_path / "two", "--cluster-enabled", "yes") as two,
    ):
        nodes = [redis.Redis(port=each.port, decode_responses=True) for each in (one, two)]
        for node, slots in zip(nodes, ((0, 8191), (8192, 16383)), strict=True):
            node.execute_command("CLUSTER", "ADDSLOTSRANGE", *slots)
        nodes[0].execute_command("CLUSTER", "MEET", "127.0.0.1", two.port)
        for node in nodes:
            wait_until(lambda node=node: "cluster_state:ok" in str(node.execute_command("CLUSTER", "INFO")))

        async def story(place: Place) -> None:
            generation = Generation(place.link)
            counts = await asyncio.gather(*(place.count(f"k{each % 50}") for each in range(150)))
            assert sorted(counts) == [1] * 50 + [2] * 50 + [3] * 50
            before = await generation.read()
            await generation.replace()
            assert await generation.read() != before
            assert place.hot.find_fault() == ""

        hosts = (("127.0.0.1", find_free_port()), ("127.0.0.1", one.port))
        play(RedisAddress("cluster", hosts[1:]), story)
        held = [node.dbsize() for node in nodes]
        assert all(held)
        assert sum(held) >= 50
        for node in nodes:
            node.flushall()
        play(RedisAddress("cluster", hosts), story)  # whose first node is gone
        for node in nodes:
            node.close()


def test_the_sentinels_name_the_server_also_when_the_first_of_them_hangs(tmp_path: Path) -> None:
    with running_redis(tmp_path / "primary") as primary:
        asked = [RedisServer(tmp_path / f"sentinel{each}") for each in range(2)]
        for each in asked:
            each.folder.mkdir()
            settings = each.folder / "sentinel.conf"
            settings.write_text(
                f"port {each.port}\nbind 127.0.0.1\nsentinel monitor books 127.0.0.1 {primary.port} 1\n"
            )
            each.launch([str(settings), "--sentinel"])
        try:
            address = parse_redis_url(
                "redis+sentinel://" + ",".join(f"127.0.0.1:{each.port}" for each in asked) + "/books"
            )
            assert address is not None

            async def story(place: Place) -> None:
                assert [await place.count(), await place.count()] == [1, 2]
                assert place.hot.find_fault() == ""

            async def with_one(place: Place) -> None:
                assert await place.count() in (1, 3)  # asked first, it took the time that there is
                await place.come_back()
                assert await place.count() > 2

            play(address, story)
            asked[0].pause()
            play(address, with_one, limit=2.0)
        finally:
            for each in asked:
                each.stop()


def test_the_readiness_says_that_redis_is_lost_and_that_it_is_back(
    server: RedisServer, tmp_path: Path
) -> None:
    async def story() -> None:
        environ = {"LEDGERPORT_DATA": str(tmp_path / "data"), "LEDGERPORT_REDIS_URL": server.url}
        stores, clock = open_stores(Settings.load(environ), 1.0), HandClock()
        assert isinstance(stores.hot, RedisHotState)
        assert stores.link is not None
        stores.link._clock, stores.link._limit = clock, PATIENCE
        assert await stores.probe(1.0) == StorageHealth()
        server.stop()
        lost = await stores.probe(1.0)
        assert lost.status == "degraded"
        assert "Redis at 127.0.0.1" in lost.reason
        server.start()
        clock.pass_(RETRY_SECONDS)
        assert await stores.probe(1.0) == StorageHealth()
        await stores.link.close()
        stores.close()

    asyncio.run(story())


def test_without_its_setting_the_library_is_not_imported() -> None:
    code = "import sys; import runtime.server.app, runtime.stores.hot_redis; print('redis' in sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=ROOT, env={"PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == "False\n"


def test_after_each_fault_another_sentinel_is_the_first_to_be_asked() -> None:
    address = RedisAddress("sentinel", (("one", 1), ("two", 2), ("three", 3)), service="books")
    asked = [
        [each.connection_pool.connection_kwargs["port"] for each in _connect(address, faults, 1.0).sentinels]
        for faults in range(4)
    ]
    assert asked == [[1, 2, 3], [2, 3, 1], [3, 1, 2], [1, 2, 3]]
