"""Guards of one connection, each with the one sequence of events that it is there for; the clock is passed."""

from __future__ import annotations

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from runtime.server.connections import Connections, Limits
from runtime.server.fast_path import make_protocol
from tests.connecting_clients import (
    MCP,
    OTHER,
    connected,
    limited,
    post,
    respond,
    response,
    rest,
)
from tests.serving import served
from tests.wire import Clock, Wire, on_a_wire, settled

CHUNKED = b"POST /early HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_body_that_fails_in_the_middle_of_a_response_brings_no_second_one():
    async def early(scope: Any, receive: Any, send: Any) -> None:
        fields = [(b"content-length", b"10")]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        while (await receive())["type"] == "http.request":
            pass

    with served(early, http=make_protocol(respond)) as running, connected(running) as connection:
        connection.sendall(CHUNKED)
        begun = connection.recv(1_000)
        while not begun.endswith(b"begun"):
            begun += connection.recv(1_000)
        connection.sendall(b"nonsense\r\n")
        assert rest(connection) == b""


def test_a_connection_that_ends_between_messages_is_closed_at_once():
    async def act(protocol: Any, wire: Wire, clock: Clock) -> None:
        protocol.data_received(post(OTHER, b"body", b"Connection: close"))
        await settled()
        assert wire.sent.endswith(b"body")
        assert wire.ended == ["close"]

    on_a_wire(Limits(), act)


@pytest.mark.parametrize("path", [b"/refused", b"/refused?close"])
def test_the_time_for_the_rest_of_a_body_begins_with_the_response(path):
    limits = Limits(drain_seconds=30, drain_silence=5)

    async def act(protocol: Any, wire: Wire, clock: Clock) -> None:
        protocol.data_received(post(path, b"some", length=100)[:-4])
        clock.now += 29
        await settled()
        assert wire.sent.startswith(b"HTTP/1.1 413 ")
        for seconds, is_over in ((4.9, False), (0.2, True)):
            clock.now += seconds
            protocol.look(clock.now)
            assert wire.is_closing() is is_over

    on_a_wire(limits, act)


def test_what_comes_of_a_refused_body_is_waited_for_as_long_as_it_comes():
    limits = Limits(drain_seconds=30, drain_silence=5, body_seconds=60)

    async def act(protocol: Any, wire: Wire, clock: Clock) -> None:
        protocol.data_received(CHUNKED)
        clock.now += 29
        protocol.data_received(b"nonsense\r\n")
        await settled()
        assert wire.sent.startswith(b"HTTP/1.1 400 ")
        for seconds, is_over in ((4, False), (4, False), (4, False), (5, True)):
            clock.now += seconds
            protocol.look(clock.now)
            assert wire.is_closing() is is_over
            protocol.data_received(b"more")

    on_a_wire(limits, act)


def test_a_client_that_has_read_everything_is_not_cut_off_and_begins_anew():
    limits = Limits(stall_seconds=30, slowest_reader=1_000)

    async def act(protocol: Any, wire: Wire, clock: Clock) -> None:
        protocol.data_received(post(OTHER, b"body"))
        await settled()
        for seconds, unsent in ((0, 100), (29, 100), (2, 0), (200, 100), (29, 100)):
            clock.now += seconds
            wire.unsent = unsent
            protocol.look(clock.now)
            assert wire.ended == []
        clock.now += 1
        protocol.look(clock.now)
        assert wire.ended == ["abort"]

    on_a_wire(limits, act)


def test_a_long_body_and_the_start_of_the_next_request_in_one_segment_are_no_large_head():
    limits = Limits(head_bytes=1_000)

    async def act(protocol: Any, wire: Wire, clock: Clock) -> None:
        following = post(OTHER, b"next")
        protocol.data_received(post(OTHER, b"x" * 2_000) + following[:10])
        protocol.data_received(following[10:])
        await settled()
        assert wire.sent.count(b"HTTP/1.1 200 ") == 2
        assert wire.sent.endswith(b"next")

    on_a_wire(limits, act)


def test_the_first_segment_of_a_head_is_counted_until_it_is_answered():
    async def act(protocol: Any, wire: Wire, clock: Clock) -> None:
        sent = post(OTHER, b"body", b"X: " + b"a" * 500)
        for start, end in ((0, 400), (400, 500)):
            protocol.data_received(sent[start:end])
            assert protocol.bounds.received == end
        protocol.data_received(sent[500:])
        await settled()
        assert wire.sent.startswith(b"HTTP/1.1 200 ")
        assert protocol.bounds.received == 0

    on_a_wire(Limits(), act)


