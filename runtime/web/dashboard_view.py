"""What the page of a company shows of its figures: charts and tables, with what each one leads to.

Called by `dashboard_pages`. Texts and addresses only: the figures come from `operations.dashboard`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from generator.company_rules import Dashboard
from runtime.errors import RateLimited
from runtime.model import AccountId
from runtime.operations.dashboard.company_reads import Reading
from runtime.operations.dashboard.figures import Balance, Listing, Owed, Profit, Ranking
from runtime.operations.dashboard.panels import Panel
from runtime.operations.dashboard.periods import Period, list_month_ends
from runtime.operations.formats import Formats, end_month
from runtime.web.charts.bar_chart import make_bar_chart
from runtime.web.charts.chart import Chart, Labels, Series
from runtime.web.charts.line_chart import make_line_chart
from runtime.web.charts.shares import Share, make_stack, measure_bars, name_part
from runtime.web.navigation import find_company_address, find_record_address

MOST_RANKED, MOST_OVERDUE = 6, 8
"""Rows of the two tables, as the design reference has them: each is as tall as the card beside it."""


VERY_LATE_DAYS = 60
"""Days after which an invoice is shown in red: from the third age of an aging report on it is seldom paid unasked."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Who looks at what: the company, the period, the day, and how values are written."""

    account_id: AccountId
    dashboard: Dashboard
    period: Period
    today: date
    formats: Formats

    def link_report(self, reading: Reading) -> str:
        """Return the address of the report that an answer is from."""
        return find_company_address(
            self.account_id, f"/reports/{reading.asked.resource}?{urlencode(reading.asked.arguments)}"
        )

    def link_record(self, resource: str, record_id: str) -> str:
        """Return the address of a record; empty for a row that is of none."""
        return find_record_address(self.account_id, resource, record_id) if resource and record_id else ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a small table. `cells` stand at its right; `width` is that of its bar."""

    name: str
    address: str
    width: str
    style: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A part of the page: a chart or rows, or the problem that there is instead."""

    key: str
    title: str
    address: str
    problem: str = ""
    about: str = ""
    chart: Chart | None = None
    rows: tuple[Row, ...] = ()
    stack: tuple[Share, ...] = ()
    total: str = ""


def explain(reading: Reading, formats: Formats) -> str:
    """Return why a panel is empty, and what to do about it; empty where it is not."""
    error = reading.error
    if isinstance(error, RateLimited):
        again = formats.write_clock(reading.as_of + error.retry_after)
        return f"The limit of calls is reached. Try again from {again} on: until then nothing is read."
    if error is not None:
        return f"{error.message} {error.advice or ''}".strip()
    if reading.answer is None:
        return "This is still being read. Reload the page in a few seconds."
    return "The report has no such figures."


def make_cash_card(panel: Panel[Balance], looked: Looked) -> Card:
    """Return the balance over the period as a line."""
    address, figures, formats = looked.link_report(panel.reading), panel.figures, looked.formats
    if figures is None or not figures.amounts:
        return Card("cash", panel.title, address, explain(panel.reading, formats))
    labels = _label_steps(figures, looked)
    known = [(amount, place) for place, amount in enumerate(figures.amounts) if amount is not None]
    title = panel.title
    if known:
        (first, at_first), (last, at_last), (least, at_least) = known[0], known[-1], min(known)
        title += (
            f". From {formats.write_money(first)} on {labels.full[at_first]} to {formats.write_money(last)} on "
            f"{labels.full[at_last]}; lowest {formats.write_money(least)} on {labels.full[at_least]}"
        )
    chart = make_line_chart("cash", title, labels, [Series(panel.title, figures.amounts)], formats)
    rules = looked.dashboard.cash
    return Card("cash", panel.title, address, about=rules.about if rules else "", chart=chart)


def _label_steps(figures: Balance, looked: Looked) -> Labels:
    """Return what the steps of a period are called: by their last days, or as the report has them."""
    ends = looked.period.list_ends(looked.today, looked.dashboard)
    if len(ends) != len(figures.amounts):
        return Labels(figures.names, figures.names, "Period")
    full = tuple(looked.formats.write_day(each) for each in ends)
    short = full if looked.period.days else tuple(f"{each:%b}" for each in ends)
    return Labels(short, full, "At the end of")


