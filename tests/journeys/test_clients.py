"""Real clients and what people do with them, as a table: one session of each client, and each cell asserts.

The clients of the test environment and of `scripts/clients` run in every suite, those of hosts in `scripts/hosts`. A
docstring of a test is its column; `client_table` prints the table when the tests are done.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import urllib.request
from collections.abc import Iterator

import pytest

from tests.journeys.agents import BY_HAND, COMMANDS, OF_HOSTS, Agent, agent

pytestmark = pytest.mark.usefixtures("clients")
KINDS = [*COMMANDS, *BY_HAND, *(OF_HOSTS if "CLIENTS_OF_HOSTS" in os.environ else ())]
"""`scripts/hosts` sets the variable: what it has installed takes minutes, and is no part of the usual suite."""
LIST, READ, CREATE = (
    "list_all_quick_books_customers",
    "get_single_quick_books_customer_by_id",
    "create_a_quick_books_customer",
)
WITHOUT_FILES = {"strands"}
"""Clients that give their model no file but pictures: neither its bytes nor a link, except in text."""
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module", params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def url(stage) -> str:
    """Tools for customers and sales: a list that every host takes whole."""
    return stage.server(tool_exposure="auto", tags=["crm", "sales"])["url"]


@pytest.fixture(scope="module")
def client(kind, url) -> Iterator[Agent]:
    with agent(kind, url) as someone:
        yield someone


def name_of(kind: str) -> str:
    return f"Client {kind} {next(NUMBERS)}"


def test_it_connects_and_lists_every_tool_with_its_schema_and_hints(client):
    """list"""
    assert client.greeting == {"connected": True}
    tools = client.tools()
    assert {LIST, READ, CREATE, "download_a_quick_books_invoice_pdf_by_id"} <= tools.keys()
    assert "DisplayName" in tools[CREATE]["inputSchema"]["properties"]
    assert tools[LIST]["description"]


def test_it_reads_a_record(client):
    """read"""
    assert client.call(READ, id="1").value["Id"] == "1"


def test_it_writes_a_record_once(client, kind):
    """write"""
    name = name_of(kind)
    made = client.call(CREATE, DisplayName=name).value
    found = client.call(LIST, DisplayName=name).value["records"]
    assert [each["Id"] for each in found] == [made["Id"]]


def test_arguments_that_come_as_json_text_are_read(client, kind):
    """JSON text"""
    address = {"Address": "someone@example.com"}
    made = client.call(CREATE, DisplayName=name_of(kind), PrimaryEmailAddr=json.dumps(address)).value
    assert made["PrimaryEmailAddr"] == address


def test_a_wrong_argument_is_an_error_that_its_model_can_read(client):
    """tool error"""
    refused = client.call(LIST, DisplayName_cotains="diner")
    assert refused.is_error
    assert 'Did you mean "DisplayName_contains"?' in refused.text + refused.raised
    assert client.call(READ, id="1").value["Id"] == "1"


def test_an_error_of_the_vendor_is_an_error_that_its_model_can_read(client):
    """vendor error"""
    refused = client.call(READ, id="999999")
    assert refused.is_error
    assert "610" in refused.text + refused.raised


def test_a_tool_that_is_not_there_is_an_error_and_the_session_goes_on(client):
    """unknown tool"""
    refused = client.call("list_all_quick_books_custmers")
    assert refused.is_error
    assert f'Did you mean "{LIST}"?' in refused.text
    assert client.call(READ, id="1").value["Id"] == "1"


def test_it_reads_a_list_of_two_pages_by_the_cursor(client):
    """two pages"""
    first = client.call(LIST, limit=2).value
    second = client.call(LIST, limit=2, next_cursor=first["next_cursor"]).value
    both = client.call(LIST, limit=4).value["records"]
    assert first["records"] + second["records"] == both
    assert len(both) == 4


def test_it_gets_a_file_as_bytes_or_as_a_link_to_them(client, kind):
    """file"""
    invoice = client.call("list_all_quick_books_invoices", limit=1).value["records"][0]["Id"]
    answer = client.call("download_a_quick_books_invoice_pdf_by_id", id=invoice)
    assert not answer.is_error, answer.text
    content = content_of(answer)
    if content is None and kind in WITHOUT_FILES:
        pytest.skip("This client drops a PDF inside an answer, and the text has no link.")
    assert content is not None
    assert content.startswith(b"%PDF")


def test_its_session_stays_alive_and_another_one_opens_beside_it(client, kind, url):
    """reconnect"""
    with agent(kind, url) as another:
        assert another.call(READ, id="1").value["Id"] == "1"
        assert client.ping()
    assert client.ping()


def test_a_url_that_is_revoked_ends_its_session_and_opens_none(stage, kind):
    """revoked URL"""
    server = stage.server(tags=["crm"])
    with agent(kind, server["url"]) as someone:
        assert someone.call(READ, id="1").value["Id"] == "1"
        stage.running.api.call("DELETE", f"{stage.path}/{server['id']}")
        refused = someone.call(READ, id="1")
        assert refused.is_error
        assert "DisplayName" not in refused.text
    with agent(kind, server["url"]) as someone:
        assert "connected" not in someone.greeting


def content_of(answer) -> bytes | None:
    """The bytes of the file that an answer holds, or that a part or the text of it links to; None without any."""
    for part in answer.parts:
        if part["data"]:
            return base64.b64decode(part["data"])
    links = [part["uri"] for part in answer.parts if part["uri"]] + re.findall(r"https?://\S+", answer.text)
    if not links:
        return None
    with urllib.request.urlopen(links[0], timeout=30) as response:
        content: bytes = response.read()
    return content
