"""The geometry of charts: where values stand, what is labelled, and what odd numbers come to."""

from __future__ import annotations

from decimal import Decimal
from html import unescape

import pytest

from runtime.operations.formats import Formats
from runtime.web.charts.bar_chart import MOST_NARROW, make_bar_chart
from runtime.web.charts.chart import Chart, Drawing, Labels, Series
from runtime.web.charts.line_chart import make_line_chart
from runtime.web.charts.scale import MOST_LINES, choose_labels, make_axis
from runtime.web.charts.shares import make_sparkline, make_stack, measure_bars, name_part
from runtime.web.routes import Pages

FORMATS = Formats()
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def amounts(*values: int | str | None) -> tuple[Decimal | None, ...]:
    return tuple(None if each is None else Decimal(each) for each in values)


def draw_line(*values: int | str | None, labels: tuple[str, ...] = MONTHS) -> Chart:
    shown = labels[: len(values)]
    return make_line_chart("k", "Cash", Labels(shown, shown), [Series("Cash", amounts(*values))], FORMATS)


def draw_bars(income: tuple[int, ...], costs: tuple[int, ...]) -> Chart:
    net = Series("Net", tuple(Decimal(a - b) for a, b in zip(income, costs, strict=True)))
    shown = MONTHS[: len(income)]
    bars = [Series("Income", amounts(*income)), Series("Costs", amounts(*costs))]
    return make_bar_chart("k", "Profit", Labels(shown, shown), bars, net, FORMATS)


def find_zero(drawn: Drawing) -> float:
    return next(each.y for each in drawn.grid if each.is_zero)


def render(chart: Chart) -> str:
    macros = Pages()._environment.get_template("charts.html").module
    return str(macros.draw(chart)) + str(macros.numbers(chart))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        (["148236.40", "97343"], ["0", "50000", "100000", "150000"]),
        (["81771", "-9089"], ["-25000", "0", "25000", "50000", "75000", "100000"][:0]),
        (["7"], ["0", "2", "4", "6", "8"]),
        (["-300"], ["-300", "-200", "-100", "0"]),
        (["0.03"], ["0", "0.1"]),
        (["0", "0"], ["0"]),
        ([], ["0"]),
    ],
)
def test_grid_lines_are_round_few_and_span_the_values(values: list[str], lines: list[str]) -> None:
    axis = make_axis(map(Decimal, values))

    assert len(axis.lines) <= MOST_LINES
    assert axis.low <= min([Decimal(0), *map(Decimal, values)])
    assert axis.high >= max([Decimal(0), *map(Decimal, values)])
    assert not lines or list(axis.lines) == list(map(Decimal, lines))


@pytest.mark.parametrize("value", ["1e30", "-1e30", "999999999999.99", "0.01", "123456789"])
def test_an_axis_of_huge_and_tiny_values_has_lines_and_ends(value: str) -> None:
    axis = make_axis([Decimal(value)])

    assert 2 <= len(axis.lines) <= MOST_LINES
    assert axis.find_y(axis.low, 10, 100) == 100
    assert axis.find_y(axis.high, 10, 100) == 10


def test_the_line_stands_in_the_plot_and_its_area_ends_at_zero() -> None:
    drawn = draw_line(100, -50, 200).wide
    points = [tuple(map(float, each.split(","))) for each in drawn.lines[0].points.split()]
    area = [tuple(map(float, each.split(","))) for each in drawn.areas[0].points.split()]

    assert [x for x, _ in points] == [drawn.left, (drawn.left + drawn.right) / 2, drawn.right]
    assert points[1][1] > find_zero(drawn) > points[0][1] > points[2][1]
    assert (area[0][1], area[-1][1]) == (find_zero(drawn), find_zero(drawn))


def test_the_lowest_value_is_labelled_and_red_only_below_zero() -> None:
    good, bad = draw_line(100, 50, 200).wide, draw_line(100, -50, 200).wide

    assert [each.text for each in good.texts if each.style] == ["low $50"]
    assert {each.style for each in good.dots} == {"dot"}
    assert [each.text for each in bad.texts if each.style] == ["low −$50"]  # noqa: RUF001
    assert [each.style for each in bad.dots] == ["dot", "bad-fill"]


def test_one_point_is_a_dot_in_the_middle_without_a_line() -> None:
    drawn = draw_line(100).wide

    assert (drawn.lines, drawn.areas) == ((), ())
    assert [each.x for each in drawn.dots] == [round((drawn.left + drawn.right) / 2, 1)]
    assert len(drawn.tips) == 1


