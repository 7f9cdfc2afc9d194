"""The durable job of one run: the report is made, delivered, and what came of it is noted, each step by itself.

`dispatch` makes the runs that are due, one for each due time however many processes look; what was missed while none
ran is caught up once. A step that is repeated after a crash finds what the one before has stored. A run that cannot be
made now is tried again at the time that the vendor named, by a job of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Any
from uuid import uuid4

from generator.vendor import Integration
from runtime.deployment import Deployment
from runtime.errors import (
    LedgerportError,
    NeedsReauth,
)
from runtime.exchange.tool_answer import Answer
from runtime.jobs.work import Job, Task
from runtime.logs import Log
from runtime.model import Account, Grant, ServerConfig
from runtime.operations.call_protocol import CallProtocol
from runtime.operations.companies import show_name
from runtime.operations.company_facts import CompanyFactsReader
from runtime.operations.finished_calls import FinishedCalls, Source, describe_ending
from runtime.operations.formats import Formats, find_zone
from runtime.operations.money_tools import hide_money
from runtime.operations.schedules.attempts import (
    find_wait,
    find_wait_for_more,
    make_due_run,
    note_made,
    note_waiting,
    replace_delivery,
    settle_run,
)
from runtime.operations.schedules.choices import read_choice
from runtime.operations.schedules.delivering import Delivering
from runtime.operations.schedules.managing import Schedules
from runtime.operations.schedules.messages import Report
from runtime.operations.schedules.runners import Made, Ordered, find_runner
from runtime.people import Role
from runtime.schedules import ReportRun, RunFile, SavedReport, Schedule, name_file_owner
from runtime.stores.report_run_records import RUN_REPORT, SealedFile
from runtime.watching.calls import Caller

LARGEST_FILE = 8_388_608
"""Bytes. Three of them in base64 are more than most mail servers take, but one file rarely has a tenth of it."""
MOST_RUNS_WITH_FILES = 30
"""Newest runs of a schedule whose files are stored: a month of daily ones."""
ANSWER_BYTES = 1_000_000
"""Of one answer of the tool, so that a long report takes few calls."""
SCHEDULER = Caller("scheduled report")
_READING = ("read",)
_LOST_ROLE = "Whoever scheduled it may not see the books any more. Resume it to run it as yourself."
_FAULT = "The report could not be made: the server failed. It has been logged."


@dataclass(frozen=True, slots=True)
class RunParts:
    """What runs are made with.

    `may_read` says whether a role may have the reports of a company: given the role of whoever scheduled one, the least
    role for tools in the organization (None for the usual one), and the integration. `hides_money` says by the same
    whether the tools that handle money are left out.
    """

    calls: CallProtocol
    finished: FinishedCalls
    facts: CompanyFactsReader
    delivering: Delivering
    may_read: Callable[[Role | None, Role | None, Integration], bool]
    hides_money: Callable[[Role | None, Role | None, Integration], bool]


class _Paused(Exception):
    """The schedule may not run any more; the text is a sentence."""


class ReportRuns:
    """Makes runs, and does them."""

    def __init__(self, deployment: Deployment, parts: RunParts, log: Log) -> None:
        self._deployment, self._stores, self._parts, self._log = deployment, deployment.stores, parts, log
        self._schedules = Schedules(deployment)

    @property
    def job(self) -> Job:
        """The job of one attempt."""
        return Job(RUN_REPORT, (self.make, self.send, self.settle))

    async def dispatch(self, now: float) -> None:
        """Make a run of each schedule that is due. Raises StorageUnavailable."""
        records = self._stores.records
        while await self._stores.write(lambda: records.claim_due(now, partial(make_due_run, now))):
            pass

    async def make(self, task: Task) -> None:
        """Make the report and its files, and store them; where that fails, note why and when it is tried again."""
        run = await self._find_run(task)
        if run is None or run.status != "waiting":
            return
        try:
            made = await self._run(run)
            if (wait := find_wait_for_more(made, run.attempts)) is not None:
                next_at = self._deployment.clock() + wait
                await self._change(run, lambda each: note_waiting(each, made, next_at))
                return
            summary, files = await asyncio.to_thread(self._write_files, run, made)
        except _Paused as paused:
            await self._pause(run, str(paused))
        except LedgerportError as problem:
            await self._note_failure(run, problem)
        except Exception as error:  # noqa: BLE001  (a repeat would call the vendor again and fail as well)
            self._log("report_run_failed", run=run.id, schedule=run.schedule_id, error=type(error).__name__)
            await self._end(run, _FAULT)
        else:
            await self._change(run, lambda each: note_made(each, summary), files)

    async def send(self, task: Task) -> None:
        """Deliver the run to those who have not received it, and note each at once."""
        run = await self._find_run(task)
        if run is None or run.status != "made" or not any(each.is_open for each in run.deliveries):
            return
        report = await self._read_report(run)
        if report is None:
            return
        for place, delivery in enumerate(run.deliveries):
            if delivery.is_open:
                after = await self._parts.delivering.send(report, delivery)
                await self._change(run, partial(replace_delivery, place, after))
                self._log("report_delivery", run=run.id, kind=after.kind, is_delivered=after.is_delivered)

    async def settle(self, task: Task) -> None:
        """End a run that is delivered, or have what is left of it tried again."""
        run = await self._find_run(task)
        if run is None or run.status != "made":
            return
        now = self._deployment.clock()
        settled = await self._change(run, lambda each: settle_run(each, now))
        if settled is not None and settled.is_over:
            self._log("report_run", run=run.id, schedule=run.schedule_id, status=settled.status)
        records = self._stores.records
        await self._stores.write(lambda: records.forget_old_files(run.schedule_id, MOST_RUNS_WITH_FILES))

    async def _find_run(self, task: Task) -> ReportRun | None:
        """Return the run of a job; None where that attempt was made before, or there is no such run any more."""
        run = await asyncio.to_thread(self._stores.records.find_run, task.args["run"])
        return run if run is not None and run.attempts == task.args["attempt"] - 1 else None

    async def _change(
        self, run: ReportRun, change: Callable[[ReportRun], ReportRun], files: list[SealedFile] | None = None
    ) -> ReportRun | None:
        records = self._stores.records
        return await self._stores.write(lambda: records.change_run(run.id, change, files or ()))

    async def _run(self, run: ReportRun) -> Made:
        schedule, saved, account, hides_money = await self._read_parts(run)
        facts = await self._parts.facts.read(account)
        ordered = Ordered(
            partial(self._call, account, schedule, hides=hides_money),
            self._deployment.catalog(),
            account.integration,
            read_choice(saved),
            Formats(facts.currency, facts.country, find_zone(schedule.zone), self._deployment.clock()),
            show_name(account),
            schedule.formats,
            run.continue_from,
        )
        return await find_runner(ordered).run(ordered)

    def _write_files(self, run: ReportRun, made: Made) -> tuple[str, list[SealedFile]]:
        files, left_out = [], ""
        for each in made.formats:
            file = made.make_file(each)
            if len(file.content) > LARGEST_FILE:
                left_out += f". The {each.upper()} file is too large to be sent, and was left out"
                continue
            file_id = f"fil_{uuid4().hex}"
            sealed = self._deployment.keys.seal(file.content, name_file_owner(file_id))
            stored = RunFile(file_id, run.id, file.name, file.media_type, len(file.content))
            files.append(SealedFile(stored, sealed))
        return made.summary + left_out, files

    async def _call(
        self, account: Account, schedule: Schedule, name: str, arguments: dict[str, Any], *, hides: bool
    ) -> Answer:
        """Call a tool as whoever set the schedule, with the days of its time zone."""
        config = ServerConfig(
            _READING, max_answer_bytes=ANSWER_BYTES, time_zone=schedule.zone, hides_money=hides
        )
        grant = Grant(account, config, client=SCHEDULER.name, person_id=schedule.person_id)
        every = self._deployment.catalog().list_tools(account.integration)
        left = hide_money(every) if hides else every
        tools = {tool.name: tool for tool in left if tool.is_read_only}
        began = perf_counter()
        answer = await self._parts.calls.call(grant, tools, name, arguments)
        source = Source("page", schedule.person_id, account, account.integration)
        self._parts.finished.note(source, name, began, describe_ending(answer), SCHEDULER)
        return answer

    async def _read_parts(self, run: ReportRun) -> tuple[Schedule, SavedReport, Account, bool]:
        """Return what a run is of, and whether its person sees no money. Raises _Paused where it may not run."""
        records = self._stores.records
        account = await self._stores.look_up.find_account(run.account_id)
        schedule = await asyncio.to_thread(records.find_schedule, run.account_id, run.schedule_id)
        assert account is not None and schedule is not None  # noqa: PT018  (the run ends with them)
        saved = await asyncio.to_thread(records.find_saved_report, run.account_id, schedule.saved_report_id)
        assert saved is not None
        member = await asyncio.to_thread(records.find_member, account.tenant_id, schedule.person_id)
        tenant = await asyncio.to_thread(records.find_tenant, account.tenant_id)
        least: Any = tenant.tools_role if tenant is not None else None
        integration = self._deployment.catalog().integrations[account.integration]
        role = member.role if member else None
        if not self._parts.may_read(role, least, integration):
            raise _Paused(_LOST_ROLE)
        if account.status != "active":
            raise _Paused("The company is not connected. Connect it again, and resume the schedule.")
        return schedule, saved, account, self._parts.hides_money(role, least, integration)

    async def _read_report(self, run: ReportRun) -> Report | None:
        """Return a run with its files, opened. None where its schedule is gone."""
        records = self._stores.records
        try:
            schedule, saved, account, _ = await self._read_parts(run)
        except _Paused as paused:
            await self._pause(run, str(paused))
            return None
        owner = await asyncio.to_thread(records.find_person, schedule.person_id)
        files = await asyncio.to_thread(records.read_run_files, run.id)
        opened = [
            (each.file, self._deployment.keys.open(each.sealed, name_file_owner(each.file.id)))
            for each in files
        ]
        return Report(run, schedule, saved, account, owner.email if owner else "somebody", opened)

    async def _pause(self, run: ReportRun, reason: str) -> None:
        account = await self._stores.look_up.find_account(run.account_id)
        schedule = await asyncio.to_thread(
            self._stores.records.find_schedule, run.account_id, run.schedule_id
        )
        if account is not None and schedule is not None and not schedule.is_paused:
            await self._schedules.pause(account, schedule.id, schedule.person_id, reason)
        self._log("schedule_paused", schedule=run.schedule_id, account=run.account_id)
        await self._end(run, reason)

    async def _note_failure(self, run: ReportRun, problem: LedgerportError) -> None:
        """End a run, or have it tried again where the error passes by itself."""
        sentence = f"{problem.message} {problem.advice}".strip()
        if isinstance(problem, NeedsReauth):
            await self._pause(run, sentence)
            return
        wait = find_wait(problem, run.attempts)
        if wait is None:
            await self._end(run, sentence)
            return
        next_at = self._deployment.clock() + wait
        await self._change(
            run, lambda each: replace(each, attempts=each.attempts + 1, error=sentence, next_at=next_at)
        )

    async def _end(self, run: ReportRun, error: str) -> None:
        now = self._deployment.clock()
        failed = lambda each: replace(each, status="failed", error=error, finished_at=now, next_at=None)  # noqa: E731
        await self._change(run, failed)
        self._log("report_run", run=run.id, schedule=run.schedule_id, status="failed")
