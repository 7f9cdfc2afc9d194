"""The durable jobs of pending changes: one carries out what was approved, one ends what has waited too long.

The change goes through every check again, as a call of whoever proposed it, under an idempotency key that is its own:
a step that is repeated after a crash has the vendor's first answer, and books nothing twice. Where the record has moved
in what the change is about, it goes back to the people who decide.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from generator.catalog import ALLOW_DUPLICATE
from runtime.approval import ApprovedChange, PendingChange, PendingStatus
from runtime.deployment import Deployment
from runtime.errors import (
    Busy,
    Conflict,
    Duplicate,
    Indeterminate,
    KeyInUse,
    KeySpent,
    LedgerportError,
    NeedsReauth,
    PartlyDone,
    RateLimited,
    StorageUnavailable,
    VendorUnavailable,
)
from runtime.events import Event, NewJob
from runtime.exchange.tool_answer import Answer
from runtime.jobs.work import Job, Task
from runtime.logs import Log
from runtime.model import AuditEntry
from runtime.operations.approvals import status
from runtime.operations.approvals.carrying import ANSWER_BYTES, Carrying, OwnTools, Stopped
from runtime.operations.approvals.deciding import COMMIT, make_commit_job
from runtime.operations.approvals.proposals import Note, Proposal, open_proposal, seal_proposal
from runtime.operations.approvals.rules import unite
from runtime.operations.approvals.staging import ANNOUNCE, EXPIRE
from runtime.operations.call_protocol import CallProtocol
from runtime.operations.finished_calls import FinishedCalls
from runtime.stores.pending_steps import Consequences
from runtime.upstream import figures

DELAYS = (15.0, 60.0, 300.0, 1_800.0, 7_200.0)
"""Seconds after each failed attempt until the next: a limit that passes, a restart, a fault that somebody sees to."""
SYSTEM = "ledgerport"
"""Who ends what has expired, for the audit."""


class Committing:
    """Carries out and ends pending changes. One for the process."""

    def __init__(
        self,
        deployment: Deployment,
        calls: CallProtocol,
        own: OwnTools,
        finished: FinishedCalls,
        log: Log,
    ) -> None:
        self._deployment, self._stores, self._log = deployment, deployment.stores, log
        self._carrying = Carrying(deployment, calls, own, finished)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs, each of one step."""
        return Job(COMMIT, (self.commit,)), Job(EXPIRE, (self.expire,))

    async def expire(self, task: Task) -> None:
        """End a change that nobody has decided about in time."""
        change = await self._find(str(task.args["change"]))
        if (
            change is not None
            and change.status == "waiting"
            and change.expires_at <= self._deployment.clock()
        ):
            await self._end(change, "expired", open_proposal(self._deployment.keys, change))

    async def commit(self, task: Task) -> None:
        """Carry out an approved change, and store what it came to. Raises StorageUnavailable: it is repeated then."""
        change = await self._find(str(task.args["change"]))
        if change is None or change.status != "approved" or change.version != task.args["version"]:
            return
        proposal, attempt = open_proposal(self._deployment.keys, change), int(task.args["attempt"])
        approved = ApprovedChange(
            change.id,
            change.decided_by,
            proposal.rules,
            proposal.before,
            proposal.fields,
            proposal.approvers,
        )
        try:
            answer = await self._carrying.carry_out(change, proposal, approved)
        except Stopped as stopped:
            await self._end(change, "failed", replace(proposal, error=str(stopped)))
            return
        await self._settle(change, proposal, approved, answer, attempt)

    async def _find(self, change_id: str) -> PendingChange | None:
        return await asyncio.to_thread(self._stores.records.find_pending, change_id)

    async def _settle(
        self,
        change: PendingChange,
        proposal: Proposal,
        approved: ApprovedChange,
        answer: Answer,
        attempt: int,
    ) -> None:
        """Store what the call came to: done, to be tried again, back to the people, or failed."""
        entry_id = approved.entries[-1] if approved.entries else ""
        error = answer.error
        if error is None:
            shown = answer.text if len(answer.text) <= ANSWER_BYTES else ""
            done = replace(proposal, answer=shown, error="")
            await self._end(change, "committed", done, entry_id, self._find_record_id(change, answer))
            return
        sentence = f"{error.message} {error.advice}".strip()
        if isinstance(
            error, Indeterminate | PartlyDone | KeySpent
        ):  # what was sent may stand: never again by itself
            await self._end(change, "unclear", replace(proposal, error=sentence), entry_id)
        elif isinstance(error, KeyInUse | RateLimited | Busy | VendorUnavailable | StorageUnavailable):
            await self._try_again(change, proposal, error, attempt)
        elif isinstance(error, Conflict | NeedsReauth):
            if isinstance(error, Duplicate):  # whoever approves it again has seen that
                proposal = replace(proposal, arguments=proposal.arguments | {ALLOW_DUPLICATE: True})
            await self._give_back(change, _refresh(proposal, approved), sentence)
        else:
            await self._end(change, "failed", replace(proposal, error=sentence), entry_id)

    async def _try_again(
        self, change: PendingChange, proposal: Proposal, error: LedgerportError, attempt: int
    ) -> None:
        """Have an approved change carried out later, unless that was tried enough."""
        if attempt >= len(DELAYS):
            await self._give_back(change, proposal, f"{error.message} It was tried {attempt + 1} times.")
            return
        wait = max(DELAYS[attempt], float(getattr(error, "retry_after", 0) or 0))
        job = make_commit_job(change, change.version, self._deployment.clock() + wait, attempt + 1)
        await self._stores.write(lambda: self._stores.records.add_job(job))

    async def _give_back(self, change: PendingChange, proposal: Proposal, sentence: str) -> None:
        """Have a change wait again, with why; or end it where its time is over."""
        now = self._deployment.clock()
        noted = replace(proposal, notes=(*proposal.notes, Note(now, "", f"It came back: {sentence}")))
        if change.expires_at <= now:
            await self._end(change, "failed", replace(noted, error=sentence))
            return
        values = {
            "status": "waiting",
            "decided_at": None,
            "decided_by": "",
            "sealed": seal_proposal(self._deployment.keys, change.id, noted),
        }
        args, id_ = {"change": change.id, "since": now}, f"{ANNOUNCE}:{change.id}:{change.version + 1}"
        announce = NewJob(id_, ANNOUNCE, args, now, change.tenant_id)
        await self._step(change, values, "pending_change.returned", "", (announce,))

    async def _end(
        self,
        change: PendingChange,
        into: PendingStatus,
        proposal: Proposal,
        entry_id: str = "",
        record_id: str = "",
    ) -> None:
        values: dict[str, Any] = {
            "status": into,
            "finished_at": self._deployment.clock(),
            "entry_id": entry_id,
            "record_id": record_id or change.record_id,
            "sealed": seal_proposal(self._deployment.keys, change.id, proposal),
        }
        event = {"committed": "committed", "expired": "expired"}.get(into, "failed")
        await self._step(change, values, f"pending_change.{into}", f"pending_change.{event}")
        self._log("pending_change_ended", change=change.id, status=into)

    def _find_record_id(self, change: PendingChange, answer: Answer) -> str:
        """Return the Id of the record that was made, as its answer has it; empty where that cannot be read."""
        tool = self._deployment.catalog().by_name.get(change.tool)
        if tool is None:
            return ""
        identifier = tool.identifier or self._deployment.catalog().integrations[tool.integration].identifier
        try:
            found = figures.read(answer.text.encode())
        except ValueError:
            return ""
        return str(found.get(identifier) or "") if isinstance(found, dict) else ""

    async def _step(
        self,
        change: PendingChange,
        values: dict[str, Any],
        action: str,
        event_type: str,
        due: tuple[NewJob, ...] = (),
    ) -> None:
        now = self._deployment.clock()
        about = {"integrated_account_id": change.account_id, "tool": change.tool}
        actor = change.decided_by or SYSTEM
        audit = AuditEntry(now, actor, action, change.id, about)
        data = status.describe_event(change, self._deployment.settings.public_url)
        event = Event(event_type, now, data, change.tenant_id) if event_type else None
        await self._stores.write(
            lambda: self._stores.records.change_pending(change, values, Consequences(audit, event, due))
        )


def _refresh(proposal: Proposal, approved: ApprovedChange) -> Proposal:
    """Return a proposal with what it would do to the record as it is now, where that was changed meanwhile."""
    if not approved.fresh:
        return proposal
    fresh: Proposal = approved.fresh[0]
    return replace(
        proposal,
        says=fresh.says,
        changed=fresh.changed,
        before=fresh.before,
        after=fresh.after,
        fields=fresh.fields,
        amount=fresh.amount,
        warnings=fresh.warnings,
        rules=tuple(dict.fromkeys(proposal.rules + fresh.rules)),
        approvers=unite(proposal.approvers, fresh.approvers) if fresh.rules else proposal.approvers,
        effects=fresh.effects,
        similar=fresh.similar,
    )
