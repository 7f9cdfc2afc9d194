"""The older transport in several processes over a real Redis: no request comes to the process that it belongs to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from runtime.keys.crypto import Keys
from runtime.stores import mailbox_redis
from runtime.stores.embedded import make_mailbox
from runtime.stores.mailbox import StreamAddress
from runtime.stores.redis_link import RedisLink
from tests.engines import find_free_port
from tests.mcp_server.old_clients import KEYS, Events, post
from tests.mcp_server.stand import TOKEN, shake
from tests.redis_server import RedisServer, running_redis
from tests.waiting import wait_for, wait_until

ROOT = Path(__file__).resolve().parents[2]
CALL = {"name": "get_single_invoice_by_id", "arguments": {"id": "1"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as running:
        yield running


@contextmanager
def process_on(server: RedisServer) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A process of the fleet and its port."""
    port = find_free_port()
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.mcp_server.stand_process", str(port), server.url], cwd=ROOT
    )

    def listens() -> bool:
        assert running.poll() is None
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
        return False

    try:
        wait_until(listens)
        yield running, port
    finally:
        running.kill()
        running.wait()


@pytest.fixture(scope="module")
def ports(server: RedisServer) -> Iterator[tuple[int, int]]:
    with process_on(server) as (_, one), process_on(server) as (_, other):
        yield one, other


def test_a_message_that_comes_to_another_process_is_answered_on_the_stream(ports: tuple[int, int]) -> None:
    one, other = ports
    events = Events(one)

    greeting = events.ask("initialize", port=other, **shake("2024-11-05"))
    listed = events.ask("tools/list", id="two", port=other)
    called = [events.ask("tools/call", id=id, port=ports[id % 2], **CALL) for id in range(20)]

    assert greeting["result"]["protocolVersion"] == "2024-11-05"
    assert len(listed["result"]["tools"]) == 7
    assert [each["id"] for each in called] == list(range(20))


def test_a_session_of_another_token_or_of_nobody_is_not_there_in_either_process(
    ports: tuple[int, int],
) -> None:
    events = Events(ports[0])
    session = events.address.partition("session=")[2]

    answers = [
        post(port, path, "ping") for port in ports for path in (
            f"/sse/another/messages?session={session}", f"/sse/{TOKEN}/messages?session=lps_{'A' * 32}",
        )
    ]  # fmt: skip

    assert answers == [answers[0]] * 4
    assert answers[0][0] == 404


def test_a_stream_that_ended_is_not_found_from_the_other_process(ports: tuple[int, int]) -> None:
    events = Events(ports[0])
    assert events.ask("ping", port=ports[1])["result"] == {}

    events.close()

    wait_for(lambda: post(ports[1], events.address, "ping")[0], lambda status: status == 404)


def test_redis_holds_no_session_no_token_and_no_answer_in_the_clear(
    server: RedisServer, ports: tuple[int, int]
) -> None:
    client = redis.Redis(port=server.port)
    with client.monitor() as monitor:
        events = Events(ports[0])
        session = events.address.partition("session=")[2]
        events.ask("tools/call", port=ports[1], **CALL)
        seen = ""
        while "RPUSH" not in seen:
            seen += str(monitor.next_command())

    seen += str(client.keys("*"))
    assert f"ledgerport:stream:{KEYS.hash_token(f'{TOKEN} {session}').hex()}" in seen
    assert session not in seen
    assert "content" not in seen
    assert "jsonrpc" not in seen


def test_the_process_with_the_stream_is_killed_and_the_client_goes_on_with_a_new_one(
    server: RedisServer, ports: tuple[int, int]
) -> None:
    with process_on(server) as (running, port):
        events = Events(port)
        assert events.ask("ping", port=ports[1])["result"] == {}

        running.kill()
        running.wait()

        with contextlib.suppress(ConnectionError):
            assert events.read() == ("", "")
        assert events.post("ping", port=ports[1]) == 202  # the key of the stream has not expired yet
        assert Events(ports[0]).ask("ping", port=ports[1])["result"] == {}
    client = redis.Redis(port=server.port)
    assert all(0 < client.ttl(key) <= mailbox_redis.EXPIRY_SECONDS for key in client.keys("ledgerport:*"))


def test_the_process_that_answers_is_killed_and_the_stream_goes_on(
    server: RedisServer, ports: tuple[int, int]
) -> None:
    events = Events(ports[0])
    with process_on(server) as (running, port):
        assert events.ask("ping", port=port)["result"] == {}
        running.kill()
        running.wait()

    assert events.ask("ping", port=ports[1])["result"] == {}


def test_without_redis_a_stream_is_not_opened_and_one_that_is_open_is_answered_by_its_own_process(
    tmp_path: Path,
) -> None:
    with running_redis(tmp_path) as server, process_on(server) as (_, one), process_on(server) as (_, other):
        events = Events(one)
        assert events.ask("ping", port=other)["result"] == {}

        server.stop()

        assert Events(one).status == 503
        assert post(other, events.address, "ping")[0] == 503
        assert events.ask("ping", port=one)["result"] == {}

        server.start()
        wait_for(lambda: post(other, events.address, "ping")[0], lambda status: status == 202)
        assert events.read_message()["result"] == {}
        assert wait_for(lambda: Events(one), lambda found: found.status == 200).ask("ping", port=other)


def test_what_another_has_written_into_the_inbox_is_not_sent(server: RedisServer) -> None:
    class Inbox:
        def __init__(self) -> None:
            self.found: list[bytes] = []
            self.is_filled = asyncio.Event()

        def put(self, message: bytes) -> None:
            self.found.append(message)
            self.is_filled.set()

    async def main() -> list[bytes]:
        address, other = StreamAddress("a" * 64), StreamAddress("b" * 64)
        links = [RedisLink(server.address, limit_seconds=60) for _ in range(2)]
        here, there = (make_mailbox(link, KEYS) for link in links)
        stranger = make_mailbox(links[1], Keys(bytes([1]) * 32))
        inbox, second = Inbox(), Inbox()
        await here.open(address, inbox)
        await here.open(other, second)
        running = asyncio.create_task(here.run())
        forged, sent = await stranger.find(address), await there.find(address)
        assert forged is not None
        assert sent is not None
        await forged(b"forged")
        client = redis.Redis(port=server.port)
        client.rpush(f"ledgerport:inbox:{here._process}", b"", b"x" * 10, b"\xff" * 200)  # type: ignore[attr-defined]
        await sent(b"ours")
        await inbox.is_filled.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await asyncio.gather(here.close(address), here.close(other))
        for link in links:
            await link.close()
        return inbox.found + second.found

    assert asyncio.run(main()) == [b"ours"]


def test_an_inbox_that_nobody_reads_does_not_grow_without_end(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox_redis, "MOST_IN_INBOX", 10)

    async def main() -> int:
        links = [RedisLink(server.address, limit_seconds=60) for _ in range(2)]
        here, there = (make_mailbox(link, KEYS) for link in links)
        await here.open(StreamAddress("c" * 64), None)  # type: ignore[arg-type]
        send = await there.find(StreamAddress("c" * 64))
        assert send is not None
        for number in range(30):
            await send(json.dumps(number).encode())
        for link in links:
            await link.close()
        length: int = redis.Redis(port=server.port).llen(f"ledgerport:inbox:{here._process}")  # type: ignore[attr-defined]
        return length

    assert asyncio.run(main()) == 10
