"""Writes with an idempotency key against the real servers: over MCP and at the management API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from tests.journeys.conftest import Stage

CREATE = "create_a_quick_books_customer"


def exchange(url: str, body: dict[str, Any], headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    sent = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers}
    )
    try:
        with urllib.request.urlopen(sent, timeout=30) as response:
            return response.status, json.loads(response.read())
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def over_mcp(url: str, arguments: dict[str, Any], key: str) -> tuple[bool, str]:
    """Whether a call over MCP is an error, and the text of its result."""
    params = {"name": CREATE, "arguments": arguments, "_meta": {"ledgerport/idempotency-key": key}}
    _, answer = exchange(url, {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}, {})
    return bool(answer["result"].get("isError")), answer["result"]["content"][0]["text"]


def test_a_repeated_write_is_done_once_and_another_write_under_its_key_is_refused(stage: Stage) -> None:
    mine, others = (stage.server()["url"] for _ in range(2))
    made, again = (over_mcp(mine, {"DisplayName": "Repeated once"}, "key-1") for _ in range(2))
    assert made == again
    assert not made[0], made[1]
    is_error, text = over_mcp(mine, {"DisplayName": "Another"}, "key-1")
    assert is_error
    assert "used for another call" in text and "Nothing was sent" in text
    is_error, text = over_mcp(others, {"DisplayName": "Another"}, "key-1")
    assert not is_error
    assert json.loads(text)["Id"] != json.loads(made[1])["Id"]


def test_the_same_holds_at_the_management_api_with_a_token_for_one_account(stage: Stage) -> None:
    account = stage.running.account["id"]
    body = {"name": "program", "scopes": ["tools:call"], "integrated_account_id": account}
    token = stage.running.api.call("POST", "/api-token", body)["token"]
    base = stage.demo.url
    url = f"{base}/integrated-account/{account}/tools/{CREATE}"
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": '"8e03978e"'}
    status, made = exchange(url, {"DisplayName": "By a program"}, headers)
    assert status == 200, made
    bare = headers | {"Idempotency-Key": "8e03978e"}
    assert exchange(url, {"DisplayName": "By a program"}, bare) == (200, made)
    status, refused = exchange(url, {"DisplayName": "Something else"}, bare)
    assert (status, refused["code"]) == (422, "idempotency_key_reused")
    assert exchange(f"{base}/api-token", {"name": "more"}, headers)[0] == 403
