"""Collections: whom to remind, in what tone, how much, and what to write."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from runtime.insights.books import Key, Link, Span
from runtime.insights.collecting import INSIGHT
from tests.insights.changing import replace
from tests.insights.hand_made import (
    TODAY,
    make_books,
    make_customer,
    make_invoice,
    make_line,
    make_report,
    make_transaction,
)

ONE = make_customer("1", "Acme", email="pay@acme.example", phone="555-0100")


def pay_late(customer: str, days: int, count: int = 8) -> list[Any]:
    """Invoices that a customer paid some days after they were due."""
    return [
        each
        for n in range(count)
        for each in make_invoice(f"{customer}{n}0", customer, "100", late=100 + 20 * n, paid=days)
    ]


def collect(*transactions: Any, parties: Any = (ONE,), **options: Any) -> dict[str, Any]:
    return INSIGHT.compute(make_books(transactions, parties=parties), options).figures


def test_who_always_pays_on_day_45_is_not_urgent_on_day_40_but_on_day_50():
    habit = pay_late("1", 45) + pay_late("2", 5)

    [early] = collect(*habit, *make_invoice("7", "1", "900", late=40))["customers"]
    [late] = collect(*habit, *make_invoice("7", "1", "900", late=50))["customers"]

    assert (early["tone"], early["amount_to_ask"], early["draft"]) == ("wait", 0, None)
    assert early["usual_days_late"] == 45
    assert early["expected"] == TODAY + timedelta(5)
    assert (late["tone"], late["amount_to_ask"]) == ("firm", 900)
    assert late["worth"] > 5 * early["worth"]


def test_the_order_is_the_amount_times_how_unusual_the_delay_is():
    habit = pay_late("1", 45) + pay_late("2", 2)
    figures = collect(
        *habit, *make_invoice("7", "1", "900", late=20), *make_invoice("8", "2", "500", late=20), parties=()
    )

    assert [each["customer"] for each in figures["customers"]] == ["customers:2", "customers:1"]


@pytest.mark.parametrize(
    ("late", "tone"),
    [(6, "friendly"), (29, "friendly"), (30, "firm"), (89, "firm"), (90, "final")],
)
def test_the_tone_follows_the_delay(late, tone):
    old = [each for each in pay_late("1", 3) if each.day < TODAY - timedelta(70)]

    [row] = collect(*old, *make_invoice("7", "1", "900", late=late))["customers"]

    assert row["tone"] == tone


def test_who_pays_other_invoices_is_called_before_a_final_reminder():
    habit = pay_late("1", 3) + make_invoice("6", "1", "100", late=20, paid=2)

    [row] = collect(*habit, *make_invoice("7", "1", "900", late=200))["customers"]

    assert row["tone"] == "firm"
    assert "may be disputed" in row["action"]


def test_who_never_paid_gets_a_firm_and_then_a_final_reminder():
    others = pay_late("2", 3)

    [firm] = collect(*others, *make_invoice("7", "1", "900", late=31))["customers"]
    [final] = collect(*others, *make_invoice("7", "1", "900", late=120))["customers"]

    assert (firm["tone"], final["tone"]) == ("firm", "final")
    assert "payment in advance" in firm["action"]
    assert "stop delivering" in final["action"]
    assert "no payment of this customer was found" in final["reason"]
    assert final["expected"] == "not known"
    assert final["last_contact"] == {"last_payment": "none", "last_invoice_sent": "not known"}


def test_nobody_is_said_never_to_pay_where_payments_were_not_read_far_enough():
    read = {"invoice": Span(None, TODAY), "customer_payment": Span(TODAY - timedelta(30), TODAY)}
    books = make_books(make_invoice("7", "1", "900", late=60), parties=[ONE], read=read)

    [row] = INSIGHT.compute(books, {}).figures["customers"]

    assert "no payment of this customer" not in row["reason"]
    assert row["last_contact"]["last_payment"] == "none since 2026-10-21"


def test_a_small_old_invoice_does_not_set_the_tone_of_a_large_new_one():
    habit = pay_late("1", 3)

    [row] = collect(*habit, *make_invoice("7", "1", "20", late=200), *make_invoice("8", "1", "900", late=10))[
        "customers"
    ]

    assert (row["tone"], row["most_days_overdue"]) == ("friendly", 200)


def test_credits_and_payments_that_are_not_applied_lower_what_is_asked_for():
    customer = Key("customers", "1")
    credit = make_transaction("customer_credit", "3", TODAY, customer, make_line("150"), open="150")
    unapplied = make_transaction("customer_payment", "4", TODAY, customer, total="70", open="50")

    [row] = collect(*make_invoice("7", "1", "900", late=20), credit, unapplied)["customers"]

    assert (row["overdue"], row["credits"], row["unapplied_payments"]) == (900, 150, 50)
    assert row["amount_to_ask"] == 700
    assert row["reduced_by"] == ["credit_memos:3", "payments:4"]
    assert "Credits and payments of 200.00 USD" in row["draft"]
    assert "pay 700.00 USD" in row["draft"] or "payment of 700.00 USD" in row["draft"]


def test_nothing_is_asked_for_where_credits_cover_it():
    credit = make_transaction(
        "customer_credit", "3", TODAY, Key("customers", "1"), make_line("950"), open="950"
    )

    [row] = collect(*make_invoice("7", "1", "900", late=20), credit)["customers"]

    assert (row["tone"], row["amount_to_ask"], row["draft"], row["worth"]) == ("none", 0, None, 0)
    assert row["action"].startswith("Apply the credits")


def test_customers_below_another_stand_with_it_and_lend_it_their_contact():
    above = make_customer("1", "Acme")
    below = make_customer("2", "Acme north", parent="1", email="north@acme.example")
    deepest = make_customer("3", "Acme north shop", parent="2")
    invoices = [*make_invoice("7", "2", "900", late=20), *make_invoice("8", "3", "100", late=20)]

    [row] = collect(*invoices, parties=(above, below, deepest))["customers"]

    assert (row["customer"], row["overdue"]) == ("customers:1", 1000)
    assert [each["of"] for each in row["invoices"]] == ["Acme north", "Acme north shop"]
    assert row["contact"] == {"email": "north@acme.example", "phone": "not known"}


def test_customers_that_stand_above_each_other_do_not_hang_it():
    parties = (make_customer("1", parent="2"), make_customer("2", parent="1"))

    assert collect(*make_invoice("7", "1", "900", late=20), parties=parties)["count"] == 1


def test_one_customer_can_be_asked_for_by_its_own_id_or_that_of_one_below():
    below = make_customer("2", "Acme north", parent="1")
    invoices = [*make_invoice("7", "2", "900", late=20), *make_invoice("8", "5", "100", late=20)]

    figures = collect(*invoices, parties=(ONE, below), customer="2")

    assert [each["name"] for each in figures["customers"]] == ["Acme"]
    assert figures["totals"]["overdue"] == 1000


def test_a_customer_that_is_not_there_is_said_to_be_missing():
    analysis = INSIGHT.compute(make_books(), {"customer": "404"})

    assert [each.what for each in analysis.missing] == ["customer 404"]
    assert analysis.figures["count"] == 0


def test_the_letter_names_numbers_amounts_and_days():
    sent = {"number": "1043", "open": "400"}
    [row] = collect(*make_invoice("7", "1", "1250", late=18, **sent))["customers"]

    assert row["draft"].splitlines()[0] == "Subject: Reminder: invoice 1043"
    assert "Hello Acme," in row["draft"]
    assert (
        "- Invoice 1043 of 3 October 2026, due 2 November 2026: 400.00 USD of 1,250.00 USD open, 18 days overdue"
        in row["draft"]
    )
    assert "by 4 December 2026" in row["draft"]


def test_the_letter_asks_in_the_currency_of_the_invoices():
    foreign = {"currency": "EUR", "rate": "1.25"}
    [row] = collect(*make_invoice("7", "1", "800", late=20, **foreign))["customers"]

    assert row["amount_to_ask"] == 1000
    assert (row["invoices"][0]["open_in_its_currency"], row["invoices"][0]["currency"]) == (800, "EUR")
    assert "payment of 800.00 EUR by" in row["draft"]


def test_the_last_contact_is_the_last_payment_and_the_last_time_that_an_invoice_was_sent():
    sent = datetime(2026, 10, 5, tzinfo=UTC)
    paid = make_invoice("6", "1", "100", late=60, paid=4)

    [row] = collect(*paid, *make_invoice("7", "1", "900", late=20, sent=sent))["customers"]

    assert row["last_contact"]["last_payment"] == {
        "payment": "payments:96",
        "day": date(2026, 9, 25),
        "amount": Decimal(100),
    }
    assert row["last_contact"]["last_invoice_sent"] == date(2026, 10, 5)


def test_an_invoice_without_a_due_day_is_due_on_its_own_day():
    invoice = make_transaction(
        "invoice", "7", TODAY - timedelta(12), Key("customers", "1"), make_line("90"), open="90"
    )
    analysis = INSIGHT.compute(make_books([invoice], parties=[ONE]), {})

    assert analysis.figures["customers"][0]["most_days_overdue"] == 12
    assert any("without a due day" in each for each in analysis.assumptions)


def test_what_has_a_later_day_is_left_out_and_what_it_settled_put_back():
    [invoice] = make_invoice("7", "1", "900", late=20, open="0")
    [settled] = make_invoice("8", "1", "900", late=20, paid=40)[1:]
    later = make_transaction(
        "customer_payment", "5", TODAY + timedelta(3), Key("customers", "1"),
        make_line("900", links=tuple(link for line in settled.lines for link in line.links)),
    )  # fmt: skip
    later_invoice = make_invoice("9", "1", "50", late=-60)

    figures = collect(invoice.__class__(**_copy(invoice, "8")), later, *later_invoice)

    assert figures["customers"][0]["overdue"] == 900
    assert figures["totals"]["receivables"] == 900


def _copy(invoice: Any, id_: str) -> dict[str, Any]:
    values = {name: getattr(invoice, name) for name in invoice.__struct_fields__}
    return values | {"key": Key("invoices", id_)}


def test_journal_entries_count_as_receivables_less_what_payments_took():
    customer = Key("customers", "1")
    journal = make_transaction(
        "journal", "3", TODAY - timedelta(5), None,
        make_line("300", "owed", side="debit", party=customer), make_line("300", "sales", side="credit"),
        total="0",
    )  # fmt: skip
    paid = make_transaction(
        "customer_payment", "4", TODAY, customer,
        make_line("100", links=(Link(journal.key, Decimal(100)),)),
    )  # fmt: skip

    totals = collect(journal, paid)["totals"]

    assert (totals["journal_entries"], totals["receivables"]) == (200, 200)


def test_a_customer_for_whom_the_report_shows_another_balance_is_answered_with_both():
    reports = {
        "aged_receivables": make_report({"1": "905"}, "905", "receivable"),
        "balance_sheet": make_report({}, "900", "receivable"),
    }
    books = make_books(make_invoice("7", "1", "900", late=20), parties=[ONE], reports=reports)

    analysis = INSIGHT.compute(books, {})

    assert [each.agrees for each in analysis.ties] == [False, True]
    row, differing = analysis.figures["customers"][0], analysis.figures["does_not_tie"]
    assert (row["ties"], row["ours"], row["report_shows"]) == (False, 900, 905)
    assert (differing["count"], differing["customers"][0]["difference"]) == (1, -5)


def test_no_more_than_the_limit_are_listed_and_all_are_counted():
    invoices = [each for n in range(9) for each in make_invoice(f"{n}", f"{n}", "100", late=20)]

    figures = collect(*invoices, limit=4)

    assert (len(figures["customers"]), figures["shown"], figures["count"]) == (4, 4, 9)
    assert figures["by_tone"]["friendly"] == {"count": 9, "amount_to_ask": Decimal(900)}


def test_a_company_of_one_day_has_nobody_to_remind():
    analysis = INSIGHT.compute(make_books(), {})

    assert analysis.figures["customers"] == []
    assert analysis.figures["totals"]["receivables"] == 0
    assert all(each.theirs is None for each in analysis.ties)


def test_lists_and_payments_that_were_not_read_are_missing():
    books = make_books(make_invoice("7", "1", "900", late=20), read={}, lists=frozenset())

    analysis = INSIGHT.compute(books, {})

    assert {each.what for each in analysis.missing} == {
        "customers",
        "accounts",
        "invoices",
        "payments of customers",
    }
    assert analysis.figures["customers"][0]["last_contact"]["last_payment"] == "not known"


def test_what_is_read_is_what_is_open_and_two_years_of_payments():
    wanted = INSIGHT.plan({}, TODAY)

    assert [each.is_open for each in wanted.records] == [True, False, False]
    assert {each.report for each in wanted.reports} == {"aged_receivables", "balance_sheet"}


def test_who_never_paid_is_reminded_of_everything_overdue_and_others_of_what_is_unusual():
    others = pay_late("2", 20) + pay_late("3", 20)
    invoices = [*make_invoice("7", "1", "900", late=120), *make_invoice("8", "1", "80", late=2)]

    [never] = collect(*others, *invoices)["customers"]
    [usual] = collect(*others, *pay_late("1", 20), *invoices)["customers"]

    assert (never["amount_to_ask"], usual["amount_to_ask"]) == (980, 900)
    assert [each["remind"] for each in usual["invoices"]] == [True, False]


def test_no_delay_is_left_alone_for_more_than_two_months():
    habit = pay_late("1", 80)

    [early] = collect(*habit, *make_invoice("7", "1", "900", late=60))["customers"]
    [late] = collect(*habit, *make_invoice("7", "1", "900", late=61))["customers"]

    assert (early["tone"], late["tone"]) == ("wait", "friendly")


def test_a_delay_counts_when_the_whole_invoice_was_paid_with_money_that_has_come():
    [part, paid] = make_invoice("6", "1", "100", late=60, paid=4)
    [used, credit] = make_invoice("5", "1", "100", late=60, paid=4)
    [future, later] = make_invoice("4", "1", "100", late=60, paid=70)

    [row] = collect(
        *make_invoice("7", "1", "900", late=20),
        replace(part, open=Decimal(50)), paid,
        used, replace(credit, total=Decimal(0)),
        future, later,
    )["customers"]  # fmt: skip

    assert row["payments_seen"] == 0


def test_a_letter_asks_in_the_currency_of_the_company_where_a_credit_is_in_another():
    credit = make_transaction(
        "customer_credit", "3", TODAY, Key("customers", "1"), make_line("100"), open="100", currency="USD"
    )
    foreign = {"currency": "EUR", "rate": "1.25"}

    [row] = collect(*make_invoice("7", "1", "800", late=20, **foreign), credit)["customers"]

    assert "payment of 900.00 USD by" in row["draft"]
