"""What people see of an analysis: headlines, facts, tables, and first of all what is missing or does not tie."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from runtime.errors import InternalError
from runtime.operations.exports.sheet import Cell
from runtime.operations.insight_views import InsightView, list_titles, make_view, parse_answer
from runtime.operations.insight_views.view import InsightRow
from tests.builtin import builtin_catalog
from tests.operations.insight_answers import (
    CLEAN,
    FIGURES,
    FORMATS,
    MISSING,
    TIES,
    make_answer,
    show,
)

HEADLINES = {
    "cash_flow_forecast": (
        "The bank balance is expected to fall to −$5.75 on Nov 13, 2026. "  # noqa: RUF001
        "It is below zero from Nov 12, 2026 on."
    ),
    "month_end_checklist": (
        "October 2026 is not ready to be closed: of 4 items, 1 open and 1 needs attention. 1 item could not be judged."
    ),
    "find_anomalies": (
        "3 findings in the transactions from Oct 5, 2026 to Oct 9, 2026: duplicate 2, below limit 1."
    ),
    "collections": (
        f"30 customers have overdue invoices; remind {CLEAN} of $100.50 first. $120.50 are overdue in all."
    ),
    "spend_by_vendor": (
        f"$500.00 were spent with 8 vendors in October 2026, the most with {CLEAN} ($300.00)."
    ),
    "unit_economics": (
        "1 class brought in $80.00 in October 2026, with a gross margin of $10.00 on the 100.0% whose cost is known."
    ),
    "explain_change": f"Profit fell: {CLEAN}.",
    "valuation": (
        "The business may be worth about $450.50 ($400.00 to $500.00), by an adjusted EBITDA of $100.00 "
        "from Nov 1, 2025 to Oct 31, 2026. This is an estimate."
    ),
    "margin_check": (
        "The gross margin in October 2026 is booked as $600.00; with 4 findings put right it would be $499.50."
    ),
    "client_profitability": (
        f"2 clients earned a gross margin of −$30.50 in October 2026; {CLEAN} lost most."  # noqa: RUF001
    ),
}
PART = {"complete": False, "missing": MISSING, "continue_from": "rd_1", "retry_after": 60}


def read_rows(view: InsightView, key: str) -> tuple[InsightRow, ...]:
    table = view.find_table(key)
    assert table is not None, [each.key for each in view.tables]
    return table.rows


def list_texts(view: InsightView) -> Iterator[str]:
    yield from (view.title, view.headline, view.period, *view.assumptions, *view.missing, *view.evidence)
    for fact in view.facts:
        yield from fact
    for notice in view.notices:
        yield from (notice.text, notice.advice)
    for table in view.tables:
        yield from (table.title, table.note, table.empty)
        yield from (cell for row in table.rows for cell in row.cells if isinstance(cell, str) and cell)


@pytest.mark.parametrize("name", FIGURES)
def test_every_text_is_a_line_whatever_a_name_in_the_books_has(name: str) -> None:
    shown = list(list_texts(show(name, ties=TIES, **PART)))

    assert any(CLEAN in each for each in shown)
    letters = [each for each in shown if each.startswith("Subject: ")]
    assert all("\n" not in each for each in shown if each not in letters)
    assert len(letters) == (name == "collections")


@pytest.mark.parametrize("name", [*FIGURES, "not_known"])
@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"figures": None, "ties": None, "missing": "all", "evidence": {"a": 1}},
        {"figures": {"weeks": [None, 1], "items": [{}], "vendors": [{}], "customers": [{}], "rows": [{}]}},
        {
            "figures": {
                "totals": [],
                "period": "2026",
                "bridge": [{}],
                "findings": [{}],
                "says": 3,
                "lowest": "low",
            }
        },
    ],
)
def test_an_answer_without_its_members_is_shown_and_never_as_a_whole_one(
    name: str, answer: dict[str, Any]
) -> None:
    view = show(name, answer)

    assert view.headline.startswith("Not complete") and not view.is_complete
    assert view.notices[0].kind == "warning" and "not complete" in view.notices[0].text


@pytest.mark.parametrize("name", FIGURES)
def test_a_part_says_what_is_missing_before_all_figures_and_how_to_go_on(name: str) -> None:
    view = show(name, **PART)

    first, records, report = view.notices[:3]
    assert "what could be read" in first.text and "60 seconds" in first.advice
    assert records == ("warning", f"Missing: {CLEAN} (1,200 records).", "The limit is reached.")
    assert report == ("warning", "Missing: report balance sheet.", "Refused.")
    assert view.headline.startswith("Not complete, from what could be read: ")
    assert (view.continue_from, view.retry_after) == ("rd_1", 60)
    assert view.missing == (
        f"Missing: {CLEAN} (1,200 records). The limit is reached.",
        "Missing: report balance sheet. Refused.",
    )


def test_nothing_found_in_a_part_of_the_books_is_not_called_nothing_found() -> None:
    figures = {**FIGURES["find_anomalies"], "count": 0, "findings": [], "by_kind": {}}

    whole, part = (
        show("find_anomalies", make_answer(figures)),
        show("find_anomalies", make_answer(figures, **PART)),
    )

    assert whole.headline.startswith("Nothing unusual was found")
    assert part.headline.startswith("Not complete")
    assert {each.empty for each in part.tables} == {"There is nothing in what could be read."}


def test_an_answer_that_names_missing_parts_is_no_whole_one_whatever_else_it_says() -> None:
    assert not show("explain_change", complete=True, missing=MISSING).is_complete
    assert not show("explain_change", complete="yes").is_complete
    whole = show("explain_change", continue_from="rd_1")
    assert whole.is_complete and whole.continue_from == ""


def test_what_does_not_tie_is_said_with_both_numbers_and_stands_first() -> None:
    view = show("month_end_checklist", ties=TIES)

    assert view.notices[0].text == (
        "Receivables does not tie: it is 10.50 here, and 12.75 in the report Aged receivables, "
        "a difference of −2.25."  # noqa: RUF001
    )
    assert [each.state for each in view.ties] == ["does not tie", "not checked", "ties"]
    assert (view.ties[0].ours, view.ties[0].theirs) == (Decimal("10.5"), Decimal("12.75"))
    assert any("not read: get sheet" in each.text for each in view.notices)


@pytest.mark.parametrize("name", ["collections", "spend_by_vendor", "unit_economics"])
def test_rows_that_do_not_tie_are_a_warning_with_their_names(name: str) -> None:
    warnings = [each.text for each in show(name).notices if each.kind == "warning"]

    assert len(warnings) == 1 and "not tie" in warnings[0] and CLEAN in warnings[0]


@pytest.mark.parametrize("name", ["collections", "spend_by_vendor"])
def test_both_numbers_of_a_row_that_does_not_tie_stand_in_a_table(name: str) -> None:
    (row,) = read_rows(show(name), "differences")
    assert row.cells == (CLEAN, Decimal("10.5"), Decimal("12.75"), Decimal("-2.25"))


@pytest.mark.parametrize(("name", "headline"), HEADLINES.items())
def test_the_headline_says_in_a_sentence_what_came_out(name: str, headline: str) -> None:
    assert show(name).headline == headline


def test_a_checklist_without_open_items_can_be_closed_unless_something_is_not_known() -> None:
    done = [{"title": "Memos", "status": "done"}]
    unknown = [*done, {"title": "Bank", "status": "not_known"}]

    def say(items: list[dict[str, str]], *, is_over: bool = True) -> str:
        figures = {"month": "2026-10", "is_over": is_over, "items": items}
        return show("month_end_checklist", make_answer(figures)).headline

    assert say(done) == "October 2026 can be closed: nothing is open in 1 item."
    assert say(unknown).startswith("Whether October 2026 can be closed is not known.")
    assert say(done, is_over=False).startswith("October 2026 has not ended.")
    assert say([]) == "Nothing of October 2026 could be checked."


def test_items_of_a_checklist_stand_by_status_each_with_its_records_and_the_call_that_fixes_it() -> None:
    view = show("month_end_checklist")

    rows = read_rows(view, "items")
    assert [(row.cells[1], row.kind) for row in rows] == [
        ("Open", "open"), ("Needs attention", "attention"), ("Not known", "unknown"), ("Done", "done"),
    ]  # fmt: skip
    assert rows[0].records == ("payments:1", "payments:2")
    assert rows[0].cells[3:] == (Decimal("1234.5"), Decimal(12), "Deposit them.")
    (fix,) = read_rows(view, "fixes")
    assert fix.cells == ("Undeposited funds", "Deposit them.", "Make a deposit", '{"amount":10.25}')
    records = view.find_table("records")
    assert records is not None and records.note == "The first 1 of 12."


def test_cells_are_typed_amounts_days_and_shares() -> None:
    (vendor,) = read_rows(show("spend_by_vendor"), "vendors")
    assert vendor.cells[1:4] == (Decimal(300), Decimal("0.6"), Decimal(0))
    (invoice,) = read_rows(show("collections"), "invoices")
    expected: tuple[Cell, ...] = (
        CLEAN,
        CLEAN,
        "2026-01-01",
        None,
        Decimal(40),
        Decimal(60),
        "Yes",
        "not known",
    )
    assert invoice.cells == expected and invoice.records == ("invoices:1",)
    (unit,) = read_rows(show("unit_economics"), "rows")
    assert unit.records == ("classes:2",) and unit.cells[5] is None


def test_a_week_below_zero_is_drawn_as_one_and_a_what_if_stands_beside_the_forecast() -> None:
    view = show("cash_flow_forecast")

    assert [row.kind for row in read_rows(view, "weeks")] == ["attention", "open"]
    (changed,) = read_rows(view, "what_if")
    assert changed.cells[-1] == Decimal("-9.25")
    said = [each.text for each in view.notices]
    assert f"What if: {CLEAN} pays 30 days later." in said
    assert "It is not paid within the weeks of the forecast." in said
    (mover,) = read_rows(view, "movers")
    assert mover.cells[0] == f"{CLEAN}, 7" and mover.records == ("invoices:7",)


def test_findings_name_their_records_and_those_that_were_dismissed_are_drawn_as_such() -> None:
    view = show("find_anomalies")

    assert [(row.cells[4], row.records, row.kind) for row in read_rows(view, "findings")] == [
        ("dup-1", ("bills:1", "bills:2"), "attention"),
        ("limit-1", ("bills:3",), "done"),
    ]
    findings = view.find_table("findings")
    assert findings is not None and findings.note == "The first 2 of 3."


def test_a_bridge_begins_and_ends_with_the_profit_of_its_months() -> None:
    rows = read_rows(show("explain_change"), "bridge")

    assert rows[0].cells == ("Profit of September 2026", None, Decimal(100)) and rows[0].kind == "header"
    assert rows[-1].cells == ("Profit of October 2026", Decimal("-59.5"), Decimal("40.5"))
    assert rows[-1].kind == "total" and rows[1].records == ("bills:1",)
    moved = show("explain_change").find_table("by_account")
    assert moved is not None and moved.note.endswith("come to −2.50.")  # noqa: RUF001


def test_lists_that_were_cut_to_fit_say_how_many_there_are() -> None:
    figures = {**FIGURES["cash_flow_forecast"], "weeks_in_all": 26}
    view = show("cash_flow_forecast", make_answer(figures, note="Lists are cut to 2 entries to fit"))

    weeks = view.find_table("weeks")
    assert weeks is not None and weeks.note == "The first 2 of 26."
    assert view.notices[-4].text == "Lists are cut to 2 entries to fit."


def test_figures_that_no_module_knows_are_shown_by_their_names() -> None:
    figures = {
        "total_due": 12.5,
        "open_items": [{"id": "bills:1", "due_day": "2026-10-01", "amount": 3.25, "n": 2}],
    }
    view = show("not_known", make_answer(figures))

    assert view.title == "Not known" and view.facts[0] == ("Total due", "$12.50")
    table = view.find_table("open_items")
    assert table is not None and table.title == "Open items"
    assert [each.kind for each in table.columns] == ["text", "day", "amount", "number"]
    assert table.rows[0].records == ("bills:1",)


def test_amounts_are_decimals_to_the_cent_however_large() -> None:
    figures = json.dumps(make_answer({"opening": {"total": "TOTAL"}})).replace(
        '"TOTAL"', "12345678901234567.89"
    )
    view = make_view("cash_flow_forecast", parse_answer(figures), FORMATS)
    assert ("Balance today", "$12,345,678,901,234,567.89") in view.facts


def test_what_is_no_answer_is_refused() -> None:
    for text in ("", "[]", "{", "null"):
        with pytest.raises(InternalError):
            parse_answer(text)


def test_titles_are_those_of_the_catalog() -> None:
    titles = list_titles(builtin_catalog(), "quickbooks")

    assert titles["month_end_checklist"] == "Check the month for closing"
    assert all(titles.get(name) for name in FIGURES)


def test_marks_that_no_reader_sees_are_in_no_text() -> None:
    finding = {"id": "dup-1", "kind": "duplicate", "reason": "a\x00b\x1b[31m\u202ec\u2028d\te", "records": []}
    (row,) = read_rows(show("find_anomalies", make_answer({"findings": [finding]})), "findings")
    assert row.cells[2] == "a b [31m c d e"
