"""Who may use an MCP server: by the token in the path or in a header field, from its networks, as often as it may."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import pytest

from runtime.mcp_server.endpoint import Head
from runtime.mcp_server.replies import UNKNOWN_TOKEN, Reply
from runtime.model import Grant
from runtime.safety.client_addresses import ClientAddresses
from runtime.safety.guesses import MOST_FAILURES, WINDOW_SECONDS, Guesses
from tests.deployment import HandClock
from tests.mcp_server.stand import MODERN, Response, Stand, ask, make_grant, message

OURS, OTHER = "lpm_ours", "lpm_other"
CALL = {"name": "list_all_invoices", "arguments": {}}
HERE, ELSEWHERE = "127.0.0.0/8", "203.0.113.0/24"


@dataclass
class Uses:
    """Allows so many calls, and remembers what was noted."""

    left: int = 0
    noted: list[bool] = field(default_factory=list)

    def note(self, _grant: Grant, *, is_call: bool) -> None:
        self.noted.append(is_call)

    async def take(self, _grant: Grant) -> bool:
        self.left -= 1
        return self.left >= 0


def stand_with(**config: Any) -> Stand:
    grants = {OURS: make_grant(**config), OTHER: make_grant()}
    return Stand(grants=grants, guesses=Guesses(clock=HandClock()))


def post(
    stand: Stand,
    path: str,
    authorization: str | None,
    method: str = "ping",
    revision: str = "2025-11-25",
    params: dict[str, Any] | None = None,
) -> Response:
    body, headers = message(method, params, revision=revision)
    if authorization is not None:
        headers["authorization"] = authorization
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]
    return ask(stand.endpoint, path, "POST", sent, [body])


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_the_token_may_come_in_the_header_field_and_is_answered_as_in_the_path(
    path: str, scheme: str
) -> None:
    stand = stand_with()
    for method, revision, params in (("tools/list", MODERN, None), ("tools/call", "2025-11-25", CALL)):
        given = post(stand, path, f"{scheme} {OURS}", method, revision, params)
        usual = post(stand, f"/mcp/{OURS}", None, method, revision, params)
        assert (given.status, given.headers, given.body) == (200, usual.headers, usual.body)


@pytest.mark.parametrize("sent", [f"Basic {OURS}", "Bearer", "Bearer ", OURS, ""])
def test_what_is_no_bearer_token_is_none(sent: str) -> None:
    answer = post(stand_with(), "/mcp", sent)
    assert answer.status == 404
    assert "/mcp as Authorization: Bearer" in answer.json["error"]["message"]


def test_the_older_transport_takes_its_token_in_the_path_only() -> None:
    assert post(stand_with(), "/sse", f"Bearer {OURS}").status == 404


def test_a_web_page_may_ask_whether_it_may_send_the_header_field() -> None:
    sent = [(b"origin", b"http://localhost:3000")]
    answer = ask(stand_with().endpoint, "/mcp", "OPTIONS", sent, [b""])
    assert answer.status == 204
    assert "authorization" in (answer.header("access-control-allow-headers") or "")
    evil = [(b"origin", b"https://evil.example")]
    assert ask(stand_with().endpoint, "/mcp", "OPTIONS", evil, [b""]).status == 403


@pytest.mark.parametrize("path", [OURS, "lpm_unknown"])
def test_two_tokens_that_differ_are_refused_whether_or_not_one_is_known(path: str) -> None:
    answer = post(stand_with(), f"/mcp/{path}", f"Bearer {OTHER}")
    assert (answer.status, answer.code) == (400, -32600)
    assert "tokens of two MCP servers" in answer.json["error"]["message"]


def test_the_same_token_in_both_places_is_one() -> None:
    assert post(stand_with(), f"/mcp/{OURS}", f"Bearer {OURS}").status == 200


def test_a_server_that_requires_an_api_token_takes_its_own_in_the_path_and_says_so() -> None:
    stand = stand_with(require_api_token_auth=True)
    refused = post(stand, "/mcp", f"Bearer {OURS}")
    assert (refused.status, refused.header("www-authenticate")) == (403, None)
    assert "use its URL with the token in the path" in refused.json["error"]["message"]
    assert post(stand, f"/mcp/{OURS}", "Bearer good").status == 200
    for _ in range(MOST_FAILURES + 1):  # its token is no wrong API token
        assert post(stand, "/mcp", f"Bearer {OURS}").status == 403


def test_an_unknown_token_in_the_header_field_is_answered_as_one_in_the_path() -> None:
    stand = stand_with()
    one, other = post(stand, "/mcp", "Bearer lpm_unknown"), post(stand, "/mcp/lpm_unknown", None)
    assert (one.status, one.body, one.headers) == (404, UNKNOWN_TOKEN.body, other.headers)
    assert other.body == one.body


def test_no_token_is_in_the_log() -> None:
    stand = stand_with(max_uses=1, networks=(ELSEWHERE,))
    for path, sent in (
        ("/mcp", f"Bearer {OURS}"),
        ("/mcp", "Bearer lpm_unknown"),
        (f"/mcp/{OURS}", f"Bearer {OTHER}"),
    ):
        post(stand, path, sent, "tools/call", params=CALL)
    assert len(stand.lines) == 3
    assert "lpm_" not in repr(stand.lines)


# Networks


def test_from_outside_its_networks_a_server_answers_as_one_that_is_not_there() -> None:
    misused: list[tuple[str | None, str]] = []
    stand = Stand(
        grants={OURS: make_grant(networks=(ELSEWHERE,)), OTHER: make_grant(networks=(ELSEWHERE, HERE))},
        on_misuse=lambda grant, address: misused.append((grant.server_id, address)),
    )
    outside, unknown = post(stand, f"/mcp/{OURS}", None), post(stand, "/mcp/lpm_unknown", None)
    assert (outside.status, outside.headers, outside.body) == (404, unknown.headers, unknown.body)
    assert stand.lines[0] == stand.lines[1]
    assert misused == [("m1", "127.0.0.1")]
    assert post(stand, f"/mcp/{OTHER}", None).status == 200


def test_behind_a_named_proxy_the_address_is_that_of_the_client() -> None:
    stand = Stand(
        grants={OURS: make_grant(networks=(ELSEWHERE,))}, addresses=ClientAddresses(("127.0.0.1/32",))
    )
    for address, status in (("203.0.113.7", 200), ("198.51.100.1", 404), ("203.0.113.7, 198.51.100.1", 404)):
        assert stand.post("ping", token=OURS, headers={"x-forwarded-for": address}).status == status


def test_a_stream_ends_when_its_networks_no_longer_have_its_client() -> None:
    stand = stand_with()

    async def main() -> list[bool]:
        head = Head("GET", f"/mcp/{OURS}", [], "127.0.0.1")
        exchange = await stand.endpoint.admit(head, "GET")
        assert not isinstance(exchange, Reply)
        before = await stand.endpoint.is_still_admitted(exchange)
        stand.grants[OURS] = make_grant(networks=(ELSEWHERE,))
        return [before, await stand.endpoint.is_still_admitted(exchange)]

    assert asyncio.run(main()) == [True, False]


# Uses


def test_each_message_says_when_a_server_was_used_and_each_call_is_a_use() -> None:
    uses = Uses()
    stand = Stand(grants={OURS: make_grant()}, uses=uses)
    for method, params in (("ping", None), ("tools/list", None), ("tools/call", CALL)):
        assert post(stand, f"/mcp/{OURS}", None, method, params=params).status == 200
    post(stand, "/mcp/lpm_unknown", None)
    assert uses.noted == [False, False, True]


def test_a_server_answers_as_one_that_is_not_there_from_the_call_on_that_is_one_too_many() -> None:
    uses = Uses(left=2)
    stand = Stand(grants={OURS: make_grant(max_uses=2)}, uses=uses)
    answers = [post(stand, f"/mcp/{OURS}", None, "tools/call", params=CALL) for _ in range(3)]
    assert [each.status for each in answers] == [200, 200, 404]
    assert answers[2].body == UNKNOWN_TOKEN.body
    assert len(stand.calls.made) == 2
    assert (
        post(stand, f"/mcp/{OURS}", None, "tools/list").status == 200
    )  # the records close it, not the count


def test_calls_under_a_limit_that_nobody_can_count_are_not_made() -> None:
    stand = stand_with(max_uses=2)
    assert post(stand, f"/mcp/{OURS}", None, "tools/call", params=CALL).status == 404
    assert stand.calls.made == []


# Guesses


def test_many_unknown_tokens_of_an_address_are_slowed_down_and_a_known_one_is_not() -> None:
    clock = HandClock()
    stand = Stand(grants={OURS: make_grant()}, guesses=Guesses(clock=clock))
    guesses = [post(stand, f"/mcp/lpm_{number}", None) for number in range(MOST_FAILURES)]
    assert {each.status for each in guesses} == {404}
    for path, sent in (("/mcp/lpm_x", None), ("/mcp", "Bearer lpm_x")):
        slowed = post(stand, path, sent)
        assert (slowed.status, slowed.code, slowed.header("retry-after")) == (429, 429, str(WINDOW_SECONDS))
    assert post(stand, f"/mcp/{OURS}", None).status == 200
    clock.pass_(WINDOW_SECONDS)
    assert post(stand, "/mcp/lpm_x", None).status == 404


def test_guesses_of_clients_behind_a_proxy_are_counted_apart() -> None:
    stand = Stand(guesses=Guesses(clock=HandClock()), addresses=ClientAddresses(("127.0.0.1/32",)))

    def guess(address: str) -> int:
        return stand.post("ping", token="x", headers={"x-forwarded-for": address}).status

    assert [guess("203.0.113.7") for _ in range(MOST_FAILURES + 1)][-1] == 429
    assert guess("203.0.113.8") == 404


# Alike


def test_tokens_that_open_nothing_take_the_same_steps() -> None:
    """Calls of Python functions are counted: neither time nor load changes them."""
    stand = Stand(
        grants={"lpm_capped": make_grant(max_uses=1)},
        guesses=Guesses(clock=HandClock(), most_failures=1_000),
        uses=Uses(),
    )
    body, headers = message("tools/call", CALL)
    sent = [(name.encode(), value.encode()) for name, value in headers.items()]

    def run(token: str) -> list[str]:
        head = Head("POST", f"/mcp/{token}", sent, "192.0.2.1")
        return record_calls(lambda: asyncio.run(as_coroutine(stand.endpoint.respond(head, body))))

    run("lpm_first")
    assert run("lpm_one") == run("lpm_two") == run("lpm_" + "z" * 43) == run("x" * 4_000)


async def as_coroutine(reply: Any) -> Reply:
    found: Reply = reply if isinstance(reply, Reply) else await reply
    return found


def record_calls(work: Any) -> list[str]:
    """Return the names of the functions of ours that are called, in order."""
    called: list[str] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and "/runtime/" in frame.f_code.co_filename:
            called.append(frame.f_code.co_name)

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return called
