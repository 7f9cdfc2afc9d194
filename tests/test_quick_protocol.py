"""The short way for lists, over real sockets: whole, split, pipelined, and everything that must not take it."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from runtime.mcp_server.replies import Reply
from runtime.server.connections import Limits
from runtime.server.fast_path import quick_protocol
from tests.serving import served

OFTEN = Limits(look_seconds=0.05)
LIST = b'{"method":"tools/list","id":1}'


class Door:
    """Knows the answer to a list at once, and to the rest after a while; counts the heads that it had to read."""

    heads = 0
    is_open = True

    def read_head(self, path, sent, client):
        self.heads += 1
        fields = dict(sent)
        return None if b"x-refused" in fields else fields.get(b"x-name", b"nobody")

    def reply_at_once(self, head, body):
        if b"tools/list" not in body or not self.is_open:
            return None
        return Reply(200, ((b"x-way", b"short"), (b"x-name", head)), body, b"z" * 200_000)

    async def reply(self, head, body):
        await asyncio.sleep(0.3 if b"slow" in body else 0)
        return Reply(200, ((b"x-way", b"task"), (b"x-name", head)), body)


async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    fields = [(b"content-length", b"%d" % len(body)), (b"x-way", b"usual")]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def door():
    return Door()


@pytest.fixture(scope="module")
def port(door):
    with served(application, http=quick_protocol(door)) as running:
        yield running.port


def request(body=LIST, path=b"/mcp/x", verb=b"POST", *more):
    lines = [b"%b %b HTTP/1.1" % (verb, path), b"Host: x", b"Content-Length: %d" % len(body), *more]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def read(stream):
    """The header lines and the body of one answer."""
    assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
    head = {}
    while line := stream.readline().strip():
        name, value = line.split(b": ", 1)
        head[name] = value
    return head, stream.read(int(head[b"content-length"]))


def answers(port, *pieces, count=1, pause=0.0):
    """(way, body) of each answer to what was sent in pieces over one connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
        stream = connection.makefile("rb")
        found = [read(stream) for _ in range(count)]
    return [(head[b"x-way"], body) for head, body in found]


@pytest.fixture
def ask(port):
    """Sends a request over a connection that is kept; answers (way, name, body)."""
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        stream = connection.makefile("rb")

        def ask(sent, *more):
            for piece in (sent, *more):
                connection.sendall(piece)
                time.sleep(0.02 if more else 0)
            head, body = read(stream)
            return head[b"x-way"], head.get(b"x-name"), body[:40]

        yield ask


def test_a_list_takes_the_short_way_and_comes_whole(port):
    [(way, body)] = answers(port, request())
    assert way == b"short"
    assert body == LIST + b"z" * 200_000


def test_a_request_in_pieces_is_held_until_it_is_whole(port):
    whole = request()
    pieces = [whole[:10], whole[10:70], whole[70:75], whole[75:]]
    assert answers(port, *pieces, pause=0.02)[0][0] == b"short"


def test_requests_on_one_connection_are_answered_in_order(port):
    other = b'{"method":"tools/call","id":2}'
    sent = request() + request(other) + request() + request(other)
    found = answers(port, sent, count=4)
    assert [way for way, _ in found][:2] == [b"short", b"task"]
    assert [body[:30] for _, body in found] == [LIST[:30], other[:30], LIST[:30], other[:30]]


@pytest.mark.parametrize(
    "sent",
    [
        request(path=b"/elsewhere"),
        request(path=b"/mcp/x?y=1"),
        request(path=b"/mcp/%78"),
        request(LIST + b" " * 65536),
        request(LIST, b"/mcp/x", b"POST", b"X-Refused: 1"),
        request(verb=b"PUT"),
    ],
)
def test_everything_else_goes_the_usual_way(port, sent):
    assert answers(port, sent)[0][0] == b"usual"


def test_a_client_that_wants_the_connection_closed_gets_that(port):
    sent = request(LIST, b"/mcp/x", b"POST", b"Connection: close")
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall(sent)
        data = b""
        while piece := connection.recv(65536):
            data += piece
    assert b"x-way: usual" in data
    assert data.endswith(LIST)


def test_a_head_that_comes_again_is_read_once(ask, door):
    door.heads = 0
    for number in range(5):
        body = LIST.replace(b"1", b"%d" % number)
        assert ask(request(body)) == (b"short", b"nobody", body + b"z" * 10)
    assert door.heads == 1


def test_a_head_that_differs_is_another_one(ask, door):
    door.heads = 0
    for name in (b"a", b"b", b"a"):
        assert ask(request(LIST, b"/mcp/x", b"POST", b"X-Name: " + name))[:2] == (b"short", name)
    assert door.heads == 3


def test_a_known_head_with_another_body_is_answered_by_a_task(ask):
    other = LIST.replace(b"list", b"call")
    assert [ask(request(body))[0] for body in (LIST, other, LIST, other)] == [b"short", b"task"] * 2


