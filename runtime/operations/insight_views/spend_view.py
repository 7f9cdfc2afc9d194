"""Spend by vendor as people see it: the vendors, their accounts, who is new and who is lost."""

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
    write_change,
    write_count,
    write_period,
    write_title,
    write_within,
)
from runtime.operations.insight_views.periods import list_periods, name_period
from runtime.operations.insight_views.summary import Style, Summary
from runtime.operations.insight_views.view import Fact, InsightTable, Notice

_VENDORS = (
    Part("vendor", "text", "name"),
    Part("spent", "amount", "spent"),
    Part("share", "percent", "share_percent", is_hundredths=True),
    Part("before", "amount", "before"),
    Part("change", "amount", "change"),
    Part("status", "text", "status_title"),
    Part("transactions", "number", "transactions"),
)
_ACCOUNTS = (
    Part("vendor", "text", "vendor_name"),
    Part("account", "text", "name"),
    Part("spent", "amount", "spent"),
    Part("before", "amount", "before"),
)
_REST = (
    Part("account", "text", "name"),
    Part("spent", "amount", "spent"),
    Part("before", "amount", "before"),
)
_NAMES = (Part("vendor", "text", "name"),)
_DIFFERENCES = (
    Part("vendor", "text", "name"),
    Part("spent here", "amount", "ours"),
    Part("in the report", "amount", "report_shows"),
    Part("difference", "amount", "difference"),
)


def describe_spend(figures: Values, style: Style) -> Summary:
    """Return the spend by vendor as it is shown."""
    formats = style.formats
    period, vendors = write_period(read_map(figures, "period"), formats), read_maps(figures, "vendors")
    return Summary(
        _say(figures, vendors, period, formats),
        period,
        name_period(figures),
        tuple(_list_facts(figures, formats)),
        tuple(_list_tables(figures, vendors)),
        tuple(_list_notices(figures)),
    )


def _say(figures: Values, vendors: list[Values], period: str, formats: Formats) -> str:
    total = read_amount(figures, "total")
    of = write_within(period)
    if total is None:
        return f"What was spent with vendors{of} is not known."
    count = max(len(vendors), read_count(figures, "count"))
    if not count:
        return f"Nothing was spent with vendors{of}."
    largest = read_text(vendors[0], "name") if vendors else ""
    spent = formats.write_money(read_amount(vendors[0], "spent")) if vendors else ""
    most = f", the most with {largest} ({spent})" if largest else ""
    return f"{formats.write_money(total)} were spent with {write_count(count, 'vendor')}{of}{most}."


def _list_facts(figures: Values, formats: Formats) -> Iterator[Fact]:
    yield from list_periods(figures, formats)
    total, before = read_amount(figures, "total"), read_amount(figures, "total_before")
    if total is not None:
        yield Fact("Spent with vendors", formats.write_money(total))
    if before is not None:
        yield Fact("In the period before", formats.write_money(before))
    if (change := read_amount(figures, "change")) is not None:
        yield Fact("Change", write_change(change, formats))
    if (share := read_amount(figures, "concentration.largest_five_percent")) is not None:
        yield Fact("Share of the five largest", formats.write_percent(share / 100))
    if (rest := read_amount(figures, "without_a_vendor.spent")) is not None:
        yield Fact("Spent without a vendor", formats.write_money(rest))


def _list_tables(figures: Values, vendors: list[Values]) -> Iterator[InsightTable]:
    shown = [{**each, "status_title": write_title(read_text(each, "status"))} for each in vendors]
    note = count_shown(figures, "vendors", len(vendors), read_count(figures, "count"))
    empty = "Nothing was spent with vendors."
    yield make_table(TableForm("vendors", "Vendors", _VENDORS, records=("vendor",), empty=empty), shown, note)
    accounts = [
        {**account, "vendor": read_text(each, "vendor"), "vendor_name": read_text(each, "name")}
        for each in vendors
        for account in read_maps(each, "accounts")
    ]
    yield make_table(
        TableForm("accounts", "Accounts by vendor", _ACCOUNTS, records=("vendor", "account")), accounts
    )
    rest = read_map(figures, "without_a_vendor")
    listed = read_maps(rest, "accounts")
    note = count_shown(rest, "accounts", len(listed), read_count(rest, "count"))
    empty = "Everything names a vendor."
    yield make_table(
        TableForm("rest", "Without a vendor", _REST, records=("account",), empty=empty), listed, note
    )
    for key, title in (("new_vendors", "New vendors"), ("lost_vendors", "Vendors without spend any more")):
        part = read_map(figures, key)
        names = read_maps(part, "vendors")
        note = count_shown(part, "vendors", len(names), read_count(part, "count"))
        yield make_table(
            TableForm(key, title, _NAMES, records=("vendor",), empty="There are none."), names, note
        )
    differing = read_map(figures, "does_not_tie")
    if listed := read_maps(differing, "vendors"):
        note = count_shown(differing, "vendors", len(listed), read_count(differing, "count"))
        title = "Vendors for whom the report shows another amount"
        yield make_table(TableForm("differences", title, _DIFFERENCES, records=("vendor",)), listed, note)


def _list_notices(figures: Values) -> Iterator[Notice]:
    differing = read_map(figures, "does_not_tie")
    if count := read_count(differing, "count"):
        names = ", ".join(read_text(each, "name") for each in read_maps(differing, "vendors")[:3])
        yield Notice(
            "warning",
            f"{write_count(count, 'vendor does', 'vendors do')} not tie with the vendor's report: {names}.",
            "Both amounts stand in the last table.",
        )
