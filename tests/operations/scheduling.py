"""Schedules over a database, whose jobs are done when the test says so: reports, mail and webhooks are made by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlalchemy import update

from runtime.deployment import Deployment
from runtime.events import Attempt
from runtime.exchange.tool_answer import Answer
from runtime.identity.oauth_scopes import is_money_hidden
from runtime.jobs.work import Task
from runtime.model import Account, AccountId, Grant
from runtime.operations.company_facts import CompanyFactsReader
from runtime.operations.schedules.delivering import Delivering
from runtime.operations.schedules.drafts import Draft, check_draft
from runtime.operations.schedules.emails import SendsMail, Sent
from runtime.operations.schedules.managing import Schedules
from runtime.operations.schedules.running import ReportRuns, RunParts
from runtime.operations.schedules.saving import SavedReports
from runtime.operations.webhook_sender import Sends
from runtime.people import PersonId
from runtime.schedules import ReportRun, Schedule
from runtime.server.scheduled_runs import may_read_books
from runtime.stores.tables import ACCOUNT
from tests.identity.authorization import Place, opened

PROFIT = "get_quick_books_profit_and_loss_report"
CHOICE = json.dumps({"tool_name": PROFIT, "arguments": {"date_macro": "Last Month"}, "compare": ""})
ROWS = [
    {"kind": "row", "depth": 0, "cells": ["=Sales & <b>more</b>", "1250.50"], "id": "1"},
    {"kind": "row", "depth": 0, "cells": ["Costs", "-250.25"], "id": "2"},
    {"kind": "total", "depth": 0, "cells": ["Net Income", "1000.25"], "group": "NetIncome"},
]
ANSWER = {
    "report": "ProfitAndLoss", "basis": "Accrual", "start": "2026-12-01", "end": "2026-12-31", "currency": "USD",
    "columns": ["Account", "Total"], "rows": ROWS, "rows_in_all": len(ROWS),
}  # fmt: skip


@dataclass
class HandReports:
    """Answers a report, or the errors that a test wants first, and notes who asked.

    `answers` has what analyses answer, by their tools, one for each call.
    """

    answers: dict[str, list[Any]] = field(default_factory=dict)
    errors: list[Any] = field(default_factory=list)
    asked: list[tuple[Grant, Mapping[str, Any]]] = field(default_factory=list)

    async def call(
        self, grant: Grant, tools: Mapping[str, Any], name: str, arguments: dict[str, Any], **_: Any
    ) -> Answer:
        assert all(tool.is_read_only for tool in tools.values()) and name in tools
        assert name == PROFIT or name in self.answers
        self.asked.append((grant, arguments))
        if self.errors:
            wanted = self.errors.pop(0)
            if not hasattr(wanted, "as_dict"):
                raise wanted
            return Answer("", error=wanted)
        if name == PROFIT:
            return Answer(json.dumps(ANSWER))
        found = self.answers[name].pop(0)
        return Answer(json.dumps(found)) if isinstance(found, dict) else Answer("", error=found)


@dataclass
class HandMail:
    """Takes mail, or answers what a test says first."""

    answers: list[Sent] = field(default_factory=list)
    sent: list[EmailMessage] = field(default_factory=list)

    async def send(self, message: EmailMessage) -> Sent:
        self.sent.append(message)
        return self.answers.pop(0) if self.answers else Sent()


@dataclass
class HandHook:
    """Takes events, or answers what a test says first."""

    answers: list[Attempt] = field(default_factory=list)
    sent: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Attempt:
        self.sent.append((url, body, headers))
        return self.answers.pop(0) if self.answers else Attempt(204, 5)


class Scheduling:
    """A company, a person who may see its books, and one process that does the jobs."""

    def __init__(self, here: Place, mail: SendsMail | None = None, hook: Sends | None = None) -> None:
        self.here, self.clock, self.records = here, here.clock, here.records
        self.reports, self.mail, self.hook = HandReports(), mail or HandMail(), hook or HandHook()
        self.deployment: Deployment = here.runtime.deployment
        self.schedules, self.saved = Schedules(self.deployment), SavedReports(self.deployment)
        self.person = here.add_person("anna@shop.example", "billing_admin")
        self.account_id = AccountId(here.add_company("Elm <b>Bakery</b>"))
        self.set_status("active")
        self.runs = self.make_process()

    def make_process(self) -> ReportRuns:
        """One more process over the same records."""
        delivering = Delivering(self.deployment, self.hook, self.mail)
        parts = RunParts(
            self.reports,
            self.here.runtime.finished,
            CompanyFactsReader(),
            delivering,
            may_read_books,
            is_money_hidden,
        )
        return ReportRuns(self.deployment, parts, self.here.runtime.log)

    def set_status(self, status: str) -> None:
        with self.records._engine.begin() as connection:
            connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == self.account_id).values(status=status))

    @property
    def account(self) -> Account:
        found = self.here.runtime.stores.read_account(self.account_id)
        assert found is not None
        return found

    async def find_account(self) -> Account:
        found = await self.here.runtime.stores.look_up.find_account(self.account_id)
        assert found is not None
        return found

    async def add(self, when: str = "daily at 9", choice: str = CHOICE, **more: Any) -> tuple[Schedule, str]:
        """A schedule of the report, or of another choice, and the secret of its webhook."""
        account = await self.find_account()
        saved = await self.saved.save(account, self.person, "Monthly result", choice, is_shared=False)
        draft = replace(Draft(saved.id, when, "UTC", ("csv",)), **more)
        checked = await check_draft(self.deployment, account, self.person, draft)
        assert checked.errors == {}
        return await self.schedules.create(account, self.person, checked)

    async def work(self, runs: ReportRuns | None = None, steps: int = 3) -> int:
        """Do what is due now, each step once, and return how many that were; some steps: a process that dies."""
        process = runs or self.runs
        await process.dispatch(self.clock())
        due = await asyncio.to_thread(self.records.list_due_jobs, self.clock(), 0, 100)
        for job in due:
            for step in process.job.steps[:steps]:
                await step(Task(job.id, job.args))
            if steps == len(process.job.steps):
                await asyncio.to_thread(self.records.finish_job, job.id)
        return len(due)

    async def list_runs(self, schedule: Schedule) -> list[ReportRun]:
        return await asyncio.to_thread(self.records.list_runs, schedule.id, 50)

    async def find(self, schedule: Schedule) -> Schedule:
        return await self.schedules.find(await self.find_account(), schedule.id)

    def change_role(self, role: Any) -> None:
        self.here.change_role(PersonId(self.person), role)


@asynccontextmanager
async def scheduling(data: Path, **variables: str) -> AsyncIterator[Scheduling]:
    usual = {"LEDGERPORT_SMTP_URL": "smtp://127.0.0.1:2525", "LEDGERPORT_WEBHOOK_PRIVATE": "on"}
    async with opened(data, **{**usual, **variables}) as here:
        yield Scheduling(here)
