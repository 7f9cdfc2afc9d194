"""The check of the gross margin as people see it: the margin booked and corrected, findings, and proposed entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from runtime.operations.formats import Formats
from runtime.operations.insight_views.answer_values import (
    Part,
    TableForm,
    Values,
    count_shown,
    find_member,
    make_line,
    make_table,
    read_amount,
    read_count,
    read_map,
    read_maps,
    read_text,
    write_count,
    write_month,
    write_period,
    write_within,
)
from runtime.operations.insight_views.summary import Style, Summary
from runtime.operations.insight_views.view import Fact, InsightTable, Notice, RowKind

_FINDINGS = (
    Part("check", "text", "title"),
    Part("month", "text", "month_title"),
    Part("what was found", "text", "says"),
    Part("amount", "amount", "amount"),
    Part("effect on margin", "amount", "effect_on_margin"),
    Part("what to do", "text", "advice"),
)
_CHECKS = (
    Part("check", "text", "title"),
    Part("result", "text", "status"),
    Part("findings", "number", "count"),
    Part("amount", "amount", "amount"),
    Part("effect on margin", "amount", "effect_on_margin"),
)
_ENTRIES = (
    Part("finding", "text", "finding"),
    Part("tool", "text", "tool_title"),
    Part("arguments", "text", "arguments_text"),
)
PROPOSED = "Book the proposed entry, if the records say so too."
"""What to do about a finding with an entry and no advice of its own."""
_KINDS: Mapping[str, RowKind] = {"found": "attention", "nothing found": "done"}
_JSON = msgspec.json.Encoder(decimal_format="number")


def describe_margin(figures: Values, style: Style) -> Summary:
    """Return the check of a margin as it is shown."""
    formats, days = style.formats, read_map(figures, "period")
    period, found = write_period(days, formats), read_maps(figures, "findings")
    ends = (read_text(days, name) for name in ("start", "end"))
    return Summary(
        _say(figures, formats, period, max(len(found), read_count(figures, "count"))),
        period,
        "-to-".join(dict.fromkeys(each for each in ends if each)),
        tuple(_list_facts(figures, formats, period)),
        tuple(_list_tables(figures, found, style.titles)),
        tuple(_list_notices(figures)),
    )


def _say(figures: Values, formats: Formats, period: str, count: int) -> str:
    of, booked = write_within(period), read_amount(figures, "margin.booked")
    if booked is None:
        return f"The gross margin{of} is not known."
    money = formats.write_money(booked)
    if not count:
        return f"Nothing was found against the gross margin of {money}{of}."
    corrected = formats.write_money(read_amount(figures, "margin.corrected"))
    found = write_count(count, "finding")
    return f"The gross margin{of} is booked as {money}; with {found} put right it would be {corrected}."


def _list_facts(figures: Values, formats: Formats, period: str) -> Iterator[Fact]:
    if period:
        yield Fact("Period", period)
    for title, name in (("Gross margin booked", "booked"), ("Corrected", "corrected"), ("Effect", "effect")):
        if (amount := read_amount(figures, f"margin.{name}")) is not None:
            yield Fact(title, formats.write_money(amount))
    for title, name in (
        ("Booked, of income", "booked_percent"),
        ("Corrected, of income", "corrected_percent"),
    ):
        if (share := read_amount(figures, f"margin.{name}")) is not None:
            yield Fact(title, formats.write_percent(share / 100))


def _list_tables(figures: Values, found: list[Values], titles: Mapping[str, str]) -> Iterator[InsightTable]:
    entries = [
        {
            **each,
            "month_title": write_month(read_text(each, "month")),
            "advice": read_text(each, "advice") or (PROPOSED if read_map(each, "correction") else ""),
        }
        for each in found
    ]
    form = TableForm(
        "findings", "Findings", _FINDINGS, records=("records",), empty="Nothing was found.",
        find_kind=lambda _: "attention",
    )  # fmt: skip
    note = count_shown(figures, "findings", len(found), read_count(figures, "count"))
    yield make_table(form, entries, note)
    checks = TableForm("checks", "What was checked", _CHECKS, find_kind=_find_kind)
    yield make_table(checks, read_maps(figures, "checks"))
    yield _list_entries(found, titles)


def _find_kind(check: Values) -> RowKind:
    return _KINDS.get(read_text(check, "status"), "unknown")


def _list_entries(found: list[Values], titles: Mapping[str, str]) -> InsightTable:
    entries = []
    for each in found:
        if correction := read_map(each, "correction"):
            tool, arguments = read_text(correction, "tool"), find_member(correction, "arguments")
            entries.append(
                {
                    "finding": read_text(each, "says"),
                    "tool_title": titles.get(tool, tool),
                    "arguments_text": make_line(_JSON.encode(arguments).decode()) if arguments else "",
                }
            )
    form = TableForm("entries", "Proposed entries, not booked", _ENTRIES, empty="No entry is proposed.")
    return make_table(form, entries)


def _list_notices(figures: Values) -> Iterator[Notice]:
    names = [read_text(each, "title") for each in read_maps(figures, "not_checked")]
    if any(names):
        text = f"Not checked: {'; '.join(each for each in names if each)}."
        yield Notice("info", text, "These checks need a work system whose clients are mapped to customers.")
