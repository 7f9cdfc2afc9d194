from __future__ import annotations

import ast
import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.requests import Request

from generator.vendor import RateWindow
from runtime.api import reading
from runtime.errors import BodyTimeout, RateLimited, VendorRefused
from runtime.exchange.tool_answer import Answer, File
from runtime.model import WindowCount
from runtime.operations import bodies
from runtime.safety.guesses import MOST_FAILURES, Guesses
from runtime.upstream.limits import measure
from tests.api.harness import ApiHarness
from tests.deployment import TOOLS, HandClock


@pytest.fixture
def harness(tmp_path: Path) -> ApiHarness:
    return ApiHarness(tmp_path)


def test_a_company_and_its_urls_from_the_first_request_to_the_last(harness: ApiHarness) -> None:
    made = harness.ask("POST", "/integrated-account", json={"name": "Shop", "integration": "books"})
    assert made.status_code == 201 and made.json()["authorize_url"].startswith(
        "http://127.0.0.1:8000/connect/"
    )
    path = f"/integrated-account/{made.json()['id']}"
    assert harness.ask("GET", path).json() | {"authorize_url": 0} == made.json() | {"authorize_url": 0}
    assert [each["name"] for each in harness.ask("GET", "/integrated-account").json()["result"]] == ["Shop"]
    assert harness.ask("POST", path + "/connect").json()["authorize_url"] != made.json()["authorize_url"]
    server = harness.ask("POST", path + "/mcp", json={"name": "Agent", "config": {"methods": ["read"]}})
    assert server.status_code == 201
    assert list(server.json()) == [
        "id", "name", "config", "integrated_account_id", "expires_at", "created_at", "updated_at", "uses",
        "last_used_at", "used_up_at", "previous_token_expires_at", "oauth", "listing", "token", "url",
    ]  # fmt: skip
    mine = f"{path}/mcp/{server.json()['id']}"
    assert "token" not in harness.ask("GET", mine).json()
    changed = harness.ask(
        "PATCH", mine, json={"config": {"tags": ["crm"]}, "expires_at": "2030-01-01T00:00:00Z"}
    )
    assert changed.json()["listing"]["available"] < server.json()["listing"]["available"]
    assert changed.json()["config"]["methods"] == ["read"] and changed.json()["config"]["tags"] == ["crm"]
    assert harness.ask("PATCH", mine, json={"expires_at": None}).json()["expires_at"] is None
    shown = harness.ask("GET", mine).json()
    assert shown.pop("listing") == changed.json()["listing"]
    assert harness.ask("GET", path + "/mcp").json() == {"result": [shown], "next_cursor": None}
    assert harness.ask("DELETE", mine).json() == {"id": server.json()["id"]}
    assert harness.ask("GET", mine).status_code == 404
    assert harness.ask("DELETE", path).json() == {"id": made.json()["id"], "company_mappings_deleted": 0}
    assert harness.ask("GET", path).status_code == 404


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer x",
        "Basic eDp5",
        "Bearer \u00ff\u00fe",
        "bearer " + "x" * 100_000,
        "Bearer lpm_" + "x" * 43,
    ],
)
def test_without_an_api_token_of_ours_nothing_is_said(harness: ApiHarness, header: str) -> None:
    for method, path in (
        ("GET", "/integrated-account"),
        ("POST", "/api-token"),
        ("GET", "/integrated-account/x/tools"),
    ):
        refused = harness.ask(method, path, headers={"Authorization": header.encode("latin-1")})
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == 'Bearer realm="ledgerport"'
        assert refused.json()["error"] is True and refused.json()["code"] == "unauthorized"


def test_a_revoked_api_token_and_the_token_of_a_url_open_nothing_here(harness: ApiHarness) -> None:
    url_token = harness.here.mcp_servers.create(harness.account(), "Agent")["token"]
    assert (
        harness.ask("GET", "/api-token", headers={"Authorization": f"Bearer {url_token}"}).status_code == 401
    )
    made = harness.ask(
        "POST", "/api-token", json={"name": "Another"}
    ).json()  # stored after what the first use left
    tokens = harness.ask("GET", "/api-token").json()["result"]
    mine = next(each for each in tokens if each["id"] != made["id"])
    assert mine["last_used_at"] is not None
    assert harness.ask("DELETE", f"/api-token/{mine['id']}").status_code == 200
    assert harness.ask("GET", "/api-token").status_code == 401


