"""What is done in a process of its own: pages become books, an analysis is computed, its answer is written.

Called by `operations.insights`, so that the event loop is free meanwhile. What goes in and
comes out is plain and can be pickled.
"""

from __future__ import annotations

import gc
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

import msgspec
import orjson

from generator.effect_rules import Path
from generator.insight_rules import InsightRules, WorkRules
from runtime.exchange.allowance import Allowance
from runtime.insights.analysis import Analysis
from runtime.insights.assembly import Reading, ReadPage, assemble_books
from runtime.insights.books import Books, Missing, Span
from runtime.insights.client_mapping import ClientMapping
from runtime.insights.kinds import find_insight
from runtime.insights.record_types import Page
from runtime.insights.report_rows import parse_report
from runtime.insights.work_assembly import assemble_work

CUTS = (50, 20, 10, 5, 3, 1)
"""Entries that lists are cut to, one after the other, until an answer fits."""
RANK = "rank"
"""The member of an entry that says at which place of a ranking it stands."""
_NUMBERS = msgspec.json.Encoder(decimal_format="number")


class PackedPage(NamedTuple):
    """A page as it was read: the body of a response, compressed. `question` is what it answers a part of."""

    part: str
    resource: str
    path: Path
    body: bytes
    question: str
    expected: int


class PackedReport(NamedTuple):
    """A report as its tool answered it, JSON."""

    name: str
    tool: str
    totals: Mapping[str, str]
    text: bytes


@dataclass(frozen=True, slots=True)
class WorkJob:
    """What was read of a work system, and which of its clients are which customers."""

    rules: Mapping[str, WorkRules]
    pages: tuple[PackedPage, ...]
    lists: frozenset[str]
    read: Mapping[str, Span]
    mapping: ClientMapping
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One analysis to be computed. `partial` are the kinds of transactions whose oldest pages were not read."""

    insight: str
    options: Mapping[str, Any]
    rules: InsightRules
    today: date
    allowance: Allowance
    head: Mapping[str, Any]
    pages: tuple[PackedPage, ...] = ()
    reports: tuple[PackedReport, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    read: Mapping[str, Span] = field(default_factory=dict)
    partial: frozenset[str] = frozenset()
    missing: tuple[Missing, ...] = ()
    dismissed: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    note: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the definition of the analysis knows of the world (`Books.facts`)."""
    work: WorkJob | None = None


def run_job(job: Job) -> bytes:
    """Return the answer of an analysis, JSON, as large as is allowed.

    Nothing in it goes in circles, so the collector is off meanwhile: it would walk all records again and again.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        return _compute(job)
    finally:
        if was_on:
            gc.enable()


def _compute(job: Job) -> bytes:
    reports = {
        each.name: parse_report(orjson.loads(each.text), each.tool, {}, each.totals) for each in job.reports
    }
    reading = Reading(
        job.today,
        "",
        _unpack(job.pages),
        reports,
        job.settings,
        job.read,
        job.missing,
        job.dismissed,
        job.partial,
        job.lists,
        job.facts,
    )
    books = _add_work(assemble_books(job.rules, reading), job)
    analysis = find_insight(job.insight).compute(books, job.options)
    return write_answer(job, analysis, [*books.missing, *analysis.missing])


def _unpack(pages: Sequence[PackedPage]) -> tuple[ReadPage, ...]:
    return tuple(
        ReadPage(
            each.part,
            Page(each.resource, zlib.decompress(each.body), each.path),
            each.question,
            each.expected,
        )
        for each in pages
    )


def _add_work(books: Books, job: Job) -> Books:
    """Return the books with the work system that was read beside them."""
    found = job.work
    if found is None:
        return books
    pages = _unpack(found.pages)
    reading = Reading(job.today, pages=pages, read=found.read, missing=found.missing, lists=found.lists)
    return replace(books, work=assemble_work(found.rules, reading), mapping=found.mapping)


def write_answer(job: Job, analysis: Analysis, missing: Sequence[Missing]) -> bytes:
    """Return an answer, JSON; its lists are cut, and counted, where it would be too large."""
    said = list(dict.fromkeys(missing))
    value = {
        **job.head,
        "complete": not said,
        "missing": [each.as_dict() for each in said],
        "figures": analysis.figures,
        "ties": [each.as_dict() for each in analysis.ties],
        "assumptions": list(analysis.assumptions),
        "evidence": list(analysis.evidence),
    }
    if job.note:
        value["note"] = job.note
    written = _NUMBERS.encode(value)
    for most in CUTS:
        if job.allowance.holds(written):
            break
        note = (
            f"Lists are cut to {most} entries to fit, of a ranking the first and the last ones; "
            "a member ending in _in_all counts what they have."
        )
        written = _NUMBERS.encode(cut_lists(value, most) | {"note": f"{job.note} {note}".strip()})
    return written


def cut_lists(value: Any, most: int) -> Any:
    """Return a value with each list cut to so many entries, and beside it how many there are."""
    if isinstance(value, dict):
        cut: dict[str, Any] = {}
        for name, each in value.items():
            cut[name] = cut_lists(each, most)
            if isinstance(each, list | tuple) and len(each) > most:
                cut[f"{name}_in_all"] = len(each)
        return cut
    return (
        [cut_lists(each, most) for each in _choose(value, most)] if isinstance(value, list | tuple) else value
    )


def _choose(entries: Sequence[Any], most: int) -> Sequence[Any]:
    """Return the first entries; of a ranking the first and the last ones, for both ends are what it is asked for."""
    is_ranking = bool(entries) and isinstance(entries[0], dict) and RANK in entries[0]
    if len(entries) <= most or not is_ranking:
        return entries[:most]
    last = most // 2
    return [*entries[: most - last], *entries[len(entries) - last :]]
