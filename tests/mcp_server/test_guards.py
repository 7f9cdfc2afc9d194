"""Guards of the MCP endpoint, each with the one request that it is there for."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from generator.catalog import Part
from runtime.errors import RateLimited
from runtime.exchange.tool_answer import Answer, File
from runtime.mcp_server import results
from runtime.mcp_server.discovery import Discovery
from runtime.mcp_server.endpoint import Head, send_reply
from runtime.mcp_server.large_bodies import check_use
from runtime.mcp_server.protocol import Message
from runtime.mcp_server.replies import BUSY, RATE_LIMITED, Refused, Reply
from runtime.mcp_server.request import read_body
from runtime.mcp_server.results import LARGEST_INLINE_FILE
from runtime.mcp_server.senders import LONGEST_TOKEN
from runtime.mcp_server.toolset import LARGEST_FILE, Toolset
from runtime.operations.bodies import LARGEST_BODY
from runtime.recent import Recent
from runtime.upstream.limits import Limits
from tests.mcp_server.stand import (
    MODERN,
    TOKEN,
    TOOLS,
    WINDOW,
    FakeCalls,
    Stand,
    ask_in_loop,
    envelope,
    make_grant,
    message,
)

CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"


def fields_of(headers):
    return [(name.encode(), value.encode()) for name, value in headers.items()]


@pytest.mark.parametrize("name", [b"mcp-method", b"mcp-protocol-version", b"mcp-name"])
def test_a_routing_header_that_comes_twice_is_refused(name):
    stand = Stand()
    body, headers = message("tools/call", {"name": "list_all_invoices"}, revision=MODERN)
    sent = fields_of(headers)
    answer = stand.send(body, [*sent, *(field for field in sent if field[0] == name)])
    assert (answer.status, answer.code, stand.calls.made) == (400, -32020, [])


def test_any_other_header_may_come_twice():
    body, headers = message("tools/list", revision=MODERN)
    sent = [*fields_of(headers), (b"x-trace", b"1"), (b"x-trace", b"2")]
    assert Stand().send(body, sent).status == 200


def test_capabilities_that_are_no_object_are_refused():
    answer = Stand().post("tools/list", {"_meta": {CAPABILITIES: []}}, revision=MODERN)
    assert (answer.status, answer.code, answer.json["id"]) == (400, -32602, 1)


def test_an_envelope_without_the_header_is_held_to_the_newer_rules():
    body, headers = message("ping", {"_meta": envelope()})
    del headers["mcp-protocol-version"]
    answer = Stand().send(body, fields_of(headers))
    assert (answer.status, answer.code, answer.json["id"]) == (400, -32020, 1)


def test_a_meta_without_an_envelope_and_without_the_header_is_of_the_older_revisions():
    body, headers = message("ping", {"_meta": {"progressToken": 1}})
    del headers["mcp-protocol-version"]
    assert Stand().send(body, fields_of(headers)).result == {}


@pytest.mark.parametrize("params", [{}, {"arguments": None}])
def test_a_call_without_arguments_passes_an_empty_object_on(params):
    stand = Stand()
    assert stand.post("tools/call", {"name": "list_all_invoices", **params}).status == 200
    assert stand.calls.made == [("list_all_invoices", {})]


@pytest.mark.parametrize(
    ("accept", "status"),
    [("application/json;q=0.5", 200), ("application/json;q=0", 406), ("*/*;q=0", 406)],
)
def test_a_weight_decides_whether_json_is_taken(accept, status):
    assert Stand().post("ping", headers={"accept": accept}).status == status


def test_a_list_with_a_malformed_meta_is_refused_by_whichever_path_it_came():
    stand = Stand()
    for meta, has_tools in (({"progressToken": 1}, True), ({"progressToken": True}, False)):
        body, headers = message("tools/list", {"_meta": meta})
        reply = stand.endpoint.respond(Head("POST", f"/mcp/{TOKEN}", fields_of(headers)), body)
        assert isinstance(reply, Reply)
        assert (b'"tools":[' in reply.rest) is has_tools


def test_a_token_may_have_its_greatest_length_and_no_more():
    longest = "t" * LONGEST_TOKEN
    stand = Stand(grants={longest: make_grant(), longest + "t": make_grant()})
    assert stand.post("ping", token=longest).status == 200
    assert stand.post("ping", token=longest + "t").status == 404


def test_draining_waits_for_a_write_whose_client_has_gone():
    async def main():
        calls = FakeCalls(hold=asyncio.Event())
        endpoint = Stand(calls=calls).endpoint
        body, headers = message("tools/call", {"name": "create_an_invoice"})
        asked = asyncio.create_task(
            ask_in_loop(endpoint, f"/mcp/{TOKEN}", "POST", fields_of(headers), [body])
        )
        await calls.began.wait()
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        draining = asyncio.create_task(endpoint.drain())
        await asyncio.sleep(0)
        assert not draining.done()
        calls.hold.set()
        await draining
        assert calls.done == ["create_an_invoice"]

    asyncio.run(main())


@pytest.mark.parametrize(
    "params",
    [{"name": []}, {"name": None}, {"name": "call_tool"}, {"name": "call_tool", "arguments": []}],
)
def test_a_text_that_was_cut_out_of_a_malformed_call_is_refused(params):
    tools = {tool.name: tool for tool in TOOLS}
    call = Message("tools/call", params, 1, False, {"sha256:0": None})
    with pytest.raises(Refused) as refused:
        check_use(call, Toolset(tools, Discovery(tools)))
    assert (refused.value.status, refused.value.id) == (413, 1)


@pytest.mark.parametrize(("rest", "parts"), [(b"", [b"one"]), (b"two", [b"one", b"two"])])
def test_a_reply_in_parts_announces_that_more_is_to_come_until_the_last(rest, parts):
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(send_reply(send, Reply(200, (), b"one", rest)))
    bodies = [each for each in sent if each["type"] == "http.response.body"]
    assert [each["body"] for each in bodies] == parts
    assert [each.get("more_body", False) for each in bodies] == [True] * (len(parts) - 1) + [False]


@pytest.mark.parametrize(
    ("size", "counted"), [(10, []), (LARGEST_BODY, []), (LARGEST_BODY + 1, [LARGEST_BODY + 1])]
)
@pytest.mark.parametrize("is_in_parts", [False, True])
def test_only_a_body_beyond_the_usual_size_counts_as_a_large_one(size, counted, is_in_parts):
    body, grown = b"x" * size, []
    pieces = [body[:-1], body[-1:]] if is_in_parts else [body]

    async def receive():
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    assert asyncio.run(read_body(receive, {}, 2 * LARGEST_BODY, grown.append)) == body
    assert grown == counted


@pytest.mark.parametrize(
    ("bounds", "largest"),
    [
        ([], None),
        ([300], 300),
        ([300, 900, 600], 900),
        ([301], 303),
        ([0], LARGEST_FILE),
        ([10**12], LARGEST_FILE),
    ],
)
def test_a_body_may_have_the_size_of_the_largest_file_that_a_tool_takes(bounds, largest):
    tools = {}
    for at, size in enumerate(bounds):
        part = Part("file", content="content", max_bytes=size)
        call = replace(TOOLS[2].call, verb="POST", body="parts", parts=(part,))
        tools[f"upload_{at}"] = replace(TOOLS[2], name=f"upload_{at}", call=call)
    tools["list_all_invoices"] = TOOLS[0]
    encoded = 0 if largest is None else -(-largest // 3) * 4
    assert Toolset(tools).largest_body == LARGEST_BODY + encoded


def test_the_time_of_a_call_is_logged_in_milliseconds(monkeypatch):
    moments = iter([1.0, 1.25])
    for module in ("mcp_server.tool_calls", "operations.finished_calls"):
        monkeypatch.setattr(f"runtime.{module}.perf_counter", lambda: next(moments))
    stand = Stand()
    stand.post("tools/call", {"name": "list_all_invoices"})
    [line] = [line for line in stand.lines if line["event"] == "tool_call"]
    assert line["ms"] == 250.0


def test_only_so_many_values_are_retained_and_the_one_unused_for_longest_goes_first():
    recent: Recent[str, int] = Recent(2)
    assert recent.put("a", 1) == 1
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert [recent.get(key) for key in "abc"] == [1, None, 3]


@pytest.mark.parametrize(
    ("limits", "wait"),
    [
        (Limits((), (), ()), 37),
        (Limits((WINDOW,), (499,), (60,)), 37),
        (Limits((WINDOW,), (0,), (60,), 60, True), 60),
    ],
)
def test_who_asked_too_often_reads_once_how_long_to_wait(limits, wait):
    fields = results.build_fields(Answer(error=RateLimited("slower", retry_after=37), limits=limits))
    assert [value for name, value in fields if name == b"retry-after"] == [b"%d" % wait]


@pytest.mark.parametrize(
    ("size", "is_error"), [(LARGEST_INLINE_FILE, False), (LARGEST_INLINE_FILE + 1, True)]
)
def test_a_file_may_have_its_greatest_size_and_no_more(size, is_error):
    file = File("a.pdf", "application/pdf", b"x" * size)
    assert results.build_result(Answer(file=file))["isError"] is is_error


def test_the_codes_of_our_own_errors_are_those_of_their_statuses():
    assert (RATE_LIMITED, BUSY) == (429, 503)


def test_what_a_client_calls_itself_is_logged_and_cut():
    stand = Stand()
    client = {"name": "n" * 70, "version": "v" * 40}
    params = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
    assert stand.post("initialize", params).status == 200
    [line] = [line for line in stand.lines if line["event"] == "mcp_initialize"]
    assert line["client"] == f"{'n' * 64} {'v' * 32}"


def test_a_packed_list_is_a_success_like_a_plain_one():
    packed = Stand().post("tools/list", headers={"accept-encoding": "gzip"})
    assert (packed.status, packed.header("content-encoding")) == (200, "gzip")