def test_all_zero_is_a_line_on_the_axis_and_nothing_is_an_empty_chart() -> None:
    flat, empty = draw_line(0, 0, 0).wide, draw_line().wide

    assert {each.split(",")[1] for each in flat.lines[0].points.split()} == {str(find_zero(flat))}
    assert (empty.lines, empty.dots, empty.tips) == ((), (), ())


def test_a_missing_value_is_a_gap() -> None:
    chart = draw_line(1, 2, None, 3, 4)

    assert len(chart.wide.lines) == 2
    assert chart.numbers.rows[2] == ("Mar", "–")  # noqa: RUF001


def test_a_comparison_is_dashed_and_has_no_area() -> None:
    series = [Series("This year", amounts(1, 2)), Series("Last year", amounts(2, 1))]
    chart = make_line_chart("k", "Cash", Labels(("A", "B"), ("A", "B")), series, FORMATS)

    assert [each.style for each in chart.wide.lines] == ["line prev", "line"]
    assert len(chart.wide.areas) == 1
    assert chart.numbers.columns == ("Month", "This year", "Last year")


def test_bars_stand_on_zero_upwards_and_downwards() -> None:
    drawn = draw_bars((100, -40), (60, 20)).wide
    zero = find_zero(drawn)

    assert [(each.y < zero, each.y == zero) for each in drawn.bars] == [
        (True, False), (True, False), (False, True), (True, False),
    ]  # fmt: skip
    assert [each.style for each in drawn.bars] == ["b1", "b2", "b1", "b2"]
    assert [each.style for each in drawn.dots] == ["net", "bad-fill"]


def test_the_narrow_drawing_has_the_last_groups_and_the_table_has_all() -> None:
    chart = draw_bars(tuple(range(12)), tuple(range(12)))

    assert len(chart.narrow.tips) == MOST_NARROW
    assert chart.narrow.tips[-1].texts[0].text == "Dec"
    assert len(chart.numbers.rows) == 12


def test_a_tip_and_each_label_stays_within_the_drawing() -> None:
    for drawn in (draw_line(*range(12)).narrow, draw_bars(tuple(range(12)), tuple(range(12))).narrow):
        assert all(tip.box.x >= 0 and tip.box.x + tip.box.width <= drawn.width for tip in drawn.tips)
        assert all(tip.hit.x + tip.hit.width <= drawn.right + 0.2 for tip in drawn.tips)


def test_labels_leave_out_what_does_not_fit_and_the_last_one_is_there() -> None:
    assert choose_labels(MONTHS, 100) == tuple(range(12))
    assert choose_labels(MONTHS, 20)[-1] == 11
    assert len(choose_labels(MONTHS, 20)) == 6
    assert choose_labels(("Jan",), 0) == (0,)


def test_the_parts_of_a_bar_fill_it_and_a_credit_has_none() -> None:
    parts = make_stack([Decimal(50), Decimal(-10), Decimal(0), Decimal(50)])

    assert [each.style for each in parts] == ["a0", "a3"]
    assert parts[0].x == "0.00%"
    assert float(parts[1].x[:-1]) + float(parts[1].width[:-1]) == pytest.approx(100, abs=0.02)
    assert make_stack([Decimal(0)]) == ()
    assert name_part(9) == "a4"


def test_bars_in_cells_are_measured_by_the_greatest() -> None:
    assert measure_bars([Decimal(200), Decimal(50), Decimal(-5)]) == ("100.0%", "25.0%", "0.0%")
    assert measure_bars([Decimal(0), Decimal(-1)]) == ("0.0%", "0.0%")
    assert measure_bars([]) == ()


def test_a_sparkline_shows_the_shape_and_a_flat_one_says_so() -> None:
    line = make_sparkline([1, 5, 3])

    assert [float(each.split(",")[1]) for each in line.points.split()] == [19.0, 3.0, 11.0]
    assert not line.is_flat
    assert make_sparkline([0, 0]).is_flat
    assert make_sparkline([]).is_flat


def test_a_chart_has_a_title_a_table_and_no_style_or_script_of_its_own() -> None:
    page = render(draw_line(1, 2, 3))

    assert page.count('role="img"') == 2
    assert 'aria-labelledby="k-w"' in page
    assert "Show as table" in page
    assert "style=" not in page


def test_names_in_a_chart_are_escaped() -> None:
    page = render(draw_line(1, 2, labels=("<script>alert(1)</script>", '"onload="x')))

    assert "<script>" not in page
    assert '"onload' not in page
    assert "<script>" in unescape(page)
