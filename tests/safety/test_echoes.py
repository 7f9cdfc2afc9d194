"""What a vendor repeats of a connection's secrets reaches nobody, however it is escaped and wherever it stands."""

from __future__ import annotations

import asyncio
import html
import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from generator.catalog import Catalog
from generator.vendor import Integration
from runtime.connect.echoes import Echoes, list_app_secrets, list_secrets
from runtime.connect.vendor_http import encode_basic
from runtime.errors import VendorRefused
from runtime.exchange.tool_answer import Answer
from runtime.exchange.tool_names import refuse_unknown_tool
from runtime.model import Account, AccountId, Credentials, Grant, ServerConfig
from runtime.operations.calls import Calls
from runtime.operations.vendor_calls import VendorCalls
from runtime.safety.masked_updates import redact
from runtime.settings import IntegrationSettings
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorClient
from tests import made_up
from tests.deployment import DESK
from tests.growth import is_linear
from tests.vendor_server import http, vendor

SECRET = "aB/c+D=e'f&g~hijk"
WRITTEN = {
    "plain": SECRET,
    "JSON": SECRET.replace("/", "\\/"),
    "JSON with code points": SECRET.replace("+", "\\u002B").replace("'", "\\u0027").replace("&", "\\u0026"),
    "URL": quote(SECRET, safe=""),
    "URL in lower case": quote(SECRET, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
    "HTML": html.escape(SECRET),
    "XML with numbers": SECRET.replace("&", "&#38;").replace("'", "&#x27;").replace("+", "&#x2b;"),
}
CREDENTIALS = Credentials(
    "access/token+one", "refresh/token+one", 0, 0, secrets={"private_key": "private/key+one"}
)
APP = IntegrationSettings(client_id="the-client", client_secret="client/secret+one")
BASIC = encode_basic(APP.client_id, APP.client_secret)["Authorization"].removeprefix("Basic ")
KNOWN = ["access/token+one", "refresh/token+one", "private/key+one", "client/secret+one", BASIC]


@pytest.mark.parametrize("form", WRITTEN)
def test_a_secret_is_removed_in_every_way_to_write_it(form: str) -> None:
    written = WRITTEN[form]
    headers, body = Echoes([SECRET]).strip({"X-Trace": f"a {written} b"}, f"a {written} b".encode())
    assert (headers, body) == ({"x-trace": "a [secret] b"}, b"a [secret] b")


def test_an_answer_without_a_secret_is_the_same_object() -> None:
    given = {"X-Trace": "t"}, b"nothing of it: hijk"
    headers, body = Echoes([SECRET]).strip(*given)
    assert headers is given[0]
    assert body is given[1]


def test_what_is_too_short_to_be_said_from_other_text_stays() -> None:
    short = "x" * 7
    assert Echoes([short, ""]).strip({"a": short}, short.encode()) == ({"a": short}, short.encode())
    assert not Echoes([short, ""]).are_in(short)
    assert Echoes([short + "x"]).strip({}, short.encode() + b"x") == ({}, b"[secret]")


def test_of_a_secret_that_another_begins_with_nothing_is_left() -> None:
    assert Echoes(["longsecret", "longsecret-and-more"]).strip({}, b"longsecret-and-more")[1] == b"[secret]"


def test_everything_of_a_connection_and_an_app_is_a_secret() -> None:
    assert [*list_secrets(CREDENTIALS), *list_app_secrets(APP)] == KNOWN
    assert list_app_secrets(IntegrationSettings(client_id="x")) == ()


@pytest.mark.parametrize("bait", ["hijk", "aB/", "aB%2", "\\", "&#0"])
def test_an_answer_is_searched_in_time_that_grows_with_its_length(bait: str) -> None:
    echoes = Echoes([SECRET])

    def searching(size: int) -> Any:
        body = (bait * (size // len(bait))).encode() + b"hijk"
        return lambda: echoes.strip({}, body)

    assert is_linear(searching, 200_000)


class _Tokens:
    async def get_fresh(self, account: Account) -> Credentials:
        return CREDENTIALS

    async def invalidate(self, account: Account, access_token: str) -> None:
        raise AssertionError


def _answer(integration: Integration, reply: bytes) -> Answer:
    async def main() -> Answer:
        async with vendor(lambda line, headers, body: reply) as server:
            client = VendorClient(timeout_seconds=5, per_account=1)
            calls = Calls(
                catalog=lambda: Catalog("1", {integration.name: integration}, (made_up.GET,)),
                vendor=VendorCalls(
                    client=client,
                    tokens=_Tokens(),
                    hot=MemoryHotState(),
                    base_url=lambda integration, account: server.url,
                    app_secrets=lambda integration: list_app_secrets(APP),
                ),
                max_answer_bytes=100_000,
            )
            fields = {"company": "acme", "public_key": "open", "client_id": "client"}
            account = Account(
                AccountId("a"), integration.name, "production", "", "active", "4", fields, b"", 0, 0
            )
            try:
                return await calls.call(
                    Grant(account, ServerConfig()),
                    {made_up.GET.name: made_up.GET},
                    made_up.GET.name,
                    {"id": "7"},
                )
            finally:
                await client.close()

    return asyncio.run(main())


def _shown(answer: Answer) -> str:
    return answer.text + json.dumps(answer.error.as_dict() if answer.error else "")


@pytest.mark.parametrize("secret", KNOWN)
def test_no_answer_and_no_error_of_a_call_repeats_one(secret: str) -> None:
    record = http(200, json.dumps({"Invoice": {"Id": "7", "Note": f"x {secret} y"}}).encode())
    page = http(200, b"<", secret)
    assert _shown(_answer(made_up.VENDOR, record)).count("x [secret] y") == 1
    for reply in (page, http(400, secret.encode(), "text/plain", f"trace-id: {secret}")):
        assert secret not in _shown(_answer(made_up.VENDOR, reply))


def test_nor_what_a_header_field_of_a_key_was_made_of() -> None:
    desk = replace(DESK, name=made_up.VENDOR.name)
    proof = "YWNtZStvcGVuOnByaXZhdGUva2V5K29uZQ=="  # acme+open:private/key+one
    reply = http(200, json.dumps({"Invoice": {"Note": f"Basic {proof}"}}).encode())
    assert '"Basic [secret]"' in _answer(desk, reply).text


def test_a_content_type_that_looks_like_a_secret_is_not_shown() -> None:
    unknown = "AB11" + "x9" * 20
    answer = _answer(made_up.VENDOR, http(200, b"<", unknown))
    assert answer.error is not None
    assert "([secret], or cut short)" in answer.error.message


def test_a_stored_value_is_shown_in_no_part_of_an_error() -> None:
    error = VendorRefused("no 5239", advice="not 5239", vendor_code="c5239", trace="t5239")
    assert "5239" not in str(redact(error, ["5239"]).as_dict())


def test_an_api_token_in_place_of_a_name_is_not_repeated() -> None:
    token = "lpa_" + "abcdefghij" * 4
    error = refuse_unknown_tool(token, {})
    assert error.message == 'There is no tool "[secret]" here.'
