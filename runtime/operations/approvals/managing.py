"""Pending changes for programs: lists and shows them, and decides about them for a person. Called by `api`.

An API token sees what is within its reach; a person sees the changes of the organizations that they belong to, and
decides by `deciding`. A decision that is repeated is answered as the first time: it is the same one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from runtime.approval import PendingChange, PendingStatus
from runtime.deployment import Deployment
from runtime.errors import Conflict, Forbidden, InvalidRequest, LedgerportError
from runtime.model import Account, AccountId
from runtime.operations.answers import format_time, read_part
from runtime.operations.approvals import status
from runtime.operations.approvals.deciding import (
    MOST_TOGETHER,
    Decider,
    Decisions,
    Opened,
    explain_not_allowed,
    refuse_unknown_change,
)
from runtime.operations.approvals.edits import apply_edits, list_editable
from runtime.operations.caller_names import PERSON, make_key, read_names
from runtime.operations.journal import make_visible
from runtime.operations.names import refuse_unknown_account
from runtime.operations.scopes import is_within
from runtime.people import Role, SignedIn
from runtime.stores.pending_steps import PendingFilter
from runtime.tenancy import Reach

May = Callable[[Role | None, Literal["approve_changes", "see_journal"]], bool]
"""Says whether a role has a permission."""
STEPS = 2
"""How far the version of a change is from what a person approved: one step is the decision, one its end."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: an API token with its reach, or a person."""

    reach: Reach
    person: SignedIn | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes are asked for; what is empty filters nothing."""

    account_id: str = ""
    status: PendingStatus | None = None
    batch: str = ""
    limit: int = 50
    next_cursor: str = ""


class Chosen(NamedTuple):
    """A change in the state that a person saw, with the values that the person corrects."""

    id: str
    version: int
    edits: Mapping[str, str]


class _Reached(NamedTuple):
    """A change with its content and its company."""

    account: Account
    opened: Opened


class PendingChanges:
    """Shows and decides pending changes. One for the process."""

    def __init__(self, deployment: Deployment, may: May) -> None:
        self._deployment, self._stores, self._may = deployment, deployment.stores, may
        self._decisions = Decisions(deployment)

    async def list_part(self, asker: Asker, wanted: Wanted) -> dict[str, Any]:
        """Return a part of the changes that are within reach, the newest first: `{result, next_cursor}`.

        Raises NotFound for a company that is not, Forbidden for a role that sees no books, and InvalidRequest.
        """
        chosen = await self._make_filter(asker, wanted)
        part = await asyncio.to_thread(
            read_part,
            lambda after, limit: self._stores.records.list_pending_changes(chosen, after, limit),
            lambda change: {"change": change},
            wanted.limit,
            wanted.next_cursor,
        )
        found = [each["change"] for each in part["result"]]
        return {"result": await self._describe_all(found), "next_cursor": part["next_cursor"]}

    async def get(self, asker: Asker, change_id: str) -> dict[str, Any]:
        """Return one change, with what may be corrected in it. Raises NotFound and Forbidden."""
        found = await self._find(asker, change_id)
        if asker.person is not None:
            self._check_may_see(asker.person, found)
        return await self._describe_whole(found)

    async def approve(self, who: SignedIn, chosen: Chosen) -> dict[str, Any]:
        """Approve a change for a person, and return it as it is then.

        Raises NotFound, Forbidden for one who may not, InvalidRequest for an edit that cannot be, and Conflict for a
        change that is in another state, has expired, or whose company or MCP server is not there any more.
        """
        found, decider = await self._prepare(who, chosen.id)
        if not self._is_repeat(found.opened, chosen, decider):
            await self._decisions.approve(found.account, chosen.id, chosen.version, decider, chosen.edits)
        return await self._show_again(found)

    async def refuse(self, who: SignedIn, change_id: str, version: int, reason: str) -> dict[str, Any]:
        """Refuse a change for a person, with a reason that the agent reads. Raises as `approve` does."""
        found, decider = await self._prepare(who, change_id)
        change, proposal = found.opened
        is_same = change.status == "refused" and change.decided_by == decider.person_id
        if not (is_same and change.version == version + 1 and proposal.refusal == reason.strip()):
            await self._decisions.refuse(found.account, change_id, version, decider, reason)
        return await self._show_again(found)

    async def approve_together(self, who: SignedIn, chosen: Sequence[Chosen]) -> list[dict[str, Any]]:
        """Approve several changes, each by itself, and return what each came to: `{id, ok, change, error}`."""
        if len(chosen) > MOST_TOGETHER:
            raise InvalidRequest(f"At most {MOST_TOGETHER} changes are approved together.")
        return [await self._approve_one(who, each) for each in chosen]

    async def _approve_one(self, who: SignedIn, chosen: Chosen) -> dict[str, Any]:
        try:
            change, error = await self.approve(who, chosen), None
        except LedgerportError as problem:
            change, error = (
                None,
                {
                    "code": problem.code,
                    "message": problem.message,
                    "advice": problem.advice,
                },
            )
        return {"id": chosen.id, "ok": error is None, "change": change, "error": error}

    async def _make_filter(self, asker: Asker, wanted: Wanted) -> PendingFilter:
        statuses = (wanted.status,) if wanted.status else ()
        account_id = wanted.account_id or (asker.reach.account_id or "")
        if asker.person is not None and not account_id:
            raise InvalidRequest(
                "A person lists the changes of one company.",
                advice="Name it: ?integrated_account_id=…, of the companies that GET /api/auth/me lists.",
            )
        if account_id:
            await self._check_account(asker, account_id)
        reached = (account_id,) if account_id else ()
        return PendingFilter(reached, asker.reach.tenant_id or "", statuses, wanted.batch)

    async def _check_account(self, asker: Asker, account_id: str) -> None:
        """Raise NotFound for a company out of reach, and Forbidden for a role that does not see its books."""
        account = await self._stores.look_up.find_account(AccountId(account_id))
        if account is None or not _reaches(asker, account):
            raise refuse_unknown_account()
        if asker.person is not None and not self._may(
            asker.person.find_role(account.tenant_id), "see_journal"
        ):
            raise _refuse_books()

    async def _find(self, asker: Asker, change_id: str) -> _Reached:
        """Return a change that is within reach. Raises NotFound, whether it is there or not."""
        change = await asyncio.to_thread(self._stores.records.find_pending, change_id)
        if change is None:
            raise refuse_unknown_change()
        account = await self._stores.look_up.find_account(AccountId(change.account_id))
        if account is None or not _reaches(asker, account):
            raise refuse_unknown_change()
        return _Reached(account, self._decisions.open(change))

    async def _prepare(self, who: SignedIn, change_id: str) -> tuple[_Reached, Decider]:
        found = await self._find(Asker(Reach(None, None), who), change_id)
        decider = self._make_decider(who, found.account)
        self._check_may_see(who, found)
        return found, decider

    def _make_decider(self, who: SignedIn, account: Account) -> Decider:
        role = who.find_role(account.tenant_id)
        return Decider(who.person.id, who.person.email, role or "", self._may(role, "approve_changes"))

    def _check_may_see(self, who: SignedIn, found: _Reached) -> None:
        """Raise Forbidden for a person who neither sees the books, nor may decide, nor has an agent that asked."""
        decider = self._make_decider(who, found.account)
        is_own = found.opened.change.requested_by == decider.person_id
        sees = self._may(who.find_role(found.account.tenant_id), "see_journal")
        if not (sees or is_own or not explain_not_allowed(decider, found.opened)):
            raise _refuse_books()

    def _is_repeat(self, opened: Opened, chosen: Chosen, decider: Decider) -> bool:
        """Return whether a person approves once more what they have approved, with the same corrections."""
        change, proposal = opened
        if change.decided_by != decider.person_id or change.status in ("waiting", "refused", "expired"):
            return False
        if not chosen.version < change.version <= chosen.version + STEPS:
            return False
        tool = self._deployment.catalog().by_name.get(change.tool)
        if not chosen.edits:
            return not any(each.by == decider.person_id for each in proposal.notes)
        return tool is not None and apply_edits(tool, proposal.arguments, chosen.edits) is None

    async def _show_again(self, found: _Reached) -> dict[str, Any]:
        change = await asyncio.to_thread(self._stores.records.find_pending, found.opened.change.id)
        if change is None:
            raise Conflict("The change was removed with its company meanwhile.")
        return await self._describe_whole(_Reached(found.account, self._decisions.open(change)))

    async def _describe_whole(self, found: _Reached) -> dict[str, Any]:
        change, proposal = found.opened
        tool = self._deployment.catalog().by_name.get(change.tool)
        (shown,) = await self._describe_all([change])
        may_edit = change.status == "waiting" and tool is not None and proposal.called == tool.name
        fields = list_editable(tool, proposal.arguments) if may_edit and tool is not None else []
        shown["editable"] = [{"path": each.path, "kind": each.kind, "value": each.value} for each in fields]
        return make_visible(shown)

    async def _describe_all(self, changes: Sequence[PendingChange]) -> list[dict[str, Any]]:
        """Return changes as the API answers them: one company and one MCP server are looked up once."""
        people = {
            make_key(PERSON, id_) for each in changes for id_ in (each.requested_by, each.decided_by) if id_
        }
        names = await asyncio.to_thread(read_names, self._stores.records, people)
        said = {key: {"id": key.partition(":")[2], "name": each.name} for key, each in names.items()}
        hindrances: dict[tuple[str, str], str] = {}
        rows = []
        for each in changes:
            account = await self._stores.look_up.find_account(AccountId(each.account_id))
            if account is None:  # removed while this was read
                continue
            key = (each.account_id, each.server_id or each.caller)
            if each.status == "waiting" and key not in hindrances:
                hindrance = await self._decisions.find_hindrance(account, each)
                hindrances[key] = (
                    "" if hindrance is None else f"{hindrance.message} {hindrance.advice}".strip()
                )
            row = _describe(self._deployment, account, each, hindrances.get(key, ""))
            row["requested_by"] = said.get(make_key(PERSON, each.requested_by))
            row["decided_by"] = said.get(make_key(PERSON, each.decided_by))
            rows.append(make_visible(row))
        return rows


def _describe(
    deployment: Deployment, account: Account, change: PendingChange, hindrance: str
) -> dict[str, Any]:
    """Return a change as the API answers it, but for the people. What its tool answered is in the journal."""
    said = status.describe_pending(deployment, account, change)
    shown = {name: value for name, value in said.items() if name not in ("answer", "note", "pending")}
    if change.status == "waiting" and change.expires_at <= deployment.clock():
        hindrance = f"It has expired: it waited until {format_time(change.expires_at)}."
    return shown | {
        "version": change.version,
        "tenant_id": account.tenant_id,
        "integrated_account_id": change.account_id,
        "mcp_server_id": change.server_id or None,
        "caller": change.caller,
        "client": change.client,
        "batch": change.batch or None,
        "tool": change.tool,
        "resource": change.resource,
        "record_id": change.record_id or None,
        "risk": change.risk,
        "cannot_be_approved": hindrance if change.status == "waiting" and hindrance else None,
        "created_at": format_time(change.created_at),
        "decided_at": format_time(change.decided_at),
        "finished_at": format_time(change.finished_at),
        "journal_entry": change.entry_id or None,
    }


def _reaches(asker: Asker, account: Account) -> bool:
    if asker.person is not None:
        return asker.person.find_role(account.tenant_id) is not None
    return is_within(asker.reach, account)


def _refuse_books() -> Forbidden:
    return Forbidden(
        "Your role does not see the books of this company, and you are not among those who approve this.",
        advice="An owner or an admin of the organization can change your role.",
    )
