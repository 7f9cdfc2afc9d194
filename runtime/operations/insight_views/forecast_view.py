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
    read_texts,
    write_count,
    write_title,
)
from runtime.operations.insight_views.plain_view import list_plain_tables
from runtime.operations.insight_views.summary import Style, Summary
from runtime.operations.insight_views.view import Fact, InsightTable, Notice, RowKind

_BAND = (
    Part("balance, median", "amount", "median"),
    Part("80 % band from", "amount", "low"),
    Part("80 % band to", "amount", "high"),
)
_WEEKS = (
    Part("from", "day", "week_start"),
    Part("to", "day", "week_end"),
    Part("known in", "amount", "in"),
    Part("known out", "amount", "out"),
    Part("expected in", "amount", "expected_in"),
    Part("expected out", "amount", "expected_out"),
    *_BAND,
)
_CHANGED = (Part("to", "day", "week_end"), *_BAND, Part("Change", "amount", "change"))
_MOVERS = (
    Part("what", "text", "what_title"),
    Part("kind", "text", "part_title"),
    Part("due", "day", "due"),
    Part("amount", "amount", "amount"),
    Part("expected", "amount", "expected"),
    Part("chance", "percent", "chance_percent", is_hundredths=True),
    Part("expected on", "day", "expected_on"),
    Part("times", "number", "times"),
    Part("pattern", "text", "pattern"),
)
_PARTS = (
    Part("part", "text", "title"),
    Part("rests on", "text", "basis"),
    Part("in", "amount", "in"),
    Part("out", "amount", "out"),
    Part("open today", "amount", "open"),
    Part("count", "number", "records"),
)
_BALANCES = (
    Part("account", "text", "name"),
    Part("balance", "amount", "balance"),
    Part("currency", "text", "currency"),
    Part("in the company's currency", "amount", "home_balance"),
)
_DOUBTFUL = (
    Part("customer", "text", "name"),
    Part("open", "amount", "open"),
    Part("expected within half a year", "amount", "expected_within_half_year"),
    Part("invoices paid", "number", "invoices_paid"),
    Part("invoices in all", "number", "invoices_in_all"),
    Part("why", "text", "why"),
)
_SUPPOSED = {"delay_customer": "A customer pays later", "add_expense": "A further expense"}


def describe_forecast(figures: Values, style: Style) -> Summary:
    """Return a forecast as it is shown."""
    formats, weeks = style.formats, read_maps(figures, "weeks")
    last = read_text(weeks[-1], "week_end") if weeks else ""
    until = f", until {formats.write_full_day(last)}" if last else ""
    return Summary(
        _say(figures, formats),
        f"{write_count(len(weeks), 'week')} ahead{until}" if weeks else "",
        f"until-{last}" if last else "",
        tuple(_list_facts(figures, weeks, formats)),
        tuple(_list_tables(figures, weeks)),
        tuple(_list_notices(figures, formats)),
    )


def _say(figures: Values, formats: Formats) -> str:
    lowest, day = read_amount(figures, "lowest.amount"), read_text(figures, "lowest.date")
    if lowest is None:
        return "The bank balance of the coming weeks is not known."
    at = f" on {formats.write_full_day(day)}" if day else ""
    if lowest < 0:
        first = read_text(figures, "below_zero.median")
        since = f" It is below zero from {formats.write_full_day(first)} on." if first else ""
        return f"The bank balance is expected to fall to {formats.write_money(lowest)}{at}.{since}"
    said = f"The lowest bank balance expected is {formats.write_money(lowest)}{at}."
    if risky := read_text(figures, "below_zero.low"):
        said += f" It may fall below zero from {formats.write_full_day(risky)} on."
    return said


def _list_facts(figures: Values, weeks: list[Values], formats: Formats) -> Iterator[Fact]:
    for label, member in (
        ("Balance today", "opening.total"),
        ("Not yet deposited", "opening.undeposited_funds"),
        ("Lowest point", "lowest.amount"),
    ):
        if (amount := read_amount(figures, member)) is not None:
            yield Fact(label, formats.write_money(amount))
    if day := read_text(figures, "lowest.date"):
        yield Fact("Lowest on", formats.write_full_day(day))
    if (low := read_amount(figures, "lowest.low")) is not None:
        yield Fact("Lower end of the band there", formats.write_money(low))
    if weeks and (last := read_amount(weeks[-1], "median")) is not None:
        yield Fact("Balance at the end", formats.write_money(last))


