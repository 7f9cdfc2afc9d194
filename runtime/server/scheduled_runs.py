"""Puts together what runs scheduled reports: the calls, who may have them, email and webhooks. Called by `app`.

It is imported with the first job, because it takes the parts that write files and send mail.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from generator.vendor import Integration
from runtime.deployment import Deployment
from runtime.identity.oauth_scopes import READ, is_money_hidden, list_possible_scopes
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
    return ReportRuns(
        deployment, RunParts(calls, finished, facts, delivering, may_read_books, is_money_hidden), log
    )


def may_read_books(role: Role | None, tools_role: Role | None, integration: Integration) -> bool:
    """Whether a role may have the reports of a company, as on its page: by its role, and by that of its tools.

    `tools_role` is the least role for tools that handle money in the organization, None for the usual one.
    """
    scopes = list_possible_scopes(role, tools_role, handles_money=integration.handles_money)
    return may(role, "see_journal") and READ in scopes
