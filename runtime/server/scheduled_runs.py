"""Puts together what runs scheduled reports: the calls, who may have them, email and webhooks. Called by `app`.

It is imported with the first job, because it takes the parts that write files and send mail.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from runtime.deployment import Deployment
from runtime.identity.roles import may
from runtime.logs import Log
from runtime.operations.call_protocol import CallProtocol
from runtime.operations.company_facts import CompanyFactsReader
from runtime.operations.finished_calls import FinishedCalls
from runtime.operations.schedules.delivering import Delivering
from runtime.operations.schedules.emails import SmtpMailer
from runtime.operations.schedules.running import ReportRuns, RunParts
from runtime.operations.webhook_sender import Sends
from runtime.people import Role


def make_report_runs(
    deployment: Deployment,
    calls: CallProtocol,
    finished: FinishedCalls,
    facts: CompanyFactsReader,
    sender: Sends,
    log: Log,
) -> ReportRuns:
    """Return what makes and does the runs of schedules."""
    settings = deployment.settings
    host = urlsplit(settings.public_url).hostname or "localhost"
    mailer = SmtpMailer(settings.smtp, host) if settings.smtp else None
    delivering = Delivering(deployment, sender, mailer)
    return ReportRuns(deployment, RunParts(calls, finished, facts, delivering, _may_see), log)


def _may_see(role: Role | None) -> bool:
    return may(role, "see_journal")
