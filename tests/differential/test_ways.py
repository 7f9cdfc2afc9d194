"""The short way to our door and the usual one: every request gets the same answer from both, over real sockets."""

from __future__ import annotations

import http.client
import socket
from typing import Any

from runtime.server.bounded_protocol import BoundedProtocol
from runtime.server.connections import Connections, Limits
from runtime.server.fast_path import LARGEST_HELD, quick_protocol
from tests.differential.requests import Request, table
from tests.differential.servers import our_server
from tests.mcp_server.stand import TOKEN
from tests.serving import served

VARYING = {"date"}


class Asgi(BoundedProtocol):
    """Every request is answered by the ASGI application."""

    bounds = Connections(Limits())


WAYS = ("usual", "short", "short, on a connection that sent the same head before")


def wire(request: Request, port: int) -> bytes:
    lines = [f"{request.verb} /mcp/{TOKEN} HTTP/1.1".encode()]
    fields = request.raw_headers()
    if not any(name == b"host" for name, _ in fields):
        fields = [(b"host", b"127.0.0.1:%d" % port), *fields]
    if not any(name == b"content-length" for name, _ in fields):
        fields = [*fields, (b"content-length", b"%d" % len(request.body))]
    lines += [b"%b: %b" % field for field in fields]
    return b"\r\n".join(lines) + b"\r\n\r\n" + request.body


def answer(connection: socket.socket, verb: str, sent: bytes) -> tuple[int, dict[str, str], bytes]:
    connection.sendall(sent)
    response = http.client.HTTPResponse(connection, method=verb)
    response.begin()
    fields = {name.lower(): value for name, value in response.getheaders()}
    body = response.read()
    return response.status, {name: value for name, value in fields.items() if name not in VARYING}, body


def test_both_ways_answer_alike() -> None:
    door = our_server()
    differ, short = [], 0
    read_head = door.read_head

    def counted(*arguments: Any) -> Any:
        nonlocal short
        head = read_head(*arguments)
        short += head is not None
        return head

    door.read_head = counted
    with served(door, http=Asgi) as usual_way, served(door, http=quick_protocol(door)) as short_way:
        usual, quick = usual_way.port, short_way.port
        for request in table():
            if len(request.body) > LARGEST_HELD:
                continue  # there is one way for it
            answers = []
            with socket.create_connection(("127.0.0.1", usual), timeout=120) as connection:
                answers.append(answer(connection, request.verb, wire(request, usual)))
            with socket.create_connection(("127.0.0.1", quick), timeout=120) as connection:
                answers.append(answer(connection, request.verb, wire(request, quick)))
                if answers[-1][1].get("connection") != "close":
                    answers.append(answer(connection, request.verb, wire(request, quick)))
            if any(each != answers[0] for each in answers):
                differ.append((request, dict(zip(WAYS, answers, strict=False))))
    assert not differ, differ[:3]
    assert short > 500
