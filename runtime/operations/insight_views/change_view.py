"""The explanation of a change in profit as people see it: the bridge from one month to the other, and its parts."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.operations.exports.sheet import Cell
from runtime.operations.formats import Formats
from runtime.operations.insight_views.answer_values import (
    Part,
    TableForm,
    Values,
    count_shown,
    make_columns,
    make_table,
    read_amount,
    read_count,
    read_map,
    read_maps,
    read_records,
    read_text,
    write_change,
    write_month,
)
from runtime.operations.insight_views.summary import Style, Summary
from runtime.operations.insight_views.view import Fact, InsightRow, InsightTable

_BRIDGE = (
    Part("step", "text", "label"),
    Part("change", "amount", "amount"),
    Part("profit after it", "amount", "running"),
)
_CAUSES = (Part("cause", "text", "label"), Part("Change", "amount", "amount"))
_MOVED = (
    Part("before", "amount", "before"),
    Part("after", "amount", "after"),
    Part("effect on profit", "amount", "effect"),
)
_SAYS = (Part("in words", "text", "says"),)
_LISTS: tuple[tuple[str, str, tuple[Part, ...], str], ...] = (
    ("by_account", "By account", (Part("account", "text", "account"), *_MOVED, *_SAYS), "id"),
    (
        "by_customer",
        "By customer and vendor",
        (Part("name", "text", "name"), Part("Account", "text", "account"), *_MOVED, *_SAYS),
        "party",
    ),
    (
        "by_item",
        "By item, price and volume",
        (
            Part("item", "text", "item"),
            Part("account", "text", "account"),
            Part("quantity before", "number", "quantity_before"),
            Part("quantity after", "number", "quantity_after"),
            Part("from price", "amount", "price_effect"),
            Part("from volume", "amount", "volume_effect"),
            Part("from mix", "amount", "mix_effect"),
            Part("effect on profit", "amount", "effect"),
            *_SAYS,
        ),
        "id",
    ),
)
"""The lists of an answer: member, title, columns, and the member that names what a row is of."""


def describe_change(figures: Values, style: Style) -> Summary:
    """Return a bridge as it is shown."""
    formats = style.formats
    month, before = read_text(figures, "month"), read_text(figures, "compared_with")
    headline = read_text(figures, "says") or "Why the profit of the months differs is not known."
    period = " compared with ".join(write_month(each) for each in (month, before) if each)
    file_part = "-against-".join(each for each in (month, before) if each)
    facts, tables = tuple(_list_facts(figures, formats)), tuple(_list_tables(figures, formats))
    return Summary(headline, period, file_part, facts, tables)


def _list_facts(figures: Values, formats: Formats) -> Iterator[Fact]:
    profit = read_map(figures, "profit")
    for member, month in (("before", "compared_with"), ("after", "month")):
        if (amount := read_amount(profit, member)) is not None:
            yield Fact(f"Profit of {write_month(read_text(figures, month))}", formats.write_money(amount))
    if (change := read_amount(profit, "change")) is not None:
        yield Fact("Change", write_change(change, formats))


def _list_tables(figures: Values, formats: Formats) -> Iterator[InsightTable]:
    yield _make_bridge(figures)
    causes = read_maps(figures, "by_cause")
    yield make_table(TableForm("by_cause", "By cause", _CAUSES, empty="Nothing changed."), causes)
    for member, title, parts, named_by in _LISTS:
        rows, counts = read_maps(figures, member), read_map(figures, f"lists.{member}")
        note = count_shown(figures, member, len(rows), read_count(counts, "count"))
        if note and (rest := read_amount(counts, "not_shown")) is not None:
            note += f" Those that are not shown come to {formats.write_amount(rest)}."
        yield make_table(
            TableForm(member, title, parts, records=(named_by, "records"), empty="Nothing changed."),
            rows,
            note,
        )


def _make_bridge(figures: Values) -> InsightTable:
    """Return the bridge with the profit of both months as its ends."""
    steps, profit = read_maps(figures, "bridge"), read_map(figures, "profit")
    rows = [
        InsightRow(
            (
                read_text(each, "label"),
                read_amount(each, "amount"),
                read_amount(each, "running"),
            ),
            read_records(each, "records"),
        )
        for each in steps
    ]
    before, after = read_amount(profit, "before"), read_amount(profit, "after")
    if before is not None:
        first: tuple[Cell, ...] = (
            f"Profit of {write_month(read_text(figures, 'compared_with'))}",
            None,
            before,
        )
        rows.insert(0, InsightRow(first, kind="header"))
    if after is not None:
        change = read_amount(profit, "change")
        rows.append(
            InsightRow((f"Profit of {write_month(read_text(figures, 'month'))}", change, after), (), "total")
        )
    note = count_shown(figures, "bridge", len(steps))
    return InsightTable("bridge", "Bridge", make_columns(_BRIDGE), tuple(rows), note, "There is no bridge.")
