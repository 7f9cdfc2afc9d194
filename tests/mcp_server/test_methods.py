"""What each method answers, held against the wire types of its revision."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import mcp_types as types
import pytest
from mcp_types import methods

from runtime.errors import InvalidArguments, NeedsReauth, RateLimited, VendorRefused
from runtime.exchange.tool_answer import Answer, File
from runtime.mcp_server.results import LARGEST_INLINE_FILE
from runtime.upstream.limits import Limits, note_refusal
from tests.mcp_server.stand import (
    GUIDANCE,
    LEGACY,
    LIMITS,
    MODERN,
    REVISIONS,
    TOKEN,
    FakeCalls,
    Response,
    Stand,
    ask_in_loop,
    make_catalog,
    make_grant,
    make_tool,
    message,
    shake,
)

READ = {"name": "list_all_invoices", "arguments": {}}
WRITE = {"name": "create_an_invoice", "arguments": {"id": "1"}}
USED_UP = note_refusal(LIMITS, 37)


def check(method: str, revision: str, answer: Response) -> dict[str, Any]:
    """The result, after the types of the revision and of JSON-RPC have looked at it."""
    types.JSONRPCResponse.model_validate(answer.json)
    methods.validate_server_result(method, revision, answer.result)
    return answer.result


class TestShakingHands:
    @pytest.mark.parametrize("revision", LEGACY)
    def test_each_older_revision_is_spoken(self, revision):
        result = check("initialize", revision, Stand().post("initialize", shake(revision), revision=revision))
        assert result["protocolVersion"] == revision
        assert result["capabilities"] == {
            "tools": {"listChanged": False},
            "resources": {"listChanged": False, "subscribe": False},
        }
        assert result["serverInfo"] == {
            "name": "ledgerport",
            "title": "Books: Elm Street Bakery",
            "version": "0.1.0",
        }
        assert result["instructions"] == GUIDANCE

    @pytest.mark.parametrize("asked", [MODERN, "1999-01-01", ""])
    def test_any_other_is_answered_with_the_last_that_shakes_hands(self, asked):
        assert Stand().post("initialize", shake(asked)).result["protocolVersion"] == "2025-11-25"

    @pytest.mark.parametrize("missing", ["protocolVersion", "capabilities", "clientInfo"])
    def test_what_is_missing_is_named(self, missing):
        params = {key: value for key, value in shake("2025-11-25").items() if key != missing}
        answer = Stand().post("initialize", params)
        assert (answer.status, answer.code) == (200, -32602)
        assert missing in answer.json["error"]["message"]

    def test_nothing_is_remembered(self):
        answer = Stand().post("initialize", shake("2025-11-25"))
        assert answer.header("mcp-session-id") is None
        assert Stand().post("tools/list", headers={"mcp-session-id": "whatever"}).status == 200

    def test_the_newer_revision_discovers(self):
        result = check("server/discover", MODERN, Stand().post("server/discover", revision=MODERN))
        assert result["supportedVersions"] == [MODERN]
        assert (result["resultType"], result["cacheScope"], result["instructions"]) == (
            "complete",
            "private",
            GUIDANCE,
        )
        assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["title"] == "Books: Elm Street Bakery"

    @pytest.mark.parametrize(
        "method", ["notifications/initialized", "notifications/cancelled", "notifications/any"]
    )
    @pytest.mark.parametrize("revision", REVISIONS)
    def test_notifications_are_taken_without_a_word(self, method, revision):
        body, headers = message(method, {"requestId": 1}, revision=revision)
        body = json.dumps({key: value for key, value in json.loads(body).items() if key != "id"}).encode()
        answer = Stand().send(body, [(k.encode(), v.encode()) for k, v in headers.items()])
        assert (answer.status, answer.body, answer.header("content-length")) == (202, b"", "0")

    @pytest.mark.parametrize("revision", LEGACY)
    def test_a_ping_is_answered_with_nothing(self, revision):
        assert check("ping", revision, Stand().post("ping", revision=revision)) == {}


@pytest.mark.parametrize("id", [0, -1, 7, 2**53, 2**64 - 1, "", "a", 'quote " and \\ and ü', "x" * 100_000])
@pytest.mark.parametrize("method", ["ping", "tools/list"])
def test_an_id_comes_back_as_it_was(method, id):
    assert Stand().post(method, id=id).json["id"] == id
    assert Stand().post(method, id=id, headers={"accept-encoding": "gzip"}).json["id"] == id


class TestCalls:
    @pytest.mark.parametrize("revision", REVISIONS)
    def test_an_answer_is_one_text_with_the_limits_beside_it(self, revision):
        answer = Stand().post("tools/call", READ, revision=revision)
        result = check("tools/call", revision, answer)
        assert result["content"] == [{"type": "text", "text": '{"Id":"1"}'}]
        assert result["isError"] is False
        assert "structuredContent" not in result
        assert result["_meta"]["ledgerport/ratelimit"]["remaining"] == 499
        assert answer.header("ratelimit-limit") == "500"
        assert answer.header("ratelimit-remaining") == "499"
        assert answer.header("ratelimit-reset") == "60"
        assert answer.header("ratelimit-policy") == '"minute";q=500;w=60'
        assert answer.header("ratelimit") == '"minute";r=499;t=60'
        assert answer.header("retry-after") is None
        assert ("resultType" in result) == (revision == MODERN)

    @pytest.mark.parametrize(
        "error",
        [
            VendorRefused(
                "There is no invoice 9.", advice="List the invoices.", vendor_code="610", trace="1-2"
            ),
            InvalidArguments("arguments.DocNumbr is not known. Did you mean DocNumber?"),
            NeedsReauth("The connection has ended."),
        ],
    )
    @pytest.mark.parametrize("revision", REVISIONS)
    def test_an_error_is_a_result_that_says_what_happened(self, revision, error):
        stand = Stand(calls=FakeCalls(answer=Answer(status=0, error=error, limits=LIMITS)))
        answer = stand.post("tools/call", READ, revision=revision)
        result = check("tools/call", revision, answer)
        assert (answer.status, result["isError"]) == (200, True)
        assert result["content"] == [{"type": "text", "text": error.as_text()}]
        assert result["_meta"]["ledgerport/error"]["code"] == error.code
        assert answer.header("ratelimit-remaining") == "499"
        assert stand.lines[-1]["error"] == error.code

    @pytest.mark.parametrize("revision", REVISIONS)
    def test_a_file_is_a_resource_inside_the_result(self, revision):
        file = File("invoice 1.pdf", "application/pdf", b"%PDF-1.7")
        stand = Stand(calls=FakeCalls(answer=Answer(file=file, limits=LIMITS)))
        result = check("tools/call", revision, stand.post("tools/call", READ, revision=revision))
        text, resource = result["content"]
        assert text["text"] == "invoice 1.pdf (application/pdf, 8 bytes) is attached."
        assert resource["resource"] == {
            "uri": "ledgerport://files/invoice%201.pdf",
            "mimeType": "application/pdf",
            "blob": "JVBERi0xLjc=",
        }

    @pytest.mark.parametrize("revision", REVISIONS)
    def test_a_file_larger_than_a_result_holds_is_an_error_that_names_both_sizes(self, revision):
        file = File("invoice 1.pdf", "application/pdf", b"x" * (LARGEST_INLINE_FILE + 1))
        stand = Stand(calls=FakeCalls(answer=Answer(file=file, limits=LIMITS)))
        result = check("tools/call", revision, stand.post("tools/call", READ, revision=revision))
        assert result["isError"]
        text = result["content"][0]["text"]
        assert "invoice 1.pdf has 4,194,305 bytes; a result holds at most 4,194,304." in text
        assert "over the REST endpoint" in text

    def test_a_client_may_mark_a_call_as_the_same_one(self):
        stand = Stand()
        stand.post("tools/call", WRITE | {"_meta": {"ledgerport/idempotency-key": "k-1"}})
        stand.post("tools/call", WRITE)
        assert stand.calls.keys == ["k-1", ""]

    @pytest.mark.parametrize("key", ["", "x" * 256, "a b", "a\n", "é", 7, None, ["k"], {"k": 1}, True])
    @pytest.mark.parametrize("name", ["create_an_invoice", "list_all_invoices"])
    def test_a_malformed_idempotency_key_is_refused_before_anything_is_sent(self, name, key):
        stand = Stand()
        params = {"name": name, "arguments": {}, "_meta": {"ledgerport/idempotency-key": key}}
        error = stand.post("tools/call", params).json["error"]
        assert error["code"] == -32602
        assert "ledgerport/idempotency-key" in error["message"]
        assert "Nothing was sent" in error["message"]
        assert stand.calls.made == []

    def test_long_idempotency_keys_that_differ_at_their_end_stay_two(self):
        stand = Stand()
        for end in "12":
            stand.post("tools/call", WRITE | {"_meta": {"ledgerport/idempotency-key": "x" * 254 + end}})
        assert stand.calls.keys == ["x" * 254 + "1", "x" * 254 + "2"]

    def test_one_line_is_logged_and_it_holds_no_arguments(self):
        stand = Stand()
        stand.post("tools/call", {"name": "create_an_invoice", "arguments": {"id": "private"}})
        (line,) = stand.lines
        assert line.pop("ms") >= 0  # type: ignore[operator]
        assert line == {
            "event": "tool_call",
            "server": "m1",
            "account": "a1",
            "tool": "create_an_invoice",
            "status": 200,
            "error": None,
        }

    @pytest.mark.parametrize(
        ("tool", "advice"), [("list_all_invoices", "Try again"), ("create_an_invoice", "Look whether")]
    )
    def test_a_fault_of_our_own_is_a_result_that_gives_nothing_away(self, tool, advice):
        def broken(name: str, arguments: dict[str, Any]) -> Answer:
            raise RuntimeError("password: hunter2")

        stand = Stand(calls=FakeCalls(answer=broken))
        answer = stand.post("tools/call", {"name": tool})
        assert (answer.status, answer.result["isError"]) == (200, True)
        assert advice in answer.result["content"][0]["text"]
        assert b"hunter2" not in answer.body
        assert stand.lines[-1]["error"] == "internal_error"


class TestRateLimits:
    ERROR = RateLimited("Books rate limit reached (429).", retry_after=37)

    def stand(self, **config: Any) -> Stand:
        calls = FakeCalls(answer=Answer(status=429, error=self.ERROR, limits=USED_UP))
        return Stand(grants={TOKEN: make_grant(**config)}, calls=calls)

    @pytest.mark.parametrize("revision", REVISIONS)
    def test_by_default_it_is_a_result_that_says_how_long_to_wait(self, revision):
        answer = self.stand().post("tools/call", READ, revision=revision)
        result = check("tools/call", revision, answer)
        assert (answer.status, result["isError"]) == (200, True)
        assert result["content"][0]["text"] == (
            "Books rate limit reached (429). 0 of 500 requests left, resets in 37 s. "
            "Wait 37 seconds, then retry the same call."
        )
        assert result["_meta"]["ledgerport/ratelimit"]["retry_after"] == 37
        assert (answer.header("retry-after"), answer.header("ratelimit-remaining")) == ("37", "0")

    @pytest.mark.parametrize("revision", REVISIONS)
    def test_by_a_switch_it_is_http_429(self, revision):
        answer = self.stand(rate_limit_style="http_429").post(
            "tools/call", READ, revision=revision, id="call-9"
        )
        types.JSONRPCError.model_validate(answer.json)
        assert (answer.status, answer.code, answer.json["id"]) == (429, 429, "call-9")
        assert "Wait 37 seconds" in answer.json["error"]["message"]
        assert answer.json["error"]["data"]["retry_after"] == 37
        assert (answer.header("retry-after"), answer.header("ratelimit-remaining")) == ("37", "0")

    def test_the_switch_changes_nothing_else(self):
        stand = self.stand(rate_limit_style="http_429")
        stand.calls.answer = Answer(error=VendorRefused("No."), limits=LIMITS)
        assert stand.post("tools/call", READ).status == 200

    def test_words_that_say_it_all_are_left_alone(self):
        stand = self.stand()
        error = RateLimited("Reached.", advice="Wait 5 seconds, then retry the same call.", retry_after=5)
        stand.calls.answer = Answer(error=error, limits=USED_UP)
        assert stand.post("tools/call", READ).result["content"][0]["text"] == error.as_text()

    def test_a_vendor_without_windows_still_says_how_long_to_wait(self):
        stand = self.stand()
        stand.calls.answer = Answer(error=RateLimited("Reached.", retry_after=1), limits=Limits((), (), ()))
        answer = stand.post("tools/call", READ)
        assert answer.result["content"][0]["text"] == "Reached. Wait 1 second, then retry the same call."
        assert answer.header("retry-after") == "1"
        assert answer.result["_meta"]["ledgerport/ratelimit"] == {"status": 429, "retry_after": 1}


class TestWritesComeToTheirEnd:
    async def cut_off(self, stand: Stand, call: dict[str, Any]) -> None:
        """Begin a call, cancel its request, and let the vendor answer afterwards."""
        stand.calls.hold = asyncio.Event()
        body, headers = message("tools/call", call)
        raw = [(key.encode(), value.encode()) for key, value in headers.items()]
        request = asyncio.create_task(ask_in_loop(stand.endpoint, f"/mcp/{TOKEN}", "POST", raw, [body]))
        await stand.calls.began.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        stand.calls.hold.set()
        await stand.endpoint.drain()

    def test_a_write_is_done_and_logged_though_its_client_has_gone(self):
        stand = Stand()
        asyncio.run(self.cut_off(stand, WRITE))
        assert stand.calls.done == ["create_an_invoice"]
        assert [line["status"] for line in stand.lines] == [200]

    def test_a_read_ends_with_its_client_and_is_logged(self):
        stand = Stand()
        asyncio.run(self.cut_off(stand, READ))
        assert stand.calls.done == []
        assert [line["tool"] for line in stand.lines] == ["list_all_invoices"]


class TestTheFilterIsAWall:
    READS = ("list_all_invoices", "get_single_invoice_by_id", "list_all_customers")
    OTHERS = (
        "create_an_invoice",
        "update_an_invoice_by_id",
        "delete_an_invoice_by_id",
        "void_an_invoice_by_id",
    )

    def stand(self) -> Stand:
        return Stand(grants={TOKEN: make_grant(methods=("read",))})

    @pytest.mark.parametrize("revision", REVISIONS)
    def test_what_it_leaves_out_is_not_listed(self, revision):
        tools = self.stand().post("tools/list", revision=revision).result["tools"]
        assert tuple(tool["name"] for tool in tools) == self.READS

    @pytest.mark.parametrize("revision", REVISIONS)
    @pytest.mark.parametrize("name", OTHERS)
    def test_what_it_leaves_out_answers_as_if_it_never_was(self, revision, name):
        stand, without = self.stand(), self.stand()
        without.catalog = make_catalog([tool for tool in without.catalog.tools if tool.name in self.READS])
        params = {"name": name, "arguments": {"id": "1"}}

        hidden = stand.post("tools/call", params, revision=revision)
        absent = without.post("tools/call", params, revision=revision)

        assert (hidden.status, hidden.headers, hidden.body) == (absent.status, absent.headers, absent.body)
        assert hidden.result["isError"] is True
        assert hidden.result["content"][0]["text"].startswith(f'There is no tool "{name}" here.')
        assert stand.calls.made == without.calls.made == []
        logged = [
            {key: each for key, each in line.items() if key != "ms"}
            for line in (*stand.lines, *without.lines)
        ]
        assert logged[0] == logged[1]
        assert (logged[0]["tool"], logged[0]["error"]) == (name, "not_found")

    def test_no_spelling_of_a_name_gets_past(self):
        stand = self.stand()
        for name in (
            "create_an_invoice ",
            " create_an_invoice",
            "CREATE_AN_INVOICE",
            "create_an_invoice\x00",
        ):
            assert stand.post("tools/call", {"name": name}).result["isError"] is True
        twice = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_all_invoices","name":"%b"}}'
        answer = stand.send(twice % b"create_an_invoice", [(b"content-type", b"application/json")])
        assert answer.result["isError"] is True
        assert stand.calls.made == []

    def test_methods_and_tags_both_have_to_fit(self):
        grant = make_grant(methods=("list", "write"), tags=("crm",))
        tools = Stand(grants={TOKEN: grant}).post("tools/list").result["tools"]
        assert [tool["name"] for tool in tools] == ["list_all_customers"]


def test_a_new_catalog_shows_at_once():
    stand = Stand()
    assert len(stand.post("tools/list").result["tools"]) == 7
    stand.catalog = replace(stand.catalog, version="2", tools=(make_tool("list_all_vendors", "list"),))
    assert [tool["name"] for tool in stand.post("tools/list").result["tools"]] == ["list_all_vendors"]
