"""A sum is over all records or refused, exact, in one currency, and traced to records and to the vendor's report."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import unquote_plus

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.catalog import Call, Returns
from generator.vendor import RateWindow
from generator.vendor_rules import Tie
from runtime.exchange.tool_answer import Answer
from runtime.model import ServerConfig
from runtime.operations import sums
from tests import made_up
from tests.builtin import builtin_catalog
from tests.made_up_calls import BATCH, run
from tests.vendor_server import http


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the seconds that are waited for between pages, without waiting for them."""
    found: list[float] = []

    async def note(seconds: float) -> None:
        found.append(seconds)

    monkeypatch.setattr(sums, "sleep", note)
    return found


TIE = Tie("Balance", "aging", "get", {"Balance_from": 0.01}, {}, "Credit counts as well.", {}, "")
LIST = made_up.tool(
    made_up.LIST.name,
    {
        **made_up.LIST.input_schema["properties"],
        "sum": {"type": "array", "items": made_up.TEXT},
        "max_tokens": {"type": "integer"},
        "format": made_up.TEXT,
    },
    made_up.LIST.call,
    made_up.LIST.returns,
    method="list",
    listing=replace(made_up.LISTING, numbers=("Balance", "Total"), ties=(TIE,)),
)
AGING = made_up.tool(
    "get_aging",
    {},
    Call("GET", "/aging"),
    Returns("behaviour", behaviour="quickbooks.report_rows"),
    resource="aging",
    method="get",
)
BOTH = {each.name: each for each in (LIST, AGING)}
VENDOR = replace(made_up.VENDOR, identifier="Id", currency=("CurrencyRef", "value"))


def books(records: list[str], total: str = "") -> Any:
    """A vendor that has these records, each written as JSON, and says this total in its report."""

    def answer(line: str, headers: Any, body: bytes) -> bytes:
        if "/aging" in line:
            cells = [{"value": "TOTAL"}, {"value": total}]
            row = {"Summary": {"ColData": cells}, "Rows": {}}
            return http(200, orjson.dumps({"Header": {}, "Columns": {}, "Rows": {"Row": [row]}}))
        asked = re.search(r"START (\d+) MAX (\d+)", unquote_plus(line))
        assert asked is not None
        first = int(asked[1]) - 1
        part = ",".join(records[first : first + int(asked[2])])
        return http(200, b'{"QueryResponse": {"Invoice": [%b]}}' % part.encode())

    return answer


def record(at: int, balance: str, more: str = "") -> str:
    return f'{{"Id": "{at}", "Balance": {balance}{more}}}'


def ask(vendor: Any, arguments: dict[str, Any], tools: Any = BOTH, **config: Any) -> tuple[Answer, Any]:
    answers, server = run(
        vendor,
        (LIST.name, arguments),
        tools=tools,
        catalog=BOTH,
        integration=VENDOR,
        config=ServerConfig(**config),
    )
    return answers[0], server


def test_a_sum_is_over_all_pages_exact_and_says_the_ids_that_it_came_from():
    records = [record(at, "0.10") for at in range(12)]
    answer, server = ask(
        books(records), {"sum": ["Balance"], "limit": 2, "format": "table"}, {LIST.name: LIST}
    )
    found = orjson.loads(answer.text)
    assert '"sum":1.20' in answer.text
    assert found["sums"]["Balance"]["count"] == 12
    assert found["ids"] == [str(at) for at in range(12)]
    assert found["complete"] is True
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", found["as_of"])
    assert len(server.requests) == 3


@settings(max_examples=20, deadline=None)
@given(st.lists(st.decimals(-(10**12), 10**12, places=4), min_size=1, max_size=9))
def test_a_sum_is_what_decimals_add_up_to(numbers):
    answer, _ = ask(
        books([record(at, f"{each:f}") for at, each in enumerate(numbers)]),
        {"sum": ["Balance"]},
        {LIST.name: LIST},
    )
    shown = re.search(r'"sum":(-?[0-9.]+)', answer.text)
    assert shown is not None
    assert Decimal(shown[1]) == sum(numbers)


