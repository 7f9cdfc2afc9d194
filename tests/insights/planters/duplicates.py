"""Bills, expenses and invoices typed in twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from runtime.insights.books import Transaction
from runtime.simulators.quickbooks.companies import forms
from tests.insights.planters.habits import Habit
from tests.insights.planters.typing import Typist, move_to_weekday


def plant_duplicates(typist: Typist) -> None:
    """Plant one of each variety."""
    enter_bill_again(typist)
    enter_with_other_number(typist)
    enter_with_other_amount(typist)
    enter_expense_beside_bill(typist)
    enter_invoice_again(typist)


def enter_bill_again(typist: Typist) -> None:
    """Enter a bill of the simulator once more, up to a week later, without a number on either."""
    habit = typist.choose_habit(lambda each: each.pays_bills and _list_bills(typist, each) != [])
    bill = typist.chance.choice(_list_bills(typist, habit))
    day = move_to_weekday(bill.day + timedelta(days=typist.chance.randint(1, 6)))
    again = typist.purchase(habit, day, int(bill.total * 100), is_bill=True)
    typist.note("duplicate", (str(bill.key), again), f"bill of {habit.name} entered twice", "number_repeated")


def enter_with_other_number(typist: Typist) -> None:
    """Enter a bill twice within days, with two digits of its number the other way round."""
    habit = typist.choose_habit(lambda each: each.is_varied)
    day, cents = typist.choose_day(), typist.draw_usual(habit)
    number = str(typist.chance.choice((48_213, 70_164, 23_957, 61_805, 90_427)) + typist.chance.randint(0, 2))
    wrong = number[:2] + number[3] + number[2] + number[4:]
    first, second = (f"{habit.name[:2].upper()}-{each}" for each in (number, wrong))
    later = move_to_weekday(day + timedelta(days=typist.chance.randint(0, 5)))
    records = (
        typist.purchase(habit, day, cents, number=first, is_bill=True),
        typist.purchase(habit, later, cents, number=second, is_bill=True),
    )
    typist.note("duplicate", records, f"{first} of {habit.name} entered again as {second}")


def enter_with_other_amount(typist: Typist) -> None:
    """Enter a bill twice within two weeks, under the same number, with two digits of the amount the other way round."""
    habit = typist.choose_habit(lambda each: each.is_varied)
    day = typist.choose_day()
    cents = typist.draw_usual(habit)
    while exchange_digits(cents) == cents:
        cents = typist.draw_usual(habit)
    number = f"{habit.name[:2].upper()}-{typist.chance.randint(10_000, 99_999)}"
    later = move_to_weekday(day + timedelta(days=typist.chance.randint(2, 12)))
    records = (
        typist.purchase(habit, day, cents, number=number, is_bill=True),
        typist.purchase(habit, later, exchange_digits(cents), number=number, is_bill=True),
    )
    what = f"{number} of {habit.name} entered again with other digits"
    typist.note("duplicate", records, what, "number_repeated")


def exchange_digits(cents: int) -> int:
    """Return an amount with its second and third digit the other way round."""
    text = str(cents)
    return int(text[0] + text[2] + text[1] + text[3:])


def enter_expense_beside_bill(typist: Typist) -> None:
    """Pay a bill by an expense of the same amount some days later, so that its cost is in the books twice."""
    habit = typist.choose_habit(lambda each: each.pays_bills and _list_bills(typist, each) != [])
    bill = typist.chance.choice(_list_bills(typist, habit))
    day = move_to_weekday(bill.day + timedelta(days=typist.chance.randint(3, 14)))
    paid = typist.purchase(habit, day, int(bill.total * 100), is_bill=False)
    typist.note("duplicate", (str(bill.key), paid), f"bill of {habit.name}, and an expense for it")


def enter_invoice_again(typist: Typist) -> None:
    """Enter an invoice for services once more, on its day or up to three days later, under the next number."""
    chosen = typist.chance.choice([each for each in _list_invoices(typist) if each.day.weekday() < 5])
    body = typist.books.read("Invoice", chosen.key.id)
    lines = [_copy_line(each) for each in body["Line"] if each["DetailType"] == "SalesItemLineDetail"]
    day = move_to_weekday(chosen.day + timedelta(days=typist.chance.randint(0, 3)))
    tax = (body.get("TxnTaxDetail") or {}).get("TxnTaxCodeRef", {}).get("value")
    again = typist.enter("Invoice", forms.make_sale(body["CustomerRef"]["value"], day, lines, tax=tax))
    what = f"invoice {chosen.number} of {chosen.party_name} entered twice"
    typist.note("duplicate", (str(chosen.key), again), what)


def _copy_line(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in ("Id", "LineNum")}


def _list_bills(typist: Typist, habit: Habit) -> list[Transaction]:
    """Return the bills of a vendor in the period that are no part of a fault yet."""
    until = typist.end - timedelta(days=25)
    found = (each for each in habit.purchases if each.kind == "bill" and typist.start < each.day < until)
    return [each for each in found if str(each.key) not in typist.touched]


def _list_invoices(typist: Typist) -> list[Transaction]:
    """Return the invoices of the period for services alone, without links and goods in stock."""
    until = typist.end - timedelta(days=10)
    stock = {each.key.id for each in typist.before.items.values() if each.on_hand is not None}
    return [
        each
        for each in typist.before.list_kinds("invoice")
        if typist.start < each.day < until
        and each.total
        and not typist.books.read("Invoice", each.key.id).get("LinkedTxn")
        and str(each.key) not in typist.touched
        and stock.isdisjoint(line.item for line in each.lines)
    ]