@pytest.mark.parametrize("is_split", [False, True])
def test_the_fields_of_a_head_are_counted_before_it_is_whole(is_split):
    async def act(protocol: Any, wire: Wire, clock: Clock) -> None:
        sent = b"GET / HTTP/1.1\r\n" + b"a:b\r\n" * 102
        for piece in [sent[:300], sent[300:]] if is_split else [sent]:
            protocol.data_received(piece)
        assert wire.sent.startswith(b"HTTP/1.1 431 ")

    on_a_wire(Limits(), act)


def test_a_flood_of_connections_does_not_have_them_sorted_for_each():
    class Busy:
        def __init__(self) -> None:
            self.asked = 0

        def look(self, now: float) -> None:
            """Takes nothing too long."""

        def get_idle_since(self) -> float:
            self.asked += 1
            return math.inf

        def close_idle(self) -> None:
            raise AssertionError("it is not idle")

    now = 1_000.0
    loop: Any = SimpleNamespace(time=lambda: now, call_later=lambda *_: None)
    bounds = Connections(Limits(connections=2, look_seconds=1.0))
    made = [Busy() for _ in range(30)]
    admitted = [bounds.admit(each, loop) for each in made]
    assert admitted == [True, True, *[False] * 28]
    assert sum(each.asked for each in made) == 3
    now += 0.06
    bounds.admit(Busy(), loop)
    assert [each.asked for each in made[:4]] == [2, 2, 2, 1]


@pytest.mark.parametrize("path", [MCP, OTHER])
def test_a_connection_that_a_client_ends_itself_is_closed_by_the_server_as_well(path):
    with limited(drain_seconds=60, drain_silence=60) as running, connected(running) as connection:
        connection.sendall(post(path, b"body", b"Connection: close"))
        assert response(connection) == (200, b"body")
        assert rest(connection) == b""


def test_a_cancelled_reply_closes_its_connection_and_stays_cancelled():
    async def wait_for_ever() -> Any:
        await asyncio.Event().wait()

    async def act(protocol: Any, wire: Wire, clock: Clock) -> None:
        protocol.data_received(post(MCP, b"body"))
        await settled()
        [task] = protocol.tasks
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert (wire.sent, wire.ended) == (b"", ["close"])

    on_a_wire(Limits(), act, lambda _head, _body: wait_for_ever())


def test_a_body_that_is_not_whole_in_its_segment_has_the_time_limit_of_every_body():
    async def act(protocol: Any, wire: Wire, clock: Clock) -> None:
        protocol.data_received(post(MCP, b"part", length=100))
        for seconds, sent in ((29.9, b""), (0.2, b"HTTP/1.1 408 ")):
            clock.now += seconds
            protocol.look(clock.now)
            assert wire.sent[:13] == sent
        await settled()

    on_a_wire(Limits(body_seconds=30), act)


def test_the_body_of_a_request_whose_reply_is_awaited_is_counted_until_it_is_sent():
    async def act(protocol: Any, wire: Wire, clock: Clock) -> None:
        protocol.data_received(post(MCP, b"x" * 500))
        assert protocol.bounds.received == 500
        await settled()
        assert wire.sent.endswith(b"x" * 500)
        assert protocol.bounds.received == 0

    on_a_wire(Limits(), act)


def test_a_request_beyond_the_memory_for_all_is_refused_and_nobody_is_asked():
    def ask_nobody(*_: Any) -> Any:
        raise AssertionError("it was answered")

    async def act(protocol: Any, wire: Wire, clock: Clock) -> None:
        protocol.data_received(post(MCP, b"x" * 500))
        assert wire.sent.startswith(b"HTTP/1.1 503 ")
        assert wire.ended == ["eof"]

    on_a_wire(Limits(received_bytes=499), act, ask_nobody)


def test_a_line_without_end_is_refused_when_the_head_is_too_large():
    async def act(protocol: Any, wire: Wire, clock: Clock) -> None:
        protocol.data_received(b"GET / HTTP/1.1\r\nX: ")
        protocol.data_received(b"a" * 1_000)
        assert wire.sent == b""
        protocol.data_received(b"a")
        assert wire.sent.startswith(b"HTTP/1.1 431 ")

    on_a_wire(Limits(head_bytes=1_000), act)
