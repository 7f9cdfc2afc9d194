"""The answer of a list whose records come from several requests. Called by `listing`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from generator.vendor import Pagination
from runtime.errors import InvalidArguments
from runtime.exchange import bounds, remarks
from runtime.exchange.allowance import Allowance
from runtime.exchange.branches import CountedBranches, MergedPage
from runtime.exchange.context import CallContext
from runtime.exchange.merging import Merge, Merged, OrderUnknown, Part
from runtime.exchange.page_answer import (
    NO_ROWS,
    append_records,
    choose_names,
    list_asked,
    note_absent,
    note_most,
)
from runtime.upstream import figures, paging
from runtime.upstream.answer import UnexpectedShape, find_records, follow_path
from runtime.upstream.rows import ValueRows
from runtime.upstream.terms import Branch


def write_merged(
    call: CallContext, plan: MergedPage | CountedBranches, values: Sequence[Any], allowance: Allowance
) -> str:
    """Return what several responses come to, as the answer of one list. Raises UnexpectedShape."""
    if isinstance(plan, CountedBranches):
        counts = [_count_of(call.integration.pagination, value) for value in values]
        total = sum(sign * count for sign, count in zip(plan.signs, counts, strict=True))
        return _write_total(total, allowance)
    merge = Merge(plan.keys, plan.identifier)
    parts = [_part(call, plan, at, value) for at, value in enumerate(values)]
    if plan.is_count:
        return _write_total(_count_records(plan, merge, parts), allowance)
    try:
        merged = merge.take_page(parts, plan.place, plan.limit)
    except OrderUnknown:
        raise _order_unknown(plan) from None
    return _write_records(call, plan, merged, allowance)


def _part(call: CallContext, plan: MergedPage, at: int, value: Any) -> Part:
    found = find_records(value, call.tool.returns.path, call.integration.pagination.beside)
    if not all(isinstance(record, dict) for record in found):
        raise UnexpectedShape("a record is no object")
    is_cut = len(found) >= plan.probe
    passed = plan.place.starts[at] - plan.starts[at]
    before, records = (found[0] if passed and found else None), found[passed:]
    return Part(records, plan.place.starts[at], before, is_cut, _find_wanted(plan.branches[at], records))


def _find_wanted(branch: Branch, records: Sequence[dict[str, Any]]) -> frozenset[int] | None:
    """Return which records have the texts that a branch asks for, where the vendor answers others too."""
    texts = [each.loose for each in branch if each.loose[0]]
    if not texts:
        return None
    found = (
        at
        for at, record in enumerate(records)
        if all(text in str(follow_path(record, path) or "").casefold() for path, text in texts)
    )
    return frozenset(found)


def _count_of(pagination: Pagination, value: Any) -> int:
    total = figures.read_number(follow_path(value, pagination.total))
    if isinstance(total, bool) or not isinstance(total, int):
        raise UnexpectedShape("the total is no number")
    return total


def _count_records(plan: MergedPage, merge: Merge, parts: Sequence[Part]) -> int:
    if any(part.is_cut for part in parts):
        raise InvalidArguments(
            f"The records of this OR cannot be counted: one branch alone has {plan.probe:,} or more.",
            advice="Count with an OR of three branches at most, or narrow each with another condition.",
        )
    return merge.count(parts)


def _write_total(total: int, allowance: Allowance) -> str:
    return bounds.append_rows(lambda _count, _remark: {"total": total}, "records", NO_ROWS, allowance)


def _order_unknown(plan: MergedPage) -> InvalidArguments:
    by = ".".join(plan.keys[0].path) if plan.keys else "nothing"
    return InvalidArguments(
        f"The records of this OR come in an order by {by} that cannot be merged page by page.",
        advice=f"Sort by {plan.identifier} or a date, or give a limit that all of them are within.",
    )


def _write_records(call: CallContext, plan: MergedPage, merged: Merged, allowance: Allowance) -> str:
    names = choose_names(call.tool, call.arguments) or (
        [*dict.fromkeys((*plan.names, plan.identifier))] if plan.names else ()
    )
    rows = ValueRows(merged.records, names)
    raw = str(call.arguments.get("query") or "") if not merged.records else ""
    notes = [*plan.notes]
    notes += remarks.remark_on_nothing(call.tool, call.integration.query_language, raw, call.known)
    notes += note_absent(rows, list_asked(call.arguments))

    def head(count: int, remark: str) -> dict[str, Any]:
        is_cut = count < len(merged.records)
        found: dict[str, Any] = {"returned": count}
        if is_cut or merged.has_more:
            place = str(merged.places[count])
            found["next_cursor"] = paging.make_cursor(call.tool.name, call.arguments, place)
        cut = _cut_note(count, len(merged.records)) if is_cut else ""
        if merged.has_more and not cut and plan.limit == call.max_rows:
            cut = note_most(plan.limit)
        said = [*notes, cut, remark]
        text = " ".join(filter(None, said))
        return {**found, "note": text} if text else found

    return append_records(call, rows, head, allowance)


def _cut_note(count: int, most: int) -> str:
    return (
        f"Only {count} of the {most} records of this page fit into one answer. "
        "Pass next_cursor to read on, or name fewer fields."
    )
