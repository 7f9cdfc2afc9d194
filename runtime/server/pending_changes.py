"""Puts together what carries out approved changes, with the tools of ours that write, and what announces others.

Called by `app`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from generator.catalog import Tool
from runtime.approval import PendingChange
from runtime.deployment import Deployment
from runtime.errors import LedgerportError
from runtime.exchange.allowance import PLAIN, Allowance
from runtime.exchange.tool_answer import Answer
from runtime.identity.roles import may
from runtime.logs import Log
from runtime.mcp_server.changes import REVERSE, Changes, Space
from runtime.model import AccountId, Grant, JournalEntry
from runtime.operations.approvals.announcing import Announcing
from runtime.operations.approvals.carrying import ANSWER_BYTES
from runtime.operations.approvals.committing import Committing
from runtime.operations.call_protocol import CallProtocol
from runtime.operations.finished_calls import FinishedCalls
from runtime.operations.schedules.emails import SmtpMailer
from runtime.operations.undo import REVERT


def make_committing(
    deployment: Deployment, calls: CallProtocol, changes: Changes, finished: FinishedCalls, log: Log
) -> Committing:
    """Return what carries out and ends pending changes."""
    return Committing(deployment, calls, ChangeTools(deployment, changes), finished, log)


def make_announcing(deployment: Deployment, log: Log) -> Announcing:
    """Return what writes to those who may approve, where the settings name a mail server."""
    settings = deployment.settings
    host = urlsplit(settings.public_url).hostname or "localhost"
    mailer = SmtpMailer(settings.smtp, host) if settings.smtp else None
    return Announcing(deployment, mailer, lambda role: may(role, "approve_changes"), log)


class ChangeTools:
    """Undoes and reverses writes as approved changes."""

    def __init__(self, deployment: Deployment, changes: Changes) -> None:
        self._records, self._changes, self._journal = deployment.stores.records, changes, changes.journal

    def is_own(self, name: str) -> bool:
        """Return whether a tool is one of ours."""
        return name in (REVERT, REVERSE)

    async def answer(
        self, grant: Grant, tools: Mapping[str, Tool], name: str, arguments: dict[str, Any]
    ) -> Answer:
        """Return the answer of one of these tools. Every error comes back inside the answer."""
        space = Space(PLAIN, Allowance(ANSWER_BYTES))
        try:
            return await self._changes.answer(grant, tools, name, arguments, space)
        except LedgerportError as error:
            return Answer(status=0, error=error)

    def find_sent(
        self, change: PendingChange, name: str, arguments: Mapping[str, Any]
    ) -> JournalEntry | None:
        """Return the journal entry of what one has sent for a change and was not refused; None for nothing."""
        if name == REVERT:
            found = self._records.find_reverts(str(arguments["id"]))
        else:
            found = self._records.find_reversals(
                AccountId(change.account_id), change.resource, str(arguments["id"])
            )
        return next((each for each in reversed(found) if self._is_for(change, each)), None)

    def _is_for(self, change: PendingChange, entry: JournalEntry) -> bool:
        said = self._journal.open(entry)[0].get("approval", {})
        return bool(said) and said["pending_change"] == change.id and entry.outcome != "refused"
