"""A refusal says the same in every form: its status, its code, when to try again, and nothing of the request."""

from __future__ import annotations

import json

import pytest

from runtime.server import refusals
from runtime.server.refusals import Refusal

STATUSES = {
    "UNKNOWN_HOST": 421, "MALFORMED": 400, "NO_TUNNEL": 405, "SEVERAL_HOSTS": 400, "HEAD_LATE": 408,
    "BODY_LATE": 408, "LONG_URL": 414, "LARGE_HEAD": 431, "LARGE_FRAMES": 400, "PIPELINED": 429, "FULL": 503,
    "NO_MEMORY": 503, "STOPPING": 503,
}  # fmt: skip


def test_every_refusal_is_listed_here() -> None:
    assert {name for name, value in vars(refusals).items() if isinstance(value, Refusal)} == set(STATUSES)


@pytest.mark.parametrize(("name", "status"), STATUSES.items())
def test_a_refusal_has_its_status_in_the_response_and_in_the_body(name: str, status: int) -> None:
    refusal: Refusal = getattr(refusals, name)
    api, mcp = refusal.reply(b"/api/x"), refusal.reply(b"/mcp/token")
    body = json.loads(api.body)
    assert (api.status, mcp.status, body["statusCode"], body["error"]) == (status, status, status, True)
    assert body["statusMessage"] and body["code"] and body["message"] == refusal.message
    assert json.loads(mcp.body)["error"]["message"].startswith(refusal.message)
    assert ((b"retry-after", b"5") in api.fields) is (status == 503)
    assert ((b"retry-after", b"5") in mcp.fields) is (status == 503)