def test_api_tokens_are_made_and_listed(harness: ApiHarness) -> None:
    made = harness.ask("POST", "/api-token", json={"name": "ci"})
    assert made.status_code == 201
    assert harness.ask("GET", "/healthz", headers={"Authorization": ""}).json() == {"status": "ok"}
    listed = harness.ask("GET", "/api-token?limit=1").json()
    rest = harness.ask("GET", "/api-token", params={"limit": 1, "next_cursor": listed["next_cursor"]}).json()
    assert {listed["result"][0]["name"], rest["result"][0]["name"]} == {"tests", "ci"}
    assert made.json()["token"] not in str((listed, rest, harness.lines))


def test_a_body_that_does_not_come_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "LONGEST_WAIT", 0.05)

    async def receive() -> dict[str, object]:
        await asyncio.sleep(60)
        raise AssertionError

    request = Request({"type": "http", "headers": [(b"content-type", b"application/json")]}, receive)
    with pytest.raises(BodyTimeout, match="did not come") as late:
        asyncio.run(reading.read_json(request))
    assert late.value.status == 408


JSON = {"Content-Type": "application/json"}
DEEP = b'{"name":' + b"[" * 500 + b"]" * 500 + b"}"


@pytest.mark.parametrize(
    ("content", "headers", "status", "words"),
    [
        (b"", JSON, 400, "not JSON"),
        (b"{", JSON, 400, "not JSON"),
        (b"[]", JSON, 400, "must be a JSON object"),
        (b'"x"', JSON, 400, "must be a JSON object"),
        (b'{"name":"\xff"}', JSON, 400, "not JSON"),
        (b'{"name":"\\ud800"}', JSON, 400, "not JSON"),
        (b'{"name":NaN}', JSON, 400, "not JSON"),
        (DEEP, JSON, 400, "levels deep"),
        (b"[" * 100_000, JSON, 400, "not JSON"),
        (b'{"name":"x"}', {"Content-Type": "text/plain"}, 415, "must be JSON"),
        (b'{"name":"x"}', {}, 415, "must be JSON"),
        (b'{"name":"' + b"x" * (4 * 1024 * 1024) + b'"}', JSON, 413, "larger than 4 MiB"),
        (b"{}", JSON, 400, '"name" is missing.'),
        (b'{"nmae":"x"}', JSON, 400, 'Did you mean "name"?'),
        (b'{"name":7}', JSON, 400, '"name": Input should be a valid string.'),
        (b'{"name":null}', JSON, 400, '"name"'),
        (b'{"name":"x\\u0000"}', JSON, 400, "name must be"),
        (
            b"{" + b",".join(b'"k%d":1' % n for n in range(2000)) + b',"name":"x"}',
            JSON,
            400,
            "too many names in one object",
        ),
    ],
)
def test_a_bad_body_is_a_clear_error(
    harness: ApiHarness, content: bytes, headers: dict[str, str], status: int, words: str
) -> None:
    refused = harness.ask("POST", "/api-token", content=content, headers=headers)
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/json")
    said = refused.json()
    assert words in said["message"]
    assert (said["error"], said["statusCode"]) == (True, status) and said["statusMessage"]
    assert len(refused.content) < 10_000


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"name": "x", "config": {"metods": []}},
            '"config.metods" is not known here. Did you mean "methods"?',
        ),
        ({"name": "x", "config": {"methods": "read"}}, '"config.methods": Input should be a valid list.'),
        ({"name": "x", "config": {"methods": ["read", 1]}}, '"config.methods.1"'),
        ({"name": "x", "config": {"require_api_token_auth": "yes"}}, '"config.require_api_token_auth"'),
        ({"name": "x", "config": {"rate_limit_style": "loud"}}, "'tool_result' or 'http_429'"),
        ({"name": "x", "config": {"tool_exposure": "none"}}, "'full', 'discovery' or 'short'"),
        ({"name": "x", "config": None}, '"config": Input should be a JSON object.'),
        ({"name": "x", "expires_at": 12}, '"expires_at"'),
        ({"name": "x", "expires_at": "2001-01-01T00:00:00Z"}, "60 seconds"),
        ({"name": "x", "config": {"tags": ["nope"]}}, 'tags has "nope"'),
    ],
)
def test_a_bad_mcp_server_is_named(harness: ApiHarness, body: dict[str, Any], words: str) -> None:
    refused = harness.ask("POST", f"/integrated-account/{harness.account()}/mcp", json=body)
    assert refused.status_code == 400
    assert words in refused.json()["message"]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "limit=", "limit=1&limit=2", "next_cursor=zzz", "lmit=1", "%ff=%ff"],
)
def test_a_bad_query_is_a_clear_error(harness: ApiHarness, query: str) -> None:
    assert harness.ask("GET", f"/integrated-account?{query}").status_code == 400


