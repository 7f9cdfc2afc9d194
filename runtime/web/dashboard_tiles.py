"""The figures of today on the page of a company: each with its change, its report and when it was read.

Called by `dashboard_pages`; `dashboard_view` has the cards below.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel.numbers import get_decimal_symbol

from runtime.operations.dashboard.company_reads import Reading
from runtime.operations.dashboard.figures import Balance, Owed, Profit, compare
from runtime.operations.dashboard.panels import Panel, Panels
from runtime.operations.dashboard.periods import list_month_ends
from runtime.operations.formats import Formats, end_month
from runtime.web.dashboard_view import Looked, explain


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of today. `style` is that of its change: up, down or flat."""

    title: str
    address: str
    whole: str = ""
    cents: str = ""
    change: str = ""
    style: str = "flat"
    about_change: str = ""
    about: str = ""
    problem: str = ""


def list_tiles(panels: Panels, looked: Looked) -> tuple[Tile, ...]:
    """Return the figures of today, as far as the integration has them."""
    made = (
        _make_cash_tile(panels.cash, looked) if panels.cash else None,
        _make_owed_tile(panels.receivables, looked) if panels.receivables else None,
        _make_owed_tile(panels.payables, looked) if panels.payables else None,
        _make_profit_tile(panels.profit, looked) if panels.profit else None,
    )
    return tuple(each for each in made if each is not None)


def _make_cash_tile(panel: Panel[Balance], looked: Looked) -> Tile:
    figures = panel.figures
    if figures is None:
        return _make_empty_tile(panel, looked)
    ends = looked.period.list_ends(looked.today, looked.dashboard)
    since = (
        f"since {looked.formats.write_day(ends[0])}" if len(ends) == len(figures.amounts) else "in the period"
    )
    return _fill_tile(panel, looked, (figures.last, figures.first), since)


def _make_owed_tile(panel: Panel[Owed], looked: Looked) -> Tile:
    figures = panel.figures
    if figures is None:
        return _make_empty_tile(panel, looked)
    whole, cents = split_money(figures.total, looked.formats)
    late = figures.late
    return Tile(
        panel.title,
        looked.link_report(panel.reading),
        whole,
        cents,
        looked.formats.write_money(late) if late else "",
        "down" if late > 0 else "flat",
        "overdue" if late else "Nothing is overdue",
        _write_as_of(panel.reading, looked),
    )


def _make_profit_tile(panel: Panel[Profit], looked: Looked) -> Tile:
    title = f"Net income, {looked.formats.write_month(looked.today)}"
    panel = Panel(title, panel.reading, panel.figures)
    net = panel.figures.net if panel.figures else ()
    if len(net) < 2:
        return _make_empty_tile(panel, looked)
    before = list_month_ends(looked.today)[-2]
    about = f"{looked.today.day} of {end_month(looked.today).day} days"
    return _fill_tile(panel, looked, (net[-1], net[-2]), f"to {before:%B}", about)


def _fill_tile(
    panel: Panel[Any],
    looked: Looked,
    amounts: tuple[Decimal | None, Decimal | None],
    since: str,
    about: str = "",
) -> Tile:
    """Return a figure with its change: `amounts` are how it stands now, and how it stood before."""
    now, before = amounts
    whole, cents = split_money(now, looked.formats)
    change, style = write_change(now, before, looked.formats)
    as_of = _write_as_of(panel.reading, looked)
    return Tile(
        panel.title,
        looked.link_report(panel.reading),
        whole,
        cents,
        change,
        style,
        since if change else "",
        f"{about}, {as_of.lower()}" if about else as_of,
    )


def write_change(now: Decimal | None, before: Decimal | None, formats: Formats) -> tuple[str, str]:
    """Return a change and its style: as a share, or as an amount where a share of what it was would mislead."""
    if now is None or before is None:
        return "", "flat"
    share, rise = compare(now, before), now - before
    style = "up" if rise > 0 else "down" if rise < 0 else "flat"
    if share is not None:
        return formats.write_percent(share, has_sign=True), style
    return f"{'+' if rise > 0 else ''}{formats.write_money(rise)}", style


def _make_empty_tile(panel: Panel[Any], looked: Looked) -> Tile:
    return Tile(
        panel.title, looked.link_report(panel.reading), problem=explain(panel.reading, looked.formats)
    )


def _write_as_of(reading: Reading, looked: Looked) -> str:
    return f"As of {looked.formats.write_clock(reading.as_of)}"


def split_money(amount: Decimal | None, formats: Formats) -> tuple[str, str]:
    """Return an amount with its currency in two parts, the second one from the decimal point on."""
    text = formats.write_money(amount)
    point = str(get_decimal_symbol(formats.locale))
    whole, sign, cents = text.rpartition(point)
    return (whole, sign + cents) if sign and cents.isascii() and cents.isdecimal() else (text, "")
