"""Typed filters with words, with a search and with an OR: what they are asked for, and what is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.upstream.statements import parse_statement
from runtime.upstream.terms import write_terms
from tests.exchange.test_branches import QUICKBOOKS, answering, call, records
from tests.made_up_calls import statement

LANGUAGE = QUICKBOOKS.integration.query_language
INVOICES = QUICKBOOKS.tools["list_all_quick_books_invoices"].listing
CUSTOMERS = "list_all_quick_books_customers"
TAIL = "ORDERBY TxnDate DESC, Id DESC STARTPOSITION 1 MAXRESULTS"


def test_a_word_is_one_call_and_the_answer_says_what_it_became():
    answer, vendor = call(answering(records(1)), {"only": ["overdue"], "limit": 5})

    assert statement(vendor) == (
        f"SELECT * FROM Invoice WHERE DueDate <= '2026-02-28' AND Balance >= '0.01' {TAIL} 6"
    )
    assert json.loads(answer.text)["note"] == (
        "overdue: DueDate_until 2026-02-28, Balance_from 0.01. Today is 2026-03-01 in UTC."
    )
    assert len(vendor.requests) == 1


def test_sets_of_filters_are_one_call_each_with_what_stands_beside_them():
    arguments = {"any_of": [{"Balance_from": 5}, {"DocNumber": "7"}], "only": ["this_month"], "limit": 5}

    answer, vendor = call(answering(records(3, 1), records(3)), arguments)

    month = "TxnDate >= '2026-03-01' AND TxnDate <= '2026-03-31'"
    assert [statement(vendor, at) for at in (0, 1)] == [
        f"SELECT * FROM Invoice WHERE {month} AND Balance >= '5' {TAIL} 7",
        f"SELECT * FROM Invoice WHERE {month} AND DocNumber = '7' {TAIL} 7",
    ]
    assert [each["Id"] for each in json.loads(answer.text)["records"]] == ["3", "1"]
    assert json.loads(answer.text)["note"].startswith("this_month: ")


def test_values_of_one_field_are_one_call():
    arguments = {"any_of": [{"CustomerRef": "1"}, {"CustomerRef": "2"}], "limit": 5}

    _, vendor = call(answering(records(1)), arguments)

    assert statement(vendor) == f"SELECT * FROM Invoice WHERE CustomerRef IN ('1', '2') {TAIL} 7"
    assert len(vendor.requests) == 1


def test_sets_of_filters_need_no_search_where_there_is_one():
    sets = [{"DisplayName": "Ann"}, {"Balance_from": 5}]

    answer, vendor = call(answering({}, {}), {"any_of": sets}, tool=CUSTOMERS)

    assert answer.error is None
    assert len(vendor.requests) == 2


def test_a_search_is_one_call_for_each_field():
    found = {"Customer": [{"Id": "1", "DisplayName": "Ann O'Neil"}]}

    answer, vendor = call(answering(found, found, {}), {"search": "O'Neil", "limit": 5}, tool=CUSTOMERS)

    tail = "ORDERBY DisplayName ASC, Id ASC STARTPOSITION 1 MAXRESULTS 7"
    assert [statement(vendor, at) for at in range(3)] == [
        rf"SELECT * FROM Customer WHERE {field} LIKE '%O\'Neil%' {tail}"
        for field in ("DisplayName", "CompanyName", "PrimaryEmailAddr")
    ]
    assert json.loads(answer.text)["returned"] == 1


def test_a_search_for_a_wildcard_finds_the_character_itself():
    some = {"Customer": [{"Id": "1", "DisplayName": "100% Wool"}, {"Id": "2", "DisplayName": "1000 Wools"}]}

    answer, _ = call(answering(some, {}, {}), {"search": "100% W"}, tool=CUSTOMERS)

    assert [each["DisplayName"] for each in json.loads(answer.text)["records"]] == ["100% Wool"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"any_of": [{"Balance_from": each} for each in range(9)]}, "any_of"),
        ({"any_of": [{}]}, "any_of[0]"),
        ({"any_of": [{"Balanc_from": 1}]}, 'Did you mean "Balance_from"?'),
        ({"any_of": [{"limit": 1}]}, "any_of[0].limit"),
        ({"only": ["overdu"]}, 'cannot be "overdu"'),
        ({"only": ["overdue"], "query": "select * from Invoice"}, "cannot stand beside only"),
        ({"any_of": [{"Balance_from": 1}], "query": "select * from Invoice"}, "cannot stand beside any_of"),
        ({"search": "x"}, '"search"'),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(arguments, said):
    answer, vendor = call(answering(), arguments)

    assert answer.error is not None and said in answer.error.as_text()
    assert vendor.requests == []


def test_more_calls_than_are_made_for_one_answer_are_refused():
    sets = [{"Balance_from": 1}, {"Balance_until": 2}, {"DisplayName": "A"}]

    answer, vendor = call(answering(), {"any_of": sets, "search": "x"}, tool=CUSTOMERS)

    assert answer.error is not None and "The OR comes to 9 calls" in answer.error.message
    assert vendor.requests == []


def test_in_a_batch_a_word_is_taken_and_an_or_is_not():
    calls = [
        {"tool": "list_all_quick_books_invoices", "arguments": {"only": ["unpaid"], "limit": 1}},
        {
            "tool": "list_all_quick_books_invoices",
            "arguments": {"any_of": [{"Balance_from": 1}, {"DocNumber": "2"}]},
        },
    ]

    answer, _ = call(answering(), {"calls": calls}, tool="run_a_quick_books_batch")

    assert answer.error is not None
    assert "calls[1]" in answer.error.message and "calls[0]" not in answer.error.message


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.text(
    "'\\% \n\"or=()", max_size=12
)


@settings(deadline=None)
@given(TEXTS, TEXTS, st.floats(0, 1e9))
def test_no_typed_value_leaves_its_quotes(number, part, balance):
    arguments = {"DocNumber": number, "DocNumber_contains": part, "Balance_from": balance}

    terms = write_terms(LANGUAGE, INVOICES, arguments)

    found = parse_statement(
        LANGUAGE.grammar, f"select * from Invoice where {' and '.join(t.text for t in terms)}"
    )
    assert [(each.field.text, each.operator) for each in found.comparisons] == [
        ("Balance", ">="),
        ("DocNumber", "="),
        ("DocNumber", "like"),
    ]
    assert unquote(found.comparisons[1].values[0].text) == number
    assert unquote(found.comparisons[2].values[0].text) == f"%{part}%"


def unquote(text: str) -> str:
    assert text[0] == text[-1] == "'"
    characters = iter(text[1:-1])
    return "".join(next(characters) if each == "\\" else each for each in characters)


def test_every_word_of_every_list_can_be_asked():
    for tool in QUICKBOOKS.tools.values():
        if tool.listing and tool.listing.named:
            for word in tool.listing.named:
                answer, vendor = call(answering({}), {"only": [word]}, tool=tool.name)
                assert answer.error is None, (tool.name, word)
                assert "{" not in statement(vendor), (tool.name, word)
