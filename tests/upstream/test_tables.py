"""A list as a table: the columns once, each record as a list of values, every value as the vendor wrote it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given, settings

from runtime.upstream import figures
from runtime.upstream.answer import UnexpectedShape
from runtime.upstream.client import VendorResponse
from runtime.upstream.rows import ValueRows, read_quick_rows
from tests import made_up
from tests.bench.invoice import list_of
from tests.upstream.test_hostile_answers import call
from tests.upstream.test_quick_rows import NAMES, PATH, ROWS, RULES, response

LIST = made_up.tool(
    made_up.LIST.name,
    {
        **made_up.LIST.input_schema["properties"],
        "limit": {"type": "integer"},
        "format": {"type": "string"},
        "detail": {"type": "string"},
        "max_tokens": {"type": "integer"},
    },
    made_up.LIST.call,
    made_up.LIST.returns,
    method="list",
    listing=replace(made_up.LISTING, columns=("Id", "CustomerRef", "Total")),
)
USUAL = ("Id", "SyncToken", "DocNumber", "CustomerRef", "TxnDate", "DueDate", "TotalAmt", "Balance")


def asked(rows: list[Any], arguments: dict[str, Any], tool: Any = LIST) -> Any:
    """What a call answers when the vendor has these records."""
    return orjson.loads(call(tool, response(rows), arguments=arguments).text)


@settings(max_examples=150, deadline=None)
@given(ROWS, NAMES)
def test_both_readers_make_the_same_table(rows, names):
    quick = read_quick_rows(response(rows), PATH, RULES, names)
    if quick is None:  # characters that are written otherwise
        return
    ours, other = (
        quick.cut(0, len(rows)).make_table(),
        ValueRows(figures.read(orjson.dumps(rows)), names).make_table(),
    )
    assert (ours.columns, ours.text) == (other.columns, other.text)
    assert [bytes(row) for row in ours.rows] == [bytes(row) for row in other.rows]
    assert all(len(row) == len(ours.columns) for row in orjson.loads(ours.text))


def test_a_table_names_its_columns_once_and_a_reference_is_its_id_and_its_name():
    rows = [{"Id": "1", "CustomerRef": {"value": "24", "name": "Elm"}, "Total": 1.5}, {"Id": "2", "Total": 0}]
    found = asked(rows, {"format": "table"})
    assert found == {
        "returned": 2,
        "columns": ["Id", "CustomerRef.value", "CustomerRef.name", "Total"],
        "rows": [["1", "24", "Elm", 1.5], ["2", None, None, 0]],
    }


@pytest.mark.parametrize("figure", [b"100.00", b"-0.0", b"1e2", b"12345678901234567890.12"])
@pytest.mark.parametrize("sensitive", [(), (("TaxId",),)])
@pytest.mark.parametrize("detail", ["summary", "full"])
def test_every_figure_of_a_table_is_as_the_vendor_wrote_it(figure, sensitive, detail):
    record = b'{"Id": "1", "CustomerRef": {"value": "1", "rate": %b}, "TaxId": "123456789", "Total": %b}'
    body = b'{"QueryResponse": {"Invoice": [%b]}}' % (record % (figure, figure))
    tool = replace(LIST, sensitive=sensitive)
    text = call(tool, VendorResponse(200, {}, body), arguments={"format": "table", "detail": detail}).text
    assert text.encode().count(figure) == 2


def test_what_is_hidden_is_hidden_in_a_table():
    rows = [{"Id": "1", "TaxId": "123456789", "Bank": {"Number": "987654321"}}]
    tool = replace(LIST, sensitive=(("TaxId",), ("Bank", "Number")))
    for fields in (["TaxId", "Bank"], ["Bank"], ["*"]):
        text = orjson.dumps(asked(rows, {"format": "table", "fields": fields}, tool)).decode()
        assert "4321" in text
        assert "123456789" not in text
        assert "987654321" not in text


def test_what_is_no_plain_object_stays_one_value():
    rows = [{"Line": [{"Amount": 1}], "A": {"b": {"c": 1}}, "M": {"x": 1}}, {"M": "text", "A": None}]
    found = asked(rows, {"format": "table", "fields": ["Line", "A", "M"]})
    assert found["columns"] == ["Line", "A", "M"]
    assert found["rows"] == [[[{"Amount": 1}], {"b": {"c": 1}}, {"x": 1}], [None, None, "text"]]


def test_full_detail_shows_every_field_and_summary_the_usual_ones_also_of_a_query():
    rows = [{"Id": "1", "Total": 1, "Memo": "m"}, {"Id": "2", "Note": "n"}]
    assert asked(rows, {"format": "table", "detail": "full"})["columns"] == ["Id", "Total", "Memo", "Note"]
    assert asked(rows, {"detail": "full"})["records"] == rows
    query = {"query": "select * from Invoice", "detail": "summary"}
    assert asked(rows, query)["records"] == [{"Id": "1", "Total": 1}, {"Id": "2"}]


def test_a_table_that_does_not_fit_is_cut_between_rows_and_read_on():
    rows = [{"Id": str(at), "Total": at, "CustomerRef": {"value": "1", "name": "x" * 90}} for at in range(4)]
    first = asked(rows, {"format": "table", "max_tokens": 200, "limit": 3})
    assert 0 < first["returned"] < 3
    assert "of the 3 records of this page fit" in first["note"]
    assert "format" not in first["note"]
    assert len(first["rows"]) == first["returned"]
    assert first["next_cursor"]


def test_where_no_row_fits_the_records_come_in_their_other_form():
    rows = [{"Id": "1", "Memo": "x" * 5_000}]
    found = asked(rows, {"format": "table", "max_tokens": 1000, "detail": "full"})
    assert found["records"][0]["Id"] == "1"
    assert "One row does not fit" in found["note"]
    assert "A record of" in found["note"]


def test_a_row_of_more_levels_than_readers_take_is_refused():
    for levels, is_refused in ((250, False), (300, True)):
        deep = b"[" * levels + b"]" * levels
        body = b'{"QueryResponse": {"Invoice": [{"Id": %b}]}}' % deep
        found = read_quick_rows(VendorResponse(200, {}, body), PATH, RULES, ("Id",))
        assert found is not None
        if is_refused:
            with pytest.raises(UnexpectedShape):
                found.make_table()
        else:
            assert found.make_table().text == b"[[%b]]" % deep


def test_a_row_of_a_thousand_invoices_takes_less_than_60_tokens():
    body = orjson.dumps(list_of(1000))
    found = read_quick_rows(VendorResponse(200, {}, body), PATH, RULES, USUAL)
    assert found is not None
    table = found.cut(0, 1000).make_table()
    assert table.count == 1000
    # 2.2 bytes for a token: fewer than any table of invoices was measured to have (`allowance.BYTES_PER_TOKEN`)
    assert len(table.text) / 2.2 / 1000 < 60


def test_a_list_says_that_a_table_would_hold_more():
    rows = [{"Id": str(at), "Total": at, "CustomerRef": {"value": "1", "name": "x" * 90}} for at in range(4)]
    assert "or ask for format table" in asked(rows, {"max_tokens": 200, "limit": 3})["note"]


def test_empty_fields_are_left_out_of_records_unless_they_were_named():
    rows = [{"Id": "1", "Total": None, "Memo": "", "Line": [None, {"a": []}], "X": {"y": {}}, "Zero": 0}]
    assert asked(rows, {"detail": "full"})["records"] == [{"Id": "1", "Line": [None, {}], "Zero": 0}]
    assert asked(rows, {"fields": ["Total", "Memo"]})["records"] == [{"Total": None, "Memo": ""}]


def test_a_table_of_texts_is_written_with_its_escapes():
    rows = [{"Id": '1"\\\n', "CustomerRef": {"value": "é\t", "name": ""}}]
    found = read_quick_rows(response(rows), PATH, RULES, ("Id", "CustomerRef"))
    assert found is not None
    assert orjson.loads(found.make_table().text) == [['1"\\\n', "é\t", ""]]
    assert isinstance(found.make_table().rows[0], msgspec.Raw)