def test_what_is_said_where_nothing_reads_it_is_a_clear_error(harness: ApiHarness) -> None:
    path = f"/integrated-account/{harness.account()}"
    for method, place in (("POST", "/tools/create_a_books_invoice"), ("POST", "/mcp"), ("DELETE", "")):
        refused = harness.ask(method, f"{path}{place}?limit=1", json={"name": "x"})
        assert refused.status_code == 400
        assert '"limit" is not known here' in refused.json()["message"]
    assert harness.calls.seen == []
    assert harness.ask("GET", path).status_code == 200
    assert harness.ask("GET", "/healthz?now=1").status_code == 200


@pytest.mark.parametrize(
    "path", ["/nothing", "/integrated-account/", "/integrated-account/x/mcp/y/z", "//", "/%00"]
)
def test_an_address_with_nothing_is_404_in_the_same_shape(harness: ApiHarness, path: str) -> None:
    refused = harness.ask("GET", path)
    assert (refused.status_code, refused.json()["error"]) == (404, True)


def test_ids_that_are_unknown_foreign_or_odd_are_the_same_404(harness: ApiHarness) -> None:
    mine, other = harness.account(), harness.account()
    server = harness.here.mcp_servers.create(mine, "Agent")["id"]
    paths = [
        f"{other}/mcp/{server}",
        f"{mine}/mcp/x",
        f"{mine}/mcp/%00",
        f"{mine}/mcp/{'x' * 5000}",
        f"{mine}/mcp/%ff",
    ]
    said = {harness.ask("GET", f"/integrated-account/{path}").text for path in paths}
    assert len(said) == 1 and '"statusCode":404' in said.pop()


def test_a_method_that_is_not_taken_is_405_and_says_which_are(harness: ApiHarness) -> None:
    refused = harness.ask("PUT", f"/integrated-account/{harness.account()}")
    assert (refused.status_code, refused.json()["code"]) == (405, "method_not_allowed")
    assert {word.strip() for word in refused.headers["allow"].split(",")} == {
        "DELETE",
        "GET",
        "HEAD",
        "PATCH",
    }


def test_tools_are_listed_with_the_filter_of_a_url(harness: ApiHarness) -> None:
    path = f"/integrated-account/{harness.account()}/tools"
    assert [each["name"] for each in harness.ask("GET", path).json()["result"]] == [
        tool.name for tool in TOOLS
    ]
    found = harness.ask("GET", path + "?methods=read,custom&tags=crm&tags=sales").json()["result"]
    assert [each["name"] for each in found] == [
        "get_single_books_customer_by_id",
        "void_a_books_invoice_by_id",
    ]
    assert found[0]["input_schema"]["type"] == "object"
    assert "Did you mean" in harness.ask("GET", path + "?methods=raed").json()["message"]


