"""Stores a write that waits for a person, in place of sending it, when it has passed every check.

Called by `calls`, between the checks of a write and its policies, and once more when an approved change is carried out:
then the record must be in what it changes as it was when it was proposed. Nothing is sent to the vendor but reads.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from runtime.approval import PendingChange
from runtime.deployment import Deployment
from runtime.errors import Conflict, Forbidden
from runtime.events import Event, NewJob
from runtime.exchange.context import CallContext, Request
from runtime.exchange.tool_answer import Answer
from runtime.model import AuditEntry
from runtime.operations.approvals import confirming, rules, status
from runtime.operations.approvals.comparing import list_skipped, name_version_argument
from runtime.operations.approvals.proposals import Proposal, open_proposal, seal_proposal
from runtime.operations.approvals.proposing import Proposing
from runtime.operations.approvals.recognizing import ID_BYTES, hash_asked, make_fingerprint, name_change
from runtime.operations.approvals.rules import Measured, Reason
from runtime.operations.approvals.waits import Waiting
from runtime.operations.known_records import KnownRecords
from runtime.operations.vendor_calls import VendorCalls
from runtime.operations.write_policies import WritePolicies
from runtime.recent import Recent
from runtime.safety.journal.undo import list_changed
from runtime.safety.key_errors import describe_reused_key
from runtime.stores.pending_steps import Consequences, PendingFilter

EXPIRE, ANNOUNCE = "expire_pending_change", "announce_pending_changes"
WHY = "why"
"""The argument of every write by which an agent gives its reason, where writes may wait."""
LONGEST_WHY = 1_000
"""Characters; a reason is a sentence or two."""
MOST_MAKERS = 1_000
"""MCP servers of which it is remembered who made them, which never changes."""
MOST_OF_BATCH = 100
"""Changes of one call that its repeat lists: a request to a vendor holds 30."""
Record = Mapping[str, Any]


class _Found(NamedTuple):
    """A write of a call, with why it waits: nothing where it waits only because another one of its call does."""

    change: CallContext
    reasons: list[Reason]
    measured: Measured


class _Place(NamedTuple):
    """Where a write stands in its call, and what the same one of the same call is recognized by."""

    batch: str
    number: int
    fingerprint: bytes


class Staging:
    """Stores writes that wait. One for the process."""

    def __init__(
        self,
        deployment: Deployment,
        vendor: VendorCalls,
        policies: WritePolicies,
        known: KnownRecords | None = None,
    ) -> None:
        self._deployment, self._vendor, self._policies = deployment, vendor, policies
        self._makers: Recent[str, str] = Recent(MOST_MAKERS)
        self._proposing = Proposing(deployment, vendor, known or KnownRecords())

    async def answer_repeat(self, call: CallContext) -> None:
        """Raise Waiting for the repeat of a call that waits or waited, under the key of its caller.

        What it has done since is no reason to refuse its repeat, such as the record that it made. Raises KeyReused.
        """
        grant, keys = call.grant, self._deployment.keys
        if grant is None or not grant.config.approval or grant.approved is not None or not call.caller_key:
            return
        records = self._deployment.stores.records
        found = await asyncio.to_thread(records.find_pending, name_change(keys, call, 0))
        if found is None:
            return
        if open_proposal(keys, found).asked != hash_asked(keys, call):
            raise describe_reused_key()
        changes = [found]
        if found.batch:
            wanted = PendingFilter((found.account_id,), batch=found.batch)
            changes = await asyncio.to_thread(records.list_pending_changes, wanted, None, MOST_OF_BATCH)
        raise Waiting(self._answer(call, changes))

    async def hold_back(self, call: CallContext, request: Request) -> None:
        """Raise Waiting for a write that waits, once it is stored, and for one that its user has to confirm.

        Raises PolicyRefused, Conflict for an approved change whose record is not as it was proposed, Forbidden for a
        write with a file, which cannot wait, and StorageUnavailable.
        """
        grant = call.grant
        if grant is None or (not grant.config.approval and grant.approved is None):
            return
        if await self._vendor.is_repeat(call):  # it was sent before, and its repeat has the first answer
            return
        if grant.approved is not None:
            await self._refuse_stricter(call, request)
            await self._refuse_moved(call, request)
            return
        found = await self._find_waiting(call, request)
        if any(each.reasons for each in found):
            await self._policies.check(call, request)
            raise Waiting(await self._store(call, found))
        if risky := confirming.list_risky(grant, request):
            await self._policies.check(call, request)
            await self._confirm(call, risky)

    async def _confirm(self, call: CallContext, risky: list[CallContext]) -> None:
        """Raise Waiting for writes that the user of the client has not confirmed as they are."""
        proposals = await self._proposing.draft(call, risky, [[] for _ in risky])
        said = [each.says for each in proposals]
        question = confirming.write_question(call.account, said)
        if call.grant is not None and confirming.hash_question(question) != call.grant.confirmed:
            raise Waiting(confirming.make_answer(call, question))

    async def _find_waiting(self, call: CallContext, request: Request) -> list[_Found]:
        assert call.grant is not None
        approval, found = call.grant.config.approval, []
        for change in request.changes:
            if change.tool.is_read_only:
                continue
            measured = Measured()
            if rules.is_about_amounts(approval):
                measured = await self._policies.measure(call, change)
            found.append(_Found(change, rules.find_reasons(approval, change.tool, measured), measured))
        return found

    async def _store(self, call: CallContext, found: list[_Found]) -> Answer:
        for each in found:
            if each.change.file is not None:
                raise Forbidden(
                    f"{each.change.tool.name} sends a file, and a file cannot wait for approval. Nothing was sent.",
                    advice="Ask a person to add the file in the company itself.",
                )
        every, also = [reason for each in found for reason in each.reasons], []
        if call.grant is not None and call.grant.own_call is not None:
            others = [await self._propose(call, each.change, []) for each in found[1:]]
            found, also = found[:1], [f"In the same step: {each.says}." for each in others]
        batch = secrets.token_hex(ID_BYTES) if len(found) > 1 else ""
        stored, asked, keys = [], [], self._deployment.keys
        reasons = [every if also else each.reasons or every for each in found]
        proposals = await self._proposing.draft(call, [each.change for each in found], reasons)
        for place, (each, proposal) in enumerate(zip(found, proposals, strict=True)):
            asked.append((each.change.tool.name, proposal.arguments))
            where = _Place(batch, place, make_fingerprint(keys, *asked[-1], asked.count(asked[-1])))
            shown = replace(proposal, warnings=(*proposal.warnings, *also), asked=hash_asked(keys, call))
            stored.append(await self._make(call, each, shown, reasons[place], where))
        store = self._deployment.stores
        changes = await store.write(lambda: store.records.add_pending(stored))
        if not changes:
            raise describe_reused_key()
        return self._answer(call, changes)

    async def _propose(self, call: CallContext, change: CallContext, reasons: list[Reason]) -> Proposal:
        (proposal,) = await self._proposing.draft(call, [change], [reasons])
        return proposal

    async def _make(
        self,
        call: CallContext,
        found: _Found,
        proposal: Proposal,
        reasons: list[Reason],
        where: _Place,
    ) -> tuple[PendingChange, Consequences]:
        assert call.grant is not None
        now, change, server_id = self._deployment.clock(), found.change, call.grant.server_id or ""
        id_ = name_change(self._deployment.keys, call, where.number)
        stored = PendingChange(
            id=id_,
            tenant_id=call.account.tenant_id,
            account_id=call.account.id,
            server_id=server_id,
            caller=call.caller,
            requested_by=await self._find_requester(call),
            client=call.client,
            batch=where.batch,
            fingerprint=where.fingerprint,
            tool=change.tool.name,
            resource=change.tool.resource,
            record_id=str(
                (proposal.before or {}).get(change.tool.identifier or change.integration.identifier) or ""
            ),
            risk=change.tool.risk,
            amount="" if found.measured.amount is None else str(found.measured.amount),
            status="waiting",
            version=1,
            created_at=now,
            expires_at=now + rules.find_hours(reasons) * 3600.0,
            decided_at=None,
            decided_by="",
            finished_at=None,
            entry_id="",
            sealed=seal_proposal(self._deployment.keys, id_, proposal),
        )
        return stored, self._list_consequences(stored, proposal)

    def _list_consequences(self, stored: PendingChange, proposal: Proposal) -> Consequences:
        now, tenant_id = stored.created_at, stored.tenant_id
        expire = NewJob(f"{EXPIRE}:{stored.id}", EXPIRE, {"change": stored.id}, stored.expires_at, tenant_id)
        about = stored.batch or stored.id
        announce = NewJob(f"{ANNOUNCE}:{about}", ANNOUNCE, {"change": stored.id}, now, tenant_id)
        audit = AuditEntry(
            now,
            stored.caller,
            "pending_change.created",
            stored.id,
            {"integrated_account_id": stored.account_id, "tool": stored.tool, "rules": list(proposal.rules)},
        )
        data = status.describe_event(stored, self._deployment.settings.public_url)
        return Consequences(audit, Event("pending_change.created", now, data, tenant_id), (expire, announce))

    async def _find_requester(self, call: CallContext) -> str:
        """Return the person whose agent asks: who let it by OAuth, or made the MCP server; empty where unknown."""
        assert call.grant is not None
        server_id = call.grant.server_id
        if server_id is None:
            return ""
        if (maker := self._makers.get(server_id)) is None:
            store = self._deployment.stores
            found = await store.read(lambda: store.records.find_maker(server_id))
            maker = self._makers.put(server_id, found)
        return maker

    def _answer(self, call: CallContext, changes: list[PendingChange]) -> Answer:
        text = status.write_pending(self._deployment, call.account, changes)
        first = call.answer(text)
        return first._replace(status=0, is_structured=True, pending_id=changes[0].id)

    async def _refuse_stricter(self, call: CallContext, request: Request) -> None:
        """Raise Conflict where a write as it is now is for others to approve: edited, or by a rule of today."""
        assert call.grant is not None
        assert call.grant.approved is not None
        approved, found = call.grant.approved, await self._find_waiting(call, request)
        reasons = [reason for each in found for reason in each.reasons]
        if rules.is_met(rules.find_approvers(reasons), approved.approvers):
            return
        approved.fresh.append(await self._propose(call, found[0].change, reasons))
        raise Conflict(
            f"As it is now, others have to approve it: {'; '.join(approved.fresh[0].rules)}. Nothing was sent.",
            advice="Who may approve it is shown with the change.",
        )

    async def _refuse_moved(self, call: CallContext, request: Request) -> None:
        """Raise Conflict where what an approved change is about is not as it was when it was proposed."""
        assert call.grant is not None
        assert call.grant.approved is not None
        approved = call.grant.approved
        if approved.before is None or len(request.changes) != 1:
            return
        change = request.changes[0]
        now = await self._proposing.read_before(call, change)
        moved = list_changed(approved.before, now or {}, list_skipped(call))
        if approved.fields is not None:
            moved = [name for name in moved if name in approved.fields]
        if moved:
            approved.fresh.extend(await self._proposing.draft(call, [change], [[]]))
            raise Conflict(
                f"The record was changed since this was proposed, in: {', '.join(moved)}. Nothing was sent.",
                advice="Look at the change again, which now shows the record as it is.",
                details={"changed_since": moved},
            )
        version = name_version_argument(change)
        if now is not None and version in change.arguments:
            change.arguments[version] = now.get(change.integration.updates.version)
