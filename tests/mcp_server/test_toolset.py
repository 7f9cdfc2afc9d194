"""The bytes of a list: plain and packed, one gzip member, the same for every client but for the id."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp_types import methods

from runtime.mcp_server.protocol import SERVER_KEY
from runtime.mcp_server.request import takes_gzip
from runtime.mcp_server.toolset import Toolset, Toolsets
from runtime.model import ServerConfig
from tests.mcp_server.stand import (
    MODERN,
    REVISIONS,
    TOKEN,
    TOOLS,
    Response,
    Stand,
    make_catalog,
    make_grant,
    message,
)

GZIP = {"accept-encoding": "gzip, deflate, br"}


@pytest.mark.parametrize("revision", REVISIONS)
def test_packed_and_plain_say_the_same_and_fit_the_revision(revision):
    plain = Stand().post("tools/list", revision=revision)
    packed = Stand().post("tools/list", revision=revision, headers=GZIP)
    assert plain.header("content-encoding") is None
    assert packed.header("content-encoding") == "gzip"
    assert packed.header("vary") == plain.header("vary") == "accept-encoding"
    assert gzip.decompress(packed.body) == plain.body
    assert plain.header("content-length") == str(len(plain.body))
    methods.validate_server_result("tools/list", revision, plain.result)
    assert [tool["name"] for tool in plain.result["tools"]] == [tool.name for tool in TOOLS]


@given(st.text(max_size=200) | st.integers(-(2**63), 2**64 - 1))
@settings(max_examples=60, deadline=None)
def test_a_packed_list_is_one_whole_gzip_member(id):
    body = Stand().post("tools/list", id=id, headers=GZIP).body
    reader = zlib.decompressobj(wbits=31)
    value = json.loads(reader.decompress(body))
    assert reader.eof
    assert reader.unused_data == b""
    assert zlib.decompress(body, 31)
    assert value["id"] == id


def test_an_id_too_long_for_one_block_goes_out_plain():
    answer = Stand().post("tools/list", id="x" * 65_535, headers=GZIP)
    assert answer.header("content-encoding") is None
    assert answer.json["id"] == "x" * 65_535


def test_the_longest_tail_that_fits_is_packed_rightly():
    toolset = Toolset({tool.name: tool for tool in TOOLS})
    tail = b'},"id":"' + b"x" * (65_535 - 10) + b'"}'
    assert len(tail) == 65_535
    assert zlib.decompress(toolset.gzipped(tail), 31) == toolset.plain(tail)


@pytest.mark.parametrize(
    ("sent", "takes"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("deflate, gzip;q=0.5", True),
        ("*", True),
        ("x-gzip", True),
        ("", False),
        ("identity", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("*;q=0", False),
        ("gzipped", False),
    ],
)
def test_packing_needs_the_consent_of_the_client(sent, takes):
    assert takes_gzip(sent.encode()) is takes
    answer = Stand().post("tools/list", headers={"accept-encoding": sent})
    assert (answer.header("content-encoding") == "gzip") is takes


def test_the_list_is_one_page():
    assert Stand().post("tools/list", {"cursor": None}).status == 200
    assert Stand().post("tools/list", {"cursor": "2"}).code == -32602


def test_a_filter_that_leaves_nothing_lists_nothing():
    toolset = Toolsets().of(make_catalog(), "books", ServerConfig(tags=("none",)))
    assert json.loads(toolset.plain(b"}}")) == {"result": {"tools": []}}


def test_a_toolset_is_made_once_and_the_least_used_gives_way():
    toolsets, catalog = Toolsets(kept=2), make_catalog()
    read, write, custom = (ServerConfig(methods=(each,)) for each in ("read", "write", "custom"))
    first = toolsets.of(catalog, "books", read)
    toolsets.of(catalog, "books", write)
    assert (
        toolsets.of(catalog, "books", ServerConfig(methods=("read",), rate_limit_style="http_429")) is first
    )
    toolsets.of(catalog, "books", custom)
    assert toolsets.of(catalog, "books", read) is first
    assert toolsets.of(make_catalog(version="2"), "books", read) is not first


class TestAnswersThatAreKept:
    """A list that was answered before is answered from memory, and only to the very same question."""

    def ask(
        self, stand: Stand, changes: dict[str, str], more: list[tuple[bytes, bytes]] | None = None
    ) -> Response:
        body, headers = message("tools/list", revision=MODERN)
        raw = [(key.encode(), value.encode()) for key, value in (headers | changes).items()]
        return stand.send(body, raw + (more or []))

    def test_the_second_answer_is_the_first(self):
        stand = Stand()
        assert self.ask(stand, GZIP).body is self.ask(stand, GZIP).body

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"accept": "text/html"}, 406),
            ({"content-type": "text/plain"}, 415),
            ({"content-encoding": "gzip"}, 415),
            ({"mcp-method": "tools/call"}, 400),
            ({"mcp-protocol-version": "2025-11-24"}, 400),
            ({"origin": "https://evil.example"}, 403),
        ],
    )
    def test_another_header_is_another_question(self, changes, status):
        stand = Stand()
        assert self.ask(stand, {}).status == 200
        assert self.ask(stand, changes).status == status

    def test_a_header_that_comes_twice_is_never_answered_from_memory(self):
        stand = Stand()
        assert self.ask(stand, {}, [(b"x-one", b"1")]).status == 200
        assert self.ask(stand, {}, [(b"mcp-method", b"tools/list")]).code == -32020

    def test_each_company_keeps_its_own(self):
        stand = Stand(
            grants={TOKEN: make_grant("Elm Street Bakery"), "other": make_grant("Oak Avenue Garage")}
        )
        titles = [
            stand.post("tools/list", revision=MODERN, token=token).json["result"]["_meta"][SERVER_KEY][
                "title"
            ]
            for token in (TOKEN, "other", TOKEN)
        ]
        assert titles == ["Books: Elm Street Bakery", "Books: Oak Avenue Garage", "Books: Elm Street Bakery"]

    def test_a_token_that_was_revoked_gets_nothing_from_memory(self):
        stand = Stand()
        stand.post("tools/list")
        del stand.grants[TOKEN]
        assert stand.post("tools/list").status == 404

    def test_long_questions_are_not_kept(self):
        stand = Stand()
        assert (
            stand.post("tools/list", id="x" * 2000).body is not stand.post("tools/list", id="x" * 2000).body
        )
