"""Unit economics as people see them: price, cost and margin of each item, customer or class, and what adds up to it."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.operations.formats import Formats
from runtime.operations.insight_views.answer_values import (
    Part,
    TableForm,
    Values,
    count_shown,
    make_table,
    read_amount,
    read_count,
    read_map,
    read_maps,
    read_text,
    read_texts,
    write_count,
    write_period,
    write_title,
    write_within,
)
from runtime.operations.insight_views.periods import list_periods, name_period
from runtime.operations.insight_views.summary import Style, Summary
from runtime.operations.insight_views.view import Fact, InsightTable, Notice

_SALES = (
    Part("revenue", "amount", "revenue"),
    Part("share", "percent", "share_percent", is_hundredths=True),
    Part("quantity", "number", "quantity"),
    Part("average price", "amount", "average_price"),
    Part("cost", "amount", "cost_of_goods"),
    Part("gross margin", "amount", "gross_margin"),
    Part("margin %", "percent", "gross_margin_percent", is_hundredths=True),
)
_OF_ITEMS = (Part("from volume", "amount", "volume_effect"), Part("From price", "amount", "price_effect"))
_OF_OTHERS = (Part("other expenses", "amount", "expenses"), Part("Contribution", "amount", "contribution"))
_BEFORE = (Part("revenue before", "amount", "before.revenue"), Part("Change", "amount", "change"))
_TOTALS = (Part("total", "text", "title"), Part("amount", "amount", "amount"))
_FROM = (Part("from", "text", "title"), Part("Revenue", "amount", "amount"))
_PLURALS = {"item": "items", "customer": "customers", "class": "classes"}
_PERCENT = "_percent"


def describe_units(figures: Values, style: Style) -> Summary:
    """Return unit economics as they are shown."""
    formats = style.formats
    by, rows = read_text(figures, "by") or "item", read_maps(figures, "rows")
    period = write_period(read_map(figures, "period"), formats)
    return Summary(
        _say(figures, by, rows, period, formats),
        period,
        name_period(figures),
        tuple(_list_facts(figures, formats)),
        tuple(_list_tables(figures, by, rows)),
        tuple(_list_notices(figures)),
    )


def _say(figures: Values, by: str, rows: list[Values], period: str, formats: Formats) -> str:
    count, of = max(len(rows), read_count(figures, "count")), write_within(period)
    plural = _PLURALS.get(by, f"{by}s")
    if not count:
        return f"No {by} brought in or cost anything{of}."
    assigned = read_amount(figures, "totals.assigned")
    said = f"{write_count(count, by, plural)} brought in {formats.write_money(assigned)}{of}"
    margin = read_amount(figures, "totals.gross_margin_where_cost_is_known")
    known = read_amount(figures, "totals.cost_is_known_for_percent")
    if margin is None or not known:
        return f"{said}; what they cost is not known."
    share = formats.write_percent(known / 100)
    return f"{said}, with a gross margin of {formats.write_money(margin)} on the {share} whose cost is known."


def _list_facts(figures: Values, formats: Formats) -> Iterator[Fact]:
    yield from list_periods(figures, formats)
    totals = read_map(figures, "totals")
    for name in totals:
        amount = read_amount(totals, name)
        if amount is not None and name in ("income", "income_before", "assigned", "not_assigned"):
            yield Fact(write_title(name), formats.write_money(amount))


def _list_tables(figures: Values, by: str, rows: list[Values]) -> Iterator[InsightTable]:
    own = _OF_ITEMS if by == "item" else _OF_OTHERS
    parts = (Part(write_title(by), "text", "name"), *_SALES, *_BEFORE, *own)
    note = count_shown(figures, "rows", len(rows), read_count(figures, "count"))
    title = write_title(_PLURALS.get(by, f"{by}s"))
    yield make_table(TableForm("rows", title, parts, records=(by,), empty=f"No {by} was sold."), rows, note)
    totals = read_map(figures, "totals")
    sums = [
        {"title": write_title(name), "amount": totals[name]} for name in totals if not name.endswith(_PERCENT)
    ]
    yield make_table(TableForm("totals", "How it adds up", _TOTALS), sums)
    rest = read_map(figures, "without_an_item" if by == "item" else f"without_a_{by}")
    sources = read_map(rest, "from")
    listed = [{"title": write_title(name), "amount": sources[name]} for name in sources]
    yield make_table(
        TableForm("rest", f"Revenue without {by}", _FROM, empty="Everything is assigned."), listed
    )


def _list_notices(figures: Values) -> Iterator[Notice]:
    differing = read_map(figures, "does_not_tie")
    if count := read_count(differing, "count"):
        names = ", ".join(read_texts(differing, "names")[:3])
        yield Notice(
            "warning", f"{write_count(count, 'row does', 'rows do')} not tie with the report: {names}."
        )
