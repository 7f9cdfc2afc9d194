"""Files over MCP: a link in the answer of a tool, the bytes when they are asked for, and `resources/read`."""

from __future__ import annotations

import base64
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest
from mcp_types import methods

from generator.catalog import Returns, Tool
from runtime.deployment import Deployment
from runtime.errors import RateLimited, StorageUnavailable, VendorRefused
from runtime.exchange.tool_answer import Answer, File
from runtime.keys.crypto import Keys
from runtime.mcp_server.results import LARGEST_INLINE_FILE
from runtime.model import Grant, McpServerId
from runtime.operations.file_links import LIFETIME_SECONDS, FileLinks
from tests.mcp_server.stand import (
    LEGACY,
    LIMITS,
    MODERN,
    REVISIONS,
    TOKEN,
    TOOLS,
    FakeCalls,
    Response,
    Stand,
    make_catalog,
    make_grant,
    make_tool,
    message,
)

URL = "https://ledger.test"
PDF: Tool = replace(make_tool("download_an_invoice_pdf_by_id", "get"), returns=Returns("file"))
SMALL = b"%PDF-1.4 <</Type /Page>> <</Type /Pages /Count 1>>"
WITH_LINKS, WITHOUT_LINKS = REVISIONS[2:], REVISIONS[:2]


class Files:
    """A stand whose tool answers a file, and a second MCP server beside it."""

    def __init__(self, content: bytes = SMALL) -> None:
        self.content = content
        self.now = 1_800_000_000.0
        self.grants = {TOKEN: self._grant(), "other": self._grant()}
        self.error: Any = None
        self.stand = Stand(grants=self.grants, calls=FakeCalls(answer=self._answer), links=self.links())
        self.stand.catalog = make_catalog((*TOOLS, PDF))

    def links(self) -> FileLinks:
        return FileLinks(
            Deployment(
                cast(Any, SimpleNamespace(public_url=URL)),
                Keys(b"k" * 32),
                cast(Any, SimpleNamespace(look_up=self)),
                lambda: self.stand.catalog,
                lambda: self.now,
            )
        )

    async def find_server(self, server_id: McpServerId, now: float) -> Grant | None:
        return next((each for each in self.grants.values() if each.server_id == server_id), None)

    def download(self, *, revision: str = "2025-11-25", **arguments: Any) -> dict[str, Any]:
        params = {"name": PDF.name, "arguments": {"id": "7", **arguments}}
        result = self.stand.post("tools/call", params, revision=revision).result
        methods.validate_server_result("tools/call", revision, result)
        return result

    def link(self) -> str:
        return str(self.download()["content"][1]["uri"])

    def read(self, uri: Any, *, revision: str = "2025-11-25", token: str = TOKEN) -> Response:
        headers = {"mcp-name": str(uri)} if revision == MODERN else {}
        return self.stand.post(
            "resources/read", {"uri": uri}, revision=revision, headers=headers, token=token
        )

    def _grant(self) -> Grant:
        return replace(make_grant(), server_id=McpServerId(str(uuid4())))

    def _answer(self, name: str, arguments: dict[str, Any]) -> Answer:
        if self.error is not None:
            return Answer(status=0, error=self.error, limits=LIMITS)
        file = File("invoice-7.pdf", "application/pdf", self.content, PDF, arguments)
        return Answer(file=file, limits=LIMITS)


@pytest.mark.parametrize("revision", WITH_LINKS)
def test_a_file_is_answered_as_a_link_with_what_it_is(revision: str) -> None:
    result = Files().download(revision=revision)
    text, link = result["content"]
    assert result["isError"] is False
    assert link == {
        "type": "resource_link",
        "uri": link["uri"],
        "name": "invoice-7.pdf",
        "mimeType": "application/pdf",
        "size": len(SMALL),
    }
    assert link["uri"].startswith(f"{URL}/files/lpf_")
    assert text["text"] == (
        f"invoice-7.pdf (application/pdf, {len(SMALL)} bytes, 1 page). Open or fetch it within 10 minutes, without "
        f"signing in: {link['uri']}"
    )


@pytest.mark.parametrize("revision", WITHOUT_LINKS)
def test_a_revision_without_links_has_the_address_in_the_text(revision: str) -> None:
    (text,) = Files().download(revision=revision)["content"]
    assert f"{URL}/files/lpf_" in text["text"]


def test_a_client_that_names_no_revision_is_taken_to_know_links() -> None:
    files = Files()
    body, headers = message("tools/call", {"name": PDF.name, "arguments": {"id": "7"}})
    del headers["mcp-protocol-version"]
    answer = files.stand.send(body, [(k.encode(), v.encode()) for k, v in headers.items()])
    assert [each["type"] for each in answer.result["content"]] == ["text", "resource_link"]


def test_where_the_server_demands_an_api_token_the_text_does_not_say_without_signing_in() -> None:
    files = Files()
    grant = files.grants[TOKEN]
    config = replace(grant.config, require_api_token_auth=True)
    files.grants[TOKEN] = files.stand.grants[TOKEN] = replace(grant, config=config)
    params = {"name": PDF.name, "arguments": {"id": "7"}}
    answer = files.stand.post("tools/call", params, headers={"authorization": "Bearer good"})
    assert "within 10 minutes, with the API token: https://" in answer.result["content"][0]["text"]


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_caller_that_asks_for_the_bytes_gets_them(revision: str) -> None:
    text, embedded = Files().download(revision=revision, embed=True)["content"]
    assert text["text"] == f"invoice-7.pdf (application/pdf, {len(SMALL)} bytes, 1 page) is attached."
    assert base64.b64decode(embedded["resource"]["blob"]) == SMALL


