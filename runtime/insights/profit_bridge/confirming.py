"""Figures of the records beside those of the reports. Called by `explaining`.

The cost of stock sold is on no record: for the accounts that it is posted to, and for the costs as a whole, what the
report shows of it is taken over, and said in the name of the figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from runtime.insights.analysis import Tie
from runtime.insights.books import ZERO
from runtime.insights.profit_bridge.changes import AccountChange
from runtime.insights.profit_bridge.months import Month, Months
from runtime.insights.profit_bridge.statements import EARNING, SECTIONS, Statement, sign

TOOL = "profit_and_loss"
"""What the report is called where it was not read."""
COSTS = tuple(each for each in SECTIONS if each not in EARNING)


def confirm_figures(
    months: Months, statements: tuple[Statement | None, Statement | None], changes: Sequence[AccountChange]
) -> Iterator[Tie]:
    """Yield the ties of both months: income, costs and profit, and each account that does not tie."""
    places = [1] if months.before == months.after else [0, 1]
    for place in places:
        yield from _confirm_month(months[place], place, statements[place], changes)


def _confirm_month(
    month: Month, place: int, statement: Statement | None, changes: Sequence[AccountChange]
) -> Iterator[Tie]:
    tool = statement.tool if statement is not None else TOOL
    earned = _add_up(place, statement, [each for each in changes if each.section in EARNING])
    spent = _add_up(place, statement, [each for each in changes if each.section in COSTS])
    has_stock = any(each.has_stock for each in changes)
    costs = "costs, with the cost of stock sold as reported," if has_stock else "costs"
    income_shown = statement.add_up(*EARNING) if statement is not None else None
    costs_shown = statement.add_up(*COSTS) if statement is not None else None
    yield Tie(f"income of {month} by the records", earned, tool, income_shown)
    yield Tie(f"{costs} of {month} by the records", spent, tool, costs_shown)
    if statement is None:
        return
    shown = sum((sign(each.section) * each.amount for each in statement.figures.values()), ZERO)
    yield Tie(f"net income of {month}", shown, tool, statement.totals.get("net_income") or ZERO)
    for each in changes:
        ours, theirs = _read(each, place, statement)
        if ours != theirs:
            yield Tie(f"{each.label} of {month} by the records", ours, tool, theirs)


def _add_up(place: int, statement: Statement | None, changes: Sequence[AccountChange]) -> Decimal:
    return sum((_read(each, place, statement)[0] for each in changes), ZERO)


def _read(change: AccountChange, place: int, statement: Statement | None) -> tuple[Decimal, Decimal]:
    """Return what the records and the report show of an account; the latter for both where stock is sold by it."""
    posted = (change.posted_before, change.posted_after)[place]
    if statement is None:
        return posted, posted
    figure = statement.figures.get(change.id)
    shown = figure.amount if figure is not None else ZERO
    return (shown if change.has_stock else posted), shown
