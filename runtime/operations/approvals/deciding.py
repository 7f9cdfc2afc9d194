"""Who may decide about a change that waits, and what their decision does. Called by the pages and the management API.

A decision is one step of one state: of two people who decide at once, the second learns what the first decided. What is
approved is carried out by a durable job (`committing`), asked for in the same transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from runtime.approval import PendingChange, PendingStatus
from runtime.deployment import Deployment
from runtime.errors import Conflict, Forbidden, InvalidRequest, LedgerportError, NotFound
from runtime.events import Event, NewJob
from runtime.model import Account, AuditEntry, Grant, McpServerId
from runtime.operations.answers import format_time
from runtime.operations.approvals import status
from runtime.operations.approvals.edits import apply_edits
from runtime.operations.approvals.proposals import Note, Proposal, open_proposal, seal_proposal
from runtime.stores.pending_steps import Consequences, PendingFilter

COMMIT = "commit_pending_change"
LONGEST_REASON = 1_000
"""Characters of why somebody refuses."""
PART = 50
"""Changes of one part of a list; a page of them has some 60 kB."""
MOST_TOGETHER = 200
"""Changes that are decided in one request: a month of bills has fewer, and each takes a few milliseconds."""
MOST_COUNTED = 1_000
"""Waiting changes that are counted at most: beyond that the number says nothing more."""


@dataclass(frozen=True, slots=True)
class Decider:
    """A person who wants to decide. `may_approve`: the role has the permission, where no rule names who may."""

    person_id: str
    email: str
    role: str
    may_approve: bool


class Opened(NamedTuple):
    """A pending change with its content."""

    change: PendingChange
    proposal: Proposal


class Outcome(NamedTuple):
    """What a decision about one of several changes came to: the change as it is now, and why it was not made."""

    id: str
    change: PendingChange | None
    error: LedgerportError | None = None


def explain_not_allowed(decider: Decider, opened: Opened) -> str:
    """Return why a person may not approve a change, as a sentence; empty for one who may."""
    change, approvers = opened.change, opened.proposal.approvers
    if approvers.four_eyes and change.requested_by == decider.person_id:
        return "Your own agent asked for this change, and somebody else has to approve it."
    for roles, people in approvers.rules:
        if decider.email in people or (roles and decider.role in roles):
            continue
        if not roles and not people and decider.may_approve:
            continue
        named = " or ".join([*(f"the role {each}" for each in roles), *people])
        return f"This change is approved by {named or 'a role that may approve changes'}."
    return ""


def refuse_unknown_change() -> NotFound:
    """Return the error for a pending change that is not there, or not for who asks: the same for both."""
    return NotFound(
        "There is no such pending change.",
        advice="One is stored for a quarter after its end. The list has those that there are.",
    )


def may_see(decider: Decider, opened: Opened, *, sees_books: bool) -> bool:
    """Return whether a person may look at a change: all of them who sees the books, else whom its rules name."""
    return sees_books or any(
        decider.email in people or decider.role in roles for roles, people in opened.proposal.approvers.rules
    )


class Decisions:
    """Reads and decides pending changes. One for the process."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment, self._records = deployment, deployment.stores.records

    async def find(self, account: Account, change_id: str) -> Opened:
        """Return a pending change of an account. Raises NotFound."""
        change = await asyncio.to_thread(self._records.find_pending, change_id)
        if change is None or change.account_id != account.id:
            raise refuse_unknown_change()
        return self.open(change)

    async def find_own(self, grants: Sequence[Grant], change_id: str) -> tuple[Grant, Opened]:
        """Return a pending change that one of these grants has proposed, and that grant. Raises NotFound."""
        change = await asyncio.to_thread(self._records.find_pending, change_id)
        for grant in grants:
            if change is not None and (change.account_id, change.caller) == (grant.account.id, grant.caller):
                return grant, self.open(change)
        raise NotFound("There is no such pending change.", advice="Its id is in the answer of the write.")

    def open(self, change: PendingChange) -> Opened:
        """Return a pending change with its content."""
        return Opened(change, open_proposal(self.deployment.keys, change))

    async def list_part(
        self, wanted: PendingFilter, after: tuple[float, str] | None = None, limit: int = PART
    ) -> list[Opened]:
        """Return pending changes, the newest first."""
        found = await asyncio.to_thread(self._records.list_pending_changes, wanted, after, limit)
        return [self.open(each) for each in found]

    async def count_waiting(self, account_id: str) -> int:
        """Return how many changes of an account wait for a decision now, MOST_COUNTED at the highest."""
        wanted = PendingFilter((account_id,), statuses=("waiting",), until=self.deployment.clock())
        store = self.deployment.stores
        return await store.read(lambda: self._records.count_pending(wanted, MOST_COUNTED))

    async def approve(
        self,
        account: Account,
        change_id: str,
        version: int,
        decider: Decider,
        edits: Mapping[str, str] | None = None,
    ) -> PendingChange:
        """Approve a change in the state that the person saw, with values that the person corrected.

        Raises NotFound, Forbidden for one who may not, InvalidRequest for an edit that cannot be, and Conflict for a
        change that is in another state, has expired, or whose company or MCP server is not there any more.
        """
        opened = await self.find(account, change_id)
        now = self.deployment.clock()
        self._check_open(opened, version, now)
        if refusal := explain_not_allowed(decider, opened):
            raise Forbidden(refusal, advice="Nothing was changed. It waits until somebody who may decides.")
        await self._check_reachable(account, opened.change)
        proposal = opened.proposal
        if edits and (changed := apply_edits(self._find_tool(opened.change), proposal.arguments, edits)):
            texts = "; ".join(f"{each.field}: {each.before} → {each.after}" for each in changed.edits)
            note = Note(now, decider.person_id, f"Edited before approval: {texts}")
            fields = None if proposal.fields is None else (*proposal.fields, *changed.fields)
            notes = (*proposal.notes, note)
            proposal = replace(proposal, arguments=changed.arguments, notes=notes, fields=fields)
        return await self._step(opened, "approved", decider, proposal, jobs=True)

    async def refuse(
        self, account: Account, change_id: str, version: int, decider: Decider, reason: str
    ) -> PendingChange:
        """Refuse a change, with a reason that the agent reads. Raises as `approve` does.

        Whose agent asked may refuse it too.
        """
        opened = await self.find(account, change_id)
        self._check_open(opened, version, self.deployment.clock())
        refusal = explain_not_allowed(decider, opened)
        if refusal and opened.change.requested_by != decider.person_id:
            raise Forbidden(refusal, advice="Nothing was changed.")
        if len(reason) > LONGEST_REASON:
            raise InvalidRequest(
                f"The reason has {len(reason):,} characters; at most {LONGEST_REASON:,} are allowed."
            )
        return await self._step(opened, "refused", decider, replace(opened.proposal, refusal=reason.strip()))

    async def approve_together(
        self, account: Account, chosen: Sequence[tuple[str, int]], decider: Decider
    ) -> list[Outcome]:
        """Approve several changes, each by itself: what one comes to holds no other one up."""
        if len(chosen) > MOST_TOGETHER:
            raise InvalidRequest(f"At most {MOST_TOGETHER} changes are approved together.")
        outcomes = []
        for change_id, version in chosen:
            try:
                outcomes.append(Outcome(change_id, await self.approve(account, change_id, version, decider)))
            except LedgerportError as error:
                outcomes.append(Outcome(change_id, None, error))
        return outcomes

    def _find_tool(self, change: PendingChange) -> Any:
        tool = self.deployment.catalog().by_name.get(change.tool)
        if tool is None:
            raise Conflict(f"{change.tool} is no longer among the tools here. Nothing was sent.")
        return tool

    def _check_open(self, opened: Opened, version: int, now: float) -> None:
        """Raise Conflict for a change that does not wait, or not in this state any more."""
        change = opened.change
        if change.status != "waiting":
            raise Conflict(
                f"This change was decided already: it is {change.status}"
                + (f" since {format_time(change.decided_at)}." if change.decided_at else "."),
                advice="Nothing was changed by this.",
            )
        if change.expires_at <= now:
            raise Conflict(
                f"This change has expired: it waited until {format_time(change.expires_at)}.",
                advice="Nothing was changed. Have the agent propose it again.",
            )
        if change.version != version:
            raise Conflict(
                "This change is not what you saw any more: its record was changed, or it was edited.",
                advice="Look at it again, and decide then.",
            )

    async def _check_reachable(self, account: Account, change: PendingChange) -> None:
        """Raise Conflict where a change cannot be carried out now."""
        if (hindrance := await self.find_hindrance(account, change)) is not None:
            raise hindrance

    async def find_hindrance(self, account: Account, change: PendingChange) -> Conflict | None:
        """Return why a change that waits cannot be carried out now, as the error of whoever approves it."""
        if account.status != "active":
            return Conflict(
                "The company is not connected, so nothing can be sent.",
                advice="Connect it again, and approve then: the change waits until it expires.",
            )
        if not await self.is_server_there(account, change):
            return Conflict(
                "What proposed this, an MCP server or an API token, has ended: nothing is carried out for it any more.",
                advice="Refuse it, and have the agent propose it again by another MCP server.",
            )
        return None

    async def is_server_there(self, account: Account, change: PendingChange) -> bool:
        """Return whether what proposed a change may still call: its MCP server, or its API token."""
        now, records = self.deployment.clock(), self._records
        if change.server_id:
            server_id = McpServerId(change.server_id)
            found = await asyncio.to_thread(records.find_mcp_server, account.id, server_id, now)
            return found is not None and found.used_up_at is None
        token_id = change.caller.partition(":")[2]
        return bool(await asyncio.to_thread(records.find_token_names, [token_id]))

    async def _step(
        self,
        opened: Opened,
        into: PendingStatus,
        decider: Decider,
        proposal: Proposal,
        *,
        jobs: bool = False,
    ) -> PendingChange:
        """Make a decision, unless somebody else has made one meanwhile. Raises Conflict then."""
        change, now = opened.change, self.deployment.clock()
        values = {
            "status": into,
            "decided_at": now,
            "decided_by": decider.person_id,
            "finished_at": None if jobs else now,
            "sealed": seal_proposal(self.deployment.keys, change.id, proposal),
        }
        about = {"integrated_account_id": change.account_id, "tool": change.tool}
        audit = AuditEntry(now, decider.person_id, f"pending_change.{into}", change.id, about)
        data = status.describe_event(change, self.deployment.settings.public_url)
        event = Event(f"pending_change.{into}", now, data, change.tenant_id)
        due = (make_commit_job(change, change.version + 1, now),) if jobs else ()
        store = self.deployment.stores
        after = await store.write(
            lambda: store.records.change_pending(change, values, Consequences(audit, event, due))
        )
        if after is None:
            now_is = await self.find_again(change.id)
            raise Conflict(
                f"Somebody else decided at the same time: the change is {now_is}.",
                advice="Nothing was changed by this.",
            )
        return after

    async def find_again(self, change_id: str) -> str:
        """Return the status that a change has now."""
        found = await asyncio.to_thread(self._records.find_pending, change_id)
        return found.status if found is not None else "gone"


def make_commit_job(change: PendingChange, version: int, at: float, attempt: int = 0) -> NewJob:
    """Return the job that carries out a change in the state of this version."""
    args = {"change": change.id, "version": version, "attempt": attempt}
    return NewJob(f"{COMMIT}:{change.id}:{version}:{attempt}", COMMIT, args, at, change.tenant_id)
