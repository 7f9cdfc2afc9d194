"""The log says what happened and never a secret."""

from __future__ import annotations

import io
import json
import logging

import pytest

from runtime.logs import SecretFilter, make_log, without_secrets

SECRETS = [
    "lpm_LPlCAYXSEp26_SEsYsKCuYN1k3ee3mfnYSNHKwzWVjg",
    "lpa_QREgdzfAl2EXPxT7ggTj4Vz3GN4nnXAikISE83f2wtU",
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0xx9",
]
PLACES = [
    "GET /mcp/{} HTTP/1.1",
    "http://127.0.0.1:8000/mcp/{}",
    "Authorization: Bearer {}",
    '{{"access_token": "{}"}}',
    "refresh_token={}&grant_type=refresh_token",
    "state={} code={}",
    "{}",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_never_gets_through(place, secret):
    assert secret not in without_secrets(place.replace("{}", secret))


@pytest.mark.parametrize("place", PLACES[:6])
def test_a_short_secret_is_known_by_its_place(place):
    assert "hunter2" not in without_secrets(place.replace("{}", "hunter2"))


def test_what_is_no_secret_stays():
    line = (
        "tool_call server=4def42f2-9551-49b9-8b30-9d1662ecec3a tool=update_a_quick_books_invoice_by_id ms=2.1"
    )
    assert without_secrets(line) == line


def test_a_json_line_has_the_event_and_its_fields():
    out = io.StringIO()
    make_log("json", out)("tool_call", tool="x", status=200, path=f"/mcp/{SECRETS[0]}")
    line = json.loads(out.getvalue())
    assert (line["event"], line["tool"], line["status"], line["path"]) == (
        "tool_call",
        "x",
        200,
        "/mcp/[secret]",
    )


@pytest.mark.parametrize("style", ["text", "json"])
def test_what_a_client_sends_can_neither_begin_a_line_nor_stop_the_log(style):
    out = io.StringIO()
    make_log(style, out)(
        "tool_call", tool="x\r\n12:00:00 tool_call tool=forged\u2028\ud800\x1b[2J", name="é 漢"
    )
    assert len(out.getvalue().splitlines()) == 1
    assert "\x1b" not in out.getvalue()
    assert "é 漢" in out.getvalue()
    out.getvalue().encode()


def test_what_libraries_log_is_filtered_too():
    record = logging.LogRecord("uvicorn", logging.ERROR, "", 0, "bad path %s", (f"/mcp/{SECRETS[0]}",), None)
    assert SecretFilter().filter(record)
    assert record.getMessage() == "bad path /mcp/[secret]"


def test_a_disk_that_takes_no_log_fails_nothing() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    make_log("text", Full())("event", name="value")