def test_more_records_than_are_added_up_are_refused_and_no_part_is_given():
    answer, server = ask(books([record(at, "1") for at in range(101)]), {"sum": ["Balance"]})
    assert answer.error is not None
    assert answer.error.code == "invalid_arguments"
    assert "More than 100 records match" in answer.error.message
    assert len(server.requests) == 21


def test_amounts_of_different_currencies_are_never_added_up():
    euro, dollar = (f', "CurrencyRef": {{"value": "{each}"}}' for each in ("EUR", "USD"))
    records = [record(1, "1.50", euro), record(2, "2.50", dollar), record(3, "3.00", euro)]
    found = orjson.loads(ask(books(records, "7.00"), {"sum": ["Balance"]})[0].text)
    assert found["sums"]["Balance"] == {
        "by_currency": [
            {"sum": 4.5, "count": 2, "currency": "EUR"},
            {"sum": 2.5, "count": 1, "currency": "USD"},
        ]
    }
    assert "ties" not in found


@pytest.mark.parametrize("filters", [{}, {"Balance_from": 0.01}])
def test_a_sum_that_agrees_with_the_report_says_so(filters):
    found = orjson.loads(
        ask(books([record(1, "1.5"), record(2, "2")], "3.50"), {"sum": ["Balance"], **filters})[0].text
    )
    assert found["sums"]["Balance"] == {"sum": 3.5, "count": 2}
    assert found["ties"] == [{"field": "Balance", "report": "get_aging", "figure": 3.5, "agrees": True}]


def test_a_sum_that_differs_from_the_report_is_no_figure_and_both_are_shown():
    found = orjson.loads(ask(books([record(1, "1.5"), record(2, "2")], "3.00"), {"sum": ["Balance"]})[0].text)
    assert found["sums"]["Balance"] == {
        "does_not_tie": {"records": 3.5, "report": 3.0, "difference": 0.5},
        "count": 2,
        "note": "Credit counts as well.",
    }
    assert found["ties"][0]["agrees"] is False


@pytest.mark.parametrize(
    "filters", [{"Balance_from": 5}, {"CustomerRef": "7"}, {"query": "select * from Invoice"}]
)
def test_a_sum_of_other_records_than_those_of_the_report_is_not_compared(filters):
    answer, server = ask(books([record(1, "1.5")], "9"), {"sum": ["Balance"], **filters})
    found = orjson.loads(answer.text)
    assert found["sums"]["Balance"] == {"sum": 1.5, "count": 1}
    assert found["note"] == "Not checked against a report: Balance."
    assert len(server.requests) == 1


def test_a_report_that_the_caller_may_not_read_is_not_compared_with():
    answer, server = ask(books([record(1, "1.5")], "9"), {"sum": ["Balance"]}, {LIST.name: LIST})
    assert "ties" not in orjson.loads(answer.text)
    assert len(server.requests) == 1


def test_where_the_ids_take_too_much_the_call_that_lists_them_is_said():
    records = [record(10**9 + at, "1") for at in range(100)]
    found = orjson.loads(
        ask(books(records), {"sum": ["Balance"], "max_tokens": 500, "Balance_from": 1})[0].text
    )
    assert found["records"] == {
        "count": 100,
        "listed_by": {"tool": LIST.name, "arguments": {"Balance_from": 1}},
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"sum": ["Balanse"]}, "Balance"),
        ({"sum": ["DocNumber"]}, "These can be: Balance, Total."),
        ({"sum": ["Balance"], "next_cursor": "abc"}, "Leave next_cursor out"),
        ({"sum": ["Balance"], "query": "select * from Invoice max 2"}, "the query itself asks for 2"),
    ],
)
def test_what_cannot_be_added_up_is_refused_before_anything_is_sent(arguments, said):
    answer, server = ask(books([]), arguments)
    assert answer.error is not None
    assert said in answer.error.as_text()
    assert server.requests == []


def test_a_record_that_comes_twice_makes_no_sum():
    answer, _ = ask(books([record(1, "1")] * 6), {"sum": ["Balance"]})
    assert answer.error is not None
    assert answer.error.code == "conflict"


