"""The hostile requests find something: each of their checks fails for what it is there for."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException

import pytest

from tests.faults.hostile_arguments import Sent
from tests.faults.hostile_attack import (
    ALLOWED_BYTES,
    RETRIES,
    Answer,
    Charged,
    Connection,
    allowed_seconds,
    problems_of_answer,
    problems_of_line,
    problems_of_time,
)

JSON = {"content-type": "application/json"}
MCP = Sent(True, "POST", "/mcp/x", [], b"", "")
TOOL = Sent(False, "POST", "/integrated-account/1/tools/a", [], b"", "")
TOKENS = Sent(False, "GET", "/api-token", [], b"", "")
REFUSAL = b'{"error":true,"code":"busy","message":"Busy."}'
RESULT = b'{"jsonrpc":"2.0","id":1,"result":{}}'


@pytest.mark.parametrize(
    ("sent", "answer", "vendor"),
    [
        (MCP, Answer(500, JSON, RESULT), []),
        (MCP, Answer(502, JSON, RESULT), [502]),
        (MCP, Answer(200, JSON, b'{"jsonrpc":"2.0","id":1,"error":{"code":-32603}}'), []),
        (MCP, Answer(200, JSON, b'{"result":{"text":"The call failed inside Ledgerport."}}'), []),
        (MCP, Answer(200, JSON, b'{"jsonrpc":"2.0","id":1}'), []),
        (MCP, Answer(200, JSON, b'{"result":NaN}'), []),
        (MCP, Answer(200, JSON, b'{"result":"\xff"}'), []),
        (MCP, Answer(200, JSON, b'{"result":'), []),
        (TOKENS, Answer(503, JSON, REFUSAL), [503]),
        (TOOL, Answer(500, JSON, REFUSAL), []),
        (TOOL, Answer(500, JSON, REFUSAL), [200, 404]),
        (TOOL, Answer(502, JSON, REFUSAL), []),
        (TOOL, Answer(500, JSON, REFUSAL.replace(b"busy", b"internal")), [500]),
        (TOOL, Answer(400, JSON, b'{"detail":"no"}'), []),
    ],
)
def test_a_failure_in_an_answer_is_found(sent: Sent, answer: Answer, vendor: list[int]) -> None:
    assert problems_of_answer(sent, answer, vendor)


@pytest.mark.parametrize(
    ("sent", "answer", "vendor"),
    [
        (MCP, Answer(200, JSON, RESULT), [500]),
        (TOOL, Answer(500, JSON, REFUSAL), [401, 500]),
        (TOOL, Answer(502, JSON, REFUSAL), [200]),
        (TOKENS, Answer(429, JSON, REFUSAL), []),
        (TOKENS, Answer(200, {"content-type": "text/html"}, b"<html>"), []),
    ],
)
def test_what_the_vendor_causes_or_is_in_order_is_not(sent: Sent, answer: Answer, vendor: list[int]) -> None:
    assert not problems_of_answer(sent, answer, vendor)


def test_lines_of_libraries_and_failures_in_the_log_are_found() -> None:
    for line in (
        b"ERROR asyncio Task exception was never retrieved\n",
        b"Traceback (most recent call last):\n",
        b'{"event":"api_failed","path":"/"}\n',
        b'{"event":"storage","status":"degraded"}\n',
        b'{"event":"tool_call","error":"internal_error"}\n',
    ):
        assert problems_of_line(line), line
    assert not problems_of_line(b'{"event":"tool_call","error":"invalid_arguments"}\n')


def test_a_request_takes_too_long_only_when_it_does_so_each_time() -> None:
    slow, quick = Charged(9.0, 0.1), Charged(0.05, 0.1)
    charges = [slow, quick]

    assert problems_of_time(9.0, 0.1, lambda: slow) == ["9000 ms of processor time, and 100 are allowed"]
    assert not problems_of_time(9.0, 0.1, lambda: charges.pop(0))
    assert len(charges) < RETRIES
    assert not problems_of_time(0.1, 0.1, pytest.fail)


def test_a_connection_that_is_closed_without_announcement_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as server:

        def answer_once() -> None:
            with listener.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        server.submit(answer_once)
        connection = Connection(listener.getsockname()[1])
        assert connection.exchange(TOKENS).body == b"{}"
        with pytest.raises((OSError, HTTPException)):
            connection.exchange(TOKENS)
        connection.close()


def test_the_allowed_time_grows_with_the_input() -> None:
    assert allowed_seconds(100) == allowed_seconds(ALLOWED_BYTES) == 0.1
    assert allowed_seconds(3 * ALLOWED_BYTES) == pytest.approx(0.3)
