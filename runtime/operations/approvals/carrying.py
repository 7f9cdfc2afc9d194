"""Carries an approved change out: as a call of whoever proposed it, through every check. Called by `committing`.

The call has an idempotency key of its own, so that a repeat after a crash has the vendor's first answer. A tool of ours
has none: what it did before the crash is found in the journal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any, Protocol

from generator.catalog import Tool, select
from runtime.approval import ApprovedChange, PendingChange
from runtime.deployment import Deployment
from runtime.errors import Busy, Indeterminate
from runtime.exchange.tool_answer import Answer
from runtime.model import Account, AccountId, ApiTokenId, Grant, JournalEntry, McpServerId, ServerConfig
from runtime.operations.approvals.proposals import Proposal
from runtime.operations.call_protocol import CallProtocol
from runtime.operations.finished_calls import FinishedCalls, describe_ending
from runtime.operations.undo_guard import DONE
from runtime.safety.write_options import Asked

ANSWER_BYTES = 200_000
"""Of the answer that is stored for the agent to read: a record has a few thousand."""
SETTLED_IN = 15
"""Seconds until it is asked again what became of a write that was under way in a crash: the start settles it."""
CORRECTED = "corrected"
"""The argument by which a tool of ours makes two writes of one."""
Tools = Mapping[str, Tool]


class OwnTools(Protocol):
    """Carries out the tools of ours that write, such as one that undoes a write."""

    def is_own(self, name: str) -> bool:
        """Return whether a tool is one of them."""
        ...

    async def answer(self, grant: Grant, tools: Tools, name: str, arguments: dict[str, Any]) -> Answer:
        """Return the answer of one of them. Every error comes back inside the answer."""
        ...

    def find_sent(
        self, change: PendingChange, name: str, arguments: Mapping[str, Any]
    ) -> JournalEntry | None:
        """Return the journal entry of what one has sent for a change and was not refused; None for nothing."""
        ...


class Stopped(Exception):
    """The change cannot be carried out any more; the text says why."""


class Carrying:
    """Carries approved changes out. One for the process."""

    def __init__(
        self, deployment: Deployment, calls: CallProtocol, own: OwnTools, finished: FinishedCalls
    ) -> None:
        self._deployment, self._calls = deployment, calls
        self._own, self._finished = own, finished

    async def carry_out(self, change: PendingChange, proposal: Proposal, approved: ApprovedChange) -> Answer:
        """Return the answer of the call. Raises Stopped where what it needs is gone."""
        account = await self._deployment.stores.look_up.find_account(AccountId(change.account_id))
        if account is None:
            raise Stopped("The company was removed from Ledgerport. Nothing was sent.")
        grant = replace(await self._make_grant(account, change), approved=approved, client=change.client)
        tools = self._list_tools(account, grant.config)
        if self._own.is_own(proposal.called):
            return await self._answer_own(grant, tools, change, proposal)
        if proposal.called not in tools:
            raise Stopped(
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
        """Return the answer of a tool of ours; where it was sent before a crash, what became of that."""
        sent = await asyncio.to_thread(self._own.find_sent, change, proposal.called, proposal.arguments)
        if sent is None:
            return await self._own.answer(grant, tools, proposal.called, dict(proposal.arguments))
        assert grant.approved is not None
        grant.approved.entries.append(sent.id)
        if sent.outcome == "sent":
            error = Busy("It was sent, and what became of it is being found out.", retry_after=SETTLED_IN)
            return Answer(status=0, error=error)
        if sent.outcome in DONE and CORRECTED not in proposal.arguments:
            return Answer("{}", status=0)
        return Answer(
            status=0, error=Indeterminate("It was sent, and nobody knows whether all of it was done.")
        )

    async def _make_grant(self, account: Account, change: PendingChange) -> Grant:
        """Return what the proposer of a change may do now. Raises Stopped where it may nothing any more."""
        now, records = self._deployment.clock(), self._deployment.stores.records
        if not change.server_id:
            token_id = ApiTokenId(change.caller.partition(":")[2])
            if not await asyncio.to_thread(records.find_token_names, [token_id]):
                raise Stopped("The API token that proposed it was revoked. Nothing was sent.")
            config = ServerConfig(
                approval=account.tenant_limits.approval,
                is_read_only=account.is_read_only,
                max_answer_bytes=ANSWER_BYTES,
            )
            return Grant(account, config, api_token_id=token_id)
        server_id = McpServerId(change.server_id)
        server = await asyncio.to_thread(records.find_mcp_server, account.id, server_id, now)
        if server is None or server.used_up_at is not None:
            raise Stopped("The MCP server that proposed it has ended. Nothing was sent.")
        config = replace(
            server.config,
            approval=account.tenant_limits.approval + server.config.approval,
            is_read_only=account.is_read_only,
            max_answer_bytes=ANSWER_BYTES,
            max_answer_tokens=0,
        )
        return Grant(account, config, server.id)

    def _list_tools(self, account: Account, config: ServerConfig) -> dict[str, Tool]:
        every = self._deployment.catalog().list_tools(account.integration)
        found = select(every, config.methods, config.tags)
        return {each.name: each for each in found if each.is_read_only or not config.is_read_only}
