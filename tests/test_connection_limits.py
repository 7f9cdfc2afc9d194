"""What one connection may take, and all of them together: over real sockets, with short limits."""

from __future__ import annotations

import contextlib
import json
import socket
import time

import pytest

from runtime.server.connections import Connections, Limits, Reader
from runtime.server.fast_path import make_protocol
from tests.connecting_clients import (
    LARGE,
    MCP,
    OTHER,
    application,
    connected,
    limited,
    post,
    respond,
    response,
    rest,
)
from tests.serving import served
from tests.waiting import wait_until

CHUNKED = b"POST %b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_silent_connection_is_closed_without_an_answer():
    with limited(head_seconds=0.1) as running, connected(running) as connection:
        assert rest(connection) == b""


@pytest.mark.parametrize("path", [MCP, OTHER])
def test_half_a_head_is_answered_408(path):
    with limited(head_seconds=0.1) as running, connected(running) as connection:
        connection.sendall(post(path, b"x")[:30])
        found = rest(connection)
    assert found.startswith(b"HTTP/1.1 408 ")
    error = json.loads(found.partition(b"\r\n\r\n")[2])
    assert "head of the request" in (error["error"]["message"] if path == MCP else error["message"])


def test_the_time_for_a_head_is_for_the_whole_and_not_for_each_byte():
    with limited(head_seconds=0.3) as running, connected(running) as connection:
        connection.settimeout(0.05)
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        found = b""
        for _ in range(400):
            try:
                connection.sendall(b"a")
                found = connection.recv(1000)
                break
            except TimeoutError:
                continue
        assert found.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "sent",
    [
        post(MCP, b"half", length=8),
        post(MCP, b"", length=8),
        post(OTHER, b"half", length=8),
        post(OTHER, b"x" * 100_000, length=200_000),
        CHUNKED % MCP + b"4\r\nhalf\r\n",
        post(MCP, b"first") + post(MCP, b"half", length=8),
    ],
)
def test_a_body_that_does_not_come_is_answered_408(sent):
    with limited(body_seconds=0.2, slowest_body=10_000_000) as running, connected(running) as connection:
        connection.sendall(sent)
        found = rest(connection)
        assert b"HTTP/1.1 408 " in found
        assert b"connection: close" in found
        assert running.server.server_state.total_requests


def test_a_body_that_comes_slowly_earns_time_by_what_has_come():
    with limited(body_seconds=0.2, slowest_body=1_000) as running, connected(running) as connection:
        body = b"x" * 2_000
        sent = post(MCP, body)
        for at in range(0, len(sent), 500):
            connection.sendall(sent[at : at + 500])
            time.sleep(0.1)
        assert response(connection) == (200, body)


@pytest.mark.parametrize("path", [b"/refused", b"/refused?close"])
def test_the_rest_of_a_refused_body_is_not_waited_for_for_ever(path):
    with limited(drain_silence=0.1) as running, connected(running) as connection:
        connection.sendall(post(path, b"some", length=1_000_000))
        assert rest(connection).startswith(b"HTTP/1.1 413 ")
        wait_until(lambda: not running.server.server_state.connections)


def test_the_rest_of_a_refused_body_is_not_read_without_end():
    with limited(drain_bytes=1_000_000, drain_seconds=60, drain_silence=60) as running:
        with connected(running) as connection:
            connection.sendall(post(b"/refused", length=10**12))
            with pytest.raises(ConnectionError):
                connection.sendall(b"x" * 100_000_000)
        wait_until(lambda: not running.server.server_state.connections)


@pytest.mark.parametrize("path", [MCP, OTHER])
def test_a_client_that_does_not_read_is_cut_off(path):
    with limited(stall_seconds=0.2) as running, connected(running, buffer=4096) as connection:
        connection.sendall(post(path, b"large"))
        wait_until(lambda: bool(running.server.server_state.total_requests))
        wait_until(lambda: not running.server.server_state.connections)


