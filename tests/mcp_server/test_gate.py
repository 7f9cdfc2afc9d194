"""Who gets in: tokens, API tokens, web pages, hosts, and the verbs of HTTP."""

from __future__ import annotations

import asyncio

import pytest

from runtime.mcp_server import request
from runtime.mcp_server.endpoint import Head
from runtime.mcp_server.replies import Reply
from runtime.mcp_server.request import LOOPBACK, Gate
from runtime.safety.guesses import MOST_FAILURES, Guesses
from tests.mcp_server.stand import MODERN, TOKEN, Stand, ask, make_grant, message, shake

UNKNOWN = (
    "x",
    "x/",
    "x/mcp",
    "x/mcp/",
    "x/sse",
    "a-token-that-is-known/mcp/mcp",
    "a-token-that-is-known//",
    "a-token-that-is-known/more",
    "A-TOKEN-THAT-IS-KNOWN",
    "x/mcp/a-token-that-is-known",
    "ü",
    "x" * 4000,
)


@pytest.mark.parametrize("token", UNKNOWN)
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE", "OPTIONS", "PUT", "HEAD"])
def test_an_address_that_is_not_known_answers_the_same_to_everything(token, method):
    stand = Stand()
    usual = stand.send(b"", token="unknown")
    body, headers = message("initialize", shake("2025-11-25"))
    answer = stand.send(
        body, [(k.encode(), v.encode()) for k, v in headers.items()], method=method, token=token
    )
    assert (answer.status, answer.body, answer.headers) == (404, usual.body, usual.headers)
    assert answer.json["error"]["message"].startswith("There is no MCP server at this address.")


def test_an_unknown_address_does_not_read_the_body_and_never_asks_for_credentials():
    async def receive():
        raise AssertionError("the body was read")

    sent = []

    async def send(event):
        sent.append(event)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/mcp/unknown",
        "headers": [(b"content-length", b"99999999")],
    }
    asyncio.run(Stand().endpoint(scope, receive, send))
    assert sent[0]["status"] == 404
    assert b"www-authenticate" not in dict(sent[0]["headers"])


def test_the_log_says_that_something_was_refused_and_not_what():
    stand = Stand()
    stand.post("ping", token="mistyped-token")
    assert stand.lines == [{"event": "mcp_refused", "server": None, "status": 404}]


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "HEAD"])
def test_a_known_address_takes_post_only(method):
    answer = Stand().send(b"", method=method)
    assert (answer.status, answer.header("allow")) == (405, "POST, OPTIONS")
    assert answer.code == -32600


@pytest.mark.parametrize("ending", ["", "/", "/mcp", "/mcp/"])
def test_what_clients_add_to_a_url_changes_nothing(ending):
    stand = Stand()
    assert stand.post("ping", token=TOKEN + ending).body == stand.post("ping").body


def test_the_url_of_the_older_transport_takes_no_message_and_says_where_to_post():
    stand = Stand()
    answer = stand.send(b"", [(b"content-type", b"application/json")], token=TOKEN + "/sse")
    assert (answer.status, answer.header("allow")) == (405, "GET, OPTIONS")
    assert "For Streamable HTTP use the same URL with /mcp/" in answer.json["error"]["message"]


@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/sse", "/sse/"])
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_url_without_a_token_says_what_a_whole_one_is_like(path, method):
    answer = ask(Stand().endpoint, path, method, [], [b""])
    assert answer.status == 404
    assert "/mcp/ and a secret token" in answer.json["error"]["message"]


class TestApiTokens:
    def stand(self) -> Stand:
        return Stand(grants={TOKEN: make_grant(require_api_token_auth=True)})

    @pytest.mark.parametrize(
        "sent", [None, "", "Bearer", "Bearer ", "Bearer bad", "Basic good", "good", "Bearer good x"]
    )
    def test_the_url_alone_is_not_enough(self, sent):
        stand = self.stand()
        headers = {} if sent is None else {"authorization": sent}
        answer = stand.post("tools/call", {"name": "list_all_invoices"}, headers=headers)
        assert (answer.status, answer.header("www-authenticate"), answer.code) == (403, None, -32600)
        assert stand.calls.made == []

    @pytest.mark.parametrize("sent", ["Bearer good", "bearer good", "Bearer  good "])
    def test_with_a_valid_token_it_is(self, sent):
        assert self.stand().post("ping", headers={"authorization": sent}).status == 200

    @pytest.mark.parametrize(("sent", "status"), [(b"", 403), (b"Bearer bad", 403), (b"Bearer good", 200)])
    def test_a_list_whose_body_is_there_already_is_not_for_the_url_alone_either(self, sent, status):
        body, headers = message("tools/list")
        fields = [(key.encode(), value.encode()) for key, value in headers.items()]
        head = Head("POST", f"/mcp/{TOKEN}", [*fields, (b"authorization", sent)])
        reply = self.stand().endpoint.respond(head, body)
        if not isinstance(reply, Reply):
            assert asyncio.iscoroutine(reply)
            reply = asyncio.run(reply)
        assert reply.status == status

    def test_wrong_tokens_are_slowed_down_and_a_valid_one_is_not(self):
        grants = {TOKEN: make_grant(require_api_token_auth=True)}
        stand = Stand(grants=grants, guesses=Guesses(clock=lambda: 1.0))
        for _ in range(MOST_FAILURES):
            assert stand.post("ping", headers={"authorization": "Bearer bad"}).status == 403
        slowed = stand.post("ping", headers={"authorization": "Bearer bad"})
        assert (slowed.status, slowed.code) == (429, 429)
        assert 0 < int(slowed.header("retry-after")) <= 60
        assert stand.post("ping", headers={"authorization": "Bearer good"}).status == 200

    @pytest.mark.parametrize("sent", ["", "Bearer", "Bearer ", "Basic good"])
    def test_a_request_without_a_token_is_no_guess(self, sent):
        stand = self.stand()
        for _ in range(MOST_FAILURES + 1):
            assert stand.post("ping", headers={"authorization": sent}).status == 403

    def test_a_server_without_the_switch_does_not_look_at_the_header(self):
        assert Stand().post("ping", headers={"authorization": "Bearer bad"}).status == 200


