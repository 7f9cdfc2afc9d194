"""Profitability of clients as people see it: who earns what and why, and how it adds up to the books."""

from __future__ import annotations

from collections.abc import Iterator

from runtime.operations.formats import Formats
from runtime.operations.insight_views.answer_values import (
    Part,
    TableForm,
    Values,
    count_shown,
    make_table,
    read_amount,
    read_count,
    read_map,
    read_maps,
    read_text,
    write_count,
    write_month,
    write_period,
    write_title,
    write_within,
)
from runtime.operations.insight_views.periods import list_periods, name_period
from runtime.operations.insight_views.summary import Style, Summary
from runtime.operations.insight_views.view import Fact, InsightTable, Notice

_CLIENTS = (
    Part("rank", "number", "rank"),
    Part("client", "text", "name"),
    Part("revenue", "amount", "revenue"),
    Part("product cost", "amount", "product_cost"),
    Part("labour", "amount", "labour"),
    Part("hours", "number", "hours"),
    Part("gross margin", "amount", "gross_margin"),
    Part("margin %", "percent", "gross_margin_percent", is_hundredths=True),
    Part("per hour", "amount", "effective_hourly_rate"),
    Part("change", "amount", "change"),
    Part("trend", "text", "trend"),
)
_OVERHEADS = (Part("overheads", "amount", "overheads"), Part("after overheads", "amount", "after_overheads"))
_CAUSES = (
    Part("client", "text", "client_name"),
    Part("cause", "text", "cause_title"),
    Part("effect", "amount", "effect"),
    Part("says", "text", "says"),
)
_AGREEMENTS = (
    Part("client", "text", "client_name"),
    Part("agreement", "text", "name"),
    Part("hours", "number", "hours"),
    Part("covered", "number", "covered_hours"),
    Part("over", "number", "hours_over"),
    Part("use", "text", "use"),
)
_LINES = (
    Part("not of clients", "text", "title"),
    Part("revenue", "amount", "revenue"),
    Part("product cost", "amount", "product_cost"),
    Part("labour", "amount", "labour"),
    Part("gross margin", "amount", "gross_margin"),
)
_MONTHS = (
    Part("month", "text", "month"),
    Part("income", "amount", "income"),
    Part("cost of sales", "amount", "cost_of_sales"),
    Part("gross profit", "amount", "gross_profit"),
    Part("overheads", "amount", "overheads"),
    Part("net income", "amount", "net_income"),
)
_FACTS = ("income", "cost_of_sales", "gross_profit", "overheads", "net_income")


def describe_clients(figures: Values, style: Style) -> Summary:
    """Return the profitability of clients as it is shown."""
    formats = style.formats
    period = write_period(read_map(figures, "period"), formats)
    return Summary(
        _say(figures, period, formats),
        period,
        name_period(figures),
        tuple(_list_facts(figures, formats)),
        tuple(_list_tables(figures)),
        tuple(_list_notices(figures)),
    )


def _say(figures: Values, period: str, formats: Formats) -> str:
    of = write_within(period)
    if "clients" not in figures:
        profit = read_amount(figures, "company.gross_profit")
        return f"The whole company made a gross profit of {formats.write_money(profit)}{of}."
    clients, count = read_maps(figures, "clients"), read_count(figures, "count")
    if not clients:
        return read_text(figures, "says") or f"No client brought in or cost anything{of}."
    margin = formats.write_money(read_amount(figures, "gross_margin_of_all_clients"))
    said = f"{write_count(count, 'client', 'clients')} earned a gross margin of {margin}{of}"
    losing = [each for each in clients if (read_amount(each, "gross_margin") or 0) < 0]
    if not losing:
        return f"{said}."
    return f"{said}; {read_text(losing[-1], 'name')} lost most."


def _list_facts(figures: Values, formats: Formats) -> Iterator[Fact]:
    yield from list_periods(figures, formats)
    company = read_map(figures, "company")
    for name in _FACTS:
        if (amount := read_amount(company, name)) is not None:
            yield Fact(write_title(name), formats.write_money(amount))


def _list_tables(figures: Values) -> Iterator[InsightTable]:
    if "clients" in figures:
        yield from _list_client_tables(figures, read_maps(figures, "clients"))
    months = [
        {**each, "month": write_month(read_text(each, "month"))} for each in read_maps(figures, "months")
    ]
    yield make_table(TableForm("months", "How each month adds up", _MONTHS), months)


def _list_client_tables(figures: Values, clients: list[Values]) -> Iterator[InsightTable]:
    parts = (*_CLIENTS, *_OVERHEADS) if any("overheads" in each for each in clients) else _CLIENTS
    note = count_shown(figures, "clients", len(clients), read_count(figures, "count"))
    form = TableForm("clients", "Clients", parts, records=("client",), empty="No client earned anything.")
    yield make_table(form, clients, note)
    causes = [
        {
            **cause,
            "client_name": read_text(each, "name"),
            "cause_title": write_title(read_text(cause, "cause")),
        }
        for each in clients
        for cause in read_maps(each, "causes")
    ]
    yield make_table(
        TableForm("causes", "Why they earn more or less", _CAUSES, empty="All earn the same."), causes
    )
    uses = [
        {**use, "client_name": read_text(each, "name")}
        for each in clients
        for use in read_maps(each, "agreements")
    ]
    yield make_table(TableForm("agreements", "Use of agreements", _AGREEMENTS, empty="There are none."), uses)
    lines = [
        {**each, "title": write_title(read_text(each, "line"))}
        for each in read_maps(figures, "not_of_clients")
    ]
    yield make_table(TableForm("not_of_clients", "Not of clients", _LINES), lines)


def _list_notices(figures: Values) -> Iterator[Notice]:
    if says := read_text(figures, "says"):
        yield Notice("warning", says)
