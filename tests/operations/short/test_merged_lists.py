"""Transactions of four lists as one: complete whatever the size of a page, and within what may be answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runtime.errors import VendorUnavailable
from runtime.exchange.allowance import BYTES_PER_TOKEN
from runtime.operations.clients import WHOLE_COMPANY, ClientMatch
from runtime.operations.short import merging, steps
from runtime.upstream.client import VendorRequest
from tests.company import Company, copy_books, make_landscaper
from tests.operations.short.calling import ShortTools
from tests.operations.test_clients import Mapping

Row = dict[str, Any]
KINDS = {"Bill": "bills", "Purchase": "purchases", "Invoice": "invoices", "JournalEntry": "journal_entries"}
CHIN, FREEMAN, VIEW, LANE, AMY = "33", "7", "8", "9", "1"
EXPENSES = "AccountBasedExpenseLineDetail"
DAY = "2026-11-02"
MOST_READ = 150
"""Pages: of 7 transactions each, the company has 111."""


@pytest.fixture(scope="module")
def short() -> Iterator[ShortTools]:
    """The demo company with a bill, a purchase and a journal entry of which one line is for a customer."""
    company = Company(copy_books(make_landscaper()))
    spend = [make_line(10, AMY), make_line(5)]
    company.call("create bills", VendorRef={"value": CHIN}, TxnDate=DAY, Line=spend)
    company.call(
        "create purchases",
        AccountRef={"value": "35"},
        PaymentType="Cash",
        EntityRef={"value": CHIN, "type": "Vendor"},
        TxnDate=DAY,
        Line=spend,
    )
    company.call("create journal_entries", TxnDate=DAY, Line=make_entry("7", CHIN, "Vendor"))
    company.call("create journal_entries", TxnDate=DAY, Line=make_entry("7", VIEW, "Customer"))
    yield ShortTools(company)
    company.close()


def make_line(amount: float, customer: str = "") -> Row:
    detail: Row = {"AccountRef": {"value": "7"}}
    if customer:
        detail["CustomerRef"] = {"value": customer}
    return {"DetailType": EXPENSES, "Amount": amount, "Description": "Soil", EXPENSES: detail}


def make_entry(account: str, party: str, kind: str) -> list[Row]:
    def line(side: str, of: str) -> Row:
        entity = {"Type": kind, "EntityRef": {"value": party}}
        detail = {"PostingType": side, "AccountRef": {"value": of}, "Entity": entity}
        return {"DetailType": "JournalEntryLineDetail", "Amount": 20, "JournalEntryLineDetail": detail}

    return [line("Debit", account), line("Credit", "35")]


def read_all(short: ShortTools, **arguments: Any) -> list[Row]:
    """All rows of a question, page by page."""
    rows: list[Row] = []
    page = short.call("query_transactions", **arguments)
    for _ in range(MOST_READ):
        assert page["returned"] == len(page["transactions"])
        rows += page["transactions"]
        if "next_cursor" not in page:
            return rows
        page = short.call("query_transactions", next_cursor=page["next_cursor"], **arguments)
    raise AssertionError("The pages have no end.")


def keys(rows: list[Row]) -> list[tuple[str, str]]:
    return [(row["type"], row["id"]) for row in rows]


def read_books(
    short: ShortTools, fits: Callable[[str, Row], bool] = lambda _kind, _record: True
) -> set[tuple[str, str]]:
    """What the lists themselves have, by a look at whole records."""
    return {
        (kind, record["Id"])
        for kind, resource in KINDS.items()
        for record in short.company.list(resource, limit=1000, fields=["*"])
        if fits(kind, record)
    }


@pytest.mark.parametrize("limit", [7, 50, 200])
def test_every_transaction_comes_once_the_newest_first_however_long_a_page_is(
    short: ShortTools, limit: int
) -> None:
    rows = read_all(short, limit=limit)

    assert len(keys(rows)) == len(set(keys(rows)))
    assert set(keys(rows)) == read_books(short)
    assert [row["date"] for row in rows] == sorted((row["date"] for row in rows), reverse=True)


def test_a_page_asks_each_list_for_one_record_more_than_it_may_have(short: ShortTools) -> None:
    short.called.clear()
    short.call("query_transactions", limit=20)

    assert [(tool, given["limit"]) for tool, given in short.called] == [
        (f"list_all_quick_books_{each}", 21) for each in KINDS.values()
    ]


def test_days_bound_all_lists(short: ShortTools) -> None:
    rows = read_all(short, start_date="2026-10-01", end_date="2026-10-31")

    assert rows and all("2026-10-01" <= row["date"] <= "2026-10-31" for row in rows)
    assert set(keys(rows)) == read_books(short, lambda _kind, each: each["TxnDate"].startswith("2026-10"))


@pytest.mark.parametrize(
    ("written", "kind"), [("bills", "Bill"), ("expense", "Purchase"), ("journal entry", "JournalEntry")]
)
def test_one_type_is_read_alone_in_any_style_of_writing(short: ShortTools, written: str, kind: str) -> None:
    short.called.clear()
    rows = read_all(short, type=written)

    assert set(keys(rows)) == read_books(short, lambda each, _record: each == kind)
    assert {tool for tool, _ in short.called} == {f"list_all_quick_books_{KINDS[kind]}"}


@pytest.mark.parametrize("vendor", [CHIN, "Chin's Gas and Oil", " chin's gas and oil "])
def test_a_vendor_is_found_in_every_list_that_has_one(short: ShortTools, vendor: str) -> None:
    rows = read_all(short, vendor=vendor, limit=30)
    note = short.answer("query_transactions", vendor=vendor).note

    def names_chin(kind: str, record: Row) -> bool:
        lines = [each.get("JournalEntryLineDetail", {}).get("Entity", {}) for each in record["Line"]]
        parties = [
            record.get("VendorRef"),
            record.get("EntityRef"),
            *(each.get("EntityRef") for each in lines),
        ]
        return kind != "Invoice" and CHIN in [each["value"] for each in parties if each]

    assert set(keys(rows)) == read_books(short, names_chin)
    assert {row["type"] for row in rows} == {"Bill", "Purchase", "JournalEntry"}
    assert note == "Invoice is left out, for it has no vendor."


def test_a_client_is_found_on_forms_and_on_lines(short: ShortTools) -> None:
    amys, freemans = read_all(short, client="Amy's Bird Sanctuary"), read_all(short, client=FREEMAN, limit=5)
    (bill,) = [row for row in amys if row["type"] == "Bill"]

    assert {row["type"] for row in amys} == {"Bill", "Purchase", "Invoice"}
    assert bill["amount"] == 15.0
    assert bill["lines"] == [
        {"amount": 10.0, "description": "Soil", "customer": "Amy's Bird Sanctuary"},
        {"amount": 5.0, "description": "Soil"},
    ]
    assert {row["type"] for row in freemans} >= {"Invoice", "JournalEntry"}
    of_freeman = read_books(
        short,
        lambda _kind, record: any(f'"value":"{each}"' in _parties(record) for each in (FREEMAN, VIEW, LANE)),
    )
    assert set(keys(freemans)) == of_freeman


def _parties(record: Row) -> str:
    """The references to customers of a record, as JSON text."""
    found = [record.get("CustomerRef")]
    for line in record["Line"]:
        detail = line.get(EXPENSES) or line.get("ItemBasedExpenseLineDetail") or {}
        entity = line.get("JournalEntryLineDetail", {}).get("Entity", {})
        found += [detail.get("CustomerRef"), entity.get("EntityRef")]
    return json.dumps(found, separators=(",", ":"))


def test_an_answer_names_the_client_and_its_ids(short: ShortTools) -> None:
    page = short.call("query_transactions", client="freeman sporting goods", limit=1)

    assert page["resolved"] == [
        {"argument": "client", "name": "Freeman Sporting Goods", "ids": [FREEMAN, VIEW, LANE]}
    ]


def test_with_a_mapping_a_client_is_known_by_it_and_the_whole_company_is_named_so() -> None:
    company = Company(
        copy_books(make_landscaper()), clients=Mapping(amy=ClientMatch((AMY,), ("501",), "Amy LLC"))
    )
    tools = ShortTools(company)
    page = tools.call("query_transactions", client="amy", limit=2)
    whole, unknown = (
        tools.answer("query_transactions", limit=2),
        tools.refused("query_transactions", client="zoe"),
    )
    sent = company.count_sent()
    profit = tools.call("profit_and_loss", client="amy", period="this year")
    company.close()

    assert page["resolved"][0]["work_ids"] == ["501"]
    assert {row["name"] for row in page["transactions"]} == {"Amy's Bird Sanctuary"}
    assert WHOLE_COMPANY in whole.note
    assert "Near names" in unknown.message
    assert profit["resolved"][0]["ids"] == [AMY]
    assert company.count_sent() == sent + 1


@pytest.mark.parametrize(
    ("arguments", "times"),
    [
        ({"type": "Bill"}, 1),
        ({"type": "JournalEntry"}, 1),
        ({"type": "Invoice"}, 1),
        ({"vendor": CHIN}, 1),
        ({}, 1),
        ({"type": "Bill", "client": "amy"}, 0),
    ],
    ids=str,
)
def test_lists_that_take_no_client_themselves_say_once_that_they_are_of_the_whole_company(
    arguments: dict[str, str], times: int
) -> None:
    company = Company(
        copy_books(make_landscaper()), clients=Mapping(amy=ClientMatch((AMY,), ("501",), "Amy LLC"))
    )
    note = ShortTools(company).answer("query_transactions", limit=2, **arguments).note
    company.close()

    assert note.count(WHOLE_COMPANY) == times


def test_what_a_list_says_among_other_things_is_not_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    company = Company(
        copy_books(make_landscaper()), clients=Mapping(amy=ClientMatch((AMY,), ("501",), "Amy LLC"))
    )
    tools = ShortTools(company)
    carry = tools._carry

    async def add_a_note(*given: Any) -> Any:
        answer = await carry(*given)
        return answer._replace(note=f"Former name. {answer.note}")

    monkeypatch.setattr(tools, "_carry", add_a_note)
    note = tools.answer("query_transactions", type="Invoice", limit=2).note
    company.close()

    assert note.count(WHOLE_COMPANY) == 1


def test_without_a_mapping_no_answer_speaks_of_the_whole_company(short: ShortTools) -> None:
    assert WHOLE_COMPANY not in short.answer("query_transactions", type="Bill", limit=2).note


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"vendor": "Chin"}, "Near names: Chin's Gas and Oil (33)."),
        ({"vendor": "zzzz"}, "None of the vendors has exactly this name."),
        ({"client": "Freeman"}, "Freeman Sporting Goods (7)"),
        ({"vendor": CHIN, "type": "Invoice"}, 'Argument "vendor" means nothing for type Invoice.'),
        ({"type": "Boat"}, 'cannot be "Boat"'),
        ({"start_date": "01/31/2026"}, "start_date"),
        ({"limit": 0}, "limit"),
        ({"next_cursor": "bm8"}, "next_cursor"),
        ({"vendor": "' OR Id > '0"}, "None of the vendors"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_its_own_terms(
    short: ShortTools, arguments: Row, says: str
) -> None:
    error = short.refused("query_transactions", **arguments)

    assert error.code == "invalid_arguments"
    assert says in f"{error.message} {error.advice}", (error.message, error.advice)
    assert "quick_books" not in error.message


def test_a_cursor_belongs_to_its_own_question(short: ShortTools) -> None:
    cursor = short.call("query_transactions", limit=3)["next_cursor"]

    assert (
        "not a cursor of this call"
        in short.refused("query_transactions", type="Bill", next_cursor=cursor).message
    )


def test_where_not_all_was_looked_through_the_page_ends_there_says_so_and_goes_on(
    short: ShortTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "MOST_PAGES", 1)
    for target in short.company.catalog.short:
        if target.name == "query_transactions":
            monkeypatch.setitem(target.targets["Purchase"].fill, "limit", 25)
    first = short.answer("query_transactions", client=FREEMAN)
    rows = read_all(short, client=FREEMAN)

    assert "was looked through: next_cursor goes on there." in first.note
    monkeypatch.undo()
    assert keys(rows) == keys(read_all(short, client=FREEMAN))


def test_a_day_with_more_than_is_looked_through_ends_the_list_and_says_so(
    short: ShortTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "MOST_PAGES", 1)
    for target in short.company.catalog.short:
        if target.name == "query_transactions":
            monkeypatch.setitem(target.targets["JournalEntry"].fill, "limit", 1)
    page = short.answer("query_transactions", client=AMY, start_date=DAY, end_date=DAY, limit=9)
    for _ in range(MOST_READ):
        if not (cursor := json.loads(page.text).get("next_cursor")):
            break
        page = short.answer(
            "query_transactions", client=AMY, start_date=DAY, end_date=DAY, limit=9, next_cursor=cursor
        )

    assert f"{DAY} has more records than are looked through" in page.note


def test_an_answer_is_cut_to_what_may_be_answered_and_nothing_is_lost(short: ShortTools) -> None:
    small = ShortTools(short.company, budget=3_000)
    page = small.answer("query_transactions", limit=200)

    assert len(page.text.encode()) < 3_000
    assert keys(read_all(small, limit=200)) == keys(read_all(short, limit=200))


def test_a_transaction_that_does_not_fit_is_answered_without_its_lines() -> None:
    company = Company(copy_books(make_landscaper()))
    line = make_entry("7", VIEW, "Customer")
    company.call("create journal_entries", TxnDate="2026-11-20", Line=line * 30)
    tools = ShortTools(company, budget=3_000)
    page = tools.answer("query_transactions", type="JournalEntry", limit=1)
    company.close()

    (row,) = json.loads(page.text)["transactions"]
    assert "lines" not in row and row["date"] == "2026-11-20"
    assert "Its lines do not fit and are left out" in page.note


def test_an_mcp_server_bounds_rows_and_fences_texts() -> None:
    company = Company(copy_books(make_landscaper()), max_rows=5, untrusted_text="fenced")
    tools = ShortTools(company)
    answer = tools.answer("query_transactions", vendor="Chin's Gas and Oil", limit=200)
    refused = tools.refused("query_transactions", vendor="Chin")
    company.close()

    rows = json.loads(answer.text)["transactions"]
    assert len(rows) == 5
    assert {row["name"] for row in rows} == {"⟦Chin's Gas and Oil⟧"}
    assert "⟦Chin's Gas and Oil⟧ (33)" in refused.advice
    assert answer.preface


def test_an_mcp_server_bounds_the_tokens_of_a_page() -> None:
    company = Company(copy_books(make_landscaper()), max_answer_tokens=2_000)
    answer = ShortTools(company).answer("query_transactions", limit=200)
    company.close()

    assert 3_000 < len(answer.text) <= 2_000 * BYTES_PER_TOKEN
    assert "next_cursor" in json.loads(answer.text)


def test_a_list_that_fails_fails_the_whole_and_no_part_passes_for_it(short: ShortTools) -> None:
    client = short.company.client

    async def break_off(request: VendorRequest) -> None:
        if "FROM%20Purchase" in request.url:
            raise VendorUnavailable("The service did not answer.")

    before, client.before = client.before, break_off
    try:
        assert short.refused("query_transactions").code == "vendor_unavailable"
    finally:
        client.before = before


def test_the_pages_that_a_step_reads_are_bounded_as_those_that_are_merged() -> None:
    assert merging.MOST_PAGES == steps.MOST_PAGES
