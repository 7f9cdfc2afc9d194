"""The log says what happened and never a secret."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import subprocess
import sys

import pytest
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException, MultiPartParser

from runtime.logs import SecretFilter, blank_private_numbers, blank_secrets, configure_libraries, make_log
from tests.growth import is_linear

SECRETS = [
    "lpm_LPlCAYXSEp26_SEsYsKCuYN1k3ee3mfnYSNHKwzWVjg",
    "lpa_QREgdzfAl2EXPxT7ggTj4Vz3GN4nnXAikISE83f2wtU",
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0xx9",
]
PLACES = [
    "GET /mcp/{} HTTP/1.1",
    "GET /files/{} HTTP/1.1",
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
    assert secret not in blank_secrets(place.replace("{}", secret))


@pytest.mark.parametrize("place", PLACES[:6])
def test_a_short_secret_is_known_by_its_place(place):
    assert "hunter2" not in blank_secrets(place.replace("{}", "hunter2"))


@pytest.mark.parametrize(
    ("line", "blanked"),
    [
        ("POST https://hooks.example/a?key=hunter &", "POST https://hooks.example/a?[secret] &"),
        ("Row ('http://x/y?hunter', 'b')", "Row ('http://x/y?[secret]', 'b')"),
        ("postgresql://me:hunter@db.example:5432/books", "postgresql://[secret]@db.example:5432/books"),
        ("redis://:hunter@[::1]/0 https://a@b/", "redis://[secret]@[::1]/0 https://[secret]@b/"),
        ("http://127.0.0.1:8000/mcp/hunter?x=hunter", "http://127.0.0.1:8000/mcp/[secret]?[secret]"),
        ("https://books.example.com:8443/docs", "https://books.example.com:8443/docs"),
    ],
)
def test_who_signs_in_to_an_address_and_its_query_are_blanked(line, blanked):
    assert blank_secrets(line) == blanked


def test_what_is_no_secret_stays():
    line = (
        "tool_call server=4def42f2-9551-49b9-8b30-9d1662ecec3a tool=update_a_quick_books_invoice_by_id ms=2.1"
    )
    assert blank_secrets(line) == line


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


class TestWhatAVendorSaid:
    @pytest.mark.parametrize(
        "secret",
        [
            "AB11" + "x9" * 23,
            "eyJhbGciOiJSUzI1NiJ9abcd.eyJzdWIiOiIxMjM0In0abc.c2lnbmF0dXJl",
            "Bearer abc.def~ghi",
            "Authorization: Basic dXNlcjpwYXNz",
            "access_token=short1",
            "123-45-6789",
            "4111 1111 1111 1111",
            "4111111111111111",
            "3782 822463 10005",
            "Account number 123456789012",
            "routing number: 021000021",
            "EIN 12-3456789",
            "DE89370400440532013000",
            "3f" * 20,
        ],
    )
    def test_a_token_or_a_private_number_is_blanked_wherever_it_stands(self, secret):
        hidden = secret.split()[-1].split("=")[-1]
        for text in (secret, f"Refused: {secret}, try again", f'{{"x":"{secret}"}}'):
            clean = blank_private_numbers(text, 500)
            assert hidden not in clean
            assert "[secret]" in clean

    @pytest.mark.parametrize(
        "text",
        [
            "Invoice 1234567890123 of 2026-01-31 and 2026-02-28 has 1,234,567.89 open; DocNumber INV-2026-00012",
            "Error code: 6240, statusCode=400, account number 10100, state: open",
            "Object Not Found: Line[0].SalesItemLineDetail.ItemRef.value 12 (at Line[10].Amount)",
            "Business Validation Error: 123e4567-e89b-12d3-a456-426614174000 of company 9130347798120105",
        ],
    )
    def test_ids_amounts_dates_and_document_numbers_stay(self, text):
        assert blank_private_numbers(text, 500) == text

    def test_it_is_cut_and_no_part_of_a_token_is_left_at_the_cut(self):
        token = "AB11" + "x9" * 400
        assert blank_private_numbers("x" * 90 + " " + token, 100) == "x" * 90 + " [secret]"
        for size in range(19_000, 20_050, 50):
            assert "x9x9" not in blank_private_numbers("." * size + token, 1000)


@pytest.mark.parametrize(
    "bait",
    ["a-", "- ", "a", "1", " ", "token", "token= ", "Bearer ", "4111 ", "eyJa.", "lp", "lpa", "1-", "DE89", "+", "_",
     "account number: ", "/mcp/", "code   ", "é", "authorization:  ", "://", "://a:", "http://a?", "a://b/", "://a@"],
)  # fmt: skip
@pytest.mark.parametrize("filtered", [blank_secrets, lambda text: blank_private_numbers(text, 1000)])
def test_a_text_is_filtered_in_time_that_grows_with_its_length(filtered, bait):
    def filtering(size):
        text = bait * (size // len(bait))
        return lambda: filtered(text)

    assert is_linear(filtering, 6_000)


@pytest.fixture
def _root_logger():
    root, level, handlers = logging.getLogger(), logging.getLogger().level, [*logging.getLogger().handlers]
    yield
    logging.basicConfig(level=level, handlers=handlers, force=True)
    root.setLevel(level)
    logging.getLogger("python_multipart").setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    "part",
    [
        b":\r\n\r\nx",
        b"Content-Disposition\r\n\r\nx",
        b"X (: y\r\n\r\nx",
        b"X: y\rz\r\n\r\nx",
        b"X: y\r\n\rz",
    ],
)
@pytest.mark.usefixtures("_root_logger")
def test_what_is_wrong_with_a_form_is_answered_and_not_logged(part, capsys):
    async def pieces():
        yield b"--b\r\n" + part + b"\r\n--b--\r\n"

    configure_libraries()
    headers = Headers({"content-type": "multipart/form-data; boundary=b"})
    with contextlib.suppress(MultiPartException):
        asyncio.run(MultiPartParser(headers, pieces()).parse())

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "text", ["4111111111111112", "4111 1111 1111 1112", "1111111111111117", "9111111111111119"]
)
def test_digits_without_the_check_digit_or_the_beginning_of_a_card_stay(text):
    assert blank_private_numbers(f"Document {text}", 500) == f"Document {text}"


def test_letters_and_digits_without_the_check_digits_of_an_iban_stay():
    assert blank_private_numbers("Item DE88370400440532013000", 500) == "Item DE88370400440532013000"


def test_a_sentence_is_cut_at_its_longest_and_ends_with_an_ellipsis():
    assert blank_private_numbers("x " * 50, 100) == "x " * 50
    assert blank_private_numbers("x " * 51, 100) == ("x " * 50)[:99] + "…"


def test_a_text_line_has_the_event_and_those_fields_that_have_a_value():
    out = io.StringIO()
    make_log("text", out)("tool_call", tool="x", status=200, empty="", none=None, path=f"/mcp/{SECRETS[0]}")
    assert out.getvalue()[8:] == " tool_call tool=x status=200 path=/mcp/[secret]\n"


def test_a_line_is_written_at_once():
    class Buffered(io.StringIO):
        flushed = ""

        def flush(self):
            self.flushed = self.getvalue()

    out = Buffered()
    make_log("text", out)("event")
    assert out.flushed.endswith(" event \n")


def test_an_exception_that_a_library_logs_is_filtered_too():
    try:
        raise ValueError(f"bad token {SECRETS[0]}")
    except ValueError:
        record = logging.LogRecord("uvicorn", logging.ERROR, "", 0, "failed", None, sys.exc_info())
    assert SecretFilter().filter(record)
    line = logging.Formatter().format(record)
    assert SECRETS[0] not in line
    assert "ValueError: bad token [secret]" in line


def test_whatever_a_library_logs_from_warnings_up_goes_through_the_filter():
    code = (
        "import logging; from runtime.logs import configure_libraries; configure_libraries(); "
        "log = logging.getLogger('lib'); "
        f"log.info('quiet'); log.warning('token %s', '{SECRETS[0]}')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == "WARNING lib token [secret]\n"
