"""Broken requests: each gets a JSON-RPC error with the right status, and nothing of it goes anywhere else."""

from __future__ import annotations

import asyncio
import json
import logging

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.operations import bodies
from tests.mcp_server.stand import LEGACY, MODERN, REVISIONS, Response, Stand, ask_in_loop, message

SECRET = "s3cret-that-must-not-leave"

LIST = b'{"jsonrpc":"2.0","id":1,"method":"tools/list"'

BODIES = {
    "nothing": (b"", 400, -32700),
    "half a message": (LIST, 400, -32700),
    "plain words": (b"give me the invoices", 400, -32700),
    "not UTF-8": (LIST + b',"x":"\xff"}', 400, -32700),
    "UTF-16": ('{"jsonrpc":"2.0"}'.encode("utf-16"), 400, -32700),
    "NaN": (LIST + b',"x":NaN}', 400, -32700),
    "a hundred thousand levels": (LIST + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, -32700),
    "a batch": (b"[" + LIST + b"}]", 400, -32600),
    "an empty batch": (b"[]", 400, -32600),
    "null": (b"null", 400, -32600),
    "a number": (b"1", 400, -32600),
    "an empty object": (b"{}", 400, -32600),
    "no method": (b'{"jsonrpc":"2.0","id":1}', 400, -32600),
    "a number for a method": (b'{"jsonrpc":"2.0","id":1,"method":1}', 400, -32600),
    "no version of JSON-RPC": (b'{"id":1,"method":"ping"}', 400, -32600),
    "a list for params": (LIST + b',"params":[]}', 400, -32600),
    "an id that is null": (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', 400, -32600),
    "an id that is true": (b'{"jsonrpc":"2.0","id":true,"method":"ping"}', 400, -32600),
    "an id that is a fraction": (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', 400, -32600),
    "an id that is an object": (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', 400, -32600),
    "an id that is enormous": (b'{"jsonrpc":"2.0","id":1' + b"0" * 400 + b',"method":"ping"}', 400, -32700),
}


@pytest.mark.parametrize(("body", "status", "code"), BODIES.values(), ids=BODIES.keys())
def test_a_body_that_is_no_message_is_refused(body, status, code):
    headers = [(b"content-type", b"application/json"), (b"mcp-protocol-version", b"2025-11-25")]
    answer = Stand().send(body, headers)
    assert (answer.status, answer.code) == (status, code)
    assert answer.json["id"] is None
    assert answer.json["error"]["message"]


def test_a_batch_is_said_to_send_its_messages_one_by_one():
    answer = Stand().send(b"[" + LIST + b"}]", [(b"content-type", b"application/json")])
    assert "no batches" in answer.json["error"]["message"]
    assert "Send each message on its own" in answer.json["error"]["message"]


@pytest.mark.parametrize("revision", REVISIONS)
def test_two_thousand_keys_and_a_key_twice_are_plain_json(revision):
    body, headers = message("tools/list", revision=revision)
    many = b",".join(b'"k%d":%d' % (each, each) for each in range(2000))
    answer = Stand().send(
        body[:-1] + b"," + many + b',"id":9}', [(k.encode(), v.encode()) for k, v in headers.items()]
    )
    assert answer.status == 200
    assert answer.json["id"] == 9


@pytest.mark.parametrize(("revision", "status"), [*((each, 200) for each in LEGACY), (MODERN, 404)])
@pytest.mark.parametrize(
    "method", ["nonsense", "prompts/list", "resources/subscribe", "logging/setLevel", ""]
)
def test_a_method_that_is_not_there_is_not_found(revision, status, method):
    answer = Stand().post(method, {}, revision=revision)
    assert (answer.status, answer.code) == (status, -32601)
    assert answer.json["id"] == 1


def test_methods_of_one_era_are_not_found_in_the_other():
    assert Stand().post("ping", revision=MODERN).status == 404
    assert Stand().post("initialize", {}, revision=MODERN).code == -32601
    assert Stand().post("server/discover", revision="2025-11-25").code == -32601


@pytest.mark.parametrize(
    "params", [{}, {"name": 1}, {"name": None}, {"name": "list_all_invoices", "arguments": []}]
)
@pytest.mark.parametrize(("revision", "status"), [("2025-06-18", 200), (MODERN, 400)])
def test_a_call_without_a_name_or_with_arguments_in_a_list_is_refused(revision, status, params):
    stand = Stand()
    answer = stand.post("tools/call", params, revision=revision)
    assert answer.status == status
    assert answer.code == (
        -32020 if revision == MODERN and params.get("name") == 1 else -32602
    )  # no header says 1
    assert stand.calls.made == []


@pytest.mark.parametrize(
    "value", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"]
)
def test_another_content_type_is_415(value):
    answer = Stand().post("ping", headers={"content-type": value})
    assert (answer.status, answer.code) == (415, -32600)


def test_a_packed_body_is_415():
    assert Stand().post("ping", headers={"content-encoding": "gzip"}).status == 415


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("", 200),
        ("*/*", 200),
        ("application/json", 200),
        ("application/*;q=0.2", 200),
        ("text/event-stream", 200),
        ("text/event-stream, application/json;q=0", 200),
        ("text/event-stream;q=0", 406),
        ("text/html", 406),
        ("application/json;q=high", 406),
    ],
)
def test_the_accept_header_must_let_json_or_an_event_stream_through(accept, status):
    assert Stand().post("ping", headers={"accept": accept}).status == status


@pytest.mark.parametrize("method", ["tools/list", "ping", "tools/call"])
@pytest.mark.parametrize("accept", ["text/event-stream", "text/*", "text/event-stream, application/json;q=0"])
def test_a_client_that_takes_an_event_stream_alone_gets_the_one_reply_as_an_event(method, accept):
    params = {"name": "list_all_invoices", "arguments": {}} if method == "tools/call" else {}
    headers = {"accept": accept, "accept-encoding": "gzip"}

    streamed = Stand().post(method, params, headers=headers)
    plain = Stand().post(method, params)

    assert dict(streamed.headers)[b"content-type"] == b"text/event-stream"
    event, data = streamed.body.rstrip(b"\n").split(b"\n")
    assert (event, data) == (b"event: message", b"data: " + plain.body)


def test_a_refusal_is_json_whatever_the_client_takes():
    answer = Stand().post("nothing/known", headers={"accept": "text/event-stream"}, token="another")
    assert (answer.status, answer.code) == (404, -32600)


def test_a_client_that_does_not_say_what_it_accepts_gets_json():
    body = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
    answer = Stand().send(body, [(b"content-type", b"application/json")])
    assert (answer.status, answer.result) == (200, {})


class TestLargeBodies:
    async def ask(self, headers: list[tuple[bytes, bytes]], pieces: list[bytes]) -> Response:
        headers = [(b"content-type", b"application/json"), *headers]
        return await ask_in_loop(Stand().endpoint, "/mcp/a-token-that-is-known", "POST", headers, pieces)

    def test_an_announced_size_is_enough_to_refuse(self):
        answer = asyncio.run(self.ask([(b"content-length", b"4194305")], []))
        assert (answer.status, answer.code, answer.header("connection")) == (413, -32600, "close")

    @pytest.mark.parametrize(
        "announced", [[], [(b"content-length", b"10")], [(b"content-length", b"9" * 5000)]]
    )
    def test_what_is_not_announced_is_counted(self, announced):
        answer = asyncio.run(self.ask(announced, [b"x" * 1_000_000] * 5))
        assert answer.status == 413

    def test_a_body_may_come_in_pieces(self):
        pieces = [b'{"jsonrpc":"2.0",', b'"id":1,"method":', b'"ping"}', b""]
        assert asyncio.run(self.ask([], pieces)).result == {}

    def test_exactly_four_mebibytes_are_read(self):
        head = b'{"jsonrpc":"2.0","id":1,"method":"ping","x":"'
        body = head + b"x" * (4 * 1024 * 1024 - len(head) - 2) + b'"}'
        assert asyncio.run(self.ask([], [body])).result == {}

    def test_a_body_that_does_not_come_is_not_waited_for_for_ever(self, monkeypatch):
        monkeypatch.setattr(bodies, "LONGEST_WAIT", 0.05)
        sent: list[dict] = []

        async def receive():
            await asyncio.sleep(60)

        async def send(event):
            sent.append(event)

        headers = [(b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/mcp/a-token-that-is-known", "headers": headers}
        asyncio.run(Stand().endpoint(scope, receive, send))
        assert sent[0]["status"] == 408
        assert (b"connection", b"close") in sent[0]["headers"]

    def test_a_client_that_goes_away_halfway_is_not_answered(self):
        events = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
        sent: list[object] = []

        async def receive():
            return events.pop(0)

        async def send(event):
            sent.append(event)

        headers = [(b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/mcp/a-token-that-is-known", "headers": headers}
        stand = Stand()
        asyncio.run(stand.endpoint(scope, receive, send))
        assert sent == stand.lines == []


ENVELOPES = {
    "no envelope": ({"_meta": None}, {}, -32602),
    "no capabilities": ({"_meta": {"io.modelcontextprotocol/protocolVersion": MODERN}}, {}, -32602),
    "another method in the header": (..., {"mcp-method": "tools/call"}, -32020),
    "another revision in the header": (..., {"mcp-protocol-version": "2027-01-01"}, -32020),
    "no method in the header": (..., {"mcp-method": ""}, -32020),
}


@pytest.mark.parametrize(("params", "headers", "code"), ENVELOPES.values(), ids=ENVELOPES.keys())
def test_an_envelope_that_is_not_right_is_refused(params, headers, code):
    body, found = message("tools/list", revision=MODERN)
    value = json.loads(body)
    if params is not ...:
        value["params"] = params
    headers = [(key.encode(), each.encode()) for key, each in (found | headers).items()]
    answer = Stand().send(json.dumps(value).encode(), headers)
    assert (answer.status, answer.code, answer.json["id"]) == (400, code, 1)


def test_an_unknown_revision_is_said_which_there_are():
    body, headers = message("tools/list", revision=MODERN)
    body, headers["mcp-protocol-version"] = body.replace(MODERN.encode(), b"2027-01-01"), "2027-01-01"
    answer = Stand().send(body, [(key.encode(), each.encode()) for key, each in headers.items()])
    assert (answer.status, answer.code) == (400, -32022)
    assert answer.json["error"]["data"] == {"supported": [MODERN], "requested": "2027-01-01"}


def test_the_name_in_the_header_may_be_encoded_and_must_be_right():
    right = {"name": "list_all_invoices", "arguments": {}}
    stand = Stand()
    encoded = "=?base64?bGlzdF9hbGxfaW52b2ljZXM=?="
    assert stand.post("tools/call", right, revision=MODERN, headers={"mcp-name": encoded}).status == 200
    assert (
        stand.post("tools/call", right, revision=MODERN, headers={"mcp-name": " list_all_invoices "}).status
        == 200
    )
    for wrong in ("", "list_all_customers", "=?base64?!?=", "=?base64?/w==?="):
        assert stand.post("tools/call", right, revision=MODERN, headers={"mcp-name": wrong}).code == -32020


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(st.none() | st.booleans() | st.floats() | st.text() | st.integers(), st.lists, max_leaves=5)
)
def test_no_json_value_makes_the_endpoint_fail(value):
    for member in ("id", "method", "params", "jsonrpc"):
        try:
            body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", member: value})
        except (TypeError, orjson.JSONEncodeError):
            continue
        assert Stand().send(body, [(b"content-type", b"application/json")]).status in (200, 202, 400)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=60),
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    b"accept",
                    b"accept-encoding",
                    b"content-type",
                    b"host",
                    b"origin",
                    b"mcp-protocol-version",
                    b"content-length",
                ]
            ),
            st.binary(max_size=30),
        ),
        max_size=5,
    ),
)
def test_no_bytes_make_the_endpoint_fail(body, headers):
    assert 200 <= Stand().send(body, headers).status < 500


def test_nothing_that_was_sent_is_logged_or_sent_back(caplog):
    caplog.set_level(logging.DEBUG)
    stand = Stand()
    for params in (
        {"name": "x", "arguments": {"a": SECRET}},
        {"name": "list_all_invoices", "arguments": [SECRET]},
    ):
        for revision in REVISIONS:
            answer = stand.post(
                "tools/call", params, revision=revision, headers={"authorization": f"Bearer {SECRET}"}
            )
            assert SECRET.encode() not in answer.body
    broken = stand.send(f'{{"a": "{SECRET}", '.encode(), [(b"content-type", b"application/json")])
    assert SECRET.encode() not in broken.body
    stand.post("ping", token=SECRET)
    assert SECRET not in json.dumps(stand.lines) + caplog.text
