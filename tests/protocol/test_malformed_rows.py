"""A row that is malformed, or that does not hold, fails with its place and what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.protocol.table import ANY, Head, MalformedTable, Row, name_row, read_head, read_row
from tests.protocol.test_rows import check_row, filled

GET: dict[str, Any] = {
    "name": "a get answers the record alone",
    "tool": "get_single_acme_invoice_by_id",
    "arguments": {"id": "7"},
    "request": {"path": "/invoice/7", "query": {"minorversion": "75"}},
    "response": {"body": {"Invoice": {"Id": "7"}}},
    "result": {"answer": {"Id": "7"}},
}
ACME = Head(vendor="acme", rows=[GET])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"respons": {}}, "respons: Extra inputs are not permitted"),
        ({"tool": None}, "tool: Input should be a valid string"),
        ({"result": {"eror": {}}}, "result.eror: Extra inputs are not permitted"),
        ({"result": {"status": 200}}, "result: Value error, a result has an answer"),
        ({"request": None}, "the whole: Value error, a request has a response"),
        ({"response": None}, "the whole: Value error, a request has a response"),
        ({"responses": [{}]}, "the whole: Value error, a request has a response"),
        ({"request": {"path": "/", "verb": "LOOK"}}, "request.verb: Input should be 'GET'"),
        ({"times": 0}, "times: Input should be greater than or equal to 1"),
    ],
)
def test_a_malformed_row_is_named_with_what_is_wrong(change, error):
    with pytest.raises(MalformedTable) as found:
        read_row("reading", 3, {**GET, **change})
    assert str(found.value).startswith("reading, row 3 (a get answers the record alone): ")
    assert error in str(found.value)


@pytest.mark.parametrize(
    ("row", "name"), [({"tool": "x"}, "without a name"), (["x"], "not a mapping"), (None, "not a mapping")]
)
def test_a_row_without_a_sentence_is_refused_by_its_number(row, name):
    with pytest.raises(MalformedTable, match=rf"^reading, row 3 \({name}\): "):
        read_row("reading", 3, row)
    assert name_row(row) == name


def test_a_table_that_is_none_is_named(tmp_path):
    path = tmp_path / "empty.yaml"
    path.write_text("rows: []\n")
    with pytest.raises(MalformedTable, match=r"^empty\.yaml: vendor: Field required; rows: "):
        read_head(path)


def test_a_vendor_or_tool_that_is_not_there_is_named_with_those_that_are():
    known = r"Vendors of tables: acme, connectwise, quickbooks\."
    with pytest.raises(MalformedTable, match=rf'"acne" is no vendor\. {known}'):
        check_row(Head(vendor="acne", rows=[GET]), Row(**GET))
    with pytest.raises(MalformedTable, match='"get_it" is no tool of acme'):
        check_row(ACME, Row(**{**GET, "tools": ["get_it"]}))


def test_a_row_that_holds_passes():
    check_row(ACME, Row(**GET))


@pytest.mark.parametrize(
    "change",
    [
        {"request": {"path": "/invoice/8", "query": {"minorversion": "75"}}},
        {"request": {"path": "/invoice/7"}},
        {"request": {"path": "/invoice/7", "query": {"minorversion": "75", "level": "1"}}},
        {"request": {**GET["request"], "verb": "POST"}},
        {"request": {**GET["request"], "body": {"Id": "7"}}},
        {"request": {**GET["request"], "headers": {"Accept": "text/plain"}}},
        {"request": {**GET["request"], "headers": {"X-Level": "1"}}},
        {"request": None, "response": None, "result": {"error": {"code": "not_found"}}},
        {"times": 2},
        {"response": {"body": {"Invoice": {"Id": "8"}}}},
        {"response": None, "responses": [GET["response"], {"status": 404}]},
        {"result": {"answer": {"Id": "7", "Memo": ANY}}},
        {"result": {"answer": {}}},
        {"result": {"text": '{"Id": "7"}'}},
        {"result": {"says": ["Memo"]}},
        {"result": {"error": {"code": "not_found"}}},
        {"result": {"answer": {"Id": "7"}, "status": 201}},
        {"result": {"answer": {"Id": "7"}, "note": "Renamed."}},
        {"result": {"answer": {"Id": "7"}, "remaining": [500, 10]}},
        {"result": {"answer": {"Id": "7"}, "limits": {"retry-after": "1"}}},
        {"result": {"file": {"name": "a.pdf", "bytes": ""}}},
    ],
)
def test_a_row_that_does_not_hold_fails(change):
    with pytest.raises(AssertionError):
        check_row(ACME, Row(**{**GET, **change}))


NO_ID = {
    "name": "no Id",
    "tool": GET["tool"],
    "result": {"error": {"code": "invalid_arguments", "status": 400, "says": ['"id" is missing']}},
}


@pytest.mark.parametrize(
    "error",
    [
        {"code": "not_found"},
        {"code": "invalid_arguments", "status": 404},
        {"code": "invalid_arguments", "message": "No."},
        {"code": "invalid_arguments", "text": "No."},
        {"code": "invalid_arguments", "says": ["SyncToken"]},
    ],
)
def test_an_error_that_is_another_fails(error):
    check_row(ACME, Row(**NO_ID))
    with pytest.raises(AssertionError):
        check_row(ACME, Row(**{**NO_ID, "result": {"error": error}}))


@pytest.mark.parametrize(
    ("wanted", "found", "is_same"),
    [
        (ANY, "x", True),
        (ANY, None, False),
        ([{"a": ANY}], [{"a": 1}], True),
        ([ANY], ["x", "y"], False),
        ({"a": ANY}, {"a": 1, "b": 2}, False),
    ],
)
def test_any_is_whatever_is_there_and_nothing_else_is_loose(wanted, found, is_same):
    assert (filled(wanted, found) == found) is is_same
