"""Revenue, quantity, average price, cost and margin of each item, customer or class, beside the period before.

What no item, customer or class is named for is a line of its own, so that everything adds up to the income of the
profit and loss report. `unit_tallies` adds up the books, `unit_costs` finds what was paid for what was sold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from runtime.insights.analysis import Analysis, Insight, Options, Records, Tie, Wanted, WantedReport
from runtime.insights.bookings import BOOKED, CUSTOMERS, to_cents
from runtime.insights.books import ZERO, Books, Key, Missing
from runtime.insights.confirming import confirm_total, sum_totals
from runtime.insights.period_pairs import Days, choose_days, find_unread
from runtime.insights.unit_costs import (
    CUSTOMER_INCOME,
    IN_BOOKS,
    ITEM_AMOUNT,
    Cost,
    CostRule,
    make_cost_rule,
)
from runtime.insights.unit_tallies import Tallies, Tally, sum_by

USUAL_LIMIT, USUAL_BY = 20, "item"
"""As the tool says."""
MOST_RECORDS = 5
"""Records of a row as evidence: those that one looks at first."""
RESULT, ROWS, ROWS_BEFORE = "profit_and_loss", "rows", "rows_before"
REPORTS = {"item": "item_sales", "customer": "customer_income", "class": RESULT}
"""The report with rows, or columns, of what is asked for."""
STEPS = {"class": "segment"}


class Pair(NamedTuple):
    """The same of the period and of the one before it."""

    now: Tallies
    before: Tallies
    cost: CostRule
    cost_before: CostRule


def choose_wanted(options: Options, today: date) -> Wanted:
    """Return what is read: whatever books income or costs in both periods, and the reports that show the same."""
    days, by = choose_days(options, today), _choose_by(options)
    step = STEPS.get(by, "")
    return Wanted(
        (Records(BOOKED, days.before.start, days.end),),
        ("accounts", "items", "customers", "segments")
        if by == "class"
        else ("accounts", "items", "customers"),
        (
            WantedReport(RESULT, RESULT, days.start, days.end),
            WantedReport(ROWS, REPORTS[by], days.start, days.end, step),
            WantedReport(ROWS_BEFORE, REPORTS[by], days.before.start, days.before.end, step),
        ),
    )


def compute(books: Books, options: Options) -> Analysis:
    """Return what each item, customer or class brought in and cost."""
    days, by = choose_days(options, books.today), _choose_by(options)
    limit = int(options.get("limit") or USUAL_LIMIT)
    pair = Pair(
        sum_by(books, days, by),
        sum_by(books, days.before, by),
        make_cost_rule(books, by, books.reports.get(ROWS)),
        make_cost_rule(books, by, books.reports.get(ROWS_BEFORE)),
    )
    named = [id_ for id_ in {*pair.now, *pair.before} if id_]
    named.sort(key=lambda id_: (-_get(pair.now, id_).revenue, -_get(pair.before, id_).revenue, len(id_), id_))
    whole = sum((each.revenue for each in pair.now.values()), ZERO)
    rows = {id_: _describe(id_, by, books, pair, whole) for id_ in named}
    figures = {
        "by": by,
        "period": days.as_dict(),
        "period_before": days.before.as_dict(),
        "currency": books.currency,
        "rows": [rows[id_] for id_ in named[:limit]],
        "shown": min(len(named), limit),
        "count": len(named),
        f"without_{_add_article(by)}": _describe_rest(pair),
        "totals": _sum_up(books, by, pair, rows),
        "does_not_tie": _list_differences(rows, limit),
    }
    return Analysis(
        figures,
        tuple(record for id_ in named[:limit] for record in _list_records(_get(pair.now, id_))),
        tuple(_list_assumptions(books, days, by)),
        tuple(_list_ties(books, by, pair)),
        tuple(_list_missing(books, days, by)),
    )


def _choose_by(options: Options) -> str:
    return str(options.get("by") or USUAL_BY)


def _add_article(by: str) -> str:
    return f"an_{by}" if by == "item" else f"a_{by}"


def _get(tallies: Tallies, id_: str) -> Tally:
    return tallies.get(id_) or Tally()


def _describe(id_: str, by: str, books: Books, pair: Pair, whole: Decimal) -> dict[str, Any]:
    now, before = _get(pair.now, id_), _get(pair.before, id_)
    cost, former = pair.cost(id_, now), pair.cost_before(id_, before)
    key, name = _name(id_, by, books)
    return {
        by: key,
        "name": name,
        **_list_sales(now),
        "share_percent": _measure_percent(now.revenue, whole),
        **_list_margins(by, now, cost),
        "before": _list_sales(before) | {"gross_margin": _find_margin(before, former)},
        "change": to_cents(now.revenue - before.revenue),
        **(_explain_change(now, before) if by == "item" else {}),
        **(cost.confirmed or {}),
    }


def _name(id_: str, by: str, books: Books) -> tuple[str, str]:
    """Return the key and the name of what a row is of; its Id where it is not known."""
    if by == "customer":
        key = Key(CUSTOMERS, id_)
        return str(key), books.name_party(key)
    known = books.items.get(id_) if by == "item" else books.segments.get(id_)
    return (str(known.key), known.name) if known is not None else (id_, f"{by} {id_}")


def _list_sales(row: Tally) -> dict[str, Any]:
    return {
        "sales": to_cents(row.sales),
        "discounts": to_cents(row.discounts),
        "revenue": to_cents(row.revenue),
        "quantity": row.quantity,
        "average_price": row.average_price,
    }


def _find_margin(row: Tally, cost: Cost) -> Decimal | None:
    return None if cost.goods is None else to_cents(row.revenue - cost.goods)


def _list_margins(by: str, row: Tally, cost: Cost) -> dict[str, Any]:
    """Return cost and gross margin; for customers and classes also what is left after other costs that name them."""
    margin = _find_margin(row, cost)
    found = {
        "cost_of_goods": cost.goods,
        "cost_source": cost.source,
        "gross_margin": margin,
        "gross_margin_percent": None if margin is None else _measure_percent(margin, row.revenue),
    }
    if by != "item" and margin is not None:
        found |= {"expenses": cost.expenses, "contribution": margin - cost.expenses}
    return found


def _measure_percent(part: Decimal, whole: Decimal) -> Decimal | None:
    """Return a part in percent of a whole, with one decimal; None of a whole that is not above zero."""
    return (part * 100 / whole).quantize(Decimal("0.1")) if whole > 0 else None


def _explain_change(now: Tally, before: Tally) -> dict[str, Any]:
    """Return how much of the change in sales comes from units, and how much from their price; both add up to it."""
    change = now.sales - before.sales
    is_comparable = all(each.quantity > 0 and each.sales > 0 for each in (now, before))
    if not is_comparable:
        return {"volume_effect": to_cents(change), "price_effect": ZERO.quantize(Decimal("0.01"))}
    volume = to_cents((now.quantity - before.quantity) * before.sales / before.quantity)
    return {"volume_effect": volume, "price_effect": to_cents(change - volume)}


def _describe_rest(pair: Pair) -> dict[str, Any]:
    """Return what could not be assigned, by the kind of transaction that it is from."""
    now = _get(pair.now, "")
    kinds: dict[str, Decimal] = {}
    for record, amount in now.records.items():
        resource = record.split(":", 1)[0]
        kinds[resource] = kinds.get(resource, ZERO) + amount
    return {
        "revenue": to_cents(now.revenue),
        "before": to_cents(_get(pair.before, "").revenue),
        "cost_of_goods": to_cents(now.cost_of_sales),
        "expenses": to_cents(now.expenses),
        "from": {resource: to_cents(amount) for resource, amount in sorted(kinds.items())},
        "records": sorted(now.records, key=lambda each: (-abs(now.records[each]), each))[:MOST_RECORDS],
        "records_count": len(now.records),
    }


def _sum_up(books: Books, by: str, pair: Pair, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return how the rows, and what is in none, add up to the income of the company."""
    assigned = sum((row["revenue"] for row in rows.values()), ZERO)
    rest = to_cents(_get(pair.now, "").revenue)
    outside = to_cents(sum((each.outside for each in pair.now.values()), ZERO))
    known = [row for row in rows.values() if row["gross_margin"] is not None]
    known_revenue = sum((row["revenue"] for row in known), ZERO)
    totals = {
        "assigned": assigned,
        "not_assigned": rest,
        **({"booked_outside_income": outside} if by == "item" else {}),
        "income": assigned + rest - outside,
        "income_before": to_cents(sum((each.revenue - each.outside for each in pair.before.values()), ZERO)),
        "gross_margin_where_cost_is_known": sum((row["gross_margin"] for row in known), ZERO),
        "cost_is_known_for_percent": _measure_percent(known_revenue, assigned),
    }
    cost = sum_totals(books.reports.get(RESULT), "cost_of_sales")
    if cost is not None:
        in_books = (row["cost_of_goods"] for row in known if row["cost_source"] == IN_BOOKS)
        totals |= {"cost_of_sales": cost, "cost_of_sales_not_assigned": cost - sum(in_books, ZERO)}
    return totals


