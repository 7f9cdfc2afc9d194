"""The month-end checklist as people see it: its items by status, their records, and the calls that fix them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from runtime.operations.insight_views.answer_values import (
    Part,
    TableForm,
    Values,
    count_shown,
    find_member,
    make_line,
    make_table,
    read_count,
    read_map,
    read_maps,
    read_text,
    write_count,
    write_month,
)
from runtime.operations.insight_views.summary import Style, Summary
from runtime.operations.insight_views.view import Fact, InsightTable, RowKind

STATUSES: Mapping[str, tuple[str, RowKind]] = {
    "open": ("Open", "open"),
    "attention": ("Needs attention", "attention"),
    "not_known": ("Not known", "unknown"),
    "done": ("Done", "done"),
    "not_used": ("Not used", "done"),
}
"""What people read of a status, in the order in which items stand."""
_JSON = msgspec.json.Encoder(decimal_format="number")
_ITEMS = (
    Part("item", "text", "title"),
    Part("status", "text", "status_title"),
    Part("what was found", "text", "says"),
    Part("amount", "amount", "amount"),
    Part("count", "number", "count"),
    Part("what fixes it", "text", "fix.says"),
)
_RECORDS = (
    Part("item", "text", "item"),
    Part("record", "text", "id"),
    Part("number", "text", "number"),
    Part("name", "text", "party"),
    Part("day", "day", "day"),
    Part("amount", "amount", "amount"),
)
_FIXES = (
    Part("item", "text", "item"),
    Part("what fixes it", "text", "says"),
    Part("tool", "text", "tool_title"),
    Part("arguments", "text", "arguments_text"),
)


def describe_checklist(figures: Values, style: Style) -> Summary:
    """Return a checklist as it is shown."""
    titles = style.titles
    items, month = read_maps(figures, "items"), read_text(figures, "month")
    counts = {name: _count(figures, items, name) for name in STATUSES}
    facts = [Fact("Month", write_month(month))] if month else []
    facts += [Fact(title, f"{counts[name]:,}") for name, (title, _) in STATUSES.items() if counts[name]]
    tables = (_list_items(figures, items), _list_records(items), _list_fixes(items, titles))
    return Summary(_say(figures, items, counts), write_month(month), month, tuple(facts), tables)


def _say(figures: Values, items: list[Values], counts: Mapping[str, int]) -> str:
    month = write_month(read_text(figures, "month")) or "The month"
    if not items:
        return (
            f"Nothing of {month} could be checked." if month != "The month" else "No item could be checked."
        )
    used = sum(counts.values()) - counts["not_used"]
    to_do = counts["open"] + counts["attention"]
    unknown = counts["not_known"]
    rest = f" {write_count(unknown, 'item')} could not be judged." if unknown else ""
    if to_do:
        parts = [f"{counts['open']:,} open"] if counts["open"] else []
        parts += (
            [write_count(counts["attention"], "needs attention", "need attention")]
            if counts["attention"]
            else []
        )
        return (
            f"{month} is not ready to be closed: of {write_count(used, 'item')}, {' and '.join(parts)}.{rest}"
        )
    if unknown:
        return f"Whether {month} can be closed is not known.{rest}"
    if find_member(figures, "is_over") is False:
        return f"{month} has not ended. Nothing is open so far in {write_count(used, 'item')}."
    return f"{month} can be closed: nothing is open in {write_count(used, 'item')}."


def _count(figures: Values, items: list[Values], status: str) -> int:
    """Return how many items have a status: by the answer's own count, which a cut list has not."""
    listed = sum(read_text(each, "status") == status for each in items)
    return max(listed, read_count(read_map(figures, "counts"), status))


def _list_items(figures: Values, items: list[Values]) -> InsightTable:
    order = [*STATUSES]

    def rank(item: Values) -> int:
        status = read_text(item, "status")
        return order.index(status) if status in order else 0

    entries = [{**each, "status_title": _name_status(each)} for each in sorted(items, key=rank)]
    return make_table(
        TableForm(
            "items",
            "Items",
            _ITEMS,
            records=("evidence", "records"),
            empty="No item could be checked.",
            find_kind=lambda item: STATUSES.get(read_text(item, "status"), ("", "unknown"))[1],
        ),
        entries,
        count_shown(figures, "items", len(items)),
    )


def _name_status(item: Values) -> str:
    status = read_text(item, "status")
    return STATUSES[status][0] if status in STATUSES else status


def _list_records(items: list[Values]) -> InsightTable:
    to_do = [each for each in items if read_text(each, "status") in ("open", "attention")]
    entries = [
        {**record, "item": read_text(item, "title")}
        for item in to_do
        for record in read_maps(item, "records")
    ]
    count = sum(max(read_count(each, "count"), len(read_maps(each, "records"))) for each in to_do)
    return make_table(
        TableForm(
            "records",
            "Records of items that are open or need attention",
            _RECORDS,
            records=("id",),
            empty="No record needs anything.",
        ),
        entries,
        count_shown({}, "records", len(entries), count),
    )


def _list_fixes(items: list[Values], titles: Mapping[str, str]) -> InsightTable:
    entries = []
    for item in items:
        if fix := read_map(item, "fix"):
            tool, arguments = read_text(fix, "tool"), find_member(fix, "arguments")
            entries.append(
                {
                    "item": read_text(item, "title"),
                    "says": read_text(fix, "says"),
                    "tool_title": titles.get(tool, tool),
                    "arguments_text": make_line(_JSON.encode(arguments).decode()) if arguments else "",
                }
            )
    return make_table(
        TableForm("fixes", "Calls that fix an item", _FIXES, empty="No call fixes an item."), entries
    )