@pytest.mark.parametrize("size", [LARGEST_INLINE_FILE, LARGEST_INLINE_FILE + 1])
def test_a_large_file_has_a_link_and_is_embedded_up_to_the_limit(size: int) -> None:
    files = Files(b"x" * size)
    linked, embedded = files.download(), files.download(embed=True)
    assert linked["content"][1]["size"] == size
    assert embedded["isError"] is (size > LARGEST_INLINE_FILE)
    if size > LARGEST_INLINE_FILE:
        said = embedded["content"][0]["text"]
        assert f"invoice-7.pdf has {size:,} bytes; a result holds at most {LARGEST_INLINE_FILE:,}." in said
        assert f"{URL}/files/lpf_" in said


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_link_is_read_over_mcp(revision: str) -> None:
    files = Files()
    uri = files.link()
    answer = files.read(uri, revision=revision)
    methods.validate_server_result("resources/read", revision, answer.result)
    (contents,) = answer.result["contents"]
    assert (contents["uri"], contents["mimeType"]) == (uri, "application/pdf")
    assert base64.b64decode(contents["blob"]) == SMALL
    assert files.stand.calls.made[-1] == (PDF.name, {"id": "7"})
    assert answer.header("ratelimit-remaining") == "499"
    assert files.stand.lines[-1]["tool"] == PDF.name


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_lists_are_empty_and_say_so(revision: str) -> None:
    for method, member in (
        ("resources/list", "resources"),
        ("resources/templates/list", "resourceTemplates"),
    ):
        answer = Files().stand.post(method, revision=revision)
        methods.validate_server_result(method, revision, answer.result)
        assert answer.result[member] == []
        unknown = Files().stand.post(method, {"cursor": "2"}, revision=revision)
        assert unknown.code == -32602


def refused_reads(files: Files) -> dict[str, tuple[str, str]]:
    """Addresses that a client may not read, each with the token that it asks with."""
    uri = files.link()
    return {
        "of another MCP server": (uri, "other"),
        "changed": (uri[:-2] + "AA", TOKEN),
        "cut": (uri[:-1], TOKEN),
        "no link": ("test://nothing", TOKEN),
        "nothing": ("", TOKEN),
    }


@pytest.mark.parametrize(("revision", "code"), [*((each, -32002) for each in LEGACY), (MODERN, -32602)])
@pytest.mark.parametrize("kind", list(refused_reads(Files())))
def test_what_is_no_link_of_this_server_is_not_found_and_no_secret_comes_back(
    kind: str, revision: str, code: int
) -> None:
    files = Files()
    uri, token = refused_reads(files)[kind]
    before = len(files.stand.calls.made)
    answer = files.read(uri, revision=revision, token=token)
    assert (answer.status, answer.code) == (400 if revision == MODERN else 200, code)
    assert len(files.stand.calls.made) == before
    assert "lpf_" not in answer.body.decode()
    assert answer.json["error"].get("data") == ({"uri": uri} if "lpf_" not in uri else None)
    assert "Call the tool again for a new link." in answer.json["error"]["message"]


def test_a_link_is_not_read_after_its_minutes() -> None:
    files = Files()
    uri = files.link()
    files.now += LIFETIME_SECONDS
    assert files.read(uri).code == -32002


def test_a_link_is_not_read_when_the_filter_hides_its_tool() -> None:
    files = Files()
    uri, grant = files.link(), files.grants[TOKEN]
    hidden = replace(grant, config=replace(grant.config, tags=("crm",)))
    files.grants[TOKEN] = files.stand.grants[TOKEN] = hidden
    assert files.read(uri).code == -32002


def test_a_file_too_large_to_be_read_is_an_error_that_names_its_link() -> None:
    files = Files(b"x" * (LARGEST_INLINE_FILE + 1))
    uri = files.link()
    error = files.read(uri).json["error"]
    assert (error["code"], uri in error["message"]) == (502, True)


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_failed_read_is_a_json_rpc_error_with_what_to_do(revision: str) -> None:
    files = Files()
    uri = files.link()
    files.error = RateLimited("Too often.", retry_after=9)
    answer = files.read(uri, revision=revision)
    assert (answer.status, answer.code, answer.header("retry-after")) == (200, 429, "9")
    assert answer.json["error"]["data"]["retry_after"] == 9
    files.error = VendorRefused("There is no invoice 7.", status=404, kind="not_found")
    assert files.read(uri, revision=revision).json["error"]["message"] == "There is no invoice 7."


@pytest.mark.parametrize("params", [{}, {"uri": 7}, {"uri": None}])
def test_a_read_without_an_address_is_refused(params: dict[str, Any]) -> None:
    assert Files().stand.post("resources/read", params).code == -32602


def test_the_header_of_the_newer_revision_repeats_the_address() -> None:
    files = Files()
    answer = files.stand.post(
        "resources/read", {"uri": files.link()}, revision=MODERN, headers={"mcp-name": "x"}
    )
    assert (answer.status, answer.code) == (400, -32020)


def test_while_the_database_cannot_be_read_a_link_is_neither_open_nor_gone() -> None:
    files = Files()
    uri = files.link()

    async def unreadable(server_id: McpServerId, now: float) -> Grant | None:
        raise StorageUnavailable("The database cannot be read.", reason="locked")

    files.find_server = unreadable  # type: ignore[method-assign]
    answer = files.read(uri)
    assert (answer.status, answer.header("retry-after")) == (503, "5")