def make_owed_card(key: str, panel: Panel[Owed], looked: Looked) -> Card:
    """Return what is owed by age, as one bar and as rows."""
    title, address, figures = (
        f"{panel.title}, by days overdue",
        looked.link_report(panel.reading),
        panel.figures,
    )
    if figures is None:
        return Card(key, title, address, explain(panel.reading, looked.formats))
    amounts = [amount for _, amount in figures.ages]
    widths = measure_bars(amounts)
    rows = tuple(
        Row(name, "", widths[place], name_part(place), (looked.formats.write_amount(amount or None),))
        for place, (name, amount) in enumerate(figures.ages)
    )
    total = looked.formats.write_amount(figures.total)
    return Card(key, title, address, rows=rows, stack=make_stack(amounts), total=total)


def make_profit_card(panel: Panel[Profit], looked: Looked) -> Card:
    """Return income and costs of each month as bars, with what is left as a line."""
    address, figures = looked.link_report(panel.reading), panel.figures
    if figures is None or not figures.net:
        return Card("profit", panel.title, address, explain(panel.reading, looked.formats))
    ends = list_month_ends(looked.today)
    full = tuple(looked.formats.write_month(each) for each in ends)
    losses = [name for name, net in zip(full, figures.net, strict=True) if net is not None and net < 0]
    said = f"negative in {', '.join(losses)}" if losses else "not negative in any month"
    bars = [Series("Income", figures.income), Series("Costs", figures.costs)]
    chart = make_bar_chart(
        "profit",
        f"{panel.title}. Net income was {said}",
        Labels(tuple(f"{each:%b}" for each in ends), full),
        bars,
        Series("Net income", figures.net),
        looked.formats,
    )
    unfinished = "" if looked.today == end_month(looked.today) else f"{looked.today:%B} is not over."
    about = f"{'Red points are months with a loss. ' if losses else ''}{unfinished}"
    return Card("profit", panel.title, address, about=about, chart=chart)


def make_ranking_card(panel: Panel[Ranking], looked: Looked) -> Card:
    """Return the greatest entries of a ranking, with their shares of the whole."""
    address, figures, formats = looked.link_report(panel.reading), panel.figures, looked.formats
    if figures is None:
        return Card("ranking", panel.title, address, explain(panel.reading, formats))
    shown = figures.entries[:MOST_RANKED]
    widths = measure_bars([each.amount for each in shown])
    records = looked.dashboard.ranking.records if looked.dashboard.ranking else ""
    rows = tuple(
        Row(
            each.name,
            looked.link_record(records, each.id),
            width,
            "f",
            (formats.write_amount(each.amount), formats.write_percent(each.share)),
        )
        for each, width in zip(shown, widths, strict=True)
    )
    part = sum((each.share or Decimal(0) for each in shown), Decimal(0))
    count = f"{len(figures.entries)}{'' if panel.reading.is_whole else ' and more'}"
    about = f"{len(shown)} of {count}, {formats.write_percent(part)} of {formats.write_money(figures.total)}"
    return Card("ranking", panel.title, address, about=about if shown else "", rows=rows)


def make_overdue_card(panel: Panel[Listing], looked: Looked) -> Card:
    """Return the records that are the longest overdue."""
    rules, formats, figures = looked.dashboard.overdue, looked.formats, panel.figures
    report = f"/reports/{rules.report}" if rules and rules.report else ""
    address = find_company_address(looked.account_id, report) if report else ""
    if figures is None or rules is None:
        return Card("overdue", panel.title, address, explain(panel.reading, formats))
    shown = figures.records[:MOST_OVERDUE]
    rows = tuple(
        Row(
            each.number or each.id,
            looked.link_record(rules.records, each.id),
            "",
            "bad strong" if each.days > VERY_LATE_DAYS else "",
            (each.party, formats.write_day(each.day), str(each.days), formats.write_amount(each.amount)),
        )
        for each in shown
    )
    count = f"{len(figures.records)}{'' if panel.reading.is_whole else ' and more'}"
    of_shown = formats.write_money(sum((each.amount for each in shown), Decimal(0)))
    about = f"{len(shown)} of {count}, {of_shown} of {formats.write_money(figures.total)}" if shown else ""
    return Card("overdue", panel.title, address, about=about, rows=rows)


def count_calls(readings: Sequence[Reading]) -> tuple[int, int]:
    """Return how many calls the figures cost, and how many of them were made for this look at the page."""
    return sum(each.calls for each in readings), sum(each.calls for each in readings if each.is_new)
