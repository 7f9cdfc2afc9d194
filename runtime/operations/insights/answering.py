"""The path of a call whose answer is computed: planned, read, computed in a process of its own, answered.

Called by `calls`, after the arguments are checked. An answer says how many requests it took, whether it is complete,
what is missing and why, and under which `continue_from` the next call goes on; a refusal for its rate is an error only
where nothing at all could be read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import anyio
import orjson
from anyio import to_process

from generator.catalog import Tool
from runtime.deployment import Deployment
from runtime.errors import AnswerTooLarge, Busy, InternalError, InvalidArguments
from runtime.exchange.context import CallContext
from runtime.exchange.kinds import Kind
from runtime.exchange.tool_answer import Answer
from runtime.insight_values import StoredReading
from runtime.insights.analysis import Insight, Wanted
from runtime.insights.assembly import TRANSACTIONS
from runtime.insights.books import Missing, Span
from runtime.insights.kinds import DISMISS, find_insight
from runtime.insights.worker import Job, PackedPage, PackedReport, WorkJob, run_job
from runtime.operations.answers import format_time
from runtime.operations.insights.dismissals import Dismissals, Dismisser
from runtime.operations.insights.estimating import WorkEstimate, write_estimate
from runtime.operations.insights.fetching import Fetcher, Found, Send
from runtime.operations.insights.parts import Parts
from runtime.operations.insights.plans import Slice
from runtime.operations.insights.reading import Asked, Reader, list_missing, name_report, read_settings
from runtime.operations.insights.work_pairs import Entitled, Entitlement, NoPairs, WorkPair, WorkPairs
from runtime.operations.insights.work_reading import MOST_REQUESTS, WorkReader
from runtime.operations.vendor_calls import VendorCalls

MOST_WAITING = 16
"""Analyses of one process that wait for their turn; each takes about a second of a processor."""
MOST_COMPUTING = 60.0
"""Seconds that one may compute before its process is ended: twenty times what 60,000 records take."""
MOST_NOTED = 200
"""Bytes of an answer that are set apart for the note of what was cut."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the reading of a call came to. `head` is what its answer begins with."""

    today: date
    asked: Asked
    counts: Mapping[str, int]
    found: Found
    head: Mapping[str, Any]
    work: WorkJob | None = None
    denied: str = ""


