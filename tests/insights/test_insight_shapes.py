"""What analyses answer of a simulated company is what people are shown: no table and no column of it is unknown."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from generator.insight_rules import InsightRules
from runtime.exchange.allowance import Allowance
from runtime.insights.kinds import MODULES, find_insight
from runtime.insights.worker import Job, write_answer
from runtime.operations.formats import Formats
from runtime.operations.insight_views import InsightView, list_titles, make_view, parse_answer
from tests.builtin import builtin_catalog
from tests.company import NOON
from tests.insights.companies import make_store, run

OPTIONS: dict[str, dict[str, Any]] = {
    "cash_flow_forecast": {
        "delay_customer": {"customer": "1", "days": 30},
        "add_expense": {"amount": 500, "date": "2026-12-20", "every": "week"},
    },
    "find_anomalies": {"sensitivity": "high"},
}
MAY_BE_EMPTY = {
    "cash_flow_forecast": {"Currency", "In the company's currency"},
    "month_end_checklist": {"Number", "Day", "Amount", "Name"},
    "find_anomalies": {"Currency", "Dismissed"},
    "collections": {"Last invoice sent"},
    "unit_economics": {"Average price", "Cost", "Gross margin", "Margin %"},
    "explain_change": {"From mix"},
}
"""Columns that a company without such records has nothing for."""


@cache
def show(name: str) -> InsightView:
    store = make_store("it_services")
    analysis = run(find_insight(name), store, **OPTIONS.get(name, {}))
    head = {"as_of": "2026-11-20T18:40:00.000Z", "calls_used": 9}
    job = Job(
        insight=name,
        options={},
        rules=InsightRules(),
        today=store.clock.read_today(),
        allowance=Allowance(10**7),
        head=head,
    )
    written = write_answer(job, analysis, list(analysis.missing))
    titles = list_titles(builtin_catalog(), "quickbooks")
    return make_view(name, parse_answer(written.decode()), Formats(now=NOON), titles)


@pytest.mark.parametrize("name", MODULES)
def test_every_column_of_a_view_is_a_member_of_the_answer(name: str) -> None:
    view = show(name)

    assert view.headline and not view.headline.startswith("There are no figures")
    assert any(table.rows for table in view.tables)
    empty = {
        column.title
        for table in view.tables
        for place, column in enumerate(table.columns)
        if table.rows and all(row.cells[place] is None for row in table.rows)
    }
    assert empty <= MAY_BE_EMPTY.get(name, set())


@pytest.mark.parametrize("name", MODULES)
def test_figures_that_tie_and_are_whole_have_no_warning(name: str) -> None:
    view = show(name)

    assert view.is_complete == (not view.missing)
    warned = {each.text for each in view.notices if each.kind == "warning"}
    assert bool(warned) == (not view.is_complete or any(each.state == "does not tie" for each in view.ties))
