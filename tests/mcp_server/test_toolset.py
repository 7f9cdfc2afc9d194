"""The bytes of a list: plain and packed, one gzip member, the same for every client but for the id."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcp_types import methods

from runtime.mcp_server.request import takes_gzip
from runtime.mcp_server.toolset import Toolset, Toolsets
from runtime.model import ServerConfig
from tests.mcp_server.stand import (
    REVISIONS,
    TOOLS,
    Stand,
    make_catalog,
)

GZIP = {"accept-encoding": "gzip, deflate, br"}


@pytest.mark.parametrize("revision", REVISIONS)
def test_packed_and_plain_say_the_same_and_fit_the_revision(revision):
    plain = Stand().post("tools/list", revision=revision)
    packed = Stand().post("tools/list", revision=revision, headers=GZIP)
    assert plain.header("content-encoding") is None
    assert packed.header("content-encoding") == "gzip"
    assert packed.header("vary") == plain.header("vary") == "accept-encoding"
    assert json.loads(gzip.decompress(packed.body)) == json.loads(plain.body)
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
    assert zlib.decompress(toolset.compress(tail), 31) == b'{"result":{' + toolset.listed[:-2] + tail


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
    toolset = Toolsets().select(make_catalog(), "books", ServerConfig(tags=("none",)))
    assert json.loads(b"{" + toolset.listed[:-1]) == {"tools": []}


def test_a_toolset_is_made_once_and_the_least_used_gives_way():
    toolsets, catalog = Toolsets(most=2), make_catalog()
    read, write, custom = (ServerConfig(methods=(each,)) for each in ("read", "write", "custom"))
    first = toolsets.select(catalog, "books", read)
    toolsets.select(catalog, "books", write)
    assert (
        toolsets.select(catalog, "books", ServerConfig(methods=("read",), rate_limit_style="http_429"))
        is first
    )
    toolsets.select(catalog, "books", custom)
    assert toolsets.select(catalog, "books", read) is first
    assert toolsets.select(make_catalog(version="2"), "books", read) is not first
