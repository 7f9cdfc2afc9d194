"""The options of analyses: fields made of the schemas of tools, what is entered as arguments, and what is refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

import jsonschema
import pytest

from generator.catalog import Tool
from runtime.errors import NotFound
from runtime.operations.insight_requests import (
    Request,
    find_analysis,
    list_analyses,
    list_option_groups,
    read_request,
    write_request,
)
from tests.builtin import builtin_catalog

CATALOG = builtin_catalog()


def find(name: str) -> Tool:
    return find_analysis(CATALOG, "quickbooks", name).tool


def ask(name: str, query: str) -> Request:
    return read_request(find(name), parse_qsl(query, keep_blank_values=True))


def list_kinds(name: str) -> dict[str, str]:
    return {each.name: each.kind for group in list_option_groups(find(name)) for each in group.options}


def test_analyses_are_the_tools_that_read_and_whose_answers_are_computed() -> None:
    found = list_analyses(CATALOG, "quickbooks")
    assert {each.computed for each in found} == {
        "cash_flow_forecast", "month_end_checklist", "find_anomalies", "collections", "spend_by_vendor",
        "unit_economics", "explain_change", "valuation", "margin_check", "client_profitability",
    }  # fmt: skip
    assert list_analyses(CATALOG, "connectwise") == ()
    with pytest.raises(NotFound):
        find_analysis(CATALOG, "quickbooks", "dismiss_anomaly")


def test_each_argument_is_a_field_of_its_kind_and_those_of_pages_are_none() -> None:
    assert list_kinds("explain_change") == {"month": "month", "compared_with": "month", "limit": "number"}
    anomalies = list_kinds("find_anomalies")
    assert anomalies["start_date"] == "day" and anomalies["kinds"] == "several"
    assert anomalies["sensitivity"] == "choice" and anomalies["show_dismissed"] == "yes or no"
    for each in list_analyses(CATALOG, "quickbooks"):
        assert {"estimate", "continue_from", "company"}.isdisjoint(list_kinds(each.name))


def test_an_argument_with_arguments_of_its_own_is_a_group_that_is_whole_or_left_out() -> None:
    whole = ask("cash_flow_forecast", "delay_customer.customer=24&delay_customer.days=30")
    assert whole.arguments == {"delay_customer": {"customer": "24", "days": 30}}
    assert whole.errors == {}
    assert ask("cash_flow_forecast", "delay_customer.customer=&weeks=4").arguments == {"weeks": 4}
    part = ask("cash_flow_forecast", "add_expense.amount=1,200.50")
    assert part.errors == {"add_expense.date": "Date is needed as well."}
    assert part.arguments["add_expense"] == {"amount": 1200.5}


@pytest.mark.parametrize(
    ("name", "query", "wrong"),
    [
        ("cash_flow_forecast", "weeks=0", "weeks"),
        ("cash_flow_forecast", "weeks=27", "weeks"),
        ("cash_flow_forecast", "weeks=4.5", "weeks"),
        ("cash_flow_forecast", "weeks=NaN", "weeks"),
        ("cash_flow_forecast", "weeks=" + "9" * 40, "weeks"),
        (
            "cash_flow_forecast",
            "add_expense.amount=Infinity&add_expense.date=2026-12-01",
            "add_expense.amount",
        ),
        ("cash_flow_forecast", "add_expense.amount=1e99&add_expense.date=2026-12-01", "add_expense.amount"),
        ("cash_flow_forecast", "add_expense.amount=0&add_expense.date=2026-12-01", "add_expense.amount"),
        ("cash_flow_forecast", "add_expense.amount=5&add_expense.date=2026-02-30", "add_expense.date"),
        ("explain_change", "month=2026-00", "month"),
        ("explain_change", "month=0000-01", "month"),
        ("explain_change", "month=%D9%A2%D9%A0%D9%A2%D9%A6-01", "month"),
        ("find_anomalies", "kinds=duplicate&kinds=nothing", "kinds"),
        ("find_anomalies", "sensitivity=most", "sensitivity"),
        ("find_anomalies", "show_dismissed=true", "show_dismissed"),
        ("find_anomalies", "start_date=2026-10-02&end_date=2026-10-01", "end_date"),
        ("collections", "customer=" + "x" * 201, "customer"),
        ("valuation", "add_backs=" + "x" * 81, "add_backs"),
        ("valuation", "add_backs=" + ",".join(map(str, range(51))), "add_backs"),
        ("valuation", "add_backs=" + "x," * 1001, "add_backs"),
        ("valuation", "custom_add_backs=Lawsuit", "custom_add_backs"),
        ("valuation", "custom_add_backs=:+5", "custom_add_backs"),
        ("valuation", "custom_add_backs=Lawsuit:+NaN", "custom_add_backs"),
    ],
)
def test_what_the_tool_would_refuse_is_said_by_its_field(name: str, query: str, wrong: str) -> None:
    asked = ask(name, query)
    assert list(asked.errors) == [wrong]
    assert asked.find(wrong)


def test_what_is_entered_comes_back_in_the_address_and_what_is_no_option_does_not() -> None:
    query = "start_date=2026-10-01&kinds=duplicate&kinds=weekend&show_dismissed=yes"
    asked = ask("find_anomalies", f"{query}&run=1&estimate=1&company=9&other=x&continue_from=rd_1")
    assert urlencode(write_request(asked)) == query
    assert asked.arguments == {
        "start_date": "2026-10-01",
        "kinds": ["duplicate", "weekend"],
        "show_dismissed": True,
    }
    assert asked.call_arguments == {**asked.arguments, "continue_from": "rd_1"}
    assert asked.forget_reading().call_arguments == asked.arguments


def test_what_is_read_fits_the_schema_of_its_tool() -> None:
    queries: dict[str, str] = {
        "cash_flow_forecast": "weeks=4&delay_customer.customer=24&delay_customer.days=30&add_expense.amount=5"
        "&add_expense.date=2026-12-01&add_expense.every=month",
        "find_anomalies": "start_date=2026-10-01&end_date=2026-10-31&kinds=digits&limit=5&show_dismissed=no",
        "unit_economics": "by=class&limit=20",
        "explain_change": "month=2026-10&compared_with=2025-10",
        "valuation": "month=2026-10&add_backs=one_off.bills:1,+owner_pay.accounts:7&multiple_mid=5.5"
        "&custom_add_backs=Lawsuit:+1,200.50;+Gain:+-5",
        "client_profitability": "start_date=2026-01-01&client=Acme&allocate=revenue&hour_cost=42.5&limit=5",
    }
    for name, query in queries.items():
        asked: Any = ask(name, query)
        assert asked.errors == {}
        jsonschema.validate(asked.call_arguments, find(name).input_schema)
