"""What recipients get of a run: an email of plain text with the files, or an event for a webhook.

Called by `delivering`. Both are the same at every attempt, under an id that is made of the run, so that a repeat can be
recognized: the `Message-ID` of the email, the `webhook-id` of the event.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import quote

from runtime.model import Account
from runtime.operations.answers import format_time
from runtime.operations.companies import show_name
from runtime.operations.formats import find_zone
from runtime.operations.plain_emails import begin_email, make_line
from runtime.operations.schedules.wording import explain_cron
from runtime.schedules import ReportRun, RunFile, SavedReport, Schedule
from runtime.smtp_address import Sender

EVENT_TYPE = "report.run"
LARGEST_TEXT = 262_144
"""Bytes of a CSV file that an event has in it: most receivers take bodies of 1 MB, and JSON makes text longer."""


@dataclass(frozen=True, slots=True)
class Report:
    """A run with everything that a message says of it."""

    run: ReportRun
    schedule: Schedule
    saved: SavedReport
    account: Account
    owner: str
    """The email address of whoever scheduled it."""
    files: Sequence[tuple[RunFile, bytes]]

    def find_address(self, public_url: str) -> str:
        """Return the address of the page of the schedule."""
        account = quote(self.account.id, safe="")
        return f"{public_url}/company/{account}/schedules/{quote(self.schedule.id, safe='')}"


def build_email(report: Report, recipient: str, public_url: str, sender: Sender | None) -> EmailMessage:
    """Return the email to one recipient."""
    subject = f"{report.saved.name}: {show_name(report.account)}"
    message = begin_email(recipient, subject, report.run.created_at, report.run.id, public_url, sender)
    message.set_content(_write_text(report, public_url))
    for file, content in report.files:
        kind, _, subtype = file.media_type.partition(";")[0].partition("/")
        message.add_attachment(content, maintype=kind, subtype=subtype, filename=file.name)
    return message


def build_event(report: Report, public_url: str) -> Mapping[str, Any]:
    """Return the event for a webhook. A CSV file that is not large is in it; the others are behind the link."""
    run = report.run
    data: dict[str, Any] = {
        "run_id": run.id,
        "schedule_id": run.schedule_id,
        "integrated_account_id": run.account_id,
        "company": show_name(report.account),
        "report": report.saved.name,
        "tool": report.saved.choice["tool_name"],
        "arguments": report.saved.choice["arguments"],
        "summary": run.summary,
        "due_at": format_time(run.due_at),
        "missed_runs": run.missed,
        "is_manual": run.is_manual,
        "url": report.find_address(public_url),
        "files": [_describe_file(file, content) for file, content in report.files],
    }
    return {
        "id": run.id,
        "type": EVENT_TYPE,
        "at": run.created_at,
        "tenant_id": report.account.tenant_id,
        "data": data,
    }


def explain_catching_up(run: ReportRun) -> str:
    """Return the sentence about runs that this one stands for; empty where there are none."""
    if not run.missed:
        return ""
    times = "one earlier run" if run.missed == 1 else f"{run.missed} earlier runs"
    return f"The server was not running when it was due: this run also stands for {times}."


def _write_text(report: Report, public_url: str) -> str:
    run, schedule = report.run, report.schedule
    zone = find_zone(schedule.zone)
    due = datetime.fromtimestamp(run.due_at, zone).strftime("%Y-%m-%d %H:%M")
    lines = [
        f"{make_line(report.saved.name)} of {make_line(show_name(report.account))}",
        run.summary,
        "",
        f"Attached: {', '.join(file.name for file, _ in report.files)}",
        f"Run by hand on {due} ({schedule.zone})"
        if run.is_manual
        else f"Due {due} ({schedule.zone}). It runs: {explain_cron(schedule.cron)}.",
        explain_catching_up(run),
        "",
        "All runs, with their files:",
        report.find_address(public_url),
        "",
        f"Ledgerport at {public_url} sends this because {report.owner} has scheduled it.",
        "To receive it no more, ask that person, or change the schedule at the address above.",
        "The same message may arrive twice after an interruption; both then have the same Message-ID.",
    ]
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _describe_file(file: RunFile, content: bytes) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": file.name, "media_type": file.media_type, "bytes": file.size}
    if file.media_type.startswith("text/csv") and len(content) <= LARGEST_TEXT:
        shown["content"] = content.decode("utf-8-sig", "replace")
    return shown
