"""The periods of an analysis that compares two: as facts, and in the name of a file. Called by its module."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.operations.formats import Formats
from runtime.operations.insight_views.answer_values import Values, read_map, read_text, write_period
from runtime.operations.insight_views.view import Fact


def list_periods(figures: Values, formats: Formats) -> Iterator[Fact]:
    """Yield both periods, as far as the answer has them."""
    for label, member in (("Period", "period"), ("Compared with", "period_before")):
        if period := write_period(read_map(figures, member), formats):
            yield Fact(label, period)


def name_period(figures: Values) -> str:
    """Return the days of the period for the name of a file."""
    days = (read_text(figures, "period.start"), read_text(figures, "period.end"))
    return "-to-".join(dict.fromkeys(day for day in days if day))