def test_a_tool_is_called_with_its_arguments_and_the_key_of_the_client(harness: ApiHarness) -> None:
    path = f"/integrated-account/{harness.account()}/tools/create_a_books_invoice"
    called = harness.ask("POST", path, json={"Line": [1]}, headers={"Idempotency-Key": "k-1"})
    assert (called.status_code, called.json()) == (200, {"Id": "1"})
    assert harness.calls.seen == [("create_a_books_invoice", {"Line": [1]}, "k-1")]
    assert harness.calls.tools == [tool.name for tool in TOOLS]
    assert harness.ask("POST", path).status_code == 200
    for key in ("x" * 256, "two words", "", '""', '"open', "\x80"):
        refused = harness.ask("POST", path, json={}, headers={"Idempotency-Key": key.encode("latin-1")})
        assert refused.status_code == 400 and "Nothing was sent" in refused.json()["message"]
    twice = [("Authorization", f"Bearer {harness.token}"), ("Idempotency-Key", "a"), ("Idempotency-Key", "a")]
    assert harness.ask("POST", path, json={}, headers=httpx2.Headers(twice)).status_code == 400
    assert len(harness.calls.seen) == 2


def test_a_quoted_idempotency_key_is_the_same_as_a_bare_one(harness: ApiHarness) -> None:
    path = f"/integrated-account/{harness.account()}/tools/create_a_books_invoice"
    for key in ('"8e03978e-40d5"', "8e03978e-40d5", ' "8e03978e-40d5" ', "x" * 255):
        assert harness.ask("POST", path, json={}, headers={"Idempotency-Key": key}).status_code == 200
    assert [key for *_, key in harness.calls.seen] == ["8e03978e-40d5"] * 3 + ["x" * 255]


def test_a_key_at_the_management_api_is_bound_to_the_api_token(harness: ApiHarness) -> None:
    path = f"/integrated-account/{harness.account()}/tools/create_a_books_invoice"
    harness.ask("POST", path, json={})
    other = harness.here.api_tokens.create("other")
    harness.ask("POST", path, json={}, headers={"Authorization": f"Bearer {other['token']}"})
    mine, others = [grant.caller for grant in harness.calls.grants]
    assert others == f"api_token:{other['id']}" != mine


def test_an_error_of_the_vendor_retains_its_status_and_says_what_is_left(harness: ApiHarness) -> None:
    windows = (RateWindow("minute", 500, 60),)
    limits = measure(windows, [WindowCount(500, 7.2)])
    harness.calls.answer = lambda: Answer(
        status=400,
        error=VendorRefused("Stale.", kind="conflict", vendor_code="5010", trace="t-1"),
        limits=limits,
    )
    path = f"/integrated-account/{harness.account()}/tools/x"
    refused = harness.ask("POST", path, json={})
    assert refused.status_code == 400
    assert refused.json()["code"] == "conflict" and refused.json()["vendor_code"] == "5010"
    assert refused.json()["rate_limit"]["remaining"] == 0
    assert (refused.headers["ratelimit-remaining"], refused.headers["retry-after"]) == ("0", "8")
    harness.calls.answer = lambda: Answer(status=429, error=RateLimited("Wait.", retry_after=42))
    limited = harness.ask("POST", path, json={})
    assert (limited.status_code, limited.headers["retry-after"], limited.json()["statusMessage"]) == (
        429,
        "42",
        "Too Many Requests",
    )


def test_a_file_is_answered_as_a_file(harness: ApiHarness) -> None:
    harness.calls.answer = lambda: Answer(file=File('in"v\r\noice.pdf', "application/pdf", b"%PDF"))
    answered = harness.ask("POST", f"/integrated-account/{harness.account()}/tools/x", json={})
    assert (answered.content, answered.headers["content-type"]) == (b"%PDF", "application/pdf")
    assert answered.headers["content-disposition"] == 'attachment; filename="in-v--oice.pdf"'


def test_a_failure_of_ours_is_said_without_its_words_and_logged_with_its_place(harness: ApiHarness) -> None:
    def fail() -> Answer:
        raise ValueError("secret-value")

    harness.calls.answer = fail
    failed = harness.ask("POST", f"/integrated-account/{harness.account()}/tools/x", json={})
    assert (failed.status_code, failed.json()["code"]) == (500, "internal_error")
    logged = "\n".join(harness.lines)
    assert "ValueError" in logged and "test_api.py:" in logged
    assert "secret-value" not in failed.text + logged


def test_nothing_secret_is_logged(harness: ApiHarness) -> None:
    made = harness.ask("POST", "/api-token", json={"name": "ci"}).json()["token"]
    server = harness.ask("POST", f"/integrated-account/{harness.account()}/mcp", json={"name": "x"}).json()
    harness.ask("POST", f"/integrated-account/{harness.account()}/tools/x", json={"note": "private words"})
    logged = "\n".join(harness.lines)
    for secret in (made, server["token"], harness.token, "private words"):
        assert secret not in logged