def _list_differences(rows: Mapping[str, Mapping[str, Any]], limit: int) -> dict[str, Any]:
    wrong = [row for row in rows.values() if row.get("ties") is False]
    return {"count": len(wrong), "names": [row["name"] for row in wrong[:limit]]}


def _list_records(row: Tally) -> Iterator[str]:
    return iter(sorted(row.records, key=lambda each: (-abs(row.records[each]), each))[:MOST_RECORDS])


def _list_ties(books: Books, by: str, pair: Pair) -> Iterator[Tie]:
    """Yield the income of the company, and the totals of the report with rows."""
    income = to_cents(sum((each.revenue - each.outside for each in pair.now.values()), ZERO))
    named = [each for id_, each in pair.now.items() if id_]
    report = books.reports.get(RESULT)
    sums = ("income",) if by == "item" else ("income", "other_income")
    yield Tie("income", income, report.tool if report else RESULT, sum_totals(report, *sums))
    if by == "item":
        sales = to_cents(sum((each.sales for each in named), ZERO))
        units = sum((each.quantity for each in named), ZERO)
        yield confirm_total(books, ROWS, "sales of items", sales, place=ITEM_AMOUNT)
        yield confirm_total(books, ROWS, "units of items", units, place=ITEM_AMOUNT - 1)
        former = sum((each.sales for id_, each in pair.before.items() if id_), ZERO)
        yield confirm_total(
            books, ROWS_BEFORE, "sales of items in the period before", to_cents(former), place=ITEM_AMOUNT
        )
    elif by == "customer":
        revenue = to_cents(sum((each.revenue for each in named), ZERO))
        yield confirm_total(books, ROWS, "income from customers", revenue, place=CUSTOMER_INCOME)


def _list_assumptions(books: Books, days: Days, by: str) -> Iterator[str]:
    if days.end > books.today:
        yield f"The period is not over: it holds what was entered by {books.today}."
    if by == "item":
        yield "The discount of a whole form is shared out among its items by their amounts."
        yield "Of items without stock the cost is what was bought of them, else their purchase cost times quantity."
    else:
        yield "Revenue is all income after discounts; contribution also takes off the expenses that name the row."
    if any(each.rate != 1 for each in books.list_kinds(*BOOKED)):
        yield "Amounts in other currencies count at the exchange rate of each transaction."


def _list_missing(books: Books, days: Days, by: str) -> Iterator[Missing]:
    yield from find_unread(books, BOOKED, Days(days.before.start, days.end))
    lists = {
        "accounts": "Without them it is not known what is income.",
        "items": "Their accounts and costs are not known.",
    }
    if by != "item":
        lists |= (
            {"customers": "Their names are not known."}
            if by == "customer"
            else {"segments": "Names of classes are not known."}
        )
    for name, why in lists.items():
        if name not in books.lists:
            yield Missing(name, why)


INSIGHT = Insight("unit_economics", choose_wanted, compute)
