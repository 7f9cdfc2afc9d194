"""The forecast of the cash flow as people see it: weeks with their band, the lowest point, what moves it, what if."""

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
    write_count,
)
from runtime.operations.insight_views.plain_view import list_plain_tables
from runtime.operations.insight_views.summary import Style, Summary
from runtime.operations.insight_views.view import Fact, InsightTable, Notice, RowKind

_WEEKS = (
    Part("Week", "number", "week"),
    Part("From", "day", "start"),
    Part("To", "day", "end"),
    Part("Expected in", "amount", "inflow"),
    Part("Expected out", "amount", "outflow"),
    Part("Balance, median", "amount", "median"),
    Part("80 % band from", "amount", "low"),
    Part("80 % band to", "amount", "high"),
)
_MOVERS = (
    Part("What", "text", "label"),
    Part("Name", "text", "party"),
    Part("Expected on", "day", "day"),
    Part("Amount", "amount", "amount"),
    Part("Why", "text", "says"),
)
_BALANCES = (
    Part("Account", "text", "name"),
    Part("Currency", "text", "currency"),
    Part("Balance", "amount", "balance"),
)


def describe_forecast(figures: Values, style: Style) -> Summary:
    """Return a forecast as it is shown."""
    formats = style.formats
    weeks = read_maps(figures, "weeks")
    days = [read_text(each, "end") for each in weeks if read_text(each, "end")]
    period = f"{write_count(len(weeks), 'week')} ahead" if weeks else ""
    if days:
        period += f", until {formats.write_full_day(days[-1])}"
    return Summary(
        _say(figures, formats),
        period,
        f"until-{days[-1]}" if days else "",
        tuple(_list_facts(figures, weeks, formats)),
        tuple(_list_tables(figures, weeks)),
        tuple(_list_notices(figures, formats)),
    )


def _say(figures: Values, formats: Formats) -> str:
    lowest, day = read_amount(figures, "lowest.median"), read_text(figures, "lowest.day")
    if lowest is None:
        return "The bank balance of the coming weeks is not known."
    at = f" on {formats.write_full_day(day)}" if day else ""
    if lowest < 0:
        return f"The bank balance is expected to fall below zero: {formats.write_money(lowest)}{at}."
    low = read_amount(figures, "lowest.low")
    risk = " It may fall below zero." if low is not None and low < 0 else ""
    return f"The lowest bank balance expected is {formats.write_money(lowest)}{at}.{risk}"


def _list_facts(figures: Values, weeks: list[Values], formats: Formats) -> Iterator[Fact]:
    if (opening := read_amount(figures, "opening")) is not None:
        yield Fact("Balance today", formats.write_money(opening))
    if (lowest := read_amount(figures, "lowest.median")) is not None:
        yield Fact("Lowest point", formats.write_money(lowest))
    if day := read_text(figures, "lowest.day"):
        yield Fact("Lowest on", formats.write_full_day(day))
    low, high = read_amount(figures, "lowest.low"), read_amount(figures, "lowest.high")
    if low is not None and high is not None:
        yield Fact(
            "80 % band at the lowest point", f"{formats.write_money(low)} to {formats.write_money(high)}"
        )
    if weeks and (last := read_amount(weeks[-1], "median")) is not None:
        yield Fact("Balance at the end", formats.write_money(last))


def _list_tables(figures: Values, weeks: list[Values]) -> Iterator[InsightTable]:
    note = count_shown(figures, "weeks", len(weeks))
    empty = "No week could be forecast."
    yield make_table(TableForm("weeks", "Weeks", _WEEKS, empty=empty, find_kind=_find_kind), weeks, note)
    movers = read_maps(figures, "movers")
    note = count_shown(figures, "movers", len(movers), read_count(figures, "movers_count"))
    yield make_table(
        TableForm("movers", "What moves it most", _MOVERS, records=("id", "records", "evidence")),
        movers,
        note,
    )
    banks = read_maps(figures, "balances")
    yield make_table(
        TableForm("balances", "Bank accounts today", _BALANCES, records=("account", "id")), banks
    )
    what_if = read_map(figures, "what_if")
    if changed := read_maps(what_if, "weeks"):
        yield make_table(TableForm("what_if", "What if", _WEEKS, find_kind=_find_kind), changed)
    yield from list_plain_tables(figures, ("weeks", "movers", "balances", "what_if"))


def _find_kind(week: Values) -> RowKind:
    median, low = read_amount(week, "median"), read_amount(week, "low")
    if median is not None and median < 0:
        return "attention"
    return "open" if low is not None and low < 0 else "row"


def _list_notices(figures: Values, formats: Formats) -> Iterator[Notice]:
    what_if = read_map(figures, "what_if")
    if said := read_text(what_if, "says"):
        yield Notice("info", said)
    elif (lowest := read_amount(what_if, "lowest.median")) is not None:
        day = read_text(find_member(what_if, "lowest"), "day")
        at = f" on {formats.write_full_day(day)}" if day else ""
        yield Notice(
            "info", f"With what is supposed, the lowest balance is {formats.write_money(lowest)}{at}."
        )