def test_a_known_head_in_pieces_is_read_as_ever(ask):
    whole = request()
    middle = whole.index(LIST)
    assert ask(whole)[0] == b"short"
    assert ask(whole[:middle], whole[middle:]) == (b"short", b"nobody", LIST + b"z" * 10)
    assert ask(whole[:5], whole[5:])[0] == b"short"
    assert ask(whole)[0] == b"short"


def test_a_known_head_inside_a_body_is_no_request(ask):
    """What comes while a body is awaited belongs to the body, whatever it looks like."""
    whole = request()
    assert ask(whole)[0] == b"short"
    assert ask(request(whole + whole)[: -len(whole)], whole) == (b"short", b"nobody", whole[:40])


def test_two_requests_of_a_known_head_in_one_piece_are_two(port):
    whole = request()
    found = answers(port, whole, whole + whole, whole, count=4, pause=0.02)
    assert [way for way, _ in found] == [b"short"] * 4


@pytest.mark.parametrize("before", [b"", b"\r\n", b"\r\n\r\n"])
@pytest.mark.parametrize("is_split", [False, True])
def test_only_a_whole_message_by_itself_makes_a_head_known(port, before, is_split):
    """What is as long as the body before, and comes without its head, is a request of its own."""
    other = request(b"", b"/elsewhere", b"GET")
    body = LIST + b" " * (len(other) - len(LIST))
    whole = before + request(body)
    first = [whole[:-5], whole[-5:]] if is_split else [request() + whole]
    count = 2 if is_split else 3
    assert answers(port, *first, other, count=count, pause=0.05)[-1] == (b"usual", b"")


@pytest.mark.parametrize("difference", [-1, 1])
def test_a_known_head_with_a_byte_more_or_less_is_parsed(port, difference):
    whole = request()
    pieces = [whole[:-1], whole[-1:]] if difference < 0 else [whole + whole[:1], whole[1:]]
    found = answers(port, whole, *pieces, count=2 if difference < 0 else 3, pause=0.05)
    assert [body[:30] for _, body in found] == [LIST[:30]] * len(found)


def test_a_door_that_closes_is_closed_for_known_heads_too(ask, door):
    assert ask(request())[0] == b"short"
    door.is_open = False
    try:
        assert ask(request())[0] == b"task"
    finally:
        door.is_open = True


def test_what_comes_while_an_answer_is_made_waits_for_it(port):
    slow = b'{"method":"slow"}'
    found = answers(
        port, request(slow), request(), request(slow, b"/elsewhere"), request(slow), count=4, pause=0.02
    )
    assert [body[:17] for _, body in found] == [slow, LIST[:17], slow, slow]
    assert found[0][0] == b"task"


def test_a_client_that_goes_away_meanwhile_harms_nobody(port, ask):
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall(request(b'{"method":"slow"}'))
        time.sleep(0.05)
    time.sleep(0.4)
    assert ask(request())[0] == b"short"


def test_a_stop_waits_for_the_answer_and_then_closes():
    with served(application, http=quick_protocol(Door())) as running:
        with socket.create_connection(("127.0.0.1", running.port), timeout=120) as connection:
            connection.sendall(request(b'{"method":"slow"}'))
            time.sleep(0.1)
            running.server.should_exit = True
            data = connection.makefile("rb").read()
        assert b"connection: close" in data
        assert data.endswith(b'{"method":"slow"}')
        running.thread.join(10)
        assert not running.thread.is_alive()


def test_a_stop_does_not_wait_for_a_body_that_never_comes():
    with (
        served(application, http=quick_protocol(Door())) as running,
        socket.create_connection(("127.0.0.1", running.port), timeout=120) as connection,
    ):
        connection.sendall(request()[:-5])
        time.sleep(0.1)
        running.server.should_exit = True
        running.thread.join(5)
        assert not running.thread.is_alive()


def test_a_client_that_waits_to_be_told_is_told(port):
    sent = request(LIST, b"/mcp/x", b"POST", b"Expect: 100-continue")
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        stream = connection.makefile("rb")
        connection.sendall(sent[: -len(LIST)])
        assert stream.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert stream.readline() == b"\r\n"
        connection.sendall(LIST)
        assert read(stream)[1] == LIST


def test_an_idle_connection_is_closed_after_its_time_and_not_before():
    with (
        served(application, http=quick_protocol(Door(), OFTEN), timeout_keep_alive=2) as running,
        socket.create_connection(("127.0.0.1", running.port), timeout=60) as connection,
    ):
        stream = connection.makefile("rb")
        for sent in (request(), request(), request(path=b"/elsewhere"), request(b'{"method":"slow"}')):
            connection.sendall(sent)
            read(stream)
            time.sleep(0.6)
        began = time.perf_counter()
        assert stream.read() == b""
        assert time.perf_counter() - began > 0.5


def test_an_answer_that_takes_longer_than_idle_connections_are_kept_comes_all_the_same():
    with (
        served(application, http=quick_protocol(Door(), OFTEN), timeout_keep_alive=0.1) as running,
        socket.create_connection(("127.0.0.1", running.port), timeout=120) as connection,
    ):
        stream = connection.makefile("rb")
        for sent in (request(), request(b'{"method":"slow"}')):
            connection.sendall(sent)
            assert read(stream)[0][b"x-way"]
        assert stream.read() == b""
