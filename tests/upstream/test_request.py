"""From a tool and its arguments to one HTTP request."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from runtime.errors import InvalidArguments
from runtime.upstream.request import LONGEST_ADDRESS, LONGEST_HEADER, RequestExtras, base_address, build
from tests.made_up import GET, LIST, UPDATE, VENDOR

BASE = "https://books.example.com/company/42"


def request(tool, arguments, once_key=""):
    return build(
        tool,
        VENDOR,
        BASE,
        arguments,
        arguments,
        RequestExtras({"Authorization": "Bearer x"}, once_key, changes_data=not tool.is_read_only),
    )


def test_a_base_address_is_filled_from_the_account():
    assert base_address(VENDOR.environments["production"], {"company_id": "42"}) == BASE


def test_a_get_names_its_record_and_what_is_always_sent():
    built = request(GET, {"id": "7"})
    assert (built.verb, built.url, built.body) == ("GET", f"{BASE}/invoice/7?minorversion=75", None)
    assert built.headers == {"Accept": "application/json", "Authorization": "Bearer x"}
    assert not built.changes_data


def test_what_is_always_sent_is_filled_from_the_account():
    vendor = replace(VENDOR, send_headers={"X-Company": "no {company_id}"}, send_query={"in": "{company_id}"})

    built = build(GET, vendor, BASE, {"id": "7", "company_id": "42"}, {"id": "7"}, RequestExtras({}))

    assert (built.headers, built.url) == ({"X-Company": "no 42"}, f"{BASE}/invoice/7?in=42")


def test_a_request_shows_nothing_of_its_credentials_or_body():
    assert repr(request(UPDATE, {"id": "7", "SyncToken": "0"})) == "VendorRequest(POST, …)"


@pytest.mark.parametrize("hostile", ["a\r\nX-Other: 1", "\u2028", "é"])
def test_an_argument_cannot_leave_its_place_in_a_header_field(hostile):
    tool = replace(GET, call=replace(GET.call, headers=(("X-Book", "book {book}"),)))
    assert request(tool, {"id": "7", "book": "main"}).headers["X-Book"] == "book main"
    with pytest.raises(InvalidArguments, match="X-Book"):
        request(tool, {"id": "7", "book": hostile})


@pytest.mark.parametrize("hostile", ["1/../../2", "1?x=y", "1#x", "a b", "%2e%2e", "1\r\nHost: x"])
def test_an_id_cannot_leave_its_place_in_the_address(hostile):
    path = request(GET, {"id": hostile}).url.removeprefix(f"{BASE}/invoice/").split("?minorversion")[0]
    assert not set(path) & set("/?# \r\n")


@pytest.mark.parametrize("hostile", ["", ".", ".."])
def test_an_id_that_climbs_is_refused(hostile):
    with pytest.raises(InvalidArguments, match='"id"'):
        request(GET, {"id": hostile})


def test_a_write_carries_its_fields_under_the_vendors_names_and_its_key():
    built = request(UPDATE, {"id": "7", "SyncToken": "2", "DueDate": "2026-12-31"}, once_key="k1")
    assert orjson.loads(built.body) == {"Id": "7", "SyncToken": "2", "DueDate": "2026-12-31"}
    assert built.url == f"{BASE}/invoice?minorversion=75&requestid=k1"
    assert built.headers["Content-Type"] == "application/json"
    assert built.changes_data
    assert built.is_once


def test_a_query_parameter_with_nothing_to_fill_it_is_left_out():
    assert request(LIST, {}).url == f"{BASE}/query?minorversion=75"


def test_a_statement_is_encoded_whole():
    assert request(LIST, {"statement": "a = 'b&c'"}).url.endswith("query=a%20%3D%20%27b%26c%27")


@pytest.mark.parametrize(("tool", "names"), [(GET, ["id"]), (LIST, ["statement"])], ids=["a path", "a query"])
def test_arguments_too_long_for_an_address_are_refused(tool, names):
    def filled(length):
        return dict.fromkeys(names, "a" * length)

    longest = LONGEST_ADDRESS - len(request(tool, filled(1)).url) + 1
    assert len(request(tool, filled(longest)).url) == LONGEST_ADDRESS
    with pytest.raises(InvalidArguments, match="60,001 characters, and at most 60,000"):
        request(tool, filled(longest + 1))


def test_an_argument_too_long_for_a_header_field_is_refused():
    tool = replace(GET, call=replace(GET.call, headers=(("X-Book", "{book}"),)))
    assert request(tool, {"id": "7", "book": "a" * LONGEST_HEADER}).headers["X-Book"]
    with pytest.raises(InvalidArguments, match=r"X-Book.*4,097 characters"):
        request(tool, {"id": "7", "book": "a" * (LONGEST_HEADER + 1)})
