"""Whatever a token address answers, nothing crashes, nothing senseless is stored, and nothing is read without end."""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import string
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.connect.grants import LONGEST_REFRESH_SECONDS, Grants, _check_tokens
from runtime.connect.lifetimes import LONGEST_SECONDS
from runtime.connect.vendor_http import LARGEST_ANSWER, OAuthAnswer, VendorHttp, _decompressed
from runtime.errors import LedgerportError, NeedsReauth, VendorTimeout, VendorUnavailable
from runtime.model import Credentials
from tests.connect.test_tokens import as_stored, connected
from tests.deployment import BOOKS, NOON, deploy

OLD = Credentials("old-access", "old-refresh", NOON, 0.0)
TOKEN = set(string.ascii_letters + string.digits + string.punctuation)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
    | st.sampled_from(["bearer", "abc", "a\r\nX: y", "é", "3600", "1e308", "-1", "NaN", "invalid_grant", "x" * 9000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
NAMES = st.sampled_from(
    ["access_token", "refresh_token", "token_type", "expires_in", "error", "refresh_token_expires_in",
     "x_refresh_token_expires_in"]
)  # fmt: skip
ANSWERS = st.dictionaries(NAMES, ANYTHING, max_size=7) | st.builds(
    lambda more: {"access_token": "good", **more}, st.dictionaries(NAMES, ANYTHING, max_size=6)
)


class OneAnswer(VendorHttp):
    """Answers every request with the same."""

    def __init__(self, answer: OAuthAnswer) -> None:
        super().__init__()
        self._answer = answer

    async def post(self, *_: Any, **__: Any) -> OAuthAnswer:
        return self._answer


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return deploy(tmp_path_factory.mktemp("hostile"))


async def _outcome(grants: Grants) -> Credentials | LedgerportError:
    try:
        return (await grants.refresh(BOOKS, OLD)).credentials
    except LedgerportError as error:
        return error


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([200, 201, 204, 302, 400, 401, 403, 408, 429, 500, 503, 999]), ANSWERS)
def test_credentials_that_could_be_used_come_of_an_answer_or_an_error_of_ours(
    here: Any, status: int, values: dict[str, Any]
) -> None:
    answer = OneAnswer(OAuthAnswer(status, values))
    outcome = asyncio.run(_outcome(Grants(here.settings, here.tokens.addresses, answer, lambda: NOON)))
    if isinstance(outcome, NeedsReauth):
        assert 400 <= status < 500 and outcome.vendor_code == "invalid_grant"
        return
    if isinstance(outcome, LedgerportError):
        assert len(outcome.as_text()) < 300 and outcome.as_text().isprintable()
        return
    found = outcome
    assert status == 200 and "error" not in values
    for token in (found.access_token, found.refresh_token):
        assert 0 < len(token) <= 8192 and set(token) <= TOKEN
    assert NOON < found.access_expires_at <= NOON + LONGEST_SECONDS
    assert NOON <= found.refresh_expires_at <= NOON + LONGEST_REFRESH_SECONDS
    assert all(math.isfinite(each) for each in (found.access_expires_at, found.refresh_expires_at))


@pytest.mark.parametrize(
    "values",
    [
        {"access_token": "good", "refresh_token": ["list"]},
        {"access_token": "good", "refresh_token": "a\r\nX-Injected: 1"},
        {"access_token": "a\nb"},
        {"access_token": "ключ"},
        {"access_token": ""},
        {"access_token": "x" * 8193},
        {"access_token": "good", "token_type": "mac"},
        {"access_token": "good", "token_type": 7},
    ],
)
def test_tokens_that_could_not_be_sent_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(VendorUnavailable):
        _check_tokens(BOOKS, values)


def _good(**more: Any) -> dict[str, Any]:
    return {"access_token": "good", "refresh_token": "new", "expires_in": 3600, **more}


def _bytes(content: bytes, **more: Any) -> web.Response:
    return web.Response(body=content, **more)


RAW = {
    "HTML": lambda: _bytes(b"<html>", content_type="text/html"),
    "a list": lambda: web.json_response([_good()]),
    "nothing": lambda: _bytes(b""),
    "NaN": lambda: _bytes(b'{"access_token": "good", "expires_in": NaN}'),
    "1e999": lambda: _bytes(b'{"access_token": "good", "expires_in": 1e999}'),
    "half a JSON": lambda: _bytes(json.dumps(_good()).encode()[:-9]),
    "deep nesting": lambda: _bytes(b"[" * 100_000),
    "a lone surrogate": lambda: _bytes(b'{"access_token": "\\ud800"}'),
    "no UTF-8": lambda: _bytes(b'{"access_token": "\xff"}'),
    "50 MiB": lambda: _bytes(b" " * (50 * 1024 * 1024)),
    "a bomb": lambda: _bytes(
        gzip.compress(json.dumps(_good()).encode() + b" " * 20_000_000), headers={"Content-Encoding": "gzip"}
    ),
    "not what it says": lambda: _bytes(json.dumps(_good()).encode(), headers={"Content-Encoding": "gzip"}),
    "a redirect": lambda: web.Response(status=307, headers={"Location": "http://127.0.0.1:1/"}),
    "a redirect with tokens": lambda: web.json_response(_good(), status=302, headers={"Location": "/token"}),
    "an error with 200": lambda: web.json_response({"error": "invalid_grant"}),
    "tokens and an error": lambda: web.json_response(_good(error="invalid_grant")),
    "an ended grant with 503": lambda: web.json_response({"error": "invalid_grant"}, status=503),
    "1 MiB of header": lambda: web.json_response(_good(), headers={"X": "y" * 1_000_000}),
}


@pytest.mark.parametrize("name", RAW)
def test_an_answer_of_a_wrong_shape_leaves_the_connection_as_it_was(tmp_path: Path, name: str) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600)
            vendor.answer = RAW[name]
            with pytest.raises(VendorUnavailable):
                await here.tokens.get_fresh(account)
            assert as_stored(here, account) == account
            vendor.answer = None
            await here.tokens.get_fresh(account)

    asyncio.run(story())


