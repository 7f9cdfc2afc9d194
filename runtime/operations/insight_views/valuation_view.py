"""A valuation as people see it: the value at three multiples, what was added back, what would raise it."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.operations.formats import Formats
from runtime.operations.insight_views.answer_values import (
    Part,
    TableForm,
    Values,
    count_shown,
    find_member,
    make_table,
    read_amount,
    read_count,
    read_map,
    read_maps,
    read_text,
    write_period,
    write_title,
    write_within,
)
from runtime.operations.insight_views.summary import Style, Summary
from runtime.operations.insight_views.view import Fact, InsightTable, Notice, RowKind

_SENSITIVITY = (
    Part("change of EBITDA", "percent", "change_percent", is_hundredths=True),
    Part("adjusted EBITDA", "amount", "adjusted_ebitda"),
    Part("low", "amount", "low"),
    Part("mid", "amount", "mid"),
    Part("high", "amount", "high"),
)
_ADD_BACKS = (
    Part("add-back", "text", "label"),
    Part("kind", "text", "kind_title"),
    Part("amount", "amount", "amount"),
    Part("confirmed", "text", "confirmed"),
    Part("why", "text", "why"),
    Part("id", "text", "id"),
)
_LEVERS = (
    Part("what", "text", "says"),
    Part("effect on EBITDA", "amount", "effect_on_ebitda"),
    Part("effect on value", "amount", "effect_on_value"),
)
_DRIVERS = (
    Part("what buyers look for", "text", "title"),
    Part("measured %", "number", "value"),
    Part("looked for %", "text", "looked_for"),
    Part("reached", "text", "reached"),
    Part("source", "text", "source"),
)
_EARNINGS = (
    Part("line", "text", "title"),
    Part("twelve months", "amount", "now"),
    Part("year before", "amount", "before"),
)
_CUSTOMERS = (
    Part("customer", "text", "name"),
    Part("revenue", "amount", "revenue"),
    Part("share", "percent", "share_percent", is_hundredths=True),
)
_SHARES = ("recurring.share_percent", "concentration.largest_percent", "churn.customers_percent")
_TITLES = ("Recurring revenue", "Largest customer", "Customers lost in the year")
_YES: dict[object, str] = {True: "Yes", False: "No"}


def describe_valuation(figures: Values, style: Style) -> Summary:
    """Return a valuation as it is shown."""
    formats = style.formats
    period = write_period(read_map(figures, "period"), formats)
    notices = [Notice("info", says)] if (says := read_text(figures, "says")) else []
    return Summary(
        _say(figures, formats, period),
        period,
        read_text(figures, "period.end")[:7],
        tuple(_list_facts(figures, formats, period)),
        tuple(_list_tables(figures)),
        tuple(notices),
    )


def _say(figures: Values, formats: Formats, period: str) -> str:
    adjusted = formats.write_money(read_amount(figures, "adjusted_ebitda"))
    low, mid, high = (read_amount(figures, f"value.{name}") for name in ("low", "mid", "high"))
    if low is None or mid is None or high is None:
        why = read_text(figures, "why_no_value") or "The figures for it are not there."
        return f"No value can be estimated: {why}"
    money = [formats.write_money(each) for each in (mid, low, high)]
    return (
        f"The business may be worth about {money[0]} ({money[1]} to {money[2]}), by an adjusted EBITDA of "
        f"{adjusted}{write_within(period)}. This is an estimate."
    )


def _list_facts(figures: Values, formats: Formats, period: str) -> Iterator[Fact]:
    if period:
        yield Fact("Period", period)
    for title, path in (
        ("Value, mid", "value.mid"),
        ("Adjusted EBITDA", "adjusted_ebitda"),
        ("EBITDA of the books", "earnings.ebitda"),
        ("Added back", "added_back"),
        ("Proposed and not confirmed", "not_confirmed"),
    ):
        if (amount := read_amount(figures, path)) is not None:
            yield Fact(title, formats.write_money(amount))
    for title, path in zip(_TITLES, _SHARES, strict=True):
        if (share := read_amount(figures, path)) is not None:
            yield Fact(title, formats.write_percent(share / 100))
    if source := read_text(figures, "multiples.source"):
        date = read_text(figures, "multiples.date")
        yield Fact("Multiples of", f"{source}, {date}" if date else source)


def _list_tables(figures: Values) -> Iterator[InsightTable]:
    rows = read_maps(figures, "sensitivity")
    yield make_table(
        TableForm("sensitivity", "How the value moves", _SENSITIVITY, empty="There is no value."), rows
    )
    levers = read_maps(figures, "levers")
    yield make_table(
        TableForm("levers", "What would raise it most", _LEVERS, empty="No lever is known."),
        levers,
        count_shown(figures, "levers", len(levers)),
    )
    yield _list_add_backs(figures)
    drivers = [
        {
            **each,
            "title": write_title(read_text(each, "name").removesuffix("_percent")),
            "reached": _YES.get(find_member(each, "is_met"), "Not known"),
        }
        for each in read_maps(figures, "drivers")
    ]
    yield make_table(TableForm("drivers", "What buyers look for", _DRIVERS), drivers)
    now, before = read_map(figures, "earnings"), read_map(figures, "earnings_before")
    lines = [
        {"title": write_title(name).replace("Ebitda", "EBITDA"), "now": now[name], "before": before.get(name)}
        for name in now
        if not name.endswith("_percent")
    ]
    yield make_table(TableForm("earnings", "Earnings", _EARNINGS), lines)
    customers = read_maps(figures, "concentration.largest")
    yield make_table(
        TableForm("largest_customers", "Largest customers", _CUSTOMERS, records=("customer",)), customers
    )


def _list_add_backs(figures: Values) -> InsightTable:
    listed = [
        {
            **each,
            "kind_title": write_title(read_text(each, "kind")),
            "confirmed": _YES.get(find_member(each, "is_confirmed"), ""),
        }
        for each in read_maps(figures, "add_backs")
    ]
    custom = [
        {**each, "kind_title": "Given", "confirmed": "Yes"} for each in read_maps(figures, "custom_add_backs")
    ]
    note = count_shown(figures, "add_backs", len(listed), read_count(figures, "add_backs_count"))
    form = TableForm(
        "add_backs", "Add-backs, to be confirmed one by one", _ADD_BACKS, records=("records",),
        empty="Nothing is proposed to be added back.", find_kind=_find_kind,
    )  # fmt: skip
    return make_table(form, [*listed, *custom], note)


def _find_kind(add_back: Values) -> RowKind:
    return "done" if read_text(add_back, "confirmed") == "Yes" else "open"
