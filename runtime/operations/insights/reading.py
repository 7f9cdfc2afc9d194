"""Carries out the requests of an analysis: few, in the order in which they matter, and no further than they go.

Called by `answering`. What was read until a limit or a refusal is answered, with what is missing and why (`fetching`).
`parts` stores it, and the next call goes on from there.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from runtime.exchange.bundle import Read
from runtime.exchange.totals import prepare_count
from runtime.insights.analysis import Wanted, WantedReport
from runtime.insights.books import Missing
from runtime.operations.insights.fetching import AT_ONCE, Fetcher, Found
from runtime.operations.insights.plans import Request, Slice, plan_requests
from runtime.operations.insights.questions import Question, list_questions, list_unlisted
from runtime.upstream.answer import follow_path
from runtime.upstream.paging import make_cursor

MOST_RECORDS = 60_000
"""Records of one analysis. They take some 250 MB and 4 seconds of processor time; older ones are left out."""
LONGEST_REPORT = 20
"""Parts of one report that are read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that an analysis asks for."""

    questions: tuple[Question, ...]
    reports: tuple[WantedReport, ...]
    settings: tuple[str, ...]
    """The tools that answer the settings."""
    unlisted: tuple[str, ...] = ()
    """Resources that are wanted and that no tool lists."""


class Reader:
    """Reads for one call."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher, self._call, self._found = fetcher, fetcher.call, fetcher.found
        self._packing = asyncio.Semaphore(1)  # so that one processor at most is busy with it

    def ask(self, wanted: Wanted, today: date) -> Asked:
        """Return what is asked for."""
        rules = self._call.integration.insights
        settings = {tool for tool, _ in rules.settings.values()} if "settings" in wanted.lists else set()
        reports = tuple(each for each in wanted.reports if each.report in rules.reports)
        questions, unlisted = list_questions(self._call, wanted, today), list_unlisted(self._call, wanted)
        return Asked(tuple(questions), reports, tuple(sorted(settings)), tuple(unlisted))

    async def count(self, asked: Asked) -> dict[str, int]:
        """Return how many records each question finds, by its name. Raises where not one could be counted."""
        open_ = []
        counts: dict[str, int] = {}
        for each in asked.questions:
            known = self._found.parts.get(f"count {each.name}")
            if known is not None:
                counts[each.name] = int(known)
            else:
                open_.append(each)
        size = self._fetcher.most_together
        for start in range(0, len(open_), size):
            counts |= await self._count(open_[start : start + size])
        return counts

    def plan(self, asked: Asked, counts: Mapping[str, int]) -> list[Request]:
        """Return the requests for pages that were not read yet."""
        most = self._fetcher.most_together
        taken = _limit(asked.questions, counts)
        planned = plan_requests(taken, asked.questions, self._call.integration.pagination.maximum, most)
        left = (tuple(each for each in one if each.name not in self._found.parts) for one in planned)
        return [each for each in left if each]

    def count_requests(self, asked: Asked, planned: Sequence[Request]) -> int:
        """Return how many requests are still to be made."""
        names = [f"setting {each}" for each in asked.settings] + [name_report(each) for each in asked.reports]
        return len(planned) + sum(name not in self._found.parts for name in names)

    async def read(self, asked: Asked, planned: Sequence[Request]) -> None:
        """Read everything, as far as it goes."""
        first = [self._read_setting(each) for each in asked.settings]
        first += [self._read_report(each) for each in asked.reports]
        waiting = [*first, *(self._read_pages(each) for each in planned)]
        turns = asyncio.Semaphore(AT_ONCE)

        async def take(work: Awaitable[None]) -> None:
            async with turns:
                await work

        async with asyncio.TaskGroup() as group:
            for each in waiting:
                group.create_task(take(each))

    async def _count(self, questions: Sequence[Question]) -> dict[str, int]:
        if not self._fetcher.may_go_on():
            return {}
        reads = [(each, self._fetcher.make_call(each.tool, dict(each.arguments))) for each in questions]
        requests = [Read(each.tool, prepare_count(call)) for each, call in reads]
        path = self._call.integration.pagination.total
        found: dict[str, int] = {}
        bodies = await self._fetcher.fetch(requests, [each.name for each in questions])
        for each, body in zip(questions, bodies, strict=True):
            value = follow_path(orjson.loads(body), path) if body is not None else None
            if isinstance(value, int):
                found[each.name] = value
                self._found.add(f"count {each.name}", str(value).encode())
        return found

    async def _read_pages(self, slices: Request) -> None:
        if not self._fetcher.may_go_on():
            return
        reads = []
        for each in slices:
            call = self._fetcher.make_call(each.question.tool, self._page_arguments(each))
            reads.append(Read(each.question.tool, self._fetcher.kind_of(each.question.tool).prepare(call)))
        bodies = await self._fetcher.fetch(reads, [each.question.name for each in slices])
        for each, body in zip(slices, bodies, strict=True):
            if body is not None:
                async with self._packing:
                    self._found.add(each.name, await asyncio.to_thread(zlib.compress, body, 1))

    async def _read_setting(self, tool_name: str) -> None:
        name = f"setting {tool_name}"
        if name in self._found.parts or not self._fetcher.may_go_on():
            return
        answer = await self._fetcher.ask_tool(tool_name, {}, name)
        if answer is not None:
            self._found.add(name, answer)

    async def _read_report(self, wanted: WantedReport) -> None:
        """Read all parts of a report."""
        name, rules = name_report(wanted), self._call.integration.insights
        if name in self._found.parts:
            return
        report = rules.reports[wanted.report]
        arguments: dict[str, Any] = fill_arguments(report.arguments, wanted, rules.steps)
        whole: dict[str, Any] | None = None
        for _ in range(LONGEST_REPORT):
            if not self._fetcher.may_go_on():
                return
            answer = await self._fetcher.ask_tool(report.tool, arguments, name)
            if answer is None:
                return
            part = orjson.loads(answer)
            if whole is None:
                whole = part
            else:
                whole["rows"] += part.get("rows") or []
            if not part.get("next_cursor"):
                break
            arguments = {**arguments, "next_cursor": part["next_cursor"]}
        self._found.add(name, orjson.dumps(whole))

    def _page_arguments(self, page: Slice) -> dict[str, Any]:
        paging, asked = self._call.integration.pagination, page.question
        arguments = {**asked.arguments, "limit": paging.maximum}
        place = paging.first + (page.start if paging.style == "offset" else page.start // paging.maximum)
        position = f"{place}/0/{paging.maximum}"
        return {**arguments, "next_cursor": make_cursor(asked.tool.name, arguments, position)}


def fill_arguments(
    templates: Mapping[str, str], wanted: WantedReport, steps: Mapping[str, str]
) -> dict[str, Any]:
    """Return the arguments of a report; one that nothing fills is left out."""
    values = {
        "start": wanted.start.isoformat() if wanted.start else "",
        "end": wanted.end.isoformat() if wanted.end else "",
        "step": steps.get(wanted.step, "") if wanted.step else "",
    }
    filled = {name: text.format_map(values) for name, text in templates.items()}
    return {name: text for name, text in filled.items() if text}


def list_missing(asked: Asked, counts: Mapping[str, int], found: Found, most_page: int) -> list[Missing]:
    """Return what was asked for and not read, each with the reason."""
    missing = [
        Missing(each.replace("_", " "), "There is no tool here that lists them.") for each in asked.unlisted
    ]
    for each in asked.questions:
        why = found.refused.get(each.name, found.stopped)
        if each.name not in counts:
            missing.append(Missing(each.describe(), why or "They could not be counted."))
            continue
        count = counts[each.name]
        starts = range(0, count, most_page)
        unread = sum(
            min(most_page, count - start) for start in starts if Slice(each, start, 0).name not in found.parts
        )
        if unread:
            most = f"An analysis takes at most {MOST_RECORDS:,} records; the newest were read."
            missing.append(Missing(each.describe(), why or most, unread))
    for name, title in [
        *((f"setting {each}", "settings") for each in asked.settings),
        *((name_report(each), f"report {each.report.replace('_', ' ')}") for each in asked.reports),
    ]:
        if name not in found.parts:
            missing.append(Missing(title, found.refused.get(name, found.stopped)))
    return missing


def _limit(questions: Sequence[Question], counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts with the largest made smaller until an analysis can take the records."""
    taken = {each.name: counts[each.name] for each in questions if each.name in counts}
    while (over := sum(taken.values()) - MOST_RECORDS) > 0:
        name = max(taken, key=lambda each: (taken[each], each))
        others = sorted(taken.values())[-2] if len(taken) > 1 else 0
        taken[name] -= min(over, max(taken[name] - others, 1_000))
    return taken


def name_report(wanted: WantedReport) -> str:
    """Return the name of the part that a report is."""
    return f"report {wanted.report} {wanted.start} {wanted.end} {wanted.step}"


def read_settings(rules: Mapping[str, tuple[str, tuple[str, ...]]], found: Found) -> dict[str, str]:
    """Return the settings that were read."""
    read: dict[str, str] = {}
    for name, (tool, path) in rules.items():
        content = found.parts.get(f"setting {tool}")
        value = follow_path(orjson.loads(content), path) if content is not None else None
        if isinstance(value, str | int):
            read[name] = str(value)
    return read