def test_a_client_that_reads_slowly_gets_everything_and_may_go_on():
    with (
        limited(stall_seconds=1, timeout_keep_alive=1) as running,
        connected(running, buffer=400_000) as connection,
    ):
        connection.sendall(post(MCP, b"large"))
        found = bytearray(connection.recv(1_000))
        left = found.index(b"\r\n\r\n") + 4 + len(LARGE) - len(found)
        while left:
            time.sleep(0.03)  # 1.5 s in all: longer than either limit
            left -= len(connection.recv(min(left, 400_000), socket.MSG_WAITALL))
        connection.sendall(post(MCP, b"next"))
        assert response(connection)[0] == 200


def test_the_longest_idle_connection_gives_way_to_a_new_one():
    with limited(connections=2) as running, connected(running) as first, connected(running) as second:
        for each in (first, second, first):
            each.sendall(post(MCP, b"hello"))
            assert response(each) == (200, b"hello")
            time.sleep(0.01)  # the clock of the event loop counts milliseconds
        with connected(running) as third:
            third.sendall(post(MCP, b"third"))
            assert response(third) == (200, b"third")
            assert rest(second) == b""
            first.sendall(post(MCP, b"still"))
            assert response(first) == (200, b"still")


@pytest.mark.parametrize("path", [MCP, OTHER])
def test_with_nothing_idle_a_connection_too_many_is_answered_503(path):
    with limited(connections=1) as running, connected(running) as first:
        first.sendall(post(path, b"half", length=8))
        wait_until(lambda: len(running.server.server_state.connections) == 1)
        with connected(running) as second:
            second.sendall(post(path, b"hello"))
            found = rest(second)
        assert found.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5" in found
        first.sendall(b"more")
        assert response(first) == (200, b"halfmore")
        time.sleep(0.01)  # idle connections are sorted at most once in a while
        with connected(running) as third:
            third.sendall(post(path, b"third"))
            assert response(third) == (200, b"third")


def test_beyond_the_surplus_connections_are_closed_without_an_answer():
    with limited(connections=1, surplus=1) as running, connected(running) as first:
        first.sendall(b"GET")
        with connected(running), connected(running) as third:
            assert rest(third) == b""
        wait_until(lambda: len(running.server.server_state.connections) == 1)


def test_that_there_are_too_many_connections_is_reported_once_in_a_while():
    reports: list[str] = []
    protocol = make_protocol(respond, Limits(connections=1, look_seconds=0.02), reports.append)
    with served(application, http=protocol) as running, connected(running) as first:
        first.sendall(b"GET")
        for _ in range(3):
            with connected(running) as refused:
                refused.sendall(post(MCP, b"hello"))
                assert response(refused)[0] == 503
    assert reports == ["connections_full"]


def test_the_memory_for_what_is_received_is_bounded_and_given_back():
    with limited(received_bytes=100_000) as running:
        with connected(running) as first, connected(running) as second:
            first.sendall(post(OTHER, b"x" * 60_000, length=70_000))
            wait_until(lambda: len(running.server.server_state.connections) == 2)
            bounds = next(iter(running.server.server_state.connections)).bounds
            wait_until(lambda: bounds.received == 60_000)
            second.sendall(post(MCP, b"x" * 50_000))
            assert response(second)[0] == 503
        wait_until(lambda: bounds.received == 0)
        with connected(running) as third:
            third.sendall(post(MCP, b"x" * 50_000))
            assert response(third)[0] == 200
            assert bounds.received == 0


def test_a_url_is_bounded():
    with limited() as running, connected(running) as connection:
        connection.sendall(b"GET /" + b"a" * 9_000)
        assert response(connection)[0] == 414


@pytest.mark.parametrize(
    "lines",
    [
        [b"X: " + b"a" * 70_000],
        [b"X-%d: 1" % number for number in range(200)],
        [b"X-%d: %b" % (number, b"a" * 2_000) for number in range(50)],
    ],
)
def test_a_head_is_bounded(lines):
    with limited() as running, connected(running) as connection:
        connection.sendall(post(MCP, b"", *lines))
        assert response(connection)[0] == 431


