"""Random requests at both endpoints over raw sockets: none ends in HTTP 500, and nothing is left behind.

`LEDGERPORT_TEST_HOSTILE` sets how many; `LEDGERPORT_TEST_SEED` the seed, which a failure names.
"""

from __future__ import annotations

import contextlib
import logging
import os
import random
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runtime.server.connections import Limits
from runtime.server.fast_path import make_protocol
from tests.mcp_server.stand import TOKEN
from tests.serving import served
from tests.test_large_bodies import Endpoints
from tests.waiting import wait_until

COUNT = int(os.environ.get("LEDGERPORT_TEST_HOSTILE", "1500"))
SEED = int(os.environ.get("LEDGERPORT_TEST_SEED", "8"))
CLIENTS = 24
SHORT = Limits(
    head_seconds=0.1,
    body_seconds=0.1,
    slowest_body=10**9,
    drain_seconds=0.2,
    drain_silence=0.05,
    look_seconds=0.02,
)
VERBS = [b"POST"] * 8 + [
    b"GET",
    b"HEAD",
    b"OPTIONS",
    b"DELETE",
    b"PUT",
    b"PATCH",
    b"CONNECT",
    b"TRACE",
    b"X",
    b"",
    b"post",
]
PATHS = [b"/mcp/" + TOKEN.encode()] * 6 + [
    b"/mcp/unknown", b"/mcp", b"/mcp/", b"/sse", b"/mcp/%s/mcp" % TOKEN.encode(), b"/mcp/%s/sse" % TOKEN.encode(),
    b"/mcp/%00", b"/mcp/%ff%fe", b"/mcp/%2e%2e/integrated-account", b"/mcp/%zz", b"/%6dcp/x", b"/mcp/\xc3\xbc",
    b"/mcp/x?y=%", b"/mcp/x#y", b"/integrated-account", b"/integrated-account/%00",
    b"/integrated-account/x?limit=\xb2",
    b"/integrated-account?limit=%C2%B2&limit=1", b"/api-token", b"/openapi.json", b"/docs", b"/healthz", b"//", b"*",
    b"", b"/" + b"a" * 9_000, b"http://127.0.0.1/mcp/x", b"http://[::1/mcp/x", b"http://a:99999/healthz", b"https://",
    b"/mcp/" + b"x" * 5_000, b"/\xff", b"/a b", b"/integrated-account/" + b"%F0%9F%92%A9" * 20,
]  # fmt: skip
VERSIONS = [b"HTTP/1.1"] * 10 + [
    b"HTTP/1.0",
    b"HTTP/0.9",
    b"HTTP/2.0",
    b"HTTP/1.",
    b"HTTP/9.9",
    b"http/1.1",
    b"",
    b"HTTPS/1.1",
]
FIELDS = [
    b"Content-Type: application/json", b"Content-Type: application/json", b"content-type: text/plain",
    b"Content-Type: application/json; charset=\xff", b"Accept: */*", b"Accept: text/html;q=x,,;q=",
    b"Accept: " + b"a," * 3_000,
    b"Accept-Encoding: gzip;q=0", b"Accept-Encoding: gzip", b"Authorization: Bearer good",
    b"Authorization: Bearer \xb2",
    b"Authorization: %TOKEN%", b"Authorization: %TOKEN%", b"Connection: close", b"Connection: upgrade",
    b"Upgrade: h2c",
    b"Upgrade: websocket", b"Connection: keep-alive, Upgrade", b"HTTP2-Settings: AAM", b"Expect: 100-continue",
    b"Expect: x",
    b"Host: evil.example", b"Host: ", b"Host: [::1", b"Origin: null", b"Origin: http://[::1",
    b"Origin: http://localhost",
    b"Mcp-Protocol-Version: 2025-11-25", b"Mcp-Protocol-Version: 2026-07-28", b"Mcp-Protocol-Version: \xff",
    b"Mcp-Method: x",
    b"Idempotency-Key: \xb2\xb3", b"X: \0", b"X: a\n b", b"X: a\r\n b", b"X : a", b": a", b"X",
    b"X: " + b"y" * 70_000,
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked, identity",
    b"If-None-Match: \xff",
    b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: +5", b"Content-Length: 0x5",
    b"Content-Length: \xb2",
    b"Content-Length: 99999999999999999999999", b"Content-Length: 18446744073709551616", b"Content-Length: 10000000",
    b"Content-Length: 5, 5", b"Content-Length:", b"Content-Encoding: gzip", b"Trailer: X", b"Cookie: " + b"c" * 5_000,
]  # fmt: skip
BODIES = [
    b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}', b'{"jsonrpc":"2.0","id":1,"method":"ping"}', b"{}",
    b"[]", b"", b"null",
    b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_an_invoice","arguments":{"id":"1"}}}',
    b'{"jsonrpc":"2.0","method":"notifications/initialized"}', b'{"name":"x"}', b'{"name":"\xff"}',
    b"\x00" * 50, b"[" * 5_000,
    b'{"name":"Shop","integration":"books"}', b'{"jsonrpc":"2.0","id":1e400,"method":"ping"}', b"x" * 70_000,
]  # fmt: skip


