"""The charts of analyses: a band around a line with its lowest point, and steps from one amount to another."""

from __future__ import annotations

from decimal import Decimal

import pytest

from runtime.operations.formats import Formats
from runtime.web.charts.band_chart import BandSeries, Lowest, make_band_chart
from runtime.web.charts.chart import Labels, Series
from runtime.web.charts.waterfall_chart import Bridge, make_waterfall_chart


def make_band(*middle: str) -> BandSeries:
    values = [Decimal(each) for each in middle]
    low, high = ([each + by for each in values] for by in (Decimal(-100), Decimal(100)))
    return BandSeries(
        *(Series(name, tuple(each)) for name, each in zip("mlh", (values, low, high), strict=True))
    )


def test_a_band_lies_around_its_line_and_the_lowest_point_is_named() -> None:
    labels = Labels(("a", "b", "c"), ("Day a", "Day b", "Day c"), "Until")
    chart = make_band_chart("k", "Falls below zero", labels, make_band("300", "-50", "200"), Formats())
    for drawn in (chart.wide, chart.narrow):
        [line], [area], [dot] = drawn.lines, drawn.areas, drawn.dots
        assert len(line.points.split()) == 3 and len(area.points.split()) == 6
        assert (dot.style, f"{dot.x},{dot.y}") == ("bad-fill", line.points.split()[1])
        assert [each.text for each in drawn.texts if each.style == "lab"] == ["lowest −$50, b"]  # noqa: RUF001
        assert any(each.is_zero for each in drawn.grid)
        assert len(drawn.tips) == 3
    assert chart.numbers.columns == ("Until", "h", "m", "l")
    assert chart.numbers.rows[1] == ("Day b", "50.00", "−50.00", "−150.00")  # noqa: RUF001


def test_a_lowest_point_between_two_places_stands_between_them_within_the_chart() -> None:
    labels, band = Labels(("a", "b"), ("a", "b")), make_band("300", "200")
    chart = make_band_chart("k", "t", labels, band, Formats(), Lowest(0.5, Decimal(-500), "lowest"))
    [dot], (first, last) = (
        chart.wide.dots,
        (float(each.split(",")[0]) for each in chart.wide.lines[0].points.split()),
    )
    assert dot.x == pytest.approx((first + last) / 2)
    assert chart.wide.grid[0].y >= dot.y


def test_a_band_of_one_place_and_one_of_zeros_can_be_drawn() -> None:
    for values in (("300",), ("0", "0")):
        labels = Labels(("a", "b")[: len(values)], ("a", "b")[: len(values)])
        chart = make_band_chart("k", "t", labels, make_band(*values), Formats())
        assert len(chart.wide.tips) == len(values)


def test_what_a_band_is_compared_with_is_a_dashed_line() -> None:
    labels, band = Labels(("a", "b"), ("a", "b")), make_band("300", "200")
    compared = band._replace(compared=Series("before", (Decimal(300), Decimal(260))))
    chart = make_band_chart("k", "t", labels, compared, Formats())
    assert [each.style for each in chart.narrow.lines] == ["line prev", "line"]
    assert chart.numbers.columns[-1] == "before"


def test_each_step_of_a_bridge_begins_where_the_one_before_ends() -> None:
    steps = (("Rent", Decimal(-700)), ("Sales", Decimal(250)))
    bridge = Bridge(("Before", Decimal(500)), steps, ("After", Decimal(50)))
    chart = make_waterfall_chart("k", "Why", bridge, Formats())
    first, rent, sales, last = chart.wide.bars
    assert [each.style for each in chart.wide.bars] == ["b2", "bad-fill", "b1", "b2"]
    assert rent.x + rent.width == pytest.approx(first.x + first.width)
    assert sales.x == pytest.approx(rent.x)
    assert sales.x + sales.width == pytest.approx(last.x + last.width)
    assert [each.style for each in chart.wide.lines].count("join") == 3
    assert [each.style for each in chart.narrow.lines] == ["axis"] * 4
    assert chart.numbers.rows[1] == ("Rent", "−700.00", "−200.00")  # noqa: RUF001
    assert chart.numbers.rows[2] == ("Sales", "+250.00", "50.00")


def test_long_names_of_steps_are_cut_in_the_drawing_and_whole_in_the_table() -> None:
    name = "Landscaping services of the whole valley" * 4
    bridge = Bridge(("Before", Decimal(0)), ((name, Decimal(0)),), ("After", Decimal(0)))
    chart = make_waterfall_chart("k", "Why", bridge, Formats())
    assert any(each.text.endswith("…") and len(each.text) < 60 for each in chart.wide.texts)
    assert chart.numbers.rows[1][0] == name
