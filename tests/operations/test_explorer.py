"""What the explorer works with: completion at a place, what is wrong before anything is sent, tables, forms."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from runtime.operations.explorer.checks import Diagnosis, diagnose, read_statement
from runtime.operations.explorer.completion import LONGEST_QUERY, complete
from runtime.operations.explorer.forms import make_form, read_filled, write_values
from runtime.operations.explorer.language import Queryable, find_queryable
from runtime.operations.explorer.reading import parse_answer, read_all
from runtime.operations.explorer.results import choose_paths, list_paths, make_columns, make_sheet, make_table
from runtime.operations.explorer.sorting import can_be_ordered, sort_records, write_order
from runtime.operations.exports.csv_file import write_csv
from runtime.operations.exports.xlsx_file import write_xlsx
from runtime.operations.formats import MINUS, Formats
from tests.builtin import builtin_catalog

INVOICES = parse_answer(
    """[{"Id": "1", "DocNumber": "=1+1", "CustomerRef": {"value": "7", "name": "@SUM(A1)"}, "TxnDate": "2026-01-31",
    "Balance": 1500.0, "ExchangeRate": 1.23456, "Line": [{"Amount": 1}], "EmailStatus": "NotSet"},
    {"Id": "2", "CustomerRef": {"value": "8", "name": "Bo"}, "TxnDate": "2026-02-28", "Balance": -0.5,
    "ExchangeRate": 1}]"""
)


@cache
def queryable() -> Queryable:
    found = find_queryable(builtin_catalog(), "quickbooks")
    assert found is not None
    return found


def suggest(text: str) -> list[str]:
    """What may be written where the text has a bar."""
    place = text.index("|")
    return [each.text for each in complete(queryable(), text.replace("|", ""), place).options]


def check(text: str) -> Diagnosis | None:
    return diagnose(queryable(), builtin_catalog().tools, text)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("|", "SELECT"),
        ("sel|", "SELECT"),
        ("select Bal| from Invoice", "Balance"),
        ("select * fr|", "FROM"),
        ("select * from Inv|", "Invoice"),
        ("select * from Invoice wh|", "WHERE"),
        ("select * from Invoice where Due|", "DueDate"),
        ("select * from Invoice where Balance |", "="),
        ("select * from Invoice where Active = tr|", "TRUE"),
        ("select * from Invoice where Balance > '0' a|", "AND"),
        ("select * from Invoice orderby Due|", "DueDate"),
        ("select * from Invoice orderby DueDate d|", "DESC"),
        ("select DocNumber, Cust|omer from Invoice", "CustomerRef"),
    ],
)
def test_what_is_suggested_fits_the_place(text: str, first: str) -> None:
    assert suggest(text)[0] == first


@pytest.mark.parametrize(
    "text",
    ["select * from Invoice where DocNumber = 'Bal|'", "select * from | Invoice 'open", "delete |", "'|"],
)
def test_nothing_is_suggested_in_a_quoted_text_or_behind_what_cannot_be_read(text: str) -> None:
    assert [each for each in suggest(text) if each not in {e.name for e in queryable().entities}] == []


def test_fields_are_those_of_the_record_that_stands_behind_the_place() -> None:
    assert "GivenName" in suggest("select Given| from Customer")
    assert "GivenName" not in suggest("select Given| from Invoice")


def test_a_field_that_cannot_be_filtered_is_suggested_as_a_column_only() -> None:
    assert "Line" in suggest("select Lin| from Invoice")
    assert "Line" not in suggest("select * from Invoice where Lin|")


def test_a_list_of_suggestions_ends_and_its_place_is_that_of_what_was_begun() -> None:
    found = complete(queryable(), "select  from Invoice", 7)
    begun = complete(queryable(), "select Bal", 10)
    assert 5 < len(found.options) <= 12
    assert (begun.start, begun.end) == (7, 10)


def test_a_place_outside_of_a_text_and_a_text_without_end_do_no_harm() -> None:
    assert complete(queryable(), "sel", 10**9).options[0].text == "SELECT"
    assert complete(queryable(), "(" * (LONGEST_QUERY * 2), 10**6).options == ()


def test_an_unknown_field_is_explained_with_its_line_and_the_query_as_it_would_be_right() -> None:
    found = check("select DocNumber\nfrom Invoice\nwhere Balence > '0'")
    assert found is not None
    assert (found.line, found.before, found.wrong, found.after) == (3, "where ", "Balence", " > '0'")
    assert 'Invoice has no field "Balence"' in found.message
    assert found.fixed == "select DocNumber\nfrom Invoice\nwhere Balance > '0'"
    assert check(found.fixed) is None


@pytest.mark.parametrize(
    ("text", "wrong", "replacement"),
    [
        ("select * from Invoicee", "Invoicee", "Invoice"),
        ("select * frm Invoice", "frm", ""),
        ("select * from Invoice where CustomerRef = Bob", "Bob", "'Bob'"),
        ("select * from Invoice where Line = '1'", "Line", ""),
        ("select * from Invoice limit 5", "limit", ""),
        ("select * from Invoice where Balance >", "", ""),
        ("select * from Invoice where DueDate > '31.1.2026'", "", ""),
    ],
)
def test_what_is_wrong_is_marked_where_it_stands(text: str, wrong: str, replacement: str) -> None:
    found = check(text)
    assert found is not None
    assert found.replacement == replacement
    assert wrong in found.wrong
    assert found.message
    assert found.advice


@pytest.mark.parametrize("text", ["", "  \n", "x" * 9000])
def test_an_empty_query_and_one_without_end_are_refused_without_being_read(text: str) -> None:
    found = check(text)
    assert found is not None
    assert found.line == 0


def test_what_is_hidden_cannot_be_compared_with() -> None:
    found = check("select * from Vendor where TaxIdentifier = '1'")
    assert found is not None
    assert "sensitive" in found.message


def test_a_query_is_written_in_another_order_unless_that_finds_other_records() -> None:
    text = "select * from Invoice where Balance > '0' orderby DocNumber"
    statement = read_statement(queryable(), builtin_catalog().tools, text)
    entity, language = queryable().find("invoice"), queryable().integration.query_language
    assert statement is not None
    ordered = write_order(language, text, statement, "DueDate", is_descending=True)
    assert ordered == "select * from Invoice where Balance > '0' ORDERBY DueDate DESC"
    assert can_be_ordered(entity, statement, "DueDate")
    assert not can_be_ordered(entity, statement, "CustomerRef")
    few = read_statement(queryable(), builtin_catalog().tools, text + " maxresults 5")
    assert not can_be_ordered(entity, few, "DueDate")


def test_records_are_sorted_by_numbers_names_and_texts_and_those_without_a_value_are_last() -> None:
    records: list[dict[str, Any]] = [
        {"n": Decimal(10), "t": "b", "r": {"value": "1", "name": "Zoe"}},
        {"n": 9, "t": "A", "r": {"value": "2", "name": "Ann"}},
        {},
    ]
    assert [each.get("n") for each in sort_records(records, "n", is_descending=False)] == [9, 10, None]
    assert [each.get("n") for each in sort_records(records, "n", is_descending=True)] == [10, 9, None]
    assert [each.get("t") for each in sort_records(records, "t", is_descending=False)] == ["A", "b", None]
    assert [each.get("t") for each in sort_records(records, "r", is_descending=False)] == ["A", "b", None]


def make(paths: list[str]) -> Any:
    entity = queryable().find("Invoice")
    columns = make_columns(entity, paths, INVOICES)
    return make_table(entity, "Id", columns, INVOICES, Formats())


def test_figures_of_a_column_have_the_same_decimals_and_a_rate_loses_none() -> None:
    table = make(["Balance", "ExchangeRate"])
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["1,500.00", "1.23456"],
        [f"{MINUS}0.50", "1.00000"],
    ]
    assert [cell.style for cell in table.rows[1]] == ["num neg", "num"]


def test_a_reference_is_shown_by_its_name_and_leads_to_its_record() -> None:
    cell = make(["Id", "CustomerRef"]).rows[1][1]
    assert (cell.text, cell.beside, cell.resource, cell.id) == ("Bo", "Id 8", "customers", "8")


def test_the_first_cell_of_a_row_leads_to_its_record() -> None:
    first = make(["TxnDate", "Balance"]).rows[0][0]
    assert (first.text, first.resource, first.id) == ("2026-01-31", "invoices", "1")


def test_the_columns_are_those_that_a_query_names_or_the_usual_ones() -> None:
    entity = queryable().find("Invoice")
    wide = [{**INVOICES[0], **{f"Field{at}": at for at in range(20)}}]
    assert choose_paths(entity, ("balance", "docnumber"), INVOICES, shows_all=False) == (
        ["Balance", "DocNumber"],
        0,
    )
    shown, others = choose_paths(entity, (), wide, shows_all=False)
    assert shown == ["Id", "DocNumber", "CustomerRef", "TxnDate", "Balance"]
    assert others == len(list_paths(wide)) - 5
    assert choose_paths(entity, (), wide, shows_all=True) == (list_paths(wide), 0)


def test_files_have_the_numbers_of_the_answer_and_no_text_of_them_is_a_formula(tmp_path: Path) -> None:
    columns = make_columns(queryable().find("Invoice"), list_paths(INVOICES), INVOICES)
    sheet = make_sheet("Invoice", columns, INVOICES)
    rows = list(csv.DictReader(io.StringIO(write_csv(sheet).decode("utf-8-sig"))))
    assert [Decimal(row["Balance"]) for row in rows] == [each["Balance"] for each in INVOICES]
    assert [Decimal(row["ExchangeRate"]) for row in rows] == [each["ExchangeRate"] for each in INVOICES]
    assert (rows[0]["DocNumber"], rows[0]["CustomerRef"], rows[0]["CustomerRef Id"]) == (
        "'=1+1",
        "'@SUM(A1)",
        "7",
    )
    (tmp_path / "a.xlsx").write_bytes(write_xlsx(sheet))
    page = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    head, first, second = (list(each) for each in page.iter_rows())
    place = [cell.value for cell in head].index("Balance")
    assert [Decimal(str(row[place].value)) for row in (first, second)] == [
        each["Balance"] for each in INVOICES
    ]
    assert {cell.data_type for cell in first} <= {"s", "n", "d"}


def test_reading_all_stops_at_the_bound_and_says_so() -> None:
    from runtime.exchange.tool_answer import Answer

    asked: list[dict[str, Any]] = []

    async def call(arguments: dict[str, Any]) -> Answer:
        asked.append(arguments)
        page = {"returned": 2, "next_cursor": f"c{len(asked)}", "records": [{"Id": 1}, {"Id": 2}]}
        return Answer(json.dumps(page))

    import asyncio

    found = asyncio.run(read_all(call, {"query": "q"}, 5))
    assert (len(found.records), found.is_bounded, found.calls) == (5, True, 3)
    assert [each.get("next_cursor") for each in asked] == [None, "c1", "c2"]


def test_a_form_has_a_control_for_each_kind_of_argument_and_examples_for_json() -> None:
    form = make_form(builtin_catalog().by_name["create_a_quick_books_invoice"])
    controls = {each.name: each.control for each in form.every}
    assert [each.name for each in form.first[:2]] == ["CustomerRef", "Line"]
    assert controls["DueDate"] == "date"
    assert controls["Deposit"] == "number"
    assert controls["EmailStatus"] == "choice"
    assert controls["AllowOnlineACHPayment"] == "yes_no"
    assert controls["allow_duplicate"] == "switch"
    assert controls["Line"] == "json"
    assert "DetailType" in next(each.example for each in form.every if each.name == "Line")
    assert "dry_run" not in controls


def test_a_filled_form_means_arguments_and_arguments_fill_it_again() -> None:
    form = make_form(builtin_catalog().by_name["create_a_quick_books_invoice"])
    values = {
        "a.CustomerRef": " 7 ",
        "a.Line": '[{"Amount": 1.5}]',
        "a.Deposit": "1,000.50",
        "a.AllowOnlineACHPayment": "no",
        "a.DueDate": "2026-01-31",
        "a.PrivateNote": "",
        "proof": "x",
    }
    filled = read_filled(form, values)
    assert filled.errors == {}
    assert filled.arguments == {
        "CustomerRef": "7",
        "Line": [{"Amount": 1.5}],
        "Deposit": 1000.5,
        "AllowOnlineACHPayment": False,
        "DueDate": "2026-01-31",
    }
    again = read_filled(form, write_values(form, filled.arguments))
    assert again.arguments == filled.arguments


def test_what_a_form_cannot_read_is_an_error_of_its_field() -> None:
    form = make_form(builtin_catalog().by_name["create_a_quick_books_invoice"])
    filled = read_filled(form, {"a.Line": "[{", "a.Deposit": "ten"})
    assert sorted(filled.errors) == ["CustomerRef", "Deposit", "Line"]
    assert "no JSON" in filled.errors["Line"]
    assert "no number" in filled.errors["Deposit"]


def test_every_tool_has_a_form() -> None:
    for tool in builtin_catalog().tools:
        names = {each.name for each in make_form(tool).every}
        assert set(tool.input_schema.get("required", ())) <= names | {"company"}