@pytest.mark.parametrize("content_type", ["text/plain", "text/html", "application/octet-stream"])
def test_a_wrong_content_type_alone_does_not_lose_a_rotated_token(tmp_path: Path, content_type: str) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600)
            vendor.answer = lambda: _bytes(json.dumps(_good()).encode(), content_type=content_type)
            assert (await here.tokens.get_fresh(account)).refresh_token == "new"

    asyncio.run(story())


def test_a_compressed_answer_does_not_lose_a_rotated_token(tmp_path: Path) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            here.clock.pass_(3600)
            content = gzip.compress(json.dumps(_good()).encode())
            vendor.answer = lambda: _bytes(content, headers={"Content-Encoding": "gzip"})
            assert (await here.tokens.get_fresh(account)).refresh_token == "new"

    asyncio.run(story())


def test_a_compressed_answer_grows_no_further_than_it_may() -> None:
    bomb = gzip.compress(b" " * 100_000_000)
    assert len(bomb) < LARGEST_ANSWER
    tracemalloc.start()
    with pytest.raises(VendorUnavailable):
        _decompressed(bomb, "gzip", "https://books.example/token")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * LARGEST_ANSWER


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(tmp_path: Path, status: int) -> None:
    async def story() -> None:
        async with connected(tmp_path) as (vendor, here, account):
            followed: list[str] = []

            def elsewhere(request: web.Request) -> web.Response:
                followed.append(request.path)
                return web.json_response(_good())

            here.clock.pass_(3600)
            vendor.other = elsewhere
            vendor.answer = lambda: web.Response(status=status, headers={"Location": "/elsewhere"})
            with pytest.raises(VendorUnavailable):
                await here.tokens.get_fresh(account)
            assert followed == []

    asyncio.run(story())


@pytest.mark.parametrize(
    ("expires_in", "lives"),
    [
        (3600, 3600), ("3600", 3600), (1e308, LONGEST_SECONDS), (10**30, LONGEST_SECONDS), (-5, 3600), (0, 3600),
        ("1e308", 3600), ("١٢٣", 3600), ("", 3600), (True, 3600), (None, 3600), ([60], 3600), ({"s": 60}, 3600),
    ],
)  # fmt: skip
def test_a_life_that_no_token_has_is_not_believed(here: Any, expires_in: Any, lives: float) -> None:
    answer = OneAnswer(OAuthAnswer(200, _good(expires_in=expires_in)))
    outcome = asyncio.run(_outcome(Grants(here.settings, here.tokens.addresses, answer, lambda: NOON)))
    assert isinstance(outcome, Credentials)
    assert outcome.access_expires_at == NOON + lives


def test_an_answer_that_drips_is_given_up_and_one_without_end_is_not_read_to_its_end() -> None:
    async def story() -> tuple[str, int]:
        sent = 0

        async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            request = await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while b"/flood" in request and not writer.is_closing():
                sent += 65_536
                writer.write(b"10000\r\n" + b" " * 65_536 + b"\r\n")
                try:
                    await writer.drain()
                except OSError:
                    return
            await asyncio.Event().wait()

        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        http = VendorHttp(timeout_seconds=0.3)
        with pytest.raises(VendorTimeout):
            await http.post(url + "/drip", {}, {})
        patient = VendorHttp(timeout_seconds=20)
        with pytest.raises(VendorUnavailable) as refused:
            await patient.post(url + "/flood", {}, {})
        await http.close()
        await patient.close()
        server.close()
        return refused.value.message, sent

    message, sent = asyncio.run(story())
    assert "more than" in message
    assert sent < LARGEST_ANSWER * 100  # what the sockets of both sides hold, not 50 MiB
