"""Guards that the endpoints check before as well: they hold for every other caller, too."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

import orjson
import pytest

from generator.catalog import Call, Catalog, Returns
from generator.vendor import Pagination
from runtime.errors import Busy, InvalidArguments, InvalidRequest
from runtime.exchange import batch
from runtime.exchange.allowance import Allowance
from runtime.exchange.bounds import Source, append_rows
from runtime.exchange.page_answer import PageContent, read_rows, write_page
from runtime.exchange.page_request import read_page_request
from runtime.exchange.rows import write_table
from runtime.operations.budget import Budget
from runtime.operations.calls import Calls
from runtime.operations.files import clean_file_name, set_apart
from runtime.operations.scopes import check_scopes
from runtime.operations.structure import cut_excerpt, write_path
from runtime.operations.vendor_calls import VendorCalls
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.answer import UnexpectedShape
from runtime.upstream.client import VendorClient
from runtime.upstream.files import SpooledContent, SpooledFile
from runtime.upstream.paging import make_cursor
from tests.contexts import context_of
from tests.made_up import GET, LIST, PDF, TOOLS, VENDOR, tool
from tests.made_up_calls import BATCH, GRANT, FixedTokens, run
from tests.operations.test_files import UPLOAD, refusal
from tests.vendor_server import http

BY_CURSOR = replace(VENDOR, pagination=Pagination(style="cursor", cursor=("next",), default=2, maximum=5))
RECORDS = replace(LIST, returns=Returns("records", ("records",)))


@pytest.mark.parametrize(
    ("scopes", "account", "said"),
    [
        ([], None, "needs a scope"),
        (["admn"], None, 'no scope "admn"'),
        (["admin", "everything"], None, 'no scope "everything"'),
        (["admin", "tools:call"], "a1", "cannot be combined"),
        (["tools:call"], None, "bound to one integrated account"),
        (["admin"], "a1", "cannot be bound"),
    ],
)
def test_scopes_that_would_grant_something_else_than_they_say_are_refused(scopes, account, said):
    with pytest.raises(InvalidRequest, match=said):
        check_scopes(scopes, account)


def test_a_budget_can_be_used_up_to_its_last_byte_and_is_given_back():
    budget = Budget(10, 2)
    with budget.open_share() as one, budget.open_share() as other:
        one.grow(4)
        other.grow(6)
        with pytest.raises(Busy):
            other.grow(7)
        assert (budget.bytes, budget.count) == (10, 2)
    assert (budget.bytes, budget.count) == (0, 0)


def test_a_list_in_the_element_of_a_path_begins_at_the_next_step_and_others_at_their_first():
    value = [[0], [*range(100)], [*range(50, 90)]]
    path = [1, 70, "x"]
    found = cut_excerpt(value, path)
    assert found == [[70, 71, 72, 73], [50, 51, 52, 53]]
    assert write_path([0, 0], path) == [1, 70]
    assert write_path([1, 2], path) == [2, 2]


def test_the_cursor_of_a_vendor_goes_back_as_it_came():
    cursor = make_cursor(RECORDS.name, {}, "a1\u00b2/0/2")
    assert read_page_request(RECORDS, BY_CURSOR, {"next_cursor": cursor}).values["cursor"] == "a1\u00b2"


@pytest.mark.parametrize(("sent", "position"), [("a1", "a1/0/2"), (7, "7/0/2"), ("", ""), (None, "")])
def test_a_page_leads_to_the_next_one_that_the_vendor_names(sent, position):
    asked = read_page_request(RECORDS, BY_CURSOR, {})
    value = {"records": [{"Id": "1"}, {"Id": "2"}], "next": sent}
    content = PageContent(read_rows(RECORDS, BY_CURSOR, {}, value), value)
    call = context_of(RECORDS, BY_CURSOR, {})
    answer = orjson.loads(write_page(call, asked, content, Allowance(10_000)))
    expected = make_cursor(RECORDS.name, {}, position) if position else None
    assert answer.get("next_cursor") == expected


@pytest.mark.parametrize("sent", [{"at": 1}, [1], 1.5, "x" * 10_000])
def test_the_cursor_of_a_vendor_that_is_none_is_an_unexpected_answer(sent):
    asked = read_page_request(RECORDS, BY_CURSOR, {})
    value = {"records": [{"Id": "1"}], "next": sent}
    content = PageContent(read_rows(RECORDS, BY_CURSOR, {}, value), value)
    with pytest.raises(UnexpectedShape, match="cursor of the next page"):
        write_page(context_of(RECORDS, BY_CURSOR, {}), asked, content, Allowance(10_000))


def test_totals_stand_beside_the_rows_only_where_not_all_rows_are_there():
    def answer(**arguments):
        shape = {"title": "Sales", "totals": ["30"], "rows": [["10"], ["20"], ["30"]]}
        return orjson.loads(write_table(LIST, arguments, shape, Allowance(10_000)))

    whole, first = answer(), answer(limit=2)
    assert (whole["rows"], "totals" in whole, "next_cursor" in whole) == (
        [["10"], ["20"], ["30"]],
        False,
        False,
    )
    assert (first["rows"], first["totals"]) == ([["10"], ["20"]], ["30"])
    last = answer(limit=2, next_cursor=first["next_cursor"])
    assert (last["rows"], last["totals"], "next_cursor" in last) == ([["30"]], ["30"], False)


def test_a_tool_of_a_method_that_no_batch_can_say_is_refused_by_its_name():
    calls = [{"tool": GET.name, "arguments": {"id": "7"}}]
    with pytest.raises(InvalidArguments, match="tools of these methods can: list, update"):
        batch.prepare(context_of(BATCH, VENDOR, {"calls": calls}, TOOLS))


def test_of_many_calls_that_do_not_pass_ten_are_said_and_all_are_listed():
    calls = [{"tool": "unknown"} for _ in range(12)]
    with pytest.raises(InvalidArguments) as refused:
        batch.prepare(context_of(BATCH, VENDOR, {"calls": calls}, TOOLS))
    assert "calls[9]" in refused.value.message
    assert "calls[10]" not in refused.value.message
    assert len(refused.value.details["errors"]) == 12


@pytest.mark.parametrize("budget", [8_000, 60_000])
def test_a_text_is_no_longer_than_its_budget_and_never_cut(budget):
    link = tool("a_link", {}, Call("GET", "/link"), Returns("text", ("link",)))
    most = budget - len('{"link":""}')
    found = []
    for size in (most, most + 1):
        [answer], _ = run(
            lambda *_, size=size: http(200, b"x" * size, "text/plain"),
            (link.name, {}),
            tools={link.name: link},
            budget=budget,
        )
        found.append(answer)
    assert len(found[0].text) == budget
    assert found[1].error.code == "answer_too_large"


@pytest.mark.parametrize(("status", "is_file"), [(200, True), (299, True), (300, False)])
def test_only_a_success_is_a_file(status, is_file):
    [answer], _ = run(lambda *_: http(status, b"%PDF", "application/pdf"), (PDF.name, {"id": "7"}))
    assert (answer.file is not None, answer.error is None) == (is_file, is_file)


@pytest.mark.parametrize(("budget", "count"), [(100, 3), (23, 3), (22, 2), (20, 2), (19, 1), (17, 1)])
def test_rows_fit_with_what_separates_them_and_what_stands_before_them(budget, count):
    rows = Source(3, lambda place: b"10")
    text = append_rows(lambda shown, remark: {"n": shown}, "r", rows, Allowance(budget))
    assert orjson.loads(text) == {"n": count, "r": [10] * count}
    assert len(text) <= budget


def test_a_query_that_says_where_its_page_begins_begins_there():
    asked = read_page_request(LIST, VENDOR, {"query": "select * from Invoice start 5 max 2"})
    assert (asked.position, asked.limit) == ("5", 2)
    assert "START 5 " in asked.values["statement"]


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("a/b\\c.pdf", "c.pdf"),
        ("..", "file"),
        ("a/", "file"),
        (" \r\n. ", "file"),
        ("a\r\nb.pdf", "a b.pdf"),
    ],
)
def test_a_file_always_has_a_name_without_folders_and_line_ends(name, clean):
    assert clean_file_name(name) == clean


@pytest.mark.parametrize(
    ("name", "said"),
    [("a.exe", 'ends in ".exe", and'), ("a", "has no ending, and"), ("a.", "has no ending, and")],
)
def test_the_refusal_of_a_file_says_what_its_name_ends_in(name, said):
    assert said in refusal(content="QQ==", FileName=name)


def test_asking_for_the_limits_of_a_company_counts_no_call():
    maker = Calls(
        catalog=lambda: Catalog("1", {"acme": VENDOR}, tuple(TOOLS.values())),
        vendor=VendorCalls(
            client=VendorClient(timeout_seconds=1, per_account=1),
            tokens=FixedTokens(),
            hot=MemoryHotState(),
            base_url=lambda integration, account: "http://x",
            clock=lambda: 1000.0,
        ),
        max_answer_bytes=1000,
    )
    found = [asyncio.run(maker.read_limits(GRANT)).remaining for _ in range(2)]
    assert found == [(500, 10), (500, 10)]


@pytest.mark.parametrize(
    ("given", "expected"), [({}, "bill.pdf"), ({"FileName": "own.pdf"}, "own.pdf"), ({"FileName": ""}, "")]
)
def test_a_file_that_came_with_a_name_has_it_unless_the_call_gives_one(given, expected):
    file = SpooledFile(SpooledContent(io.BytesIO(b"x"), 1), "bill.pdf", "application/pdf")
    arguments = {"content": "sha256:0", **given}
    taken = asyncio.run(set_apart(UPLOAD, arguments, {"sha256:0": file}))
    assert (taken.arguments["FileName"], taken.file) == (expected, file)
