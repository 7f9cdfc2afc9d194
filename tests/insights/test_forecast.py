"""The forecast of the cash flow, rule by rule on small books made by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from runtime.insights.analysis import Analysis
from runtime.insights.books import Account, Books, Key, Line, Link, Span, Template
from runtime.insights.forecast.forecast import INSIGHT
from runtime.insights.report_rows import Report, Row
from tests.insights.changing import replace
from tests.insights.companies import make_store, run
from tests.insights.forecast_books import TODAY, BookMaker, back, customer, vendor


def forecast(books: Books, **options: Any) -> Analysis:
    return INSIGHT.compute(books, {"weeks": 8, **options})


def find_mover(found: Analysis, evidence: str) -> dict[str, Any]:
    return next(each for each in found.figures["movers"] if evidence in each["evidence"])


def sum_known(found: Analysis, name: str = "in") -> Decimal:
    return sum((each[name] for each in found.figures["weeks"]), Decimal(0))


def test_a_company_without_anything_has_a_forecast_of_nothing():
    found = forecast(Books(TODAY, read=BookMaker().make().read, lists=frozenset({"accounts", "templates"})))

    assert {each["median"] for each in found.figures["weeks"]} == {Decimal("0.00")}
    assert found.figures["movers"] == []
    assert found.missing == ()


def test_a_company_of_one_day_stays_at_its_opening_balance():
    made = BookMaker("500")
    made.add("sale", TODAY, 500, account="1")

    found = forecast(made.make())

    assert found.figures["opening"]["total"] == 500
    assert len(found.figures["weeks"]) == 8
    assert "too short to show seasons" in " ".join(found.assumptions)


def test_weeks_follow_each_other_from_tomorrow_on():
    weeks = forecast(BookMaker().make(), weeks=3).figures["weeks"]

    assert [each["week_start"] for each in weeks] == [back(-1), back(-8), back(-15)]
    assert weeks[-1]["week_end"] == back(-21)


@pytest.mark.parametrize(("asked", "given"), [(None, 8), (0, 8), (1, 1), (26, 26), (300, 26)])
def test_weeks_are_from_one_to_half_a_year(asked: int | None, given: int):
    assert len(forecast(BookMaker().make(), weeks=asked).figures["weeks"]) == given


def make_payers() -> BookMaker:
    """Books of a customer who pays 10 days early, one who pays 30 days late, each of them always."""
    made = BookMaker()
    for days in range(120, 700, 40):
        made.add_paid("invoice", back(days), 100 + days % 7, 20, customer("prompt"))
        made.add_paid("invoice", back(days), 100 + days % 11, 60, customer("late"))
    return made


def test_each_customer_is_expected_as_late_as_they_usually_are():
    made = make_payers()
    prompt = made.add_open("invoice", back(10), 5000, customer("prompt"))
    late = made.add_open("invoice", back(10), 5000, customer("late"))

    found = forecast(made.make())

    assert abs((find_mover(found, str(prompt.key))["expected_on"] - back(-10)).days) <= 4
    assert abs((find_mover(found, str(late.key))["expected_on"] - back(-50)).days) <= 4


def test_a_customer_who_paid_little_is_expected_as_the_company_is_used_to():
    made = BookMaker()
    for days in range(120, 700, 20):
        made.add_paid("invoice", back(days), 100 + days % 7, 30, customer(f"c{days}"))
    made.add_paid("invoice", back(300), 100, 1, customer("new"))
    new = made.add_open("invoice", TODAY, 5000, customer("new"))

    expected = find_mover(forecast(made.make()), str(new.key))["expected_on"]

    assert abs((expected - back(-30)).days) <= 5


def test_a_customer_who_never_pays_counts_for_little_and_is_named():
    made = make_payers()
    for days in (*range(150, 700, 50), 20):
        made.add_open("invoice", back(days), 1000, customer("never"))

    found = forecast(made.make())

    [doubt] = found.figures["doubtful"]
    assert doubt["customer"] == "customers:never"
    assert doubt["why"] == "No invoice was ever paid."
    assert doubt["expected_within_half_year"] < doubt["open"] / 4
    assert doubt["invoices_open"] == 12
    assert sum_known(found) < 2000


def test_credits_of_a_customer_are_no_money_to_come():
    made = make_payers()
    made.add_open("invoice", back(10), 5000, customer("prompt"))
    made.add("customer_credit", back(5), 5000, open=Decimal(5000), party=customer("prompt"))

    assert forecast(made.make()).figures["parts"]["open_invoices"]["in"] == 0


def test_a_credit_lowers_what_a_customer_is_expected_to_pay():
    made = make_payers()
    made.add_open("invoice", back(10), 5000, customer("prompt"))
    made.add("customer_credit", back(5), 4000, open=Decimal(4000), party=customer("prompt"))

    assert 500 < forecast(made.make()).figures["parts"]["open_invoices"]["in"] <= 1000


def test_an_invoice_without_a_due_date_is_due_on_its_day():
    made = make_payers()
    made.add_open("invoice", back(10), 5000, customer("prompt"), due=None)

    assert forecast(made.make()).figures["parts"]["open_invoices"]["in"] > 3000


def test_bills_are_expected_when_the_company_really_pays_that_vendor():
    made = BookMaker("9000")
    for days in range(120, 700, 40):
        made.add_paid("bill", back(days), 100 + days % 7, 5, vendor("landlord"))
        made.add_paid("bill", back(days), 100 + days % 11, 50, vendor("patient"))
    landlord = made.add_open("bill", back(2), 3000, vendor("landlord"))
    patient = made.add_open("bill", back(2), 3000, vendor("patient"))

    found = forecast(made.make())

    assert find_mover(found, str(landlord.key))["expected_on"] < back(-9)
    assert abs((find_mover(found, str(patient.key))["expected_on"] - back(-48)).days) <= 4


def test_money_received_is_expected_at_the_bank_as_soon_as_usual():
    made = BookMaker(
        **{
            "2": Account(
                Key("accounts", "2"), "Undeposited", balance=Decimal(700), roles=frozenset({"undeposited"})
            )
        }
    )
    for days in range(7, 700, 7):
        paid = made.add("customer_payment", back(days), 50, account="2", party=customer("1"))
        made.add(
            "deposit", back(days - 2), 50, account="1", lines=(Line(Decimal(50), links=(Link(paid.key),)),)
        )
    waiting = made.add("customer_payment", TODAY, 700, account="2", party=customer("1"))

    found = forecast(made.make())

    assert found.figures["opening"]["undeposited_funds"] == 700
    assert found.figures["opening"]["total"] == 1000
    assert found.figures["weeks"][0]["in"] == 700
    assert find_mover(found, str(waiting.key))["expected_on"] == back(-2)


def test_money_that_was_received_long_ago_and_never_deposited_is_not_expected():
    made = BookMaker()
    for days in range(100, 700, 7):
        paid = made.add("customer_payment", back(days), 50, account="2", party=customer("1"))
        made.add(
            "deposit", back(days - 2), 50, account="1", lines=(Line(Decimal(50), links=(Link(paid.key),)),)
        )
    made.add("customer_payment", back(90), 700, account="2", party=customer("1"))

    assert forecast(made.make()).figures["parts"]["undeposited_funds"]["in"] == 0


def add_wages(made: BookMaker, amount: int = 4000) -> None:
    for month in range(1, 7):
        last = date(2026, month + 1, 1) - timedelta(days=1)
        lines = (
            Line(Decimal(amount), account="9", side="debit"),
            Line(Decimal(amount), account="1", side="credit"),
        )
        made.add("journal", last, memo="Wages", lines=lines)


def test_wages_booked_by_journal_are_expected_on_the_last_day_of_each_month():
    made = BookMaker("10000")
    made.add("sale", back(200), 1, account="1")
    add_wages(made)

    found = forecast(made.make(), weeks=6)

    [wages] = [each for each in found.figures["movers"] if each.get("what") == "Wages"]
    assert (wages["expected"], wages["expected_on"], wages["pattern"]) == (
        Decimal("-4000.00"),
        date(2026, 7, 31),
        "every month",
    )
    assert found.figures["weeks"][4]["out"] == -4000
    assert found.figures["parts"]["recurring"]["out"] == -4000


def test_the_beginning_of_the_books_is_no_money_to_come():
    made = BookMaker("10000")
    made.add("sale", back(400), 1, account="1")
    for days in (300, 230, 100):
        lines = (
            Line(Decimal(9000), account="1", side="debit"),
            Line(Decimal(9000), account="7", side="credit"),
        )
        made.add("journal", back(days), memo="Start", lines=lines)
    opening = Account(Key("accounts", "7"), "Opening balance", roles=frozenset({"opening_balance", "equity"}))

    found = forecast(made.make(accounts=made.accounts | {"7": opening}))

    assert found.figures["parts"]["other"]["in"] == 0


def test_the_rest_of_what_is_paid_in_part_is_expected_as_such_rests_are_paid():
    made = make_payers()
    for days in range(130, 700, 30):
        half = made.add_open("invoice", back(days), 400, customer("prompt"))
        made.transactions[-1] = replace(half, open=Decimal(200))
        made.settle("customer_payment", back(days - 20), half, 200)
    fresh = made.add_open("invoice", back(25), 400, customer("prompt"))
    made.transactions[-1] = replace(fresh, open=Decimal(200))
    made.settle("customer_payment", back(5), fresh, 200)

    found = forecast(made.make())

    assert found.figures["parts"]["open_invoices"]["open"] == 4000
    assert found.figures["parts"]["open_invoices"]["in"] < 100


def test_a_pattern_that_ended_is_not_expected():
    made = BookMaker("10000")
    for month in range(1, 5):
        made.add("expense", date(2026, month, 3), 900, account="1", party=vendor("gym"))

    assert forecast(made.make()).figures["parts"]["recurring"]["out"] == 0


def test_a_transfer_between_bank_accounts_moves_nothing():
    made = BookMaker(**{"4": Account(Key("accounts", "4"), "Savings", roles=frozenset({"bank"}))})
    for month in range(1, 7):
        made.add("transfer", date(2026, month, 3), 900, account="1", to_account="4")

    found = forecast(made.make())

    assert found.figures["movers"] == []
    assert found.figures["opening"]["count"] == 2


def test_a_card_is_paid_with_what_is_owed_on_it():
    card = Account(Key("accounts", "3"), "Card", balance=Decimal(-800), roles=frozenset({"card"}))
    made = BookMaker("10000", **{"3": card})
    for month in range(1, 7):
        for day in range(2, 25, 4):
            made.add("expense", date(2026, month, day), 50, account="3", party=vendor("fuel"))
        made.add("card_payment", date(2026, month, 25), 300, account="1", to_account="3")

    found = forecast(made.make(), weeks=4)

    [payment] = found.figures["movers"]
    assert payment["what"] == "Payment of card Card"
    assert -1150 < payment["expected"] < -950


def test_an_amount_dated_ahead_is_not_in_the_opening_balance_and_comes_on_its_day():
    made = BookMaker("600")
    made.add("expense", back(-9), 400, account="1", party=vendor("tax"))

    found = forecast(made.make(), weeks=2)

    assert found.figures["opening"]["total"] == 1000
    assert [each["out"] for each in found.figures["weeks"]] == [0, -400]
    assert found.figures["lowest"] == {
        "amount": Decimal("600.00"),
        "date": back(-9),
        "low": Decimal("600.00"),
    }


def test_sales_not_yet_invoiced_are_stated_apart_from_what_is_known():
    made = BookMaker()
    for days in range(3, 400, 3):
        made.add_paid("invoice", back(days), 90 + days % 13, min(days, 20), customer(f"c{days % 5}"))

    found = forecast(made.make())

    assert sum_known(found) == 0
    assert 400 < sum_known(found, "expected_in") < 1400
    assert found.figures["parts"]["not_yet_invoiced"] == {
        "is_known": False, "in": found.figures["parts"]["not_yet_invoiced"]["in"], "out": Decimal("0.00")
    }  # fmt: skip


def make_template(**more: Any) -> Template:
    key = Key("recurring_transactions", "7")
    values: dict[str, Any] = {"interval": "monthly", "next_day": back(-5), "account": "1"}
    return Template(key, "Rent", "expense", vendor("landlord"), Decimal(800), **values | more)


def test_a_recurring_transaction_is_expected_as_it_is_set_up():
    found = forecast(BookMaker().make(templates=(make_template(),)))

    [rent] = found.figures["movers"]
    assert (rent["expected"], rent["times"], rent["evidence"]) == (
        Decimal("-1600.00"),
        2,
        ["recurring_transactions:7"],
    )


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"next_day": None}, {"account": "3"}, {"interval": "never"}]
)
def test_a_recurring_transaction_that_moves_no_bank_account_is_not_expected(change: dict[str, Any]):
    assert forecast(BookMaker().make(templates=(make_template(**change),))).figures["movers"] == []


def test_a_recurring_transaction_that_the_history_shows_is_counted_once():
    made = BookMaker()
    for month in range(1, 7):
        paid_on = date(2026, month, 20)
        made.add_paid(
            "bill", date(2026, month, 5), 800, (paid_on - date(2026, month, 5)).days, vendor("landlord")
        )
    template = replace(make_template(next_day=date(2026, 7, 5)), kind="bill")

    found = forecast(made.make(templates=(template,)))

    [rent] = found.figures["movers"]
    assert rent["part"] == "recurring"
    assert rent["times"] == 2
    assert rent["evidence"][0] == "recurring_transactions:7"


def test_accounts_in_other_currencies_are_converted_and_one_without_a_rate_is_missing():
    euro = Account(
        Key("accounts", "5"), "Euro", balance=Decimal(100), currency="EUR", roles=frozenset({"bank"})
    )
    yen = Account(
        Key("accounts", "6"), "Yen", balance=Decimal(100), currency="JPY", roles=frozenset({"bank"})
    )
    made = BookMaker("1000", **{"5": euro, "6": yen})
    made.add("sale", back(9), 10, currency="EUR", rate=Decimal("1.25"), account="5")

    found = forecast(made.make())

    assert found.figures["opening"]["total"] == 1125
    assert [each.what for each in found.missing] == ["The balance of Yen"]


def test_what_was_not_read_is_missing():
    books = BookMaker().make(lists=frozenset(), read={"invoice": Span(None, TODAY)})

    what = [each.what for each in forecast(books).missing]

    assert what[:2] == ["The opening balances", "Recurring transactions"]
    assert "vendor payment" in what[2]


def make_report(amount: str) -> Report:
    rows = (Row("total", 0, ("Bank", amount), group="B"),)
    return Report("balance", ("", "Total"), rows, {"bank": "B", "receivable": "R", "payable": "P"})


@pytest.mark.parametrize(("shown", "ties"), [("1000.00", True), ("999.99", False)])
def test_the_opening_balance_is_compared_with_the_balance_sheet(shown: str, ties: bool):
    found = forecast(BookMaker("1000").make(reports={"balance_sheet": make_report(shown)}))

    assert found.ties[0].as_dict()["ties"] is ties
    assert found.ties[1].as_dict()["ties"] is True


def test_without_the_balance_sheet_nothing_is_said_to_tie():
    assert {each.as_dict()["ties"] for each in forecast(BookMaker().make()).ties} == {"not checked"}


def test_a_customer_who_pays_later_moves_only_what_they_pay():
    made = make_payers()
    made.add_open("invoice", back(10), 5000, customer("prompt"))

    what_if = forecast(made.make(), delay_customer={"customer": "prompt", "days": 21}).figures["what_if"]

    assert what_if["delay_customer"]["customer"] == "customers:prompt"
    changes = [each["change"] for each in what_if["weeks"]]
    assert min(changes) < -3000
    assert changes[0] == 0
    assert abs(changes[-1]) < 500


def test_an_expense_every_month_lowers_the_balance_from_its_days_on():
    asked = {"amount": 250, "date": back(-3).isoformat(), "every": "month"}

    what_if = forecast(BookMaker().make(), add_expense=asked).figures["what_if"]

    assert what_if["add_expense"]["times"] == 2
    assert [each["change"] for each in what_if["weeks"]] == [-250] * 4 + [-500] * 4


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"delay_customer": {"customer": "nobody", "days": 5}}, "No customer has the Id or the name 'nobody'"),
        ({"delay_customer": {"customer": "", "days": 5}}, "No customer has"),
        ({"delay_customer": {"customer": "m", "days": 5}}, "2 customers have 'm' in their names"),
        ({"add_expense": {"amount": 5, "date": "2020-01-01"}}, "not paid within the weeks"),
        ({"add_expense": {"amount": 5, "date": "soon"}}, "Give an amount above zero, a date"),
        ({"add_expense": {"amount": 0, "date": "2026-07-03"}}, "Give an amount above zero"),
        ({"add_expense": {"amount": 5, "date": "2026-07-03", "every": "year"}}, "how often"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_said_in_a_sentence(asked: dict[str, Any], problem: str):
    made = BookMaker()
    made.add_paid("invoice", back(90), 10, 20, customer("mary"))
    made.add_paid("invoice", back(90), 10, 20, customer("tom"))

    what_if = forecast(made.make(), **asked).figures["what_if"]

    [name] = asked
    assert problem in what_if[name]["problem"]
    assert "weeks" not in what_if


def test_the_days_on_which_the_balance_may_fall_below_zero_are_named():
    made = BookMaker("100")
    made.add_open("bill", back(5), 5000, vendor("v"))
    made.add("expense", back(-20), 300, account="1")

    below = forecast(made.make()).figures["below_zero"]

    assert back(0) < below["low"] < below["median"] <= back(-20)


def test_more_weeks_do_not_change_the_first_ones():
    made = make_payers()
    made.add_open("invoice", back(10), 5000, customer("prompt"))
    few, many = (
        forecast(made.make(), weeks=4).figures["weeks"],
        forecast(made.make(), weeks=20).figures["weeks"],
    )

    assert [each["in"] for each in few] == [each["in"] for each in many[:4]]


@pytest.mark.parametrize("kind", ["landscaper", "consultancy", "it_services"])
def test_every_total_ties_and_every_mover_has_its_records(kind: str):
    found = run(INSIGHT, make_store(kind, 1))

    assert [each.as_dict()["ties"] for each in found.ties] == [True] * 3
    assert len(found.figures["movers"]) == 10
    assert all(each["evidence"] for each in found.figures["movers"])
    assert found.missing == ()


def test_the_same_books_have_the_same_forecast():
    store = make_store("landscaper", 1)

    assert run(INSIGHT, store, weeks=5) == run(INSIGHT, store, weeks=5)


def test_two_years_and_what_is_open_are_read_and_nothing_else():
    wanted = INSIGHT.plan({}, TODAY)

    assert [each.is_open for each in wanted.records] == [False, True]
    assert wanted.records[0].since == back(730)
    assert wanted.lists == ("accounts", "templates")
    assert "customers" in INSIGHT.plan({"delay_customer": {"customer": "1", "days": 3}}, TODAY).lists