@pytest.mark.parametrize(
    "start",
    [
        b"GET / HTTP/1.1\r\nX: ",
        b"GET / HTTP/1.1\r\n",
        CHUNKED % OTHER + b"0\r\nX: ",
        CHUNKED % OTHER + b"1;",
        CHUNKED % b"/refused" + b"0\r\nX: ",
    ],
)
def test_the_parser_holds_no_endless_line(start):
    with limited(drain_bytes=10**12, drain_silence=60) as running, connected(running) as connection:
        connection.sendall(start)
        with contextlib.suppress(ConnectionError):
            for _ in range(20):
                connection.sendall(b"a" * 100_000)
        assert rest(connection).count(b"HTTP/1.1 ") <= 1


def test_a_body_in_chunks_of_one_byte_is_read():
    body = b"x" * 20_000
    with limited() as running, connected(running) as connection:
        connection.sendall(CHUNKED % OTHER + b"1\r\nx\r\n" * len(body) + b"0\r\n\r\n")
        assert response(connection) == (200, body)


def test_a_trailer_is_no_header_field():
    with limited() as running, connected(running) as connection:
        connection.sendall(CHUNKED % b"/headers" + b"1\r\nx\r\n0\r\nAuthorization: late\r\n\r\n")
        status, fields = response(connection)
    assert status == 200
    assert b"transfer-encoding" in fields
    assert b"late" not in fields


def test_requests_that_wait_on_one_connection_are_bounded():
    with limited(pipelined=4) as running, connected(running) as connection:
        connection.sendall(post(OTHER, b"slow") + post(OTHER, b"x") * 1_000)
        assert rest(connection).count(b"HTTP/1.1 200 OK") == 5


def test_a_few_requests_at_once_are_answered_in_order():
    sent = [b"slow", *(b"%d" % number for number in range(10))]
    with limited() as running, connected(running) as connection:
        connection.sendall(b"".join(post(MCP, body) for body in sent))
        stream = connection.makefile("rb")
        for body in sent:
            while stream.readline().strip():
                pass
            assert stream.read(len(body)) == body


def test_nonsense_behind_a_request_does_not_take_the_place_of_its_response():
    with limited() as running, connected(running) as connection:
        connection.sendall(post(OTHER, b"slow") + b"\x00nonsense\r\n\r\n")
        found = rest(connection)
    assert found.startswith(b"HTTP/1.1 200 OK")
    assert found.endswith(b"slow")


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \xb2\r\n\r\na",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET /\r\n\r\n",
        b"GET /\xe9 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_a_malformed_request_is_answered_400(head):
    with limited(drain_silence=0.1) as running, connected(running) as connection:
        connection.sendall(head)
        assert response(connection)[0] == 400


def test_a_bad_body_behind_a_request_does_not_take_the_place_of_its_response():
    with limited() as running, connected(running) as connection:
        connection.sendall(post(OTHER, b"slow") + CHUNKED % OTHER + b"nonsense\r\n")
        found = rest(connection)
    assert found.startswith(b"HTTP/1.1 200 OK")
    assert found.endswith(b"slow")
    assert found.count(b"HTTP/1.1 ") == 1


