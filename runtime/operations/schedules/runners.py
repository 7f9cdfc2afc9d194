"""How what is scheduled is made: a report by its tool, an analysis by one that computes. Called by `running`.

An analysis may be answered in part. What a rate limit cut short waits for as long as the vendor said, and goes on
under `continue_from` with what was read; what a call could not read at once is read by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from generator.catalog import Catalog
from runtime.errors import ReadingEnded
from runtime.operations.formats import Formats
from runtime.operations.insight_requests import CONTINUE, AnalysisTool
from runtime.operations.insight_views import (
    InsightView,
    Notice,
    list_titles,
    make_insight_file,
    make_view,
    parse_answer,
)
from runtime.operations.report_runs import (
    CallTool,
    FileFormat,
    Report,
    ReportChoice,
    ReportFile,
    make_report_file,
    run_report,
)
from runtime.operations.schedules.choices import find_chosen

MOST_ROUNDS = 5
"""Calls of an analysis in one attempt, each with at most 40 requests: more than its most records, 60,000, take."""
MOST_STATED = 8
"""Notices that an email states; the files have all."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """What a run is to make. `continue_from` is where the attempt before ended; empty for the first one."""

    call: CallTool
    catalog: Catalog
    integration: str
    choice: ReportChoice
    formats: Formats
    company: str
    file_formats: tuple[FileFormat, ...]
    continue_from: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """What a run came to. `wait` says in how many seconds more of it can be read, and None that this is all."""

    summary: str
    formats: tuple[FileFormat, ...]
    make_file: Callable[[FileFormat], ReportFile]
    continue_from: str = ""
    wait: float | None = None


class Runner(Protocol):
    """Makes what is scheduled."""

    async def run(self, ordered: Ordered) -> Made:
        """Return what it comes to. Raises the error of a call."""
        ...


class ReportRunner:
    """Runs a report."""

    def __init__(self, report: Report) -> None:
        self._report = report

    async def run(self, ordered: Ordered) -> Made:
        """Return the report with all its rows."""
        formats, company = ordered.formats, ordered.company
        view = await run_report(ordered.call, self._report, ordered.choice)
        summary = ", ".join(view.list_facts(formats))
        return Made(
            summary, ordered.file_formats, lambda format: make_report_file(view, format, formats, company)
        )


class AnalysisRunner:
    """Runs an analysis, as far as it can be read now."""

    def __init__(self, analysis: AnalysisTool) -> None:
        self._analysis = analysis

    async def run(self, ordered: Ordered) -> Made:
        """Return the answer of the analysis: the whole one, or what there is and how long to wait for more."""
        formats, company = ordered.formats, ordered.company
        titles = list_titles(ordered.catalog, ordered.integration)

        async def ask(continue_from: str) -> InsightView:
            answer = await self._ask(ordered, continue_from)
            return make_view(self._analysis.computed, parse_answer(answer), formats, titles)

        view = await ask(ordered.continue_from)
        for _ in range(MOST_ROUNDS - 1):
            if not _may_go_on(view):
                break
            before, view = view, await ask(view.continue_from)
            if view.missing == before.missing:
                break
        can_wait = bool(view.continue_from and view.retry_after)
        return Made(
            "\n".join(_summarize(view)),
            ordered.file_formats,
            lambda format: make_insight_file(view, format, formats, company),
            view.continue_from,
            float(view.retry_after) if can_wait else None,
        )

    async def _ask(self, ordered: Ordered, continue_from: str) -> str:
        """Return an answer of the tool; anew where what was read before is not stored any more."""
        arguments: dict[str, Any] = dict(ordered.choice.arguments)
        if continue_from:
            answer = await ordered.call(self._analysis.name, {**arguments, CONTINUE: continue_from})
            if not isinstance(answer.error, ReadingEnded):
                return _read_text(answer)
        return _read_text(await ordered.call(self._analysis.name, arguments))


def find_runner(ordered: Ordered) -> Runner:
    """Return what makes what is scheduled, by its tool. Raises NotFound for one that is gone."""
    chosen = find_chosen(ordered.catalog, ordered.integration, ordered.choice.tool_name)
    return AnalysisRunner(chosen) if isinstance(chosen, AnalysisTool) else ReportRunner(chosen)


def _read_text(answer: Any) -> str:
    if answer.error is not None:
        raise answer.error
    return str(answer.text)


def _may_go_on(view: InsightView) -> bool:
    """Whether the next call may read more at once: a call reads so much, and no more."""
    return bool(view.continue_from) and not view.retry_after and bool(view.missing)


def _summarize(view: InsightView) -> Iterator[str]:
    """Yield what an email says of an analysis: its headline, what is missing, what does not tie."""
    yield view.headline
    warnings = [each for each in view.notices if each.kind == "warning"]
    for each in warnings[:MOST_STATED]:
        yield _write_notice(each)
    if (rest := len(warnings) - MOST_STATED) > 0:
        yield f"The files state {rest:,} more."


def _write_notice(notice: Notice) -> str:
    return f"{notice.text} {notice.advice}".strip()