def chunked(chance: random.Random, body: bytes) -> bytes:
    sizes = [
        b"%x" % len(body),
        b"%x;ext=1" % len(body),
        b"-1",
        b"g",
        b"ffffffffffffffffff",
        b" 5",
        b"",
        b"0x5",
        b"1",
    ]
    ends = [
        b"0\r\n\r\n",
        b"0\r\nX: y\r\n\r\n",
        b"0\r\nContent-Length: 5\r\n\r\n",
        b"0\n\n",
        b"",
        b"00\r\n\r\n",
    ]
    size = sizes[0] if chance.random() < 0.6 else chance.choice(sizes)
    return size + b"\r\n" + body + b"\r\n" + chance.choice(ends)


def one(chance: random.Random, api_token: str) -> bytes:
    """A request that may have anything wrong with it."""
    body = chance.choice(BODIES)
    fields = [b"Host: 127.0.0.1"] if chance.random() < 0.9 else []
    fields += [chance.choice(FIELDS) for _ in range(chance.choice([0, 1, 1, 2, 3, 6]))]
    form = chance.random()
    if form < 0.6:
        fields += [b"Content-Type: application/json", b"Content-Length: %d" % len(body)]
    elif form < 0.8:
        fields += [b"Content-Type: application/json", b"Transfer-Encoding: chunked"]
        body = chunked(chance, body)
    end = b"\r\n" if chance.random() < 0.95 else chance.choice([b"\n", b"\r", b"\r\n\r\n"])
    first = b" ".join((chance.choice(VERBS), chance.choice(PATHS), chance.choice(VERSIONS)))
    whole = end.join([first, *fields]) + end + end + body
    return whole.replace(b"%TOKEN%", b"Bearer " + api_token.encode())


def hostile(chance: random.Random, api_token: str) -> list[bytes]:
    """Some requests on one connection, with bytes changed, cut anywhere."""
    sent = bytearray(b"".join(one(chance, api_token) for _ in range(chance.choice([1, 1, 2, 3, 40]))))
    for _ in range(chance.choice([0, 0, 0, 1, 3])):
        sent[chance.randrange(len(sent))] = chance.randrange(256)
    cuts = sorted(chance.randrange(len(sent) + 1) for _ in range(chance.choice([0, 1, 2, 8])))
    return [bytes(sent[at:to]) for at, to in zip([0, *cuts], [*cuts, len(sent)], strict=True)]


def exchange(port: int, pieces: list[bytes]) -> bytes:
    """Everything that is answered until the server closes."""
    found = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(65536):
                found += piece
    return found


def test_hostile_requests_are_answered_and_leave_nothing_behind(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    endpoints = Endpoints(tmp_path)
    protocol = make_protocol(endpoints.mcp.respond, SHORT)
    failed: list[tuple[int, list[bytes], bytes]] = []

    def attack(number: int) -> None:
        pieces = hostile(random.Random(SEED * 1_000_003 + number), endpoints.api.token)
        answer = exchange(running.port, pieces)
        if b"HTTP/1.1 500" in answer or (answer and not answer.startswith(b"HTTP/1.1 ")):
            failed.append((number, pieces, answer))

    with (
        caplog.at_level(logging.ERROR),
        served(endpoints, http=protocol, timeout_keep_alive=0.1) as running,
    ):
        with ThreadPoolExecutor(CLIENTS) as clients:
            list(clients.map(attack, range(COUNT)))
        wait_until(lambda: not running.server.server_state.connections)
        wait_until(lambda: not running.server.server_state.tasks)
    assert not failed, (SEED, failed[0])
    assert not [line for line in caplog.messages if "failed" in line or "Exception" in line], SEED
    assert not [line for line in endpoints.api.lines if "api_failed" in line], SEED
    assert protocol.bounds.received == 0