def test_a_text_where_a_number_belongs_makes_no_sum():
    answer, _ = ask(books([record(1, '"1"')]), {"sum": ["Balance"]})
    assert answer.error is not None
    assert "Balance is no number in every record" in answer.error.message


def test_a_query_that_counts_is_not_added_up():
    answers, _ = run(
        lambda line, headers, body: http(200, b'{"QueryResponse": {"totalCount": 12}}'),
        (LIST.name, {"sum": ["Balance"], "query": "select count(*) from Invoice"}),
        tools=BOTH,
        catalog=BOTH,
        integration=VENDOR,
    )
    assert answers[0].error is not None
    assert "nothing to add up" in answers[0].error.message


def test_limits_of_rows_do_not_make_a_sum_a_part():
    records = [record(at, "1") for at in range(9)]
    answer, server = ask(books(records, "9"), {"sum": ["Balance"]}, max_rows=2)
    assert orjson.loads(answer.text)["sums"]["Balance"] == {"sum": 9, "count": 9}
    assert len(server.requests) == 3


def test_a_batch_has_no_sums_in_it_which_would_be_of_one_page():
    calls = [{"tool": LIST.name, "arguments": {"sum": ["Balance"]}}]
    tools = {**BOTH, BATCH.name: BATCH}
    answers, server = run(
        books([]), (BATCH.name, {"calls": calls}), tools=tools, catalog=tools, integration=VENDOR
    )
    assert answers[0].error is not None
    assert "cannot add up in a batch" in answers[0].error.message
    assert server.requests == []


def test_no_records_come_to_nothing():
    assert orjson.loads(ask(books([], "0.00"), {"sum": ["Balance"]})[0].text)["sums"]["Balance"] == {
        "sum": 0,
        "count": 0,
    }


def test_every_tie_of_the_definitions_names_a_report_that_is_there_and_a_field_of_its_list():
    places = {(tool.integration, tool.resource, tool.method) for tool in builtin_catalog().tools}
    ties = [(tool, tie) for tool in builtin_catalog().tools if tool.listing for tie in tool.listing.ties]
    assert ties
    for tool, tie in ties:
        assert (tool.integration, tie.resource, tie.method) in places
        assert tool.listing is not None
        assert tie.field in tool.listing.numbers
        assert tie.filters.keys() <= tool.input_schema["properties"].keys()


def test_pages_beyond_a_window_of_seconds_wait_for_it_and_never_the_first(waited):
    windows = (RateWindow("second", 3, 1), RateWindow("minute", 500, 60))
    vendor = replace(VENDOR, rate_limit=replace(VENDOR.rate_limit, windows=windows))
    answers, server = run(
        books([record(at, "1") for at in range(25)], "25"), (LIST.name, {"sum": ["Balance"]}),
        tools=BOTH, catalog=BOTH, integration=vendor,
    )  # fmt: skip
    assert orjson.loads(answers[0].text)["sums"]["Balance"] == {"sum": 25, "count": 25}
    assert len(server.requests) == 7
    assert waited == [2, 2, 2, 2]


def test_a_window_of_a_minute_is_not_waited_for(waited):
    vendor = replace(VENDOR, rate_limit=replace(VENDOR.rate_limit, windows=(RateWindow("minute", 2, 60),)))
    answers, _ = run(
        books([record(at, "1") for at in range(25)], "25"), (LIST.name, {"sum": ["Balance"]}),
        tools=BOTH, catalog=BOTH, integration=vendor,
    )  # fmt: skip
    assert answers[0].error is None
    assert waited == []


def test_a_refusal_of_the_vendor_in_a_sum_is_passed_on(waited):
    pages = books([record(at, "1") for at in range(25)])

    def refuse_second(line: str, headers: Any, body: bytes) -> bytes:
        return (
            pages(line, headers, body) if "START+1+" in line or "START%201%20" in line else http(429, b"{}")
        )

    answers, server = run(
        refuse_second, (LIST.name, {"sum": ["Balance"]}), tools=BOTH, catalog=BOTH, integration=VENDOR
    )
    assert answers[0].error is not None
    assert answers[0].error.code == "rate_limited"
    assert waited == []
    assert len(server.requests) == 2