def test_two_processes_manage_the_same_file(tmp_path: Path) -> None:
    one, other = ApiHarness(tmp_path), ApiHarness(tmp_path)
    account = one.account()
    path = f"/integrated-account/{account}/mcp"

    async def both() -> None:
        await asyncio.gather(
            *(
                asyncio.to_thread(harness.here.mcp_servers.create, account, f"Agent {number}")
                for number in range(10)
                for harness in (one, other)
            )
        )

    asyncio.run(both())
    assert len(one.ask("GET", path).json()["result"]) == 20
    gone = other.ask("GET", path).json()["result"][0]["id"]
    assert one.ask("DELETE", f"{path}/{gone}").status_code == 200
    assert other.ask("GET", f"{path}/{gone}").status_code == 404


def test_wrong_api_tokens_are_slowed_down_and_a_valid_one_is_not(tmp_path: Path) -> None:
    harness = ApiHarness(tmp_path, guesses=Guesses(clock=HandClock()))
    wrong = {"headers": {"Authorization": "Bearer lpa_wrong"}}
    for _ in range(MOST_FAILURES):
        assert harness.ask("GET", "/api-token", **wrong).status_code == 401
    slowed = harness.ask("GET", "/api-token", **wrong)
    assert (slowed.status_code, slowed.json()["code"]) == (429, "too_many_guesses")
    assert 0 < int(slowed.headers["retry-after"]) <= 60
    assert harness.ask("GET", "/api-token").status_code == 200
    assert harness.ask("GET", "/api-token", **wrong).status_code == 429


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer ", "Basic eDp5", "lpa_x"])
def test_a_request_without_an_api_token_is_no_guess(harness: ApiHarness, sent: str) -> None:
    for _ in range(MOST_FAILURES + 1):
        assert harness.ask("GET", "/api-token", headers={"Authorization": sent}).status_code == 401


def tool_calls(harness: ApiHarness) -> list[str]:
    return [line for line in harness.lines if line.startswith("tool_call ")]


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (Answer('{"Id":"1"}'), 200, None),
        (Answer(status=400, error=VendorRefused("Stale.", kind="conflict")), 400, "conflict"),
        (Answer(status=0, error=RateLimited("Wait.", retry_after=1)), 0, "rate_limited"),
    ],
)
def test_a_tool_call_is_logged_with_account_and_tool_and_without_arguments(
    harness: ApiHarness, answer: Answer, status: int, error: str | None
) -> None:
    account, harness.calls.answer = harness.account(), lambda: answer
    harness.ask(
        "POST", f"/integrated-account/{account}/tools/create_a_books_invoice", json={"Note": "canary"}
    )
    (line,) = tool_calls(harness)
    fields = ast.literal_eval(line.removeprefix("tool_call "))
    token = asyncio.run(harness.here.api_tokens.identify(harness.token))
    assert token is not None and fields.pop("ms") >= 0
    assert fields == {
        "api_token": token.id,
        "account": account,
        "tool": "create_a_books_invoice",
        "status": status,
        "error": error,
    }
    assert "canary" not in "".join(harness.lines)


def test_a_tool_call_that_is_refused_or_fails_inside_is_logged_too(harness: ApiHarness) -> None:
    path = f"/integrated-account/{harness.account()}/tools/create_a_books_invoice"

    def broken() -> Answer:
        raise ZeroDivisionError

    harness.ask("POST", path, content=b"{", headers={"Content-Type": "application/json"})
    harness.ask("POST", "/integrated-account/nowhere/tools/" + "x" * 5_000, json={})
    harness.calls.answer = broken
    assert harness.ask("POST", path, json={}).status_code == 500
    found = [ast.literal_eval(line.removeprefix("tool_call ")) for line in tool_calls(harness)]
    assert [each["error"] for each in found] == ["invalid_request", "not_found", "internal_error"]
    assert (found[1]["account"], found[1]["tool"]) == ("unknown", "unknown")
