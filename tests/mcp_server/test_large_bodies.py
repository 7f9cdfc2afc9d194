"""Messages beyond the usual limit: for the file of a tool that sends one, and for nothing else."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from generator.catalog import Call, Part
from runtime.mcp_server import large_bodies
from runtime.mcp_server.replies import Refused
from runtime.mcp_server.request import LARGEST_BODY, read_body
from runtime.mcp_server.toolset import LARGEST_FILE
from runtime.upstream.base64_text import decode
from tests.growth import is_linear
from tests.hand_loop import run_by_hand
from tests.mcp_server.stand import (
    TOKEN,
    TOOLS,
    Stand,
    ask_in_loop,
    make_catalog,
    make_grant,
    make_tool,
    message,
)

UPLOAD = replace(
    make_tool("upload_a_file", "void", tags=("sales",)),
    risk="create",
    former_names=("attach_a_file",),
    call=Call(
        "POST", "/upload", body="parts", parts=(Part("file", content="content", max_bytes=100_000_000),)
    ),
)
FILE = bytes(range(256)) * 12_500
"""3.2 MB, which come to 4.3 MB in base64."""
MIB = 1024 * 1024


def stand(*, upload: bool = True, **config: Any) -> Stand:
    made = Stand(grants={TOKEN: make_grant(**config)})
    made.catalog = make_catalog((*TOOLS, UPLOAD) if upload else TOOLS)
    return made


def call(made: Stand, name: str, arguments: dict[str, Any], **more: Any) -> Any:
    return made.post("tools/call", {"name": name, "arguments": arguments}, **more)


@pytest.mark.parametrize("called", ["upload_a_file", "attach_a_file"], ids=["its name", "its former name"])
def test_a_file_beyond_the_usual_limit_reaches_the_call_beside_its_arguments(called):
    made = stand()
    text = base64.b64encode(FILE).decode()
    assert len(text) > LARGEST_BODY

    answer = call(made, called, {"content": text, "FileName": "a.pdf"})

    assert answer.result["isError"] is False
    [(name, arguments)] = made.calls.made
    assert (name, arguments["FileName"]) == (called, "a.pdf")
    [(digest, file)] = made.calls.carried.items()
    assert arguments["content"] == digest
    assert decode(file.text, is_json=file.is_json) == FILE


@pytest.mark.parametrize("revision", ["2025-11-25", "2026-07-28"])
def test_it_is_the_same_through_the_tool_that_calls_others(revision):
    made = stand(tool_exposure="discovery")
    text = base64.b64encode(FILE).decode()

    answer = call(
        made, "call_write_tool", {"name": "upload_a_file", "arguments": {"content": text}}, revision=revision
    )

    assert answer.result["isError"] is False
    [(name, arguments)] = made.calls.made
    assert name == "upload_a_file"
    assert decode(made.calls.carried[arguments["content"]].text) == FILE


def test_a_large_text_that_is_no_file_is_refused():
    made = stand()
    text = "A" * LARGEST_BODY

    for name, arguments in (
        ("upload_a_file", {"Note": text}),
        ("create_an_invoice", {"content": text}),
        ("no_such_tool", {"content": text}),
        ("upload_a_file", {"content": {"inner": text}}),
    ):
        answer = call(made, name, arguments)
        assert (answer.status, answer.json["id"]) == (413, 1), name
        assert "may hold the file of one call" in answer.json["error"]["message"]
    assert call(made, "upload_a_file", {"content": text}).result["isError"] is False
    assert len(made.calls.made) == 1


def test_what_stands_beside_the_file_is_held_to_the_usual_limit():
    made = stand()

    answer = call(made, "upload_a_file", {"content": "A" * LARGEST_BODY, "Line": ["B" * LARGEST_BODY]})

    assert answer.status == 413
    assert made.calls.made == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' + b"[0," * LARGEST_BODY + b"1",
        b'"' * (LARGEST_BODY + 1),
        b" " * (LARGEST_BODY + 1),
        b'{"a":"' + b"A" * LARGEST_BODY + b'\\"b"}',
        b'{"a":"' + b"A" * LARGEST_BODY,
    ],
)
def test_a_large_body_without_a_file_is_refused(body):
    made = stand()

    answer = made.send(body, [(b"content-type", b"application/json")])

    assert answer.status == 413
    assert made.calls.made == []


def test_a_url_without_a_tool_that_sends_files_takes_the_usual_limit():
    for made in (stand(upload=False), stand(methods=("read",))):
        answer = call(made, "create_an_invoice", {"content": "A" * LARGEST_BODY})

        assert answer.status == 413
        assert answer.json["error"]["message"] == "The body is larger than 4 MiB."


def test_a_file_beyond_the_limit_of_messages_is_refused_with_where_it_can_go():
    made = stand()
    largest = LARGEST_BODY + -(-LARGEST_FILE // 3) * 4
    fields = [(b"content-type", b"application/json"), (b"content-length", b"%d" % (largest + 1))]

    answer = made.send(b"{", fields)

    assert answer.status == 413
    said = answer.json["error"]["message"]
    assert "up to 32 MiB" in said
    assert "multipart/form-data to POST /integrated-account/a1/tools/upload_a_file" in said


def test_an_unknown_url_is_refused_before_any_of_the_body_is_read():
    made = stand()

    async def story():
        pieces = [b"A" * 65_536 for _ in range(100)]
        fields = [(b"content-type", b"application/json")]
        answer = await ask_in_loop(made.endpoint, "/mcp/unknown", "POST", fields, pieces)
        return answer.status, len(pieces)

    assert asyncio.run(story()) == (404, 100)


def test_large_bodies_at_once_are_bounded_and_the_others_are_asked_to_wait(monkeypatch):
    monkeypatch.setattr(large_bodies, "MOST_BYTES", 2 * (LARGEST_BODY + LARGEST_BODY // 2))
    made = stand()
    body, fields = message(
        "tools/call", {"name": "upload_a_file", "arguments": {"content": "A" * LARGEST_BODY}}
    )
    headers = [(key.encode(), value.encode()) for key, value in fields.items()]
    headers.append((b"content-length", b"%d" % len(body)))

    async def story():
        made.calls.hold = asyncio.Event()
        under_way = []
        for _ in range(2):
            asked = ask_in_loop(made.endpoint, f"/mcp/{TOKEN}", "POST", headers, [body])
            under_way.append(asyncio.create_task(asked))
            await made.calls.began.wait()
            made.calls.began.clear()
        third = ask_in_loop(made.endpoint, f"/mcp/{TOKEN}", "POST", headers, [body])
        refused = await asyncio.wait_for(third, 30)
        small, head = message("tools/call", {"name": "get_single_invoice_by_id"})
        made.calls.hold.set()
        ordinary = await ask_in_loop(
            made.endpoint,
            f"/mcp/{TOKEN}",
            "POST",
            [(k.encode(), v.encode()) for k, v in head.items()],
            [small],
        )
        await asyncio.gather(*under_way)
        again = await ask_in_loop(made.endpoint, f"/mcp/{TOKEN}", "POST", headers, [body])
        return refused, ordinary, again

    refused, ordinary, again = asyncio.run(story())

    assert (refused.status, refused.header("retry-after")) == (503, "5")
    assert "Wait 5 seconds" in refused.json["error"]["message"]
    assert (ordinary.status, again.status) == (200, 200)
    assert (made.endpoint._large.bytes, made.endpoint._large.count) == (0, 0)


def slow_body(count: int, seconds: float, *, announced: int) -> Any:
    """A body of some MiB, one after each pause, and then nothing more but no end unless it is whole."""
    left = count

    async def receive() -> dict[str, Any]:
        nonlocal left
        await asyncio.sleep(seconds)
        if not left:
            await asyncio.Event().wait()
        left -= 1
        is_last = not left and announced == count
        return {"type": "http.request", "body": b"A" * MIB, "more_body": not is_last}

    fields = {b"content-length": b"%d" % (announced * MIB)}
    return run_by_hand(read_body(receive, fields, 16 * MIB))


def test_a_large_body_that_retains_coming_has_longer_than_half_a_minute():
    assert len(slow_body(10, 4.0, announced=10)) == 10 * MIB


def test_a_large_body_that_stops_coming_or_comes_too_slowly_is_given_up():
    for count, seconds in ((8, 0.1), (0, 1.0), (10, 8.0)):
        with pytest.raises(Refused) as late:
            slow_body(count, seconds, announced=10 if count == 10 else 9)
        assert late.value.status == 408


def test_the_bytes_that_are_announced_are_held_before_any_of_them_is_taken():
    held: list[int] = []

    async def receive() -> dict[str, Any]:
        assert held == [8 * MIB]
        return {"type": "http.request", "body": b"A" * 8 * MIB}

    body = asyncio.run(read_body(receive, {b"content-length": b"%d" % (8 * MIB)}, 16 * MIB, held.append))

    assert len(body) == held[-1] == 8 * MIB


def test_a_file_among_more_values_than_a_call_has_is_refused():
    made = stand()
    refs = ["1"] * large_bodies.MOST_QUOTES

    answer = call(made, "upload_a_file", {"content": "A" * LARGEST_BODY, "Refs": refs})

    assert answer.status == 413
    assert made.calls.made == []


@pytest.mark.parametrize("unit", [b'"', b"A", b'"A" ', b"\\"])
def test_looking_for_the_file_takes_twice_as_long_in_twice_as_much(unit):
    def cutting(size: int) -> Callable[[], None]:
        body = bytearray(unit * (size // len(unit)))

        def work() -> None:
            with pytest.raises(Refused):
                asyncio.run(large_bodies.cut(body))

        return work

    assert is_linear(cutting, 16_000_000)


def test_the_message_is_the_same_however_its_json_writes_the_file():
    made = stand()
    text = base64.b64encode(FILE).decode()
    body, fields = message("tools/call", {"name": "upload_a_file", "arguments": {"content": text}})
    escaped = body.replace(b"/", b"\\/").replace(b"tools\\/call", b"tools/call")
    assert escaped != body

    made.send(escaped, [(key.encode(), value.encode()) for key, value in fields.items()])

    [file] = made.calls.carried.values()
    assert decode(file.text, is_json=file.is_json) == FILE
    assert json.loads(escaped)["params"]["arguments"]["content"] == text
