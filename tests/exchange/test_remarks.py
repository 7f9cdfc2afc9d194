"""A raw query that finds nothing because of a value that its field cannot have says so."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from generator.catalog import Listing, Returns
from tests.made_up import LIST
from tests.made_up_calls import invoices, json_vendor, run

NOTHING = {"QueryResponse": {}}
REMARK = 'CustomerRef is compared with an Id, and "Paulsen" is none: look the Id up by its name first.'


def answer_to(query, value=NOTHING, tool=LIST):
    [answer], _ = run(json_vendor(value), (LIST.name, {"query": query}), tools={LIST.name: tool})
    return json.loads(answer.text)


@pytest.mark.parametrize(
    "condition",
    [
        "CustomerRef = 'Paulsen'",
        "customerref='Paulsen'",
        "Balance > '0' and CustomerRef IN ('1', 'Paulsen') order Id",
        "CustomerRef = 'Paulsen' or CustomerRef = 'Paulsen'",
    ],
)
def test_a_name_where_an_id_is_compared_is_remarked_upon(condition):
    answer = answer_to(f"select * from Invoice where {condition}")
    assert answer == {"records": [], "returned": 0, "note": REMARK}


def test_a_pattern_for_a_name_is_remarked_upon_as_well():
    answer = answer_to("select * from Invoice where CustomerRef like '%aulse%'")
    assert '"%aulse%" is none' in answer["note"]


def test_a_value_that_is_never_there_is_answered_with_those_that_are():
    answer = answer_to("select * from Invoice where Status = 'unpaid'")
    assert answer["note"] == 'Status is never "unpaid"; it is Open, Paid.'


@pytest.mark.parametrize(
    "condition",
    [
        "CustomerRef = '58'",
        "CustomerRef = ' '",
        "CustomerRef = 58",
        "Status = 'paid'",
        "Status like 'Pa%'",
        "DocNumber = 'CustomerRef = x'",
        r"DocNumber = 'a\\' CustomerRef = \\'Paulsen'",
        "Other.CustomerRef = 'Paulsen'",
        "DocNumber = 'x",
    ],
)
def test_an_empty_list_that_may_be_the_truth_has_no_remark(condition):
    assert answer_to(f"select * from Invoice where {condition}") == {"records": [], "returned": 0}


def test_a_query_that_found_something_has_no_remark():
    found = {"QueryResponse": {"Invoice": invoices(1)}}
    assert "note" not in answer_to("select * from Invoice where CustomerRef = 'Paulsen'", found)


def test_a_count_of_none_has_the_remark_too():
    query = "select count(*) from Invoice where CustomerRef = 'Paulsen'"
    assert answer_to(query, {"QueryResponse": {"totalCount": 0}})["note"] == REMARK
    assert "note" not in answer_to(query, {"QueryResponse": {"totalCount": 2}})


def test_a_tool_that_reads_anything_knows_the_fields_of_what_is_asked_for():
    anything = replace(
        LIST, listing=Listing(entity="*", raw_query=True), returns=Returns("records", ("QueryResponse", "*"))
    )
    assert answer_to("select * from invoice where CustomerRef = 'Paulsen'", tool=anything)["note"] == REMARK


def test_remarks_are_few_and_short():
    values = ", ".join(f"'{'x' * 200}{at}'" for at in range(50))
    note = answer_to(f"select * from Invoice where CustomerRef in ({values})")["note"]
    assert len(note) < 1000
