"""The durable jobs of pending changes: one carries out what was approved, one ends what has waited too long.

The change goes through every check again, as a call of whoever proposed it, under an idempotency key that is its own:
a step that is repeated after a crash has the vendor's first answer, and books nothing twice. Where the record has moved
in what the change is about, it goes back to the people who decide.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any, Protocol

from generator.catalog import ALLOW_DUPLICATE, Tool, select
from runtime.approval import ApprovedChange, PendingChange, PendingStatus
from runtime.deployment import Deployment
from runtime.errors import (
    Busy,
    Conflict,
    Duplicate,
    Indeterminate,
    KeyInUse,
    LedgerportError,
    NeedsReauth,
    RateLimited,
    StorageUnavailable,
    VendorUnavailable,
)
from runtime.events import Event
from runtime.exchange.tool_answer import Answer
from runtime.jobs.work import Job, Task
from runtime.logs import Log
from runtime.model import Account, AccountId, ApiTokenId, AuditEntry, Grant, McpServerId, ServerConfig
from runtime.operations.approvals import status
from runtime.operations.approvals.deciding import COMMIT, make_commit_job
from runtime.operations.approvals.proposals import Note, Proposal, open_proposal, seal_proposal
from runtime.operations.approvals.staging import EXPIRE
from runtime.operations.call_protocol import CallProtocol
from runtime.operations.finished_calls import FinishedCalls, describe_ending
from runtime.safety.write_options import Asked
from runtime.stores.pending_steps import Consequences
from runtime.upstream import figures

DELAYS = (15.0, 60.0, 300.0, 1_800.0, 7_200.0)
"""Seconds after each failed attempt until the next: a limit that passes, a restart, a fault that somebody sees to."""
ANSWER_BYTES = 200_000
"""Of the answer that is stored for the agent to read: a record has a few thousand."""
SYSTEM = "ledgerport"
"""Who ends what has expired, for the audit."""
Tools = Mapping[str, Tool]


class OwnTools(Protocol):
    """Carries out the tools of ours that write, such as one that undoes a write."""

    def is_own(self, name: str) -> bool:
        """Return whether a tool is one of them."""
        ...

    async def answer(self, grant: Grant, tools: Tools, name: str, arguments: dict[str, Any]) -> Answer:
        """Return the answer of one of them. Every error comes back inside the answer."""
        ...

    def find_done(self, name: str, arguments: Mapping[str, Any], since: float) -> str:
        """Return the journal entry of what one of them has done since a time; empty where it has done nothing."""
        ...


class _Stopped(Exception):
    """The change cannot be carried out any more; the text says why."""


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
        self._deployment, self._stores, self._calls = deployment, deployment.stores, calls
        self._own, self._finished, self._log = own, finished, log

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
            change.id, change.decided_by, proposal.rules, proposal.before, proposal.fields
        )
        try:
            answer = await self._carry_out(change, proposal, approved)
        except _Stopped as stopped:
            await self._end(change, "failed", replace(proposal, error=str(stopped)))
            return
        await self._settle(change, proposal, approved, answer, attempt)

    async def _find(self, change_id: str) -> PendingChange | None:
        return await asyncio.to_thread(self._stores.records.find_pending, change_id)

    async def _carry_out(self, change: PendingChange, proposal: Proposal, approved: ApprovedChange) -> Answer:
        """Return the answer of the call. Raises _Stopped where what it needs is gone."""
        account = await self._stores.look_up.find_account(AccountId(change.account_id))
        if account is None:
            raise _Stopped("The company was removed from Ledgerport. Nothing was sent.")
        grant = replace(await self._make_grant(account, change), approved=approved, client=change.client)
        tools = self._list_tools(account, grant.config)
        if self._own.is_own(proposal.called):
            return await self._answer_own(grant, tools, change, proposal)
        if proposal.called not in tools:
            raise _Stopped(
                f"{proposal.called} is no longer among the tools of its MCP server. Nothing was sent."
            )
        began = perf_counter()
        answer = await self._calls.call(
            grant,
            tools,
            proposal.called,
            dict(proposal.arguments),
            idempotency_key=f"{change.id}.{change.version}",
            asked=Asked(proposal.called, {"pending_change": change.id, "version": change.version}),
        )
        self._finished.note_of(grant, proposal.called, began, describe_ending(answer))
        return answer

    async def _answer_own(
        self, grant: Grant, tools: Tools, change: PendingChange, proposal: Proposal
    ) -> Answer:
        """Return the answer of a tool of ours; where a crash came after it was done, that it was."""
        answer = await self._own.answer(grant, tools, proposal.called, dict(proposal.arguments))
        if isinstance(answer.error, Conflict):
            since = change.decided_at or 0.0
            done = await asyncio.to_thread(self._own.find_done, proposal.called, proposal.arguments, since)
            if done and grant.approved is not None:
                grant.approved.entries.append(done)
                return Answer("{}", status=0)
        return answer

    async def _make_grant(self, account: Account, change: PendingChange) -> Grant:
        """Return what the proposer of a change may do now. Raises _Stopped where it may nothing any more."""
        now, records = self._deployment.clock(), self._stores.records
        if not change.server_id:
            token_id = ApiTokenId(change.caller.partition(":")[2])
            config = ServerConfig(is_read_only=account.is_read_only, max_answer_bytes=ANSWER_BYTES)
            return Grant(account, config, api_token_id=token_id)
        server_id = McpServerId(change.server_id)
        server = await asyncio.to_thread(records.find_mcp_server, account.id, server_id, now)
        if server is None or server.used_up_at is not None:
            raise _Stopped("The MCP server that proposed it has ended. Nothing was sent.")
        config = replace(
            server.config,
            is_read_only=account.is_read_only,
            max_answer_bytes=ANSWER_BYTES,
            max_answer_tokens=0,
        )
        return Grant(account, config, server.id)

    def _list_tools(self, account: Account, config: ServerConfig) -> dict[str, Tool]:
        every = self._deployment.catalog().list_tools(account.integration)
        found = select(every, config.methods, config.tags)
        return {each.name: each for each in found if each.is_read_only or not config.is_read_only}

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
        if isinstance(error, Indeterminate):
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
        await self._step(change, values, "pending_change.returned", "")

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
        self, change: PendingChange, values: dict[str, Any], action: str, event_type: str
    ) -> None:
        now = self._deployment.clock()
        about = {"integrated_account_id": change.account_id, "tool": change.tool}
        actor = change.decided_by or SYSTEM
        audit = AuditEntry(now, actor, action, change.id, about)
        data = status.describe_event(change, self._deployment.settings.public_url)
        event = Event(event_type, now, data, change.tenant_id) if event_type else None
        await self._stores.write(
            lambda: self._stores.records.change_pending(change, values, Consequences(audit, event))
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
    )