def test_a_tunnel_is_refused():
    with limited() as running, connected(running) as connection:
        connection.sendall(b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n")
        assert response(connection)[0] == 405


@pytest.mark.parametrize("offer", [b"h2c", b"websocket", b"TLS/1.0"])
@pytest.mark.parametrize("path", [MCP, OTHER])
@pytest.mark.parametrize("is_split", [False, True])
def test_an_offer_to_change_the_protocol_is_ignored_and_the_body_is_read(offer, path, is_split):
    lines = [
        b"Connection: Upgrade, HTTP2-Settings",
        b"Upgrade: " + offer,
        b"HTTP2-Settings: AAMAAABkAAQCAAAA",
    ]
    sent = post(path, b"a body", *lines)
    with limited() as running, connected(running) as connection:
        for _ in range(2):
            for piece in [sent[:-3], sent[-3:]] if is_split else [sent]:
                connection.sendall(piece)
                time.sleep(0.02)
            assert response(connection) == (200, b"a body")


def test_an_offer_in_chunks_and_requests_after_it_are_answered():
    lines = b"Connection: close-not, Upgrade\r\nUpgrade: h2c\r\n"
    chunked = (CHUNKED % b"/headers").replace(b"Host: x\r\n", b"Host: x\r\n" + lines)
    with limited() as running, connected(running) as connection:
        connection.sendall(chunked + b"1\r\nx\r\n0\r\n\r\n" + post(OTHER, b"next"))
        stream = rest_of_two(connection)
    assert b"(b'connection', b'close-not')" in stream
    assert b"upgrade" not in stream
    assert stream.endswith(b"next")


def rest_of_two(connection) -> bytes:
    found = b""
    while not found.endswith(b"next"):
        piece = connection.recv(65536)
        assert piece
        found += piece
    return found


def test_a_body_that_nobody_asked_for_ends_the_connection():
    """After a refusal instead of `100 Continue`, what comes next might be the body or another request."""
    with limited(drain_silence=0.1) as running, connected(running) as connection:
        connection.sendall(post(b"/refused", b"", b"Expect: 100-continue", length=100))
        found = rest(connection)
    assert found.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in found


def test_a_stop_does_not_wait_for_clients_that_do_not_read_or_do_not_send():
    with (
        limited(stop_seconds=0.2, stop_drain_seconds=0.1, drain_seconds=60, drain_silence=60) as running,
        connected(running),
        connected(running) as head,
        connected(running) as body,
        connected(running) as refused,
        connected(running, buffer=4096) as large,
        connected(running) as slow,
    ):
        head.sendall(b"GET")
        body.sendall(post(OTHER, b"", length=10))
        refused.sendall(post(b"/refused", b"", length=10))
        large.sendall(post(OTHER, b"large"))
        wait_until(lambda: running.server.server_state.total_requests == 2)
        slow.sendall(post(MCP, b"slow"))
        time.sleep(0.05)
        running.server.should_exit = True
        assert response(body)[0] == 503
        assert response(slow) == (200, b"slow")
        running.thread.join(10)
        assert not running.thread.is_alive()


@pytest.mark.parametrize("field", [b"Expect: something", b"X-Mode: 100-continue"])
def test_only_the_one_expectation_has_a_client_wait_for_its_body(field):
    with limited() as running, connected(running) as connection:
        connection.sendall(post(OTHER, b"body").replace(b"\r\n\r\n", b"\r\n" + field + b"\r\n\r\n", 1))
        assert response(connection) == (200, b"body")


def test_a_request_on_a_connection_beyond_the_surplus_is_not_answered():
    with limited(connections=1, surplus=1) as running, connected(running) as first:
        first.sendall(b"GET")
        with connected(running), connected(running) as third:
            with contextlib.suppress(ConnectionError):
                third.sendall(post(OTHER, b"hello"))
            assert rest(third) == b""


def test_only_a_stop_shortens_what_is_waited_for():
    limits = Limits(drain_seconds=30, drain_silence=5, stop_drain_seconds=1, stall_seconds=30, stop_seconds=5)
    bounds, reader = Connections(limits), Reader()
    assert not bounds.is_drained(29, 4)
    assert bounds.is_drained(30, 0)
    assert bounds.is_drained(5, 5)
    assert not bounds.is_stalled(reader, 100, 0.0)
    assert not bounds.is_stalled(reader, 100, 29.0)
    assert bounds.is_stalled(reader, 100, 30.0)
    bounds.stop(40.0)
    assert not bounds.is_drained(0.5, 0.5)
    assert bounds.is_drained(1, 0)
    assert not bounds.is_stalled(reader, 100, 44.0)
    assert bounds.is_stalled(reader, 100, 45.0)
