"""What an analysis wants becomes few questions: none is asked for what another one finds anyway."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from runtime.exchange.allowance import PLAIN
from runtime.insights.analysis import Records, Wanted
from runtime.operations.insights.questions import Question, list_questions
from tests.operations.insights.analyst import Analyst

TODAY = date(2026, 11, 20)


@pytest.fixture
def ask(tmp_path: Path):
    here = Analyst(tmp_path)
    call = here.calls.begin(here.grant, here.tools, here.tools["cash_flow_forecast"], {}, PLAIN)
    yield lambda *records, lists=(): list_questions(call, Wanted(records, lists), TODAY)
    here.close()


def find(questions: list[Question], resource: str) -> list[dict[str, object]]:
    return [dict(each.arguments) for each in questions if each.resource == resource]


def test_a_period_is_asked_for_by_the_filters_of_the_list(ask) -> None:
    found = ask(Records(("invoice",), date(2026, 10, 1), date(2026, 10, 31)))

    assert find(found, "invoices") == [{"TxnDate_from": "2026-10-01", "TxnDate_until": "2026-10-31"}]


def test_what_is_open_is_asked_for_of_any_day(ask) -> None:
    assert find(ask(Records(("bill",), is_open=True)), "bills") == [{"Balance_from": 0.01}]


def test_where_the_vendor_cannot_say_what_is_open_two_years_are_read(ask) -> None:
    assert find(ask(Records(("customer_payment",), is_open=True)), "payments") == [
        {"TxnDate_from": "2024-11-19"}
    ]


def test_a_period_inside_another_one_is_not_read_twice(ask) -> None:
    found = ask(
        Records(("customer_payment",), date(2026, 10, 1)),
        Records(("customer_payment",), date(2026, 1, 1)),
        Records(("customer_payment",), date(2026, 2, 1), date(2026, 3, 1)),
    )

    assert find(found, "payments") == [{"TxnDate_from": "2026-01-01"}]


def test_open_records_are_read_beside_a_period_which_may_not_have_them(ask) -> None:
    found = ask(Records(("invoice",), date(2026, 10, 1)), Records(("invoice",), is_open=True))

    assert len(find(found, "invoices")) == 2


def test_a_list_is_read_with_what_is_not_active_any_more(ask) -> None:
    assert find(ask(lists=("accounts",)), "accounts") == [{}, {"Active": False}]
