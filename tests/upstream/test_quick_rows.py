"""A list that is read in one pass answers what it would if it were read as values, byte for byte."""

from __future__ import annotations

import copy
import threading
from dataclasses import replace
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.operations import response_reader
from runtime.upstream import figures
from runtime.upstream.answer import UnexpectedShape
from runtime.upstream.client import VendorResponse
from runtime.upstream.rows import QuickRows, ValueRows, read_quick_rows
from tests import made_up
from tests.upstream.test_hostile_answers import call

PATH, RULES = ("QueryResponse", "Invoice"), made_up.VENDOR.errors
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
ROWS = st.lists(
    st.dictionaries(st.sampled_from(["Id", "Balance", "Line", "a b", "é"]), VALUES), min_size=1, max_size=5
)
NAMES = st.lists(
    st.sampled_from(["Id", "Balance", "a b", "é", "Other", "Line", "Line[1:]", "*"]), unique=True
)


def response(rows: Any, *, indent: bool = False) -> VendorResponse:
    value = {"QueryResponse": {"Invoice": rows, "startPosition": 1}, "time": "now"}
    option = orjson.OPT_INDENT_2 if indent else 0
    return VendorResponse(200, {}, orjson.dumps(value, option=option))


@settings(max_examples=150, deadline=None)
@given(ROWS, NAMES, st.booleans())
def test_both_readers_answer_the_same_rows_and_miss_the_same_names(rows, names, is_indented):
    quick = read_quick_rows(response(rows, indent=is_indented), PATH, RULES, names)
    value = ValueRows(figures.read(orjson.dumps(rows)), names)
    if quick is None:  # characters that are written otherwise
        assert b"\\u" in orjson.dumps(rows) or b"\\/" in orjson.dumps(rows)
        return
    found = quick.cut(0, len(rows))
    assert [found.write_record(at) for at in range(len(rows))] == [
        value.write_record(at) for at in range(len(rows))
    ]
    own = [name for name in names if name != "*"]
    assert found.find_absent(own) == value.find_absent(own)
    assert sorted(found.list_names()) == sorted(value.list_names())


@pytest.mark.parametrize(
    "figure", [b"100.00", b"1.10", b"-0.0", b"1e2", b"12345678901234567890.12", b"0.10000000000000000000001"]
)
@pytest.mark.parametrize("columns", [("Id", "Total"), ()])
def test_a_figure_in_a_list_stays_as_the_vendor_wrote_it(figure, columns):
    body = b'{"QueryResponse": {"Invoice": [{"Id": "1", "Total": %b, "TaxId": "123456789"}]}}' % figure
    shown = replace(made_up.LIST, listing=replace(made_up.LISTING, columns=columns))
    for sensitive in ((), (("TaxId",),)):  # read in one pass, and as a value that is masked
        answer = call(replace(shown, sensitive=sensitive), VendorResponse(200, {}, body), arguments={})
        assert b'"Total":%b' % figure in answer.text.encode(), sensitive


def test_what_is_hidden_is_hidden_in_the_records_that_are_shown_and_its_name_is_not_said():
    rows = [{"Id": str(at), "TaxId": "123456789", "Bank": {"Number": "123456789"}} for at in range(3)]
    tool = replace(made_up.LIST, sensitive=(("TaxId",), ("Bank", "Number")), gated=((("Link",), "a_tool"),))
    for fields in (["Id", "TaxId", "Bank"], ["*"]):
        rows[0]["Link"] = "secret"
        answer = call(
            replace(tool, name=tool.name), response_of(rows), arguments={"fields": [*fields, "Link"]}
        )
        assert "123456789" not in answer.text
        assert "secret" not in answer.text
        assert "6789" in answer.text
        if fields != ["*"]:
            assert 'No record of this page has "Link".' in orjson.loads(answer.text)["note"]


def response_of(rows: Any) -> VendorResponse:
    return response(copy.deepcopy(rows))


@pytest.mark.parametrize(
    "body",
    [
        b'{"QueryResponse": {"Invoice": [null]}}',
        b'{"QueryResponse": {"Invoice": [1]}}',
        b'{"QueryResponse": {"Invoice": {"Id": "1"}}}',
        b'{"QueryResponse": {"Invoice": null}}',
        b'{"QueryResponse": {"Invoice": []}}',
        b'{"QueryResponse": null}',
        b'{"QueryResponse": {"Other": [{"Id": "1"}]}}',
        b'{"Fault": {"Error": []}, "QueryResponse": {"Invoice": [{"Id": "1"}]}}',
        b'[{"Id": "1"}]',
        b'{"QueryResponse": {"Invoice": [{"Id": "\xff"}]}}',
        b'{"QueryResponse": {"Invoice": [{"Id": "1"}]}} x',
        b'{"QueryResponse": {"Invoice": [{"Id": "\\u00e9"}]}}',
    ],
)
def test_an_answer_of_any_other_form_is_read_more_closely(body):
    assert read_quick_rows(VendorResponse(200, {}, body), PATH, RULES, ("Id",)) is None


def test_of_a_key_that_is_there_twice_the_last_counts():
    body = b'{"QueryResponse": {"Invoice": [{"Id": "1", "Id": "2"}]}}'
    found = read_quick_rows(VendorResponse(200, {}, body), PATH, RULES, ("Id",))
    assert found is not None
    assert found.write_record(0) == b'{"Id":"2"}'


@pytest.mark.parametrize("names", [("Id",), ()])
def test_a_record_of_more_levels_than_readers_take_is_refused(names):
    for levels, is_refused in ((250, False), (300, True)):
        deep = b"[" * levels + b"]" * levels
        body = b'{"QueryResponse": {"Invoice": [{"Id": %b}]}}' % deep
        found = read_quick_rows(VendorResponse(200, {}, body), PATH, RULES, names)
        assert found is not None
        if is_refused:
            with pytest.raises(UnexpectedShape):
                found.write_record(0)
        else:
            assert found.write_record(0) == b'{"Id":%b}' % deep


def test_of_a_list_only_the_fields_that_are_shown_are_made_and_only_the_rows_that_fit_are_written():
    rows = [{"Id": str(at), "Line": [{"Amount": 1}] * 20} for at in range(1000)]
    found = read_quick_rows(response(rows), PATH, RULES, ("Id",))
    assert isinstance(found, QuickRows)
    first = found._records[0]
    assert [getattr(first, name) for name in first.__struct_fields__] == [msgspec.Raw(b'"0"')]


@pytest.mark.parametrize("tool", [made_up.LIST, made_up.GET])
def test_every_large_answer_of_a_vendor_is_read_in_a_thread(tool, monkeypatch):
    seen: list[int] = []
    own = response_reader.raise_failure

    def watched(*arguments: Any) -> Any:
        seen.append(threading.get_ident())
        return own(*arguments)

    monkeypatch.setattr(response_reader, "raise_failure", watched)
    record = {"Id": "1", "Memo": "x" * 100_000}
    for body in ({"QueryResponse": {"Invoice": [record]}, "Invoice": record},):
        call(tool, VendorResponse(200, {}, orjson.dumps(body)))
    assert seen
    assert threading.get_ident() not in seen