class TestWebPages:
    @pytest.mark.parametrize(
        ("origin", "status"),
        [
            ("http://localhost:6274", 200),
            ("http://127.0.0.1", 200),
            ("http://[::1]:3000", 200),
            ("https://books.example", 200),
            ("https://listed.example", 200),
            ("HTTPS://LISTED.EXAMPLE", 200),
            ("https://listed.example.evil.example", 403),
            ("https://localhost.evil.example", 403),
            ("https://evil.example", 403),
            ("null", 403),
            ("nonsense", 403),
            ("http://[::1", 403),
        ],
    )
    def test_a_page_passes_when_it_is_listed_or_local_or_of_the_same_host(self, origin, status):
        stand = Stand(gate=Gate(["https://listed.example/"]))
        answer = stand.post("ping", headers={"origin": origin, "host": "books.example:443"})
        assert answer.status == status
        assert answer.header("access-control-allow-origin") == (origin if status == 200 else None)

    def test_a_preflight_says_what_may_be_sent_and_read(self):
        answer = Stand().send(b"", [(b"origin", b"http://localhost:3000")], method="OPTIONS")
        assert (answer.status, answer.body) == (204, b"")
        assert answer.header("access-control-allow-methods") == "GET, POST, OPTIONS"
        assert "mcp-protocol-version" in (answer.header("access-control-allow-headers") or "")
        assert "retry-after" in (answer.header("access-control-expose-headers") or "")
        assert answer.header("content-length") is None

    def test_a_refusal_can_be_read_by_the_page_too(self):
        answer = Stand().post("nonsense", revision=MODERN, headers={"origin": "http://localhost:3000"})
        assert (answer.status, answer.header("access-control-allow-origin")) == (404, "http://localhost:3000")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("[::1]:80", 200),
        ("evil.example", 421),
        ("", 421),
        ("::1:1", 421),
    ],
)
def test_on_loopback_only_the_loopback_names_are_answered_to(host, status):
    answer = Stand(gate=Gate(hosts=LOOPBACK)).post(
        "ping", headers={"host": host, "origin": f"http://{host or 'x'}"}
    )
    assert answer.status in (status, 403)
    assert Stand(gate=Gate(hosts=LOOPBACK)).post("ping", headers={"host": host}).status == status


def test_a_look_up_that_fails_is_a_server_error_that_says_nothing():
    stand = Stand()

    def broken(token_hash: bytes) -> None:
        raise RuntimeError("database password: hunter2")

    stand.endpoint._find_grant = broken
    answer = stand.post("ping")
    assert (answer.status, answer.code) == (500, -32603)
    assert b"hunter2" not in answer.body


def test_the_refusal_of_a_host_names_the_setting():
    answer = Stand(gate=Gate(hosts=LOOPBACK)).post("ping", headers={"host": "books.example"})
    assert "LEDGERPORT_PUBLIC_URL" in answer.json["error"]["message"]


def test_what_a_stranger_sends_is_not_cached():
    caches = [value for value in vars(request).values() if hasattr(value, "cache_info")]
    for cache in caches:
        cache.cache_clear()
    for stand in (Stand(), Stand(gate=Gate(hosts=LOOPBACK))):
        for number in range(10):
            odd = f"odd/{number};{'x' * 10_000}"
            stand.post("tools/list", token="unknown", headers={"accept": odd, "host": odd})
            stand.post("tools/list", headers={"accept-encoding": odd, "host": "localhost"})
    assert caches
    assert all(cache.cache_info().currsize <= 1 for cache in caches)