def _list_tables(figures: Values, weeks: list[Values]) -> Iterator[InsightTable]:
    form = TableForm("weeks", "Weeks", _WEEKS, empty="No week could be forecast.", find_kind=_find_kind)
    yield make_table(form, weeks, count_shown(figures, "weeks", len(weeks)))
    yield from _list_changes(figures)
    yield _list_movers(figures)
    parts = read_map(figures, "parts")
    entries = [
        {**read_map(parts, name), "title": write_title(name), "basis": _name_basis(parts, name)}
        for name in parts
    ]
    yield make_table(TableForm("parts", "What it is made of", _PARTS), entries)
    opening = read_map(figures, "opening")
    banks = read_maps(opening, "accounts")
    note = count_shown(opening, "accounts", len(banks), read_count(opening, "count"))
    empty = "No bank account is known."
    yield make_table(
        TableForm("balances", "Bank accounts today", _BALANCES, ("account",), empty), banks, note
    )
    doubtful = read_maps(figures, "doubtful")
    note = count_shown(figures, "doubtful", len(doubtful), read_count(figures, "doubtful_count"))
    form = TableForm("doubtful", "Who may not pay", _DOUBTFUL, ("customer", "invoices"), "Nobody stands out.")
    yield make_table(form, doubtful, note)
    yield from list_plain_tables(figures, ("weeks", "movers", "doubtful"))


def _name_basis(parts: Values, name: str) -> str:
    return "Records" if find_member(parts, f"{name}.is_known") is True else "Experience"


def _list_movers(figures: Values) -> InsightTable:
    movers = read_maps(figures, "movers")
    entries = [
        {**each, "what_title": _name_mover(each), "part_title": write_title(read_text(each, "part"))}
        for each in movers
    ]
    note = count_shown(figures, "movers", len(movers), read_count(figures, "movers_count"))
    return make_table(
        TableForm("movers", "What moves it most", _MOVERS, records=("evidence",)), entries, note
    )


def _name_mover(mover: Values) -> str:
    """Return what an item is: its own text, or the name and number of its record."""
    named = [read_text(mover, member) for member in ("what", "name", "party", "number")]
    return ", ".join(dict.fromkeys(each for each in named if each)) or ", ".join(
        read_texts(mover, "evidence")[:1]
    )


def _list_changes(figures: Values) -> Iterator[InsightTable]:
    if changed := read_maps(figures, "what_if.weeks"):
        yield make_table(TableForm("what_if", "What if", _CHANGED, find_kind=_find_kind), changed)


def _find_kind(week: Values) -> RowKind:
    median, low = read_amount(week, "median"), read_amount(week, "low")
    if median is not None and median < 0:
        return "attention"
    return "open" if low is not None and low < 0 else "row"


def _list_notices(figures: Values, formats: Formats) -> Iterator[Notice]:
    what_if = read_map(figures, "what_if")
    for name, title in _SUPPOSED.items():
        if problem := read_text(what_if, f"{name}.problem"):
            yield Notice("warning", problem)
        elif supposed := read_map(what_if, name):
            yield Notice("info", f"What if: {_write_supposed(title, supposed, formats)}.")
    if (lowest := read_amount(what_if, "lowest.amount")) is not None:
        day = read_text(what_if, "lowest.date")
        at = f" on {formats.write_full_day(day)}" if day else ""
        yield Notice(
            "info", f"With what is supposed, the lowest balance is {formats.write_money(lowest)}{at}."
        )


def _write_supposed(title: str, supposed: Values, formats: Formats) -> str:
    if name := read_text(supposed, "name"):
        return f"{name} pays {write_count(read_count(supposed, 'days'), 'day')} later"
    amount, day = read_amount(supposed, "amount"), read_text(supposed, "date")
    if amount is None or not day:
        return title.lower()
    every = read_text(supposed, "every")
    often = f" and then every {every}" if every in ("week", "month") else ""
    return f"{formats.write_money(amount)} are paid as well on {formats.write_full_day(day)}{often}"
