"""A cursor leads on from where a page ended, and serves no other call."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from generator.catalog import Call, Listing, Returns
from runtime.upstream.paging import cursor_for
from tests.made_up import LIST, TEXT, TOOLS, tool
from tests.made_up_calls import invoices, json_vendor, run, statement

REPORT = tool(
    "a_report",
    {"id": TEXT, "next_cursor": TEXT},
    Call("GET", "/reports/{id}"),
    Returns("behaviour", behaviour="quickbooks.report_rows"),
    required=["id"],
)


def found(count: int, first: int = 1, size: int = 50):
    return json_vendor({"QueryResponse": {"Invoice": invoices(count, first, size)}})


def test_a_cursor_reads_on_where_the_page_ended():
    [first], _ = run(found(3), (LIST.name, {"limit": 2}))
    cursor = json.loads(first.text)["next_cursor"]
    [second], server = run(found(1, 3), (LIST.name, {"limit": 2, "next_cursor": cursor}))
    assert statement(server).endswith("START 3 MAX 3")
    assert json.loads(second.text) == {"records": [{"Id": "3", "Balance": 13}], "returned": 1}


def test_a_cursor_of_another_call_is_an_error():
    [first], _ = run(found(3), (LIST.name, {"limit": 2}))
    cursor = json.loads(first.text)["next_cursor"]
    answers, server = run(
        json_vendor({}),
        (LIST.name, {"limit": 2, "DocNumber": "x", "next_cursor": cursor}),
        (LIST.name, {"next_cursor": "made up"}),
    )
    assert [answer.error.code for answer in answers] == ["invalid_arguments"] * 2
    assert not server.requests


def test_an_answer_over_its_budget_says_so_and_leads_on():
    asked = {"limit": 5, "fields": ["*"]}
    [answer], _ = run(found(5, size=3_000), (LIST.name, asked), budget=8_000)
    page = json.loads(answer.text)
    assert page["returned"] == len(page["records"]) == 2
    assert "Only 2 of the 5 records" in page["note"]
    _, server = run(found(0), (LIST.name, {**asked, "next_cursor": page["next_cursor"]}))
    assert "START 3 " in statement(server)


def test_a_list_that_comes_whole_is_cut_into_pages_here():
    whole = replace(LIST, call=Call("GET", "/kinds"), listing=Listing(entity="Invoice", is_whole=True))
    seen, cursor, pages = [], {}, 0
    while pages == 0 or cursor:
        [answer], _ = run(found(5), (LIST.name, {"limit": 2, **cursor}), tools={LIST.name: whole})
        page = json.loads(answer.text)
        seen += page["records"]
        cursor = {"next_cursor": page["next_cursor"]} if "next_cursor" in page else {}
        pages += 1
    assert seen == invoices(5)
    assert pages == 3


@pytest.mark.parametrize("position", ["x", "-5/0/0", "²/0/0", "1/2", "1/x/0", "1/0/0/0", "9" * 5000 + "/0/0"])
def test_a_forged_cursor_is_an_error(position):
    cursor = cursor_for(LIST.name, {}, position)
    row = cursor_for(REPORT.name, {"id": "7"}, position)
    answers, _ = run(
        json_vendor({"Header": {}}),
        (LIST.name, {"next_cursor": cursor}),
        (REPORT.name, {"id": "7", "next_cursor": row}),
        tools={**TOOLS, REPORT.name: REPORT},
    )
    assert [answer.error.code for answer in answers] == ["invalid_arguments"] * 2
