"""What an item, a customer or a segment cost, from the best source there is, and whether the vendor's report agrees.

Called by `unit_economics`. What goods from stock cost is worked out by the vendor: its report shows it, and no record
does. Where that report was not read, it is the purchase cost of the item for each unit, and said so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from runtime.insights.bookings import is_stocked, to_cents
from runtime.insights.books import ZERO, Books
from runtime.insights.confirming import confirm_row, read_rows, sum_totals
from runtime.insights.report_rows import Report
from runtime.insights.unit_tallies import Tally

IN_BOOKS, BOUGHT, ESTIMATED, UNKNOWN = (
    "cost of goods sold in the books",
    "purchases of it in the period",
    "purchase cost times quantity",
    "not known",
)
"""Where a cost is from, as answers say it."""
ITEM_AMOUNT, ITEM_COST, CUSTOMER_INCOME, CUSTOMER_COST = 2, 5, 1, 2
"""The columns of sales by item and of income by customer, the name being 0."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of goods, None where it is not known; `expenses` are other costs that name the customer or segment."""

    goods: Decimal | None
    source: str
    expenses: Decimal = ZERO
    confirmed: Mapping[str, Any] | None = None
    """Whether the report's row agrees (`confirming.confirm_row`)."""


CostRule = Callable[[str, Tally], Cost]


def make_cost_rule(books: Books, by: str, report: Report | None) -> CostRule:
    """Return what finds the cost of a row, by the report of the same period that has rows of its kind."""
    if by == "item":
        return _make_item_rule(books, report)
    return _make_customer_rule(books, report) if by == "customer" else _make_segment_rule(books, report)


def _make_item_rule(books: Books, report: Report | None) -> CostRule:
    amounts, costs = read_rows(report, ITEM_AMOUNT), read_rows(report, ITEM_COST)

    def find(id_: str, tally: Tally) -> Cost:
        item = books.items.get(id_)
        confirmed = confirm_row(amounts, id_, to_cents(tally.sales))
        if is_stocked(item) and costs is not None:
            return Cost(costs.get(id_, ZERO), IN_BOOKS, confirmed=confirmed)
        if tally.cost_of_sales and not is_stocked(item):
            return Cost(to_cents(tally.cost_of_sales), BOUGHT, confirmed=confirmed)
        if item is not None and item.cost:
            return Cost(to_cents(item.cost * tally.quantity), ESTIMATED, confirmed=confirmed)
        return Cost(None, UNKNOWN, confirmed=confirmed)

    return find


def _make_customer_rule(books: Books, report: Report | None) -> CostRule:
    income, costs = read_rows(report, CUSTOMER_INCOME), read_rows(report, CUSTOMER_COST)

    def find(id_: str, tally: Tally) -> Cost:
        named = tally.cost_of_sales + tally.expenses
        confirmed = confirm_row(income, id_, to_cents(tally.revenue))
        if costs is None:
            return _estimate(books, tally, confirmed)
        return _add_stock(tally, to_cents(costs.get(id_, ZERO) - named), confirmed)

    return find


def _make_segment_rule(books: Books, report: Report | None) -> CostRule:
    places = _find_places(books, report)

    def find(id_: str, tally: Tally) -> Cost:
        place = places.get(id_)
        if report is None or not id_ or (place is None and id_ in places):
            return _estimate(books, tally, {"ties": "not checked"})
        income = cost = expenses = ZERO
        if place is not None:
            income = sum_totals(report, "income", "other_income", place=place) or ZERO
            cost = sum_totals(report, "cost_of_sales", place=place) or ZERO
            expenses = sum_totals(report, "expenses", "other_expenses", place=place) or ZERO
        confirmed = confirm_row({id_: income}, id_, to_cents(tally.revenue))
        if confirmed["ties"] is True:
            confirmed = confirm_row({id_: expenses}, id_, to_cents(tally.expenses))
        return _add_stock(tally, to_cents(cost - tally.cost_of_sales), confirmed)

    return find


def _find_places(books: Books, report: Report | None) -> dict[str, int | None]:
    """Return the column of each segment, by its whole name or the last part of it; None where two have the same."""
    if report is None:
        return {}
    found: dict[str, int | None] = {}
    for id_, segment in books.segments.items():
        for name in (segment.name, segment.name.rsplit(":", 1)[-1]):
            if count := report.columns.count(name):
                found[id_] = report.columns.index(name) if count == 1 else None
                break
    return found


def _add_stock(tally: Tally, stock: Decimal, confirmed: dict[str, Any]) -> Cost:
    """Return the cost with what the books show beyond the lines that name it, which is that of goods from stock."""
    if stock and not tally.stocked and confirmed.get("ties") is True:
        confirmed = {
            "ties": False,
            "says": "does not tie: the report shows costs that no line names",
            "difference": -stock,
        }
    source = IN_BOOKS if stock or tally.cost_of_sales else "no cost in the books"
    return Cost(to_cents(tally.cost_of_sales + stock), source, to_cents(tally.expenses), confirmed)


def _estimate(books: Books, tally: Tally, confirmed: dict[str, Any]) -> Cost:
    """Return the cost with goods from stock at the purchase cost of their items."""
    costs = ((books.items[id_].cost, units) for id_, units in tally.stocked.items())
    stock = sum((cost * units for cost, units in costs), ZERO)
    source = ESTIMATED if tally.stocked else IN_BOOKS if tally.cost_of_sales else "no cost in the books"
    return Cost(to_cents(tally.cost_of_sales + stock), source, to_cents(tally.expenses), confirmed)
