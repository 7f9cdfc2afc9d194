"""The short way for lists, over real sockets: whole, split, pipelined, and everything that must not take it."""

from __future__ import annotations

import socket
import threading
import time

import pytest
import uvicorn

from runtime.mcp_server.replies import Reply
from runtime.quick_protocol import quick_protocol

LIST = b'{"method":"tools/list","id":1}'


def answer(path, headers, body):
    if b"tools/list" not in body:
        return None
    rest = b"z" * 200_000
    fields = [(b"content-length", b"%d" % (len(body) + len(rest))), (b"x-way", b"short")]
    return Reply(200, fields, body, rest)


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
def port():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(application, http=quick_protocol(answer), lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(10)


def request(body=LIST, path=b"/mcp/x", verb=b"POST", *more):
    lines = [b"%b %b HTTP/1.1" % (verb, path), b"Host: x", b"Content-Length: %d" % len(body), *more]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def answers(port, *pieces, count=1, pause=0.0):
    """(way, body) of each answer to what was sent in pieces over one connection."""
    found = []
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause)
        stream = connection.makefile("rb")
        for _ in range(count):
            head = {}
            assert stream.readline().startswith(b"HTTP/1.1 200")
            while line := stream.readline().strip():
                name, value = line.split(b": ", 1)
                head[name] = value
            found.append((head[b"x-way"], stream.read(int(head[b"content-length"]))))
    return found


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
    assert [way for way, _ in found][:2] == [b"short", b"usual"]
    assert [body[:30] for _, body in found] == [LIST[:30], other[:30], LIST[:30], other[:30]]


@pytest.mark.parametrize(
    "sent",
    [
        request(b'{"method":"tools/call"}'),
        request(path=b"/elsewhere"),
        request(path=b"/mcp/x?y=1"),
        request(path=b"/mcp/%78"),
        request(LIST + b" " * 2000),
        request(verb=b"PUT"),
    ],
)
def test_everything_else_goes_the_usual_way(port, sent):
    assert answers(port, sent)[0][0] == b"usual"


def test_a_client_that_wants_the_connection_closed_gets_that(port):
    sent = request(LIST, b"/mcp/x", b"POST", b"Connection: close")
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        data = b""
        while piece := connection.recv(65536):
            data += piece
    assert b"x-way: usual" in data
    assert data.endswith(LIST)