class Computed:
    """Answers calls of tools whose answers are computed. One for the process."""

    def __init__(
        self,
        send: Send,
        kind_of: Callable[[Tool], Kind],
        vendor: VendorCalls,
        deployment: Deployment | None,
        pairs: WorkPairs | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send, self._kind_of, self._vendor = send, kind_of, vendor
        self._parts = Parts(deployment) if deployment is not None else None
        self._dismissals = Dismissals(deployment) if deployment is not None else None
        self._clock, self._monotonic = (deployment.clock if deployment is not None else time.time), monotonic
        self._entitlement, self._deployment = Entitlement(pairs or NoPairs(), deployment), deployment
        self._turns: anyio.CapacityLimiter | None = None
        self._waiting = 0

    async def answer(self, call: CallContext) -> Answer:
        """Return what a call comes to. Raises what stands in its way."""
        if call.tool.returns.computed == DISMISS:
            return await self._dismiss(call)
        insight, options = find_insight(call.tool.returns.computed), call.arguments
        known, found = await self._find_known(call)
        today = self._parts.read_day(known) if known is not None and self._parts is not None else call.today()
        as_of = known.created_at if known is not None else self._clock()
        reader = Reader(self._make_fetcher(call, found))
        wanted = insight.plan(options, today)
        asked = reader.ask(wanted, today)
        counts = await reader.count(asked)
        planned = reader.plan(asked, counts)
        if found.limited_by is not None and not found.parts:
            raise found.limited_by
        entitled = await self._find_entitled(call, wanted)
        if options.get("estimate"):
            requests = reader.count_requests(asked, planned)
            work_estimate = self._estimate_work(call, wanted, entitled.pair, found)
            title = call.integration.title
            return call.answer(write_estimate(title, requests, counts, found.requests, work_estimate))
        work_found = Found(found.parts, most_requests=MOST_REQUESTS)
        _, work = await asyncio.gather(
            reader.read(asked, planned), self._read_work(call, wanted, entitled.pair, work_found)
        )
        found.add_counts(work_found)
        if found.limited_by is not None and not found.parts:
            raise found.limited_by
        reading = await self._store(call, known, today, found)
        head = _make_head(as_of, found, reading)
        outcome = _Outcome(today, asked, counts, found, head, work, entitled.why)
        job = await self._make_job(call, insight, outcome)
        written = await self._compute(job)
        if not job.allowance.holds(written):
            raise AnswerTooLarge(
                "The answer is too large for this MCP server.",
                advice="Give a smaller limit, or a shorter period.",
            )
        return call.answer(call.mark(written).decode())

    def _make_fetcher(self, call: CallContext, found: Found) -> Fetcher:
        return Fetcher(call, self._send, self._vendor, self._kind_of, found, clock=self._monotonic)

    async def _find_entitled(self, call: CallContext, wanted: Wanted) -> Entitled:
        """Return the work system that the caller may have read for an analysis that wants one."""
        return await self._entitlement.find(call.grant) if wanted.work is not None else Entitled(None)

    async def _read_work(
        self, call: CallContext, wanted: Wanted, pair: WorkPair | None, found: Found
    ) -> WorkJob | None:
        """Return what was read of the work system that is mapped with the books."""
        own = self._make_work_call(call, pair)
        if wanted.work is None or pair is None or own is None:
            return None
        read = await WorkReader(self._make_fetcher(own, found)).read(wanted.work)
        rules = own.integration.insights.work
        return WorkJob(rules, read.pages, read.lists, read.read, pair.mapping, read.missing)

    def _estimate_work(
        self, call: CallContext, wanted: Wanted, pair: WorkPair | None, found: Found
    ) -> WorkEstimate | None:
        """Return what reading the work system takes; None where it is not read."""
        own = self._make_work_call(call, pair)
        if wanted.work is None or own is None:
            return None
        least = WorkReader(self._make_fetcher(own, Found(found.parts))).count_least(wanted.work)
        return WorkEstimate(own.integration.title, least, own.integration.pagination.maximum)

    def _make_work_call(self, call: CallContext, pair: WorkPair | None) -> CallContext | None:
        """Return a call as one of the work system's account."""
        if self._deployment is None or pair is None or call.grant is None:
            return None
        integration = self._deployment.catalog().integrations[pair.account.integration]
        grant = replace(call.grant, account=pair.account)
        return replace(call, account=pair.account, integration=integration, grant=grant)

    async def _find_known(self, call: CallContext) -> tuple[StoredReading | None, Found]:
        reading_id = call.arguments.get("continue_from")
        if not reading_id or self._parts is None or call.grant is None:
            return None, Found()
        known, parts = await self._parts.find(call.grant, str(reading_id))
        return known, Found(parts)

    async def _store(
        self, call: CallContext, known: StoredReading | None, today: date, found: Found
    ) -> StoredReading | None:
        if self._parts is None or call.grant is None or not (found.new or known):
            return known
        return await self._parts.store(
            call.grant, known, today, {name: found.parts[name] for name in found.new}
        )

    async def _make_job(self, call: CallContext, insight: Insight, read: _Outcome) -> Job:
        rules, most_page = call.integration.insights, call.integration.pagination.maximum
        pages, partial = _pack_pages(read, most_page)
        lists = {each.part for each in read.asked.questions} - {TRANSACTIONS}
        dismissals = self._dismissals
        dismissed = await dismissals.list_ids(call.account.id) if dismissals is not None else frozenset()
        parts = read.found.parts
        wanted = [(each.name, rules.reports[each.report], name_report(each)) for each in read.asked.reports]
        return Job(
            insight=insight.name,
            options=dict(call.arguments),
            rules=rules,
            today=read.today,
            allowance=call.compute_allowance().subtract(MOST_NOTED),
            head=read.head,
            pages=tuple(pages),
            reports=tuple(
                PackedReport(name, report.tool, report.totals, parts[part])
                for name, report, part in wanted
                if part in parts
            ),
            settings=read_settings(rules.settings, read.found),
            read=_list_spans(read.asked),
            partial=partial - lists,
            lists=frozenset(lists - partial),
            missing=tuple(_list_missing(read, most_page)),
            work=read.work,
            dismissed=dismissed,
            facts=call.tool.returns.facts,
        )

    async def _compute(self, job: Job) -> bytes:
        """Return what a job comes to, computed in a process that ends with it when the caller goes."""
        if self._turns is None:
            self._turns = anyio.CapacityLimiter(1)
        if self._waiting >= MOST_WAITING:
            raise Busy(
                f"{self._waiting} analyses wait for their turn.",
                advice="Ask again in some seconds.",
                retry_after=5,
            )
        self._waiting += 1
        try:
            with anyio.fail_after(MOST_COMPUTING):
                return await to_process.run_sync(run_job, job, cancellable=True, limiter=self._turns)
        except TimeoutError as cause:
            raise InternalError(
                f"The analysis took longer than {MOST_COMPUTING:.0f} seconds.",
                advice="Ask for a shorter period.",
            ) from cause
        finally:
            self._waiting -= 1

    async def _dismiss(self, call: CallContext) -> Answer:
        """Dismiss a finding, or have it found again. Nothing is sent to the vendor."""
        if self._dismissals is None or call.grant is None:
            raise InvalidArguments("Findings cannot be dismissed here.", advice="Ask who runs this server.")
        finding, who = str(call.arguments["finding"]), Dismisser(call.grant.caller)
        is_undone = bool(call.arguments.get("undo"))
        if is_undone:
            await self._dismissals.undo(call.account.id, finding, who)
        else:
            await self._dismissals.dismiss(call.account.id, finding, str(call.arguments["reason"]), who)
        return call.answer(orjson.dumps({"finding": finding, "dismissed": not is_undone}).decode())


def _make_head(as_of: float, found: Found, reading: StoredReading | None) -> dict[str, Any]:
    head: dict[str, Any] = {"as_of": format_time(as_of), "calls_used": found.requests}
    if reading is not None:
        head["continue_from"] = reading.id
    if found.retry_after:
        head["retry_after"] = found.retry_after
    return head


def _pack_pages(read: _Outcome, most_page: int) -> tuple[list[PackedPage], frozenset[str]]:
    """Return the pages that were read without a gap, and the kinds and lists of which some were not."""
    pages, partial = [], set[str]()
    parts = read.found.parts
    for each in read.asked.questions:
        count = read.counts.get(each.name)
        if count is None:
            partial.add(each.kind or each.part)
        for start in range(0, count or 0, most_page):
            one = Slice(each, start, min(most_page, (count or 0) - start))
            if one.name not in parts:
                partial.add(each.kind or each.part)
                break
            pages.append(
                PackedPage(each.part, each.resource, each.path, parts[one.name], each.name, one.count)
            )
    return pages, frozenset(partial)


def _list_spans(asked: Asked) -> dict[str, Span]:
    """Return the days that were asked for of each kind of transaction."""
    spans: dict[str, Span] = {}
    for each in asked.questions:
        if each.part == TRANSACTIONS and not each.is_open:
            until = each.until or date.max
            known = spans.get(each.kind)
            if known is None:
                spans[each.kind] = Span(each.since, until)
            else:
                since = None if each.since is None or known.since is None else min(each.since, known.since)
                spans[each.kind] = Span(since, max(until, known.until))
    return spans


def _list_missing(read: _Outcome, most_page: int) -> Iterator[Missing]:
    yield from list_missing(read.asked, read.counts, read.found, most_page)
    if read.denied:
        yield Missing("work system", read.denied)
