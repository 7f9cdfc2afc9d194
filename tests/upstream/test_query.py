"""Typed conditions and raw statements: nothing leaves its quotes, and no statement leaves its entity."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runtime.errors import InvalidArguments
from runtime.upstream.query import (
    Page,
    build_order,
    build_raw_page,
    build_statement,
    join_conditions,
    read_raw_paging,
)
from tests.made_up import LANGUAGE, LISTING

WRITTEN = [
    ({"Balance_from": 0.01}, "Balance >= '0.01'"),
    ({"DocNumber": "1042"}, "DocNumber = '1042'"),
    ({"Active": True}, "Active = true"),
    ({"Id_any_of": ["1", "2"]}, "Id IN ('1', '2')"),
    ({"Name_contains": "bird"}, "Name LIKE '%bird%'"),
    ({"DocNumber": "Adam's"}, r"DocNumber = 'Adam\'s'"),
    ({"DocNumber": "\\' OR Id = '1"}, r"DocNumber = '\\\' OR Id = \'1'"),
    ({"Name_contains": "10% a_b"}, r"Name LIKE '%10% a\_b%'"),
    ({"DocNumber": "a_b"}, "DocNumber = 'a_b'"),
    ({"Name_contains": "' OR '"}, r"Name LIKE '%\' OR \'%'"),
    ({"DocNumber": "1", "Active": False}, "DocNumber = '1' AND Active = false"),
    ({}, ""),
]


@pytest.mark.parametrize(("arguments", "written"), WRITTEN)
def test_typed_values_are_quoted_and_escaped(arguments, written):
    assert join_conditions(LANGUAGE, LISTING, arguments) == written


def test_a_filter_that_the_request_names_itself_needs_no_condition():
    language = replace(LANGUAGE, conditions={"equals": LANGUAGE.conditions["equals"]})

    assert join_conditions(language, LISTING, {"Balance_from": 1, "DocNumber": "1"}) == "DocNumber = '1'"


def test_a_statement_holds_conditions_order_and_page():
    order = build_order(LANGUAGE, LISTING, {"order_by": "CreateTime", "descending": True})
    assert build_statement(LANGUAGE, LISTING, "Balance > '0'", order, Page(1, 4)) == (
        "SELECT * FROM Invoice WHERE Balance > '0' ORDER MetaData.CreateTime DESC START 1 MAX 4"
    )


def test_without_an_order_the_definition_gives_one():
    assert build_order(LANGUAGE, LISTING, {}) == "ORDER Id ASC"


@pytest.mark.parametrize(
    "query",
    [
        "select * from JournalEntry",
        "SELECT Id, Name FROM Customer where x = 'from Invoice'",
        "select 'x from Invoice' from JournalEntry",
        "select * from JournalEntry, Invoice",
        "update Invoice",
        "/* from Invoice */ select * from Customer",
        "select * from Invoice.JournalEntry",
        "",
    ],
)
def test_a_raw_statement_of_another_entity_is_refused(query):
    with pytest.raises(InvalidArguments):
        read_raw_paging(LANGUAGE, LISTING, query)


@pytest.mark.parametrize(
    "query", ["select * from Invoice", "SELECT count(*) FROM invoice", "select Id from\nInvoice "]
)
def test_a_raw_statement_of_its_own_entity_passes(query):
    assert read_raw_paging(LANGUAGE, LISTING, query).limit is None


def test_a_raw_statement_retains_its_own_paging_and_gets_what_it_lacks():
    query = "select * from Invoice where Note = 'max 99 start 7' max 10"
    paging = read_raw_paging(LANGUAGE, LISTING, query)
    assert (paging.start, paging.limit) == (None, 10)
    assert build_raw_page(LANGUAGE, query, Page(11, 10)) == (
        "select * from Invoice where Note = 'max 99 start 7' START 11 MAX 10"
    )


def test_a_quote_escaped_inside_a_value_does_not_end_it():
    query = r"select * from Invoice where Note = 'it\'s max 5'"
    assert read_raw_paging(LANGUAGE, LISTING, query).limit is None
