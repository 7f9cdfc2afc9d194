"""The PDF of an invoice, as real MCP clients get it: as a link, read over MCP, and embedded."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.journeys.agents import COMMANDS, Agent, Result, agent

pytestmark = pytest.mark.usefixtures("clients")
every_client = pytest.mark.parametrize("kind", list(COMMANDS))
TOOL = "download_a_quick_books_invoice_pdf_by_id"


def downloaded(someone: Agent, **more: Any) -> Result:
    invoice = someone.call("list_all_quick_books_invoices", limit=1).value["records"][0]
    result = someone.call(TOOL, id=invoice["Id"], **more)
    assert not result.is_error, result
    return result


@every_client
def test_an_agent_gets_a_link_that_a_browser_opens_and_the_client_reads(stage, kind):
    with agent(kind, stage.server()["url"]) as someone:
        text, link = downloaded(someone).content
        opened = httpx2.get(link["uri"], timeout=60, trust_env=False)
        read = someone.read(link["uri"])

    assert (text["type"], link["type"], link["mimeType"]) == ("text", "resource_link", "application/pdf")
    assert f"{link['name']} (application/pdf, {link['size']:,} bytes, 1 page)" in text["text"]
    assert link["uri"] in text["text"]
    assert link["uri"].startswith(f"{stage.running.api.url}/files/")
    assert opened.content.startswith(b"%PDF-")
    assert (opened.status_code, len(opened.content)) == (200, link["size"])
    assert opened.headers["content-disposition"] == f'attachment; filename="{link["name"]}"'
    (contents,) = read.content
    assert (contents["uri"], contents["mimeType"]) == (link["uri"], "application/pdf")
    assert base64.b64decode(contents["blob"]).startswith(b"%PDF-")


@every_client
def test_an_agent_gets_the_bytes_when_it_asks_for_them(stage, kind):
    with agent(kind, stage.server()["url"]) as someone:
        text, embedded = downloaded(someone, embed=True).content

    assert "1 page) is attached." in text["text"]
    assert embedded["type"] == "resource"
    assert base64.b64decode(embedded["resource"]["blob"]).startswith(b"%PDF-")


@every_client
def test_a_link_that_has_ended_and_a_tool_that_is_gone_are_errors_after_which_the_session_goes_on(
    stage, kind
):
    server = stage.server()
    with agent(kind, server["url"]) as someone:
        _, link = downloaded(someone).content
        stage.running.api.call("PATCH", f"{stage.path}/{server['id']}", {"config": {"methods": ["read"]}})
        hidden = someone.call(TOOL, id="1")
        read = someone.read(link["uri"])
        opened = httpx2.get(link["uri"], timeout=60, trust_env=False)
        after = someone.call("list_all_quick_books_invoices", limit=1)

    assert hidden.is_error
    assert f'There is no tool "{TOOL}" here.' in hidden.text
    assert not hidden.raised
    assert "Call the tool again for a new link." in read.raised
    assert opened.status_code == 404
    assert after.value["records"]


@every_client
def test_a_revoked_url_is_in_no_exception_of_a_client(stage, kind):
    server = stage.server()
    with agent(kind, server["url"]) as someone:
        _, link = downloaded(someone).content
        stage.running.api.call("DELETE", f"{stage.path}/{server['id']}")
        refused = [someone.call(TOOL, id="1"), someone.read(link["uri"])]

    for each in refused:
        assert each.raised
        for secret in (server["url"], link["uri"]):
            assert urlsplit(secret).path.rpartition("/")[2] not in each.raised
