"""Valuation: EBITDA, add-backs that count once confirmed, what recurs, who left, and what a value is made of."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from runtime.errors import InvalidArguments
from runtime.insights.analysis import Analysis
from runtime.insights.books import Account, Books, Key, Transaction
from runtime.insights.report_rows import Report, Row
from runtime.insights.valuation import INSIGHT
from runtime.insights.valuation.valuing import PRICED
from runtime.insights.work_records import Agreement, Work, WorkClient
from tests.insights.changing import replace
from tests.insights.companies import find_facts
from tests.insights.hand_made import (
    TODAY,
    make_books,
    make_customer,
    make_item,
    make_line,
    make_transaction,
    make_vendor,
)

FACTS = find_facts("valuation")
OCTOBER = date(2026, 10, 15)
ACME, BOLT, CUBE = (make_customer(id_, name) for id_, name in (("1", "Acme"), ("2", "Bolt"), ("3", "Cube")))
VENDOR = make_vendor("1", "Landlord")
EXTRA = {
    "interest paid": ("other_expense", "Interest paid"),
    "depreciation": ("other_expense", "Depreciation"),
    "tax": ("other_expense", "Income tax"),
    "owner": ("expense", "Officer salaries"),
    "gain": ("other_income", "Sale of a van"),
}


def list_months(count: int, last: date = OCTOBER) -> list[date]:
    """The days of some months, the last one included."""
    months = [divmod(last.year * 12 + last.month - 1 - back, 12) for back in range(count)]
    return [date(year, month + 1, 15) for year, month in reversed(months)]


def sell(
    customer: Any, days: list[date], amount: str, item: str = "1", start: int = 100
) -> list[Transaction]:
    return [
        make_transaction(
            "invoice",
            f"{customer.key.id}{start + place}",
            day,
            customer.key,
            make_line(amount, "sales", item=item),
        )
        for place, day in enumerate(days)
    ]


def spend(amount: str, account: str, id_: str, day: date = OCTOBER, **more: Any) -> Transaction:
    party = more.pop("party", VENDOR.key)
    memo = more.pop("memo", "")
    return make_transaction("bill", id_, day, party, make_line(amount, account, **more), memo=memo)


def make(*transactions: Transaction, **more: Any) -> Books:
    books = make_books(
        transactions, parties=more.pop("parties", [ACME, BOLT, CUBE, VENDOR]), items=[make_item("1"), make_item("2")],
        facts=more.pop("facts", FACTS), **more,
    )  # fmt: skip
    extra = {
        id_: Account(Key("accounts", id_), name, roles=frozenset({role}))
        for id_, (role, name) in EXTRA.items()
    }
    return replace(books, accounts={**books.accounts, **extra})


def value(*transactions: Transaction, options: dict[str, Any] | None = None, **more: Any) -> Analysis:
    return INSIGHT.compute(make(*transactions, **more), options or {})


def find(entries: list[dict[str, Any]], name: str, key: str = "name") -> dict[str, Any]:
    return next(each for each in entries if each[key] == name)


def test_ebitda_leaves_out_interest_tax_and_depreciation():
    figures = value(
        *sell(ACME, [OCTOBER], "1000"), spend("200", "goods", "1"), spend("300", "rent", "2"),
        spend("40", "interest paid", "3"), spend("50", "depreciation", "4"), spend("60", "tax", "5"),
    ).figures  # fmt: skip

    earnings = figures["earnings"]
    assert (earnings["income"], earnings["gross_margin"], earnings["net_income"]) == (1000, 800, 350)
    assert (earnings["interest"], earnings["depreciation"], earnings["income_tax"]) == (40, 50, 60)
    assert earnings["ebitda"] == figures["adjusted_ebitda"] == 500


def test_value_is_ebitda_times_the_multiples_of_its_size_with_their_source():
    figures = value(*sell(ACME, [OCTOBER], "300000")).figures

    assert figures["value"] == {"low": 1_200_000, "mid": 1_350_000, "high": 1_500_000}
    assert (figures["multiples"]["source"], figures["multiples"]["date"]) == (
        FACTS["multiples"]["source"],
        FACTS["multiples"]["date"],
    )
    rows = {each["change_percent"]: (each["low"], each["high"]) for each in figures["sensitivity"]}
    assert rows[-20] == (960_000, 1_200_000) and rows[0] == (1_200_000, 1_500_000)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"multiple_low": 2, "multiple_mid": 3, "multiple_high": 7}, (2, 3, 7)),
        ({"multiple_mid": 6}, (4, 6, 6)),
        ({"multiple_low": 1}, (1, 3, 5)),
        ({"multiple_high": 10}, (4, 7, 10)),
    ],
)
def test_multiples_of_the_caller_go_before_those_of_the_market(options, expected):
    figures = value(*sell(ACME, [OCTOBER], "300000"), options=options).figures

    found = figures["multiples"]
    assert (found["low"], found["mid"], found["high"]) == expected
    assert found["source"].startswith("the caller")


def test_multiples_out_of_order_are_refused_before_anything_is_read():
    with pytest.raises(InvalidArguments, match="order"):
        INSIGHT.plan({"multiple_low": 6, "multiple_high": 5}, TODAY)


def test_a_business_that_loses_money_has_no_value_by_a_multiple():
    figures = value(spend("300", "rent", "1")).figures

    assert figures["value"] is None and "not above zero" in figures["why_no_value"]
    assert figures["sensitivity"] == []


def test_without_facts_only_the_multiples_of_the_caller_value_anything():
    sales = sell(ACME, [OCTOBER], "1000")

    assert value(*sales, facts={}).figures["value"] is None
    assert value(*sales, facts={}, options={"multiple_mid": 2}).figures["value"]["mid"] == 2000


def test_an_add_back_is_proposed_and_counts_once_it_is_confirmed():
    books = [*sell(ACME, [OCTOBER], "1000"), spend("100", "owner", "7"), spend("100", "owner", "8")]

    proposed = value(*books).figures
    (each,) = proposed["add_backs"]
    assert (each["id"], each["amount"], each["is_confirmed"]) == ("owner_pay.accounts:owner", 200, False)
    assert set(each["records"]) == {"bills:7", "bills:8"}
    assert (proposed["adjusted_ebitda"], proposed["not_confirmed"]) == (800, 200)
    confirmed = value(*books, options={"add_backs": [each["id"]]}).figures
    assert (confirmed["adjusted_ebitda"], confirmed["added_back"], confirmed["not_confirmed"]) == (
        1000,
        200,
        0,
    )


def test_a_word_of_the_text_proposes_the_one_transaction():
    books = [spend("90", "rent", "1", text="Lawsuit of 2025"), spend("80", "rent", "2", text="Rent")]

    assert [each["id"] for each in value(*sell(ACME, [OCTOBER], "1000"), *books).figures["add_backs"]] == [
        "one_off.bills:1"
    ]


def test_a_large_purchase_of_a_vendor_that_never_came_again_is_proposed():
    other = make_vendor("9", "Movers")
    rents = [spend("100", "rent", str(place), day) for place, day in enumerate(list_months(12), 1)]
    once = spend("500", "rent", "99", party=other.key)

    figures = value(*sell(ACME, [OCTOBER], "9000"), *rents, once, parties=[ACME, VENDOR, other]).figures

    assert [(each["id"], each["label"], each["amount"]) for each in figures["add_backs"]] == [
        ("single.bills:99", "Movers", 500)
    ]


def test_a_gain_outside_the_business_is_taken_off_when_it_is_confirmed():
    gain = make_transaction("deposit", "5", OCTOBER, None, make_line("400", "gain"))

    figures = value(
        *sell(ACME, [OCTOBER], "1000"), gain, options={"add_backs": ["not_operating.accounts:gain"]}
    ).figures

    assert (figures["earnings"]["ebitda"], figures["added_back"], figures["adjusted_ebitda"]) == (
        1400,
        -400,
        1000,
    )


def test_add_backs_of_the_caller_count_and_unknown_ids_are_missing():
    analysis = value(
        *sell(ACME, [OCTOBER], "1000"),
        options={"add_backs": ["one_off.bills:404"], "custom_add_backs": [{"label": "Pay", "amount": 25.5}]},
    )

    assert analysis.figures["adjusted_ebitda"] == Decimal("1025.50")
    assert [each.what for each in analysis.missing] == ["add-back one_off.bills:404"]


def test_what_is_invoiced_each_month_for_similar_amounts_recurs_and_hours_do_not():
    hours = ["100", "900", "300", "50", "700", "20", "400", "1000", "90", "600", "10", "800"]
    books = sell(ACME, list_months(24), "100")
    for place, (day, amount) in enumerate(zip(list_months(12), hours, strict=True)):
        books += sell(BOLT, [day], amount, "2", start=500 + place)

    recurring = value(*books).figures["recurring"]

    assert (recurring["revenue"], recurring["monthly_at_end"]) == (1200, 100)
    assert recurring["share_percent"] == Decimal("19.4")  # 1,200 of 6,170


@pytest.mark.parametrize(("step", "monthly"), [(1, 120), (3, 40), (6, 20), (12, 10)])
def test_an_invoice_for_several_months_is_a_part_of_it_each_month(step, monthly):
    days = list_months(24)[::-1][::step][::-1]

    assert value(*sell(ACME, days, "120")).figures["recurring"]["monthly_at_end"] == monthly


def test_customers_whose_invoices_stopped_in_the_year_are_lost():
    stopped = list_months(24)[:15]
    figures = value(*sell(ACME, list_months(24), "300"), *sell(BOLT, stopped, "100")).figures

    churn = figures["churn"]
    assert (churn["customers_at_start"], churn["customers_lost"], churn["customers_percent"]) == (2, 1, 50)
    assert (churn["monthly_at_start"], churn["monthly_lost"], churn["revenue_percent"]) == (400, 100, 25)
    assert churn["lost"] == [{"name": "Bolt"}]


def test_agreements_of_a_work_system_say_who_was_lost():
    def agree(id_: str, client: str, end: date | None) -> Agreement:
        return Agreement(
            Key("agreements", id_), client, amount=Decimal(120), months=12, start=date(2025, 1, 1), end=end
        )

    agreements = {
        "1": agree("1", "8", None),
        "2": agree("2", "9", date(2026, 3, 31)),
        "3": agree("3", "8", None),
    }
    clients = {id_: WorkClient(Key("companies", id_), f"Client {id_}") for id_ in ("8", "9")}
    work = Work(TODAY, clients=clients, agreements=agreements, lists=PRICED)

    churn = value(*sell(ACME, list_months(24), "300"), work=work).figures["churn"]

    assert churn["source"] == "agreements of the work system"
    assert (churn["customers_at_start"], churn["customers_lost"]) == (2, 1)
    assert (churn["monthly_at_start"], churn["monthly_lost"]) == (30, 10)
    assert churn["lost"] == [{"name": "Client 9"}]
    partly = replace(work, lists=frozenset({"agreements"}))
    churn = value(*sell(ACME, list_months(24), "300"), work=partly).figures["churn"]
    assert churn["source"] == "recurring invoices"


def test_concentration_counts_a_project_with_the_customer_above_it():
    job = make_customer("4", "Acme:Office move", parent="1")
    figures = value(
        *sell(ACME, [OCTOBER], "100"), *sell(job, [OCTOBER], "200"), *sell(BOLT, [OCTOBER], "100"),
        parties=[ACME, BOLT, job],
    ).figures  # fmt: skip

    concentration = figures["concentration"]
    assert (concentration["customers"], concentration["largest_percent"]) == (2, 75)
    assert concentration["largest"][0] == {
        "customer": "customers:1", "name": "Acme", "revenue": 300, "share_percent": 75,
    }  # fmt: skip


def test_growth_is_beside_the_year_before():
    before = date(2025, 10, 15)
    figures = value(*sell(ACME, [before], "100"), *sell(BOLT, [OCTOBER], "150")).figures

    assert figures["growth"]["income"] == {"change": 50, "percent": 50}


def test_without_books_of_the_year_before_no_growth_is_made_up_and_the_answer_says_so():
    analysis = value(*sell(BOLT, [OCTOBER], "150"))
    with_before = value(*sell(ACME, [date(2025, 10, 15)], "100"), *sell(BOLT, [OCTOBER], "150"))

    names = ("income", "gross_margin", "ebitda")
    assert analysis.figures["growth"] == {name: {"change": None, "percent": None} for name in names}
    assert [each for each in analysis.assumptions if "nothing of the year before, until 2025-10-31" in each]
    assert not [each for each in with_before.assumptions if "year before, until" in each]


def test_a_year_before_that_its_report_alone_has_is_compared():
    reports = {"profit_and_loss_before": make_statement(income="100.00", cost="50.00", net="50.00")}

    analysis = value(*sell(BOLT, [OCTOBER], "150"), reports=reports)

    assert analysis.figures["growth"]["income"] == {"change": 50, "percent": 50}


def test_levers_are_arithmetic_and_stand_by_their_effect():
    books = sell(ACME, list_months(24), "10000")
    figures = value(*books, options={"multiple_low": 3, "multiple_mid": 4, "multiple_high": 5}).figures

    levers = {each["name"]: (each["effect_on_ebitda"], each["effect_on_value"]) for each in figures["levers"]}
    assert levers == {"recurring_prices": (6000, 24000), "largest_customer_percent": (0, 120_000)}
    assert figures["levers"][0]["name"] == "largest_customer_percent"
    assert find(figures["drivers"], "recurring_percent")["is_met"] is True
    assert find(figures["drivers"], "largest_customer_percent")["is_met"] is False


def test_a_low_margin_and_many_lost_customers_are_levers_too():
    books = [
        *sell(ACME, list_months(24), "1000"), *sell(BOLT, list_months(24)[:15], "1000"),
        *(spend("800", "goods", str(place), day) for place, day in enumerate(list_months(12), 1)),
    ]  # fmt: skip
    figures = value(*books, options={"multiple_low": 1, "multiple_mid": 2, "multiple_high": 3}).figures

    # income 15,000, cost 9,600: 36 %; half of 15,000 is 2,100 more than the margin of 5,400
    assert find(figures["levers"], "gross_margin")["effect_on_ebitda"] == 2100
    # 50 % lost instead of 5 %: 45 % of 24,000 a year, at 36 %
    assert find(figures["levers"], "churn")["effect_on_ebitda"] == 3888


def make_statement(**totals: str) -> Report:
    groups = {"income": "Income", "cost_of_sales": "COGS", "net_income": "NetIncome"}
    rows = [
        Row("header", 0, ("Income",), "", "Income"),
        Row("row", 1, ("Sales", totals["income"]), "sales", "", ("Income",)),
        Row("total", 0, ("Income", totals["income"]), "", "Income"),
        Row("row", 1, ("Goods", totals["cost"]), "goods", "", ("COGS",)),
        Row("total", 0, ("COGS", totals["cost"]), "", "COGS"),
        Row("total", 0, ("Net", totals["net"]), "", "NetIncome"),
    ]  # fmt: skip
    return Report("report_tool", ("account", "amount"), tuple(rows), groups)


def test_the_report_has_the_cost_of_stock_and_the_income_of_the_records_is_beside_it():
    reports = {"profit_and_loss": make_statement(income="1000.00", cost="350.00", net="650.00")}

    whole = value(*sell(ACME, [OCTOBER], "1000"), reports=reports)
    wrong = value(*sell(ACME, [OCTOBER], "900"), reports=reports)

    assert whole.figures["earnings"]["ebitda"] == 650
    assert [each.agrees for each in whole.ties[:2]] == [True, True]
    assert [each.agrees for each in wrong.ties[:2]] == [False, True]


def test_it_says_that_it_is_an_estimate_and_what_was_not_read():
    analysis = value(*sell(ACME, [OCTOBER], "1000"), lists=frozenset())

    assert analysis.figures["is_estimate"] is True and "estimate" in analysis.assumptions[0]
    assert {each.what for each in analysis.missing} == {"accounts", "customers", "items"}
    assert any("report was not read" in each for each in analysis.assumptions)


def test_twelve_months_end_with_the_month_that_is_asked_for():
    wanted = INSIGHT.plan({"month": "2026-03"}, TODAY)

    assert [(each.start, each.end) for each in wanted.reports] == [
        (date(2025, 4, 1), date(2026, 3, 31)),
        (date(2024, 4, 1), date(2025, 3, 31)),
    ]
    assert (wanted.records[0].since, wanted.records[0].until) == (date(2024, 4, 1), date(2026, 3, 31))
