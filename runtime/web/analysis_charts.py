"""The chart of an analysis: the forecast within its band, and the bridge between the profit of two months.

Called by `analysis_pages`. Other analyses have bars in their tables, and none beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from runtime.operations.formats import Formats
from runtime.operations.insight_views.answer_values import (
    Values,
    read_amount,
    read_map,
    read_maps,
    read_text,
    write_month,
)
from runtime.web.charts.band_chart import BandSeries, Lowest, make_band_chart
from runtime.web.charts.chart import Chart, Labels, Series
from runtime.web.charts.waterfall_chart import Bridge, make_waterfall_chart

DAYS_OF_WEEK = 7
"""Between two points of a forecast, whose place of the lowest day is found by it."""


def make_analysis_chart(name: str, headline: str, figures: Values, formats: Formats) -> Chart | None:
    """Return the chart of an analysis; None where it has none, or its figures are not there."""
    if name == "cash_flow_forecast":
        return _make_forecast(headline, figures, formats)
    return _make_bridge(headline, figures, formats) if name == "explain_change" else None


def _make_forecast(headline: str, figures: Values, formats: Formats) -> Chart | None:
    """Return the balance of today and at the end of each week; with what is supposed, where that was asked for."""
    planned = _list_weeks(figures, "weeks")
    supposed = _list_weeks(figures, "what_if.weeks")
    weeks, lowest = (supposed, "what_if.lowest") if len(supposed) == len(planned) else (planned, "lowest")
    if not weeks:
        return None
    opening = read_amount(figures, "opening.total")
    first = (opening,) if opening is not None else ()

    def make_series(title: str, member: str, entries: Sequence[Values]) -> Series:
        return Series(title, (*first, *(read_amount(each, member) for each in entries)))

    band = BandSeries(
        make_series("Median", "median", weeks),
        make_series("80 % from", "low", weeks),
        make_series("80 % to", "high", weeks),
        make_series("Without the change", "median", planned) if weeks is supposed else None,
    )
    ends = [read_text(each, "week_end") for each in weeks]
    labels = Labels(
        (*("today" for _ in first), *map(formats.write_day, ends)),
        (*("Today" for _ in first), *map(formats.write_full_day, ends)),
        "Until",
    )
    mark = _find_lowest(figures, lowest, ends, len(first), formats)
    title = _say_supposed(figures, formats) if weeks is supposed else headline
    return make_band_chart("forecast", title, labels, band, formats, mark)


def _say_supposed(figures: Values, formats: Formats) -> str:
    """Return the message of a forecast with what is supposed."""
    amount = formats.write_money(read_amount(figures, "what_if.lowest.amount"))
    day = formats.write_full_day(read_text(figures, "what_if.lowest.date"))
    return f"With the change, the lowest bank balance expected is {amount} on {day}."


def _list_weeks(figures: Values, path: str) -> list[Values]:
    """Return the weeks whose line and band are known."""
    return [
        each
        for each in read_maps(figures, path)
        if all(read_amount(each, name) is not None for name in ("median", "low", "high"))
    ]


def _find_lowest(
    figures: Values, path: str, ends: Sequence[str], before: int, formats: Formats
) -> Lowest | None:
    """Return the lowest point between the weeks, with its day; None where it is not known."""
    day, value = _read_day(read_text(figures, f"{path}.date")), read_amount(figures, f"{path}.amount")
    first = _read_day(ends[0])
    if day is None or first is None or value is None:
        return None
    place = (day - first).days / DAYS_OF_WEEK + before
    text = f"lowest {formats.write_short_money(value)}, {formats.write_day(day)}"
    return Lowest(min(max(place, 0.0), float(len(ends) - 1 + before)), value, text)


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _make_bridge(headline: str, figures: Values, formats: Formats) -> Chart | None:
    profit = read_map(figures, "profit")
    before, after = read_amount(profit, "before"), read_amount(profit, "after")
    if before is None or after is None:
        return None
    steps = tuple(
        (read_text(each, "label"), amount)
        for each in read_maps(figures, "bridge")
        if (amount := read_amount(each, "amount")) is not None
    )
    ends = [f"Profit of {write_month(read_text(figures, each))}" for each in ("compared_with", "month")]
    return make_waterfall_chart(
        "bridge", headline, Bridge((ends[0], before), steps, (ends[1], after), "Profit after it"), formats
    )
