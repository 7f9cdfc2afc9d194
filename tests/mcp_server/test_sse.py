"""The older transport on real sockets, in one process."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from runtime.errors import StorageUnavailable
from runtime.exchange.tool_answer import Answer
from runtime.mcp_server import sse, streams
from runtime.mcp_server.request import Gate
from runtime.mcp_server.streams import Streams
from runtime.model import McpServerId
from runtime.safety.guesses import Guesses
from tests.mcp_server.old_clients import JSON, KEYS, Events, Transport, post, send, serving
from tests.mcp_server.stand import TOKEN, FakeCalls, Stand, make_grant, shake
from tests.waiting import wait_until

CALL = {"name": "get_single_invoice_by_id", "arguments": {"id": "1"}}


@pytest.fixture
def stand() -> Stand:
    grants = {TOKEN: make_grant(), "another": make_grant()}
    return Stand(grants=grants, gate=Gate(["https://ours.example"]), guesses=Guesses(most_failures=100))


@pytest.fixture
def transport(stand: Stand) -> Transport:
    return Transport(stand)


@pytest.fixture
def port(transport: Transport) -> Iterator[int]:
    with serving(transport) as found:
        yield found


def read_comments(events: Events, count: int) -> list[str]:
    """The next lines that are comments."""
    found: list[str] = []
    while len(found) < count:
        line = events.read_line()
        assert line, "the stream ended"
        found += [line] if line.startswith(":") else []
    return found


def reasons(stand: Stand) -> list[object]:
    """Why streams ended."""
    return [line["reason"] for line in stand.lines if line["event"] == "sse_ended"]


def test_a_client_of_2024_greets_lists_and_calls(stand: Stand, port: int) -> None:
    events = Events(port)

    greeting = events.ask("initialize", **shake("2024-11-05"))
    assert events.post("notifications/initialized", id=None) == 202
    listed = events.ask("tools/list", id="two")
    called = events.ask("tools/call", id=3, **CALL)

    assert greeting["result"]["protocolVersion"] == "2024-11-05"
    assert (listed["id"], len(listed["result"]["tools"])) == ("two", 7)
    assert (called["id"], called["result"]["content"][0]["text"]) == (3, '{"Id":"1"}')
    assert stand.calls.made == [("get_single_invoice_by_id", {"id": "1"})]


def test_the_stream_is_one_that_no_proxy_collects_stores_or_compresses(port: int) -> None:
    events = Events(port, headers={"Accept-Encoding": "gzip"})

    assert events.response.getheader("Content-Type") == "text/event-stream"
    assert events.response.getheader("Cache-Control") == "no-store, no-transform"
    assert events.response.getheader("X-Accel-Buffering") == "no"
    assert events.response.getheader("Content-Encoding") is None
    assert len(read_comments(events, 2)) == 2


def test_an_answer_is_plain_json_whatever_its_message_accepts(port: int) -> None:
    events = Events(port)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()

    for accept in ("text/html", "text/event-stream", "application/json"):
        headers = JSON | {"Accept": accept, "Accept-Encoding": "gzip"}
        assert send(port, "POST", events.address, body, headers) == (202, {})
        assert len(events.read_message()["result"]["tools"]) == 7


@pytest.mark.parametrize("path", [f"/mcp/{TOKEN}/sse", f"/mcp/{TOKEN}/sse/", f"/sse/{TOKEN}/"])
def test_a_url_with_sse_behind_it_opens_a_stream_as_well(port: int, path: str) -> None:
    events = Events(port, path)

    assert events.address.startswith(f"/sse/{TOKEN}/messages?session=lps_")
    assert events.ask("ping")["result"] == {}


def test_an_error_of_a_request_comes_on_the_stream_under_its_id(port: int) -> None:
    events = Events(port)

    assert events.ask("prompts/list", id=7)["error"]["code"] == -32601
    assert events.ask("tools/call", id=8, name=1)["error"]["code"] == -32602
    assert events.ask("tools/call", id=8, name="nothing")["result"]["isError"]


def test_what_is_no_message_is_answered_on_the_stream(port: int) -> None:
    events = Events(port)

    for body, code in ((b"{", -32700), (b"[]", -32600), (b'{"jsonrpc":"2.0","id":[],"method":"x"}', -32600)):
        assert send(port, "POST", events.address, body, JSON)[0] == 202
        refused = events.read_message()
        assert (refused["id"], refused["error"]["code"]) == (None, code)


def test_a_session_of_nobody_or_of_another_token_is_not_there(stand: Stand, port: int) -> None:
    events = Events(port)
    session = events.address.partition("session=")[2]
    base = f"/sse/{TOKEN}/messages"
    paths = [
        f"/sse/another/messages?session={session}",
        base,
        f"{base}?session=",
        f"{base}?session={session}x",
        f"{base}?session={session[:-1]}",
        f"{base}?session={session}&session={session}",
        f"{base}?session=lps_{'A' * 32}",
        f"{base}?session={'A' * 4000}",
        f"{base}?session=%00%ff",
        f"{base}?sessionId={session}",
    ]

    answers = [post(port, path, "tools/call", **CALL) for path in paths]

    assert answers == [answers[0]] * len(paths)
    assert answers[0][0] == 404
    assert "There is no open event stream with this session." in answers[0][1]["error"]["message"]
    assert stand.calls.made == []
    assert events.ask("ping")["result"] == {}


def test_an_unknown_token_answers_the_same_to_everything(port: int) -> None:
    known = Events(port)
    session = known.address.partition("session=")[2]
    methods = ["GET", "POST", "DELETE", "PUT", "OPTIONS"]

    answers = [send(port, method, path, b"{}", JSON) for method in methods for path in (
        "/sse/unknown", "/sse/unknown/messages", f"/sse/unknown/messages?session={session}", "/sse/a/b/c",
        f"/sse/{'x' * 4000}", f"/sse/{TOKEN}/messages/messages",
    )]  # fmt: skip

    assert answers == [answers[0]] * len(answers)
    assert answers[0] == send(port, "POST", "/mcp/unknown", b"{}", JSON)
    assert send(port, "HEAD", "/sse/unknown")[0] == 404


@pytest.mark.parametrize("method", ["HEAD", "DELETE", "PUT", "PATCH"])
def test_other_methods_are_refused_and_the_stream_goes_on(port: int, method: str) -> None:
    events = Events(port)

    assert [send(port, method, path)[0] for path in (f"/sse/{TOKEN}", events.address)] == [405, 405]
    assert events.ask("ping")["result"] == {}


def test_a_message_that_is_posted_to_the_stream_is_pointed_to_either_transport(port: int) -> None:
    for path in (f"/sse/{TOKEN}", f"/mcp/{TOKEN}/sse"):
        status, refused = post(port, path, "initialize", **shake("2025-11-25"))

        assert status == 405
        assert "open it with GET" in refused["error"]["message"]
        assert "/mcp/ in place of /sse/" in refused["error"]["message"]
    assert send(port, "GET", f"/mcp/{TOKEN}")[0] == 405
    assert "/sse/ in place of /mcp/" in send(port, "GET", f"/mcp/{TOKEN}")[1]["error"]["message"]


@pytest.mark.parametrize("headers", [
    {}, {"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"},
    JSON | {"Content-Encoding": "gzip"},
])  # fmt: skip
def test_a_message_of_another_content_type_is_refused(
    stand: Stand, port: int, headers: dict[str, str]
) -> None:
    events = Events(port)

    assert send(port, "POST", events.address, b"{}", headers)[0] == 415
    assert events.ask("ping")["result"] == {}


def test_a_message_that_is_too_large_is_refused(port: int) -> None:
    events = Events(port)

    status, refused = post(port, events.address, "ping", text="x" * (5 * 1024 * 1024))

    assert (status, "MiB" in refused["error"]["message"]) == (413, True)
    assert events.ask("ping")["result"] == {}


def test_pages_of_other_origins_are_refused_and_ours_may_read(port: int) -> None:
    foreign, ours = {"Origin": "https://evil.example"}, {"Origin": "https://ours.example"}
    events = Events(port, headers=ours)

    assert Events(port, headers=foreign).status == 403
    assert events.response.getheader("Access-Control-Allow-Origin") == "https://ours.example"
    body = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
    assert send(port, "POST", events.address, body, JSON | foreign)[0] == 403
    assert send(port, "POST", events.address, body, JSON | ours)[0] == 202
    assert send(port, "OPTIONS", f"/sse/{TOKEN}", headers=ours)[0] == 204


def test_an_api_token_is_needed_for_the_stream_and_for_each_message(stand: Stand, port: int) -> None:
    stand.grants[TOKEN] = make_grant(require_api_token_auth=True)
    good, wrong = {"Authorization": "Bearer good"}, {"Authorization": "Bearer wrong"}
    body = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'

    assert [Events(port).status, Events(port, headers=wrong).status] == [403, 403]
    events = Events(port, headers=good)
    assert send(port, "POST", events.address, body, JSON)[0] == 403
    assert send(port, "POST", events.address, body, JSON | wrong)[0] == 403
    assert send(port, "POST", events.address, body, JSON | good)[0] == 202
    assert events.read_message()["result"] == {}
    stand.api_tokens.clear()
    assert events.read() == ("", "")
    assert reasons(stand) == ["revoked"]


def test_header_fields_narrow_the_tools_of_a_message(port: int) -> None:
    events = Events(port)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()

    assert send(port, "POST", events.address, body, JSON | {"X-Ledgerport-Tags": "crm"})[0] == 202
    assert [tool["name"] for tool in events.read_message()["result"]["tools"]] == ["list_all_customers"]


def test_a_stream_ends_at_the_next_heartbeat_when_its_url_is_revoked(stand: Stand, port: int) -> None:
    events = Events(port)

    del stand.grants[TOKEN]

    assert events.read() == ("", "")
    assert events.post("ping") == 404
    assert reasons(stand) == ["revoked"]


def test_an_answer_that_comes_after_the_revocation_is_not_sent(
    stand: Stand, transport: Transport, port: int
) -> None:
    held = asyncio.Event()
    stand.calls.hold = held
    events = Events(port)
    assert events.post("tools/call", **CALL) == 202
    wait_until(lambda: bool(stand.calls.made))

    def revoke(name: str, arguments: dict[str, Any]) -> Answer:
        del stand.grants[TOKEN]
        return Answer('{"Id":"secret"}')

    stand.calls.answer = revoke
    transport.do(held.set)

    assert events.read() == ("", "")


def test_answers_wait_while_nobody_can_say_whether_the_url_is_open(
    stand: Stand, transport: Transport, port: int
) -> None:
    events = Events(port)
    grants = stand.grants
    is_lost = [False]

    class Lost(dict[str, Any]):
        def get(self, *_: Any) -> Any:
            if is_lost[0]:
                raise StorageUnavailable("No.", reason="No.")
            return grants.get(TOKEN)

    stand.grants = Lost()
    held = asyncio.Event()
    stand.calls.hold = held
    assert events.post("tools/call", **CALL) == 202
    wait_until(lambda: bool(stand.calls.made))
    is_lost[0] = True
    transport.do(held.set)
    wait_until(lambda: bool(stand.calls.done))
    assert len(read_comments(events, 3)) == 3
    assert events.post("ping") == 503
    is_lost[0] = False

    assert events.read_message()["result"]["content"][0]["text"] == '{"Id":"1"}'


def test_a_client_that_opens_a_thousand_streams_has_the_last_few(stand: Stand, port: int) -> None:
    opened = [Events(port) for _ in range(streams.MOST_PER_SERVER)]
    for _ in range(1_000 - len(opened)):
        opened.append(Events(port))
        oldest = opened.pop(0)
        assert oldest.read() == ("", "")
        assert oldest.post("ping") == 404
        oldest.close()

    assert [events.ask("ping")["result"] for events in opened] == [{}] * streams.MOST_PER_SERVER
    assert set(reasons(stand)) == {"replaced"}


def test_the_stream_that_was_used_last_is_not_the_one_that_is_replaced(port: int) -> None:
    first, *others = [Events(port) for _ in range(streams.MOST_PER_SERVER)]
    first.ask("ping")

    another = Events(port)

    assert others[0].read() == ("", "")
    assert first.ask("ping")["result"] == another.ask("ping")["result"] == {}


def test_no_more_streams_are_opened_than_the_process_takes(stand: Stand) -> None:
    stand.grants = {
        str(number): replace(make_grant(), server_id=McpServerId(str(number))) for number in range(4)
    }
    with serving(Transport(stand, streams=Streams(most=3, heartbeat=0.05))) as port:
        opened = [Events(port, f"/sse/{number}") for number in range(4)]

        assert [events.status for events in opened] == [200, 200, 200, 503]
        assert opened[3].response.getheader("Retry-After") == "30"
        assert b"Use Streamable HTTP" in opened[3].response.read()
        opened[0].close()
        wait_until(lambda: "gone" in reasons(stand))
        assert Events(port, "/sse/3").status == 200


def test_a_client_that_never_reads_is_closed_and_takes_no_more_memory(
    stand: Stand, transport: Transport, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.calls.answer = Answer(json.dumps({"text": "x" * 30_000}))
    monkeypatch.setattr(streams, "MOST_WAITING", 1_000_000)
    deaf = socket.create_connection(("127.0.0.1", port))
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.sendall(f"GET /sse/{TOKEN} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    found = b""
    while b"session=" not in found or not found.endswith(b"\r\n"):
        found += deaf.recv(1)
    address = found.partition(b"data: ")[2].split()[0].decode()

    most = 0
    for _ in range(2_000):
        assert post(port, address, "tools/call", **CALL)[0] == 202
        most = max(most, transport.sse.streams.waiting)
        if ended(transport):
            break

    assert ended(transport) == ["slow"]
    assert 900_000 < most <= 1_000_000
    assert transport.sse.streams.waiting == 0
    assert Events(port).ask("ping")["result"] == {}
    deaf.close()


def ended(transport: Transport) -> list[str]:
    """Why the streams that are still served are to end."""
    every = [stream for own in transport.sse.streams._open.values() for stream in own.values()]
    return [stream.ended for stream in every if stream.ended]


def test_when_all_streams_have_too_much_to_send_the_fullest_one_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_WAITING_IN_ALL", 100)
    every = Streams()

    async def main() -> list[str]:
        full, small, new = [every.add(sse.StreamAddress(name), McpServerId(name)) for name in "abc"]
        full.put(b"x" * 60)
        small.put(b"x" * 30)
        new.put(b"x" * 20)
        return [full.ended, small.ended, new.ended]

    assert asyncio.run(main()) == ["slow", "", ""]
    assert every.waiting == 50


def test_more_messages_than_are_answered_at_once_wait_for_their_202(
    stand: Stand, transport: Transport, port: int
) -> None:
    stand.calls.hold = held = asyncio.Event()
    events = Events(port)
    for id in range(sse.MOST_UNDER_WAY):
        assert events.post("tools/call", id, **CALL) == 202
    body = json.dumps({"jsonrpc": "2.0", "id": "last", "method": "ping"}).encode()
    head = f"POST {events.address} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    waiting = socket.create_connection(("127.0.0.1", port))
    waiting.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    waiting.settimeout(0.3)
    with pytest.raises(TimeoutError):
        waiting.recv(1)

    transport.do(held.set)

    waiting.settimeout(60)
    assert waiting.recv(100).startswith(b"HTTP/1.1 202")
    ids = [events.read_message()["id"] for _ in range(sse.MOST_UNDER_WAY + 1)]
    assert {*ids} == {*range(sse.MOST_UNDER_WAY), "last"}
    waiting.close()


def test_a_client_that_leaves_ends_its_session_and_its_call_comes_to_its_end(
    stand: Stand, transport: Transport, port: int
) -> None:
    stand.calls.hold = held = asyncio.Event()
    events = Events(port)
    events.post("tools/call", **CALL)
    wait_until(lambda: bool(stand.calls.made))

    events.close()
    wait_until(lambda: reasons(stand) == ["gone"])

    assert events.post("ping") == 404
    transport.do(held.set)
    wait_until(lambda: stand.calls.done == ["get_single_invoice_by_id"])


def test_a_stop_answers_the_calls_that_are_under_way_and_then_ends_the_streams(stand: Stand) -> None:
    stand.calls.hold = held = asyncio.Event()
    transport = Transport(stand)
    with serving(transport) as port:
        idle, busy = Events(port), Events(port)
        busy.post("tools/call", **CALL)
        wait_until(lambda: bool(stand.calls.made))

        transport.do(transport.sse.stop)

        assert idle.read() == ("", "")
        assert Events(port).status == 503
        transport.do(held.set)
        assert busy.read_message()["result"]["content"]
        assert busy.read() == ("", "")
    assert sorted(map(str, reasons(stand))) == ["stopped", "stopped"]


def test_no_log_line_has_a_token_or_a_session(stand: Stand, port: int) -> None:
    events = Events(port)
    events.ask("tools/list")
    post(port, events.address + "x", "ping")
    events.close()
    wait_until(lambda: bool(reasons(stand)))

    session = events.address.partition("session=")[2]
    assert TOKEN not in str(stand.lines)
    assert session not in str(stand.lines)


def test_the_session_is_not_stored_but_its_hash() -> None:
    transport = Transport(Stand(calls=FakeCalls()))

    address = transport.sse._locate("token", "session")

    assert address == KEYS.hash_token("token session").hex()
    assert "session" not in repr(vars(transport.sse))
