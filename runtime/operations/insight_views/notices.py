"""What a reader has to know of an answer before its figures: what is missing, and which figures do not tie.

Called by `making`. Nothing of it is left out: both numbers of a figure that does not tie, each part that is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from runtime.operations.formats import Formats
from runtime.operations.insight_views.answer_values import (
    Values,
    find_member,
    read_amount,
    read_count,
    read_maps,
    read_text,
)
from runtime.operations.insight_views.view import InsightTie, Notice, TieState

_INCOMPLETE = "This analysis is not complete: what follows is what could be read."
_GO_ON = "It goes on from where it ended when it is run again"
_DIFFERS = "Open both before you rely on the figure."


def is_complete(answer: Values) -> bool:
    """Whether an answer says that it is complete, and names nothing that is missing."""
    return find_member(answer, "complete") is True and not read_maps(answer, "missing")


def list_missing(answer: Values) -> tuple[str, ...]:
    """Return what is missing, each with the reason, as sentences."""
    return tuple(" ".join(each) for each in _read_missing(answer))


def list_notices(answer: Values, ties: Sequence[InsightTie], formats: Formats) -> tuple[Notice, ...]:
    """Return the notices of an answer, the most important first."""
    return (*_warn_incomplete(answer), *_warn_ties(ties, formats), *_remark(answer, ties))


def read_ties(answer: Values, titles: Mapping[str, str]) -> tuple[InsightTie, ...]:
    """Return the figures that were compared with reports of the vendor; those that do not tie come first."""
    found = [_read_tie(each, titles) for each in read_maps(answer, "ties")]
    order: tuple[TieState, ...] = ("does not tie", "not checked", "ties")
    return tuple(sorted(found, key=lambda each: order.index(each.state)))


def _read_tie(value: Values, titles: Mapping[str, str]) -> InsightTie:
    report = read_text(value, "report")
    title, figure = titles.get(report, report.replace("_", " ")), read_text(value, "figure")
    agrees = find_member(value, "ties")
    if agrees is True:
        amount = read_amount(value, "amount")
        return InsightTie(figure, title, "ties", amount, amount)
    ours, theirs = read_amount(value, "ours"), read_amount(value, "report_shows")
    if agrees is not False:
        return InsightTie(figure, title, "not checked", ours)
    return InsightTie(figure, title, "does not tie", ours, theirs, read_amount(value, "difference"))


def _read_missing(answer: Values) -> Iterator[tuple[str, str]]:
    for each in read_maps(answer, "missing"):
        what, why, records = read_text(each, "what"), read_text(each, "why"), read_count(each, "records")
        counted = f" ({records:,} {'record' if records == 1 else 'records'})" if records else ""
        yield f"Missing: {what or 'a part of the books'}{counted}.", _end(why)


def _warn_incomplete(answer: Values) -> Iterator[Notice]:
    if is_complete(answer):
        return
    advice = ""
    if read_text(answer, "continue_from"):
        wait = read_count(answer, "retry_after")
        advice = f"{_GO_ON}{f', from {wait:,} seconds on' if wait else ''}."
    yield Notice("warning", _INCOMPLETE, advice)
    for text, why in _read_missing(answer):
        yield Notice("warning", text, why)


def _warn_ties(ties: Sequence[InsightTie], formats: Formats) -> Iterator[Notice]:
    for each in ties:
        if each.state == "does not tie":
            yield Notice("warning", f"{write_tie(each, formats)}.", _DIFFERS)


def write_tie(tie: InsightTie, formats: Formats) -> str:
    """Return how a figure compares with its report, in words."""
    figure = tie.figure[:1].upper() + tie.figure[1:]
    ours, theirs = formats.write_amount(tie.ours), formats.write_amount(tie.theirs)
    if tie.state == "ties":
        return f"{figure}: {ours}, as the report {tie.report} shows"
    if tie.state == "not checked":
        return f"{figure}: {ours}, not compared with the report {tie.report}"
    difference = formats.write_amount(tie.difference)
    return (
        f"{figure} does not tie: it is {ours} here, and {theirs} in the report {tie.report}, "
        f"a difference of {difference}"
    )


def _remark(answer: Values, ties: Sequence[InsightTie]) -> Iterator[Notice]:
    unread = dict.fromkeys(each.report for each in ties if each.state == "not checked")
    if unread:
        yield Notice(
            "info", f"Not compared with the vendor's reports, which were not read: {', '.join(unread)}."
        )
    if note := _end(read_text(answer, "note")):
        yield Notice("info", note)


def _end(sentence: str) -> str:
    return sentence if not sentence or sentence[-1] in ".!?…" else f"{sentence}."
