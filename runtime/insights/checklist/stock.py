"""Products whose stock is below zero, and the closing date of the books."""

from __future__ import annotations

from datetime import date

from runtime.insights.books import ZERO, Item
from runtime.insights.checklist.items import Check, Finding, Needs, Record, sort_by_amount
from runtime.insights.checklist.month import Month, write_count, write_day


def judge_stock(month: Month) -> Finding:
    """Judge products with fewer than none on hand, as the vendor shows them today."""
    counted = [each for each in month.books.items.values() if each.on_hand is not None]
    if not counted:
        return Finding("not_used", "No product has its stock counted.")
    found = [each for each in counted if (each.on_hand or ZERO) < 0]
    if not found:
        return Finding("done", f"{write_count(len(counted), 'product')} counted, none below zero today.")
    records = sort_by_amount(_describe(month, each) for each in found)
    shown = ", ".join(
        f"{each.name} {(each.on_hand or ZERO).normalize():f}"
        for each in sorted(found, key=lambda each: each.on_hand or ZERO)[:4]
    )
    says = f"{write_count(len(found), 'product')} of {len(counted):,} counted with stock below zero today: {shown}."
    return Finding("open", says, records)


def _describe(month: Month, item: Item) -> Record:
    amount = (item.on_hand or ZERO) * item.cost
    values = {"account": item.expense_account, "day": month.period.as_of}
    return Record(item.key, amount, "", item.name, None, values)


def judge_closing(month: Month) -> Finding:
    """Judge whether the books are closed up to the end of the month."""
    end = month.period.end
    closed = _read_day(month.books.settings.get("closing_date", ""))
    if closed is not None and closed >= end:
        return Finding("done", f"The books are closed up to {write_day(closed)}.")
    state = f"The books are closed up to {write_day(closed)}" if closed else "The books have no closing date"
    when = "" if month.period.is_over else f", and {month.name} has not ended"
    says = f"{state}: {month.name} can still be changed{when}."
    return Finding("open", says, is_fixable=month.period.is_over)


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


CHECKS = (
    Check("negative_stock", "Stock below zero", Needs((), ("items",)), judge_stock),
    Check("closing_date", "Closing date set", Needs((), ("settings",)), judge_closing),
)
