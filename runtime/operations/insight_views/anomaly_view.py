"""Anomalies as people see them: each finding with its reason, its records, and how to dismiss it."""

from __future__ import annotations

from runtime.operations.insight_views.answer_values import (
    Part,
    TableForm,
    Values,
    count_shown,
    find_member,
    make_table,
    read_count,
    read_map,
    read_maps,
    read_text,
    write_count,
    write_period,
    write_title,
    write_within,
)
from runtime.operations.insight_views.summary import Style, Summary
from runtime.operations.insight_views.view import Fact, InsightTable, RowKind

SURE = 80
"""The score from which a finding is drawn as one that needs attention: most of them are right, by the tests."""
_FINDINGS = (
    Part("kind", "text", "kind_title"),
    Part("score", "number", "score"),
    Part("reason", "text", "reason"),
    Part("suggestion", "text", "suggestion"),
    Part("finding", "text", "id"),
    Part("dismissed", "text", "dismissed_title"),
)
_RECORDS = (
    Part("finding", "text", "finding"),
    Part("kind", "text", "kind_title"),
    Part("record", "text", "id"),
    Part("number", "text", "number"),
    Part("name", "text", "party"),
    Part("day", "day", "day"),
    Part("amount", "amount", "amount"),
    Part("currency", "text", "currency"),
)
_KINDS = (Part("kind", "text", "title"), Part("Findings", "number", "count"))


def describe_anomalies(figures: Values, style: Style) -> Summary:
    """Return findings as they are shown."""
    formats = style.formats
    days = {"start": read_text(figures, "start_date"), "end": read_text(figures, "end_date")}
    period, found = write_period(days, formats), read_maps(figures, "findings")
    count = max(len(found), read_count(figures, "count"))
    facts = [Fact("Period", period)] if period else []
    facts.append(Fact("Findings", f"{count:,}"))
    if (looked_at := find_member(figures, "looked_at")) is not None:
        facts.append(Fact("Transactions looked at", formats.write_number(looked_at)))
    if sensitivity := read_text(figures, "sensitivity"):
        facts.append(Fact("Sensitivity", write_title(sensitivity)))
    if dismissed := read_count(figures, "dismissed"):
        facts.append(Fact("Dismissed", f"{dismissed:,}"))
    file_part = "-to-".join(dict.fromkeys(each for each in days.values() if each))
    tables = (_list_findings(figures, found, count), _list_records(found), _list_kinds(figures))
    return Summary(_say(figures, count, period), period, file_part, tuple(facts), tables)


def _say(figures: Values, count: int, period: str) -> str:
    of = write_within(period)
    if not count:
        return f"Nothing unusual was found in the transactions{of}."
    kinds = read_map(figures, "by_kind")
    most = sorted(kinds, key=lambda each: -read_count(kinds, each))[:3]
    named = ", ".join(f"{write_title(each).lower()} {read_count(kinds, each):,}" for each in most)
    return f"{write_count(count, 'finding')} in the transactions{of}{f': {named}' if named else ''}."


def _list_findings(figures: Values, found: list[Values], count: int) -> InsightTable:
    entries = [
        {
            **each,
            "kind_title": write_title(read_text(each, "kind")),
            "dismissed_title": "Yes" if find_member(each, "dismissed") is True else "",
        }
        for each in found
    ]
    return make_table(
        TableForm(
            "findings",
            "Findings",
            _FINDINGS,
            records=("records",),
            empty="Nothing unusual was found.",
            find_kind=_find_kind,
        ),
        entries,
        count_shown(figures, "findings", len(found), count),
    )


def _find_kind(finding: Values) -> RowKind:
    if find_member(finding, "dismissed") is True:
        return "done"
    return "attention" if read_count(finding, "score") >= SURE else "open"


def _list_records(found: list[Values]) -> InsightTable:
    entries = [
        {**record, "finding": read_text(each, "id"), "kind_title": write_title(read_text(each, "kind"))}
        for each in found
        for record in read_maps(each, "records")
    ]
    return make_table(
        TableForm("records", "Records", _RECORDS, records=("id",), empty="No record is part of a finding."),
        entries,
    )


def _list_kinds(figures: Values) -> InsightTable:
    kinds = read_map(figures, "by_kind")
    entries = [{"title": write_title(each), "count": read_count(kinds, each)} for each in kinds]
    return make_table(
        TableForm("kinds", "Findings by kind", _KINDS, empty="Nothing unusual was found."), entries
    )
