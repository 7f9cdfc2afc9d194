"""A pending change as agents, programs and webhooks see it. Called by `staging`, `deciding`, `mcp_server` and `api`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from runtime.approval import PendingChange
from runtime.deployment import Deployment
from runtime.errors import LedgerportError
from runtime.model import Account
from runtime.operations.answers import format_time
from runtime.operations.approvals.proposals import Proposal, open_proposal
from runtime.safety.company import describe_company
from runtime.upstream import figures
from runtime.upstream.visible_text import show_in_json

STATUS_TOOL = "get_pending_change"
WAITS = (
    "Nothing was changed. A person has to approve this at approve_at, signed in as somebody who may. "
    f"{STATUS_TOOL} with its id says how it stands."
)
COMPUTED = "Computed from the books as they are now, not yet posted."
MEANINGS = {
    "waiting": WAITS,
    "approved": "A person has approved it, and it is being carried out. Ask again in a moment.",
    "committed": "A person has approved it, and it was carried out.",
    "refused": "A person has refused it. Nothing was changed. Do not propose it again unless the person asks for it.",
    "expired": "Nobody has decided in time. Nothing was changed. It can be proposed again.",
    "failed": "It was approved and could not be carried out. Nothing was changed.",
    "unclear": "It was approved and sent, and the vendor did not say whether it was done. "
    "Look at the record before proposing it again.",
}
"""What each status says to an agent."""


def find_page(public_url: str, change: PendingChange) -> str:
    """Return the address of the page at which a change is decided. It authenticates nobody."""
    return f"{find_list(public_url, change.account_id)}/{change.id}"


def find_list(public_url: str, account_id: str) -> str:
    """Return the address of the page that lists what waits at a company. It authenticates nobody."""
    return f"{public_url}/company/{account_id}/approvals"


def describe_event(change: PendingChange, public_url: str) -> dict[str, Any]:
    """Return what a webhook says of a change: ids and times, nothing of the books."""
    return {
        "pending_change_id": change.id,
        "integrated_account_id": change.account_id,
        "mcp_server_id": change.server_id or None,
        "tool": change.tool,
        "risk": change.risk,
        "expires_at": format_time(change.expires_at),
        "approve_at": find_page(public_url, change),
    }


def write_pending(
    deployment: Deployment,
    account: Account,
    changes: Sequence[PendingChange],
    hindrance: LedgerportError | None = None,
) -> str:
    """Return the answer about the writes of a call: of one its members, of several a list of them.

    `hindrance` is why one that waits cannot be approved now.
    """
    shown = [describe_pending(deployment, account, each) for each in changes]
    value: dict[str, Any] = shown[0]
    if hindrance is not None:
        value["cannot_be_approved"] = f"{hindrance.message} {hindrance.advice}".strip()
    if len(shown) > 1:
        page = find_list(deployment.settings.public_url, account.id)
        value = _describe_together(changes) | {"approve_at": page}
        value |= {"changes": [_drop(each, "note") for each in shown]}
    return show_in_json(figures.write_json(value)).decode()


def _describe_together(changes: Sequence[PendingChange]) -> dict[str, Any]:
    """Return what is said of the changes of one call, before each of them."""
    counts = Counter(each.status for each in changes)
    if counts["waiting"] == len(changes):
        return {"pending": True, "says": f"{len(changes)} changes wait for approval", "note": WAITS}
    is_pending = not all(each.is_over for each in changes)
    said = ", ".join(f"{count} {name}" for name, count in counts.items())
    return {"pending": is_pending, "says": f"{len(changes)} changes: {said}"}


def describe_pending(deployment: Deployment, account: Account, change: PendingChange) -> dict[str, Any]:
    """Return a pending change in full, as its agent and the management API see it.

    Raises SealBroken.
    """
    proposal = open_proposal(deployment.keys, change)
    return {
        "pending": not change.is_over,
        "id": change.id,
        "status": change.status,
        "says": proposal.acknowledged or proposal.says,
        "note": MEANINGS[change.status],
        **_describe_end(change, proposal),
        "expires_at": format_time(change.expires_at),
        "approve_at": find_page(deployment.settings.public_url, change),
        "company": describe_company(account),
        **_describe_content(proposal),
        "rules": list(proposal.rules),
        **_leave_out_empty(warnings=list(proposal.warnings)),
    }


def _describe_content(proposal: Proposal) -> dict[str, Any]:
    """Return what a change is about; to an agent that may not read such records, nothing of what is stored."""
    if proposal.acknowledged:
        return {"action": proposal.acknowledged, **_leave_out_empty(why=proposal.why), "changed": []}
    return {
        "action": proposal.action,
        **_leave_out_empty(
            party=proposal.party, amount=proposal.amount, currency=proposal.currency, why=proposal.why
        ),
        "changed": [
            {"field": each.field, "before": each.before, "after": each.after} for each in proposal.changed
        ],
        **_describe_effects(proposal),
    }


def _describe_effects(proposal: Proposal) -> dict[str, Any]:
    """Return what a change does to the books and what it looks like, of records that its proposer may read."""
    effects = [
        _leave_out_empty(
            kind=each.kind,
            label=each.label,
            now=each.now,
            change=each.change,
            after=each.after,
            currency=each.currency,
            note=each.note,
        )
        for each in proposal.effects
        if each.is_readable
    ]
    similar = [
        _leave_out_empty(
            resource=each.resource,
            id=each.id,
            number=each.number,
            party=each.party,
            day=each.day,
            amount=each.amount,
            currency=each.currency,
            why=each.why,
        )
        for each in proposal.similar
        if each.is_readable
    ]
    return _leave_out_empty(effects=effects, effects_note=COMPUTED if effects else "", similar=similar)


def _describe_end(change: PendingChange, proposal: Proposal) -> dict[str, Any]:
    """Return what became of a change: the person's refusal, the error, or what the tool answered."""
    members = _leave_out_empty(
        refused_because=proposal.refusal,
        error=proposal.error,
        happened=[each.text for each in proposal.notes],
        journal_entry=change.entry_id,
        record_id=change.record_id if change.status == "committed" else "",
    )
    if proposal.answer:
        members["answer"] = figures.read(proposal.answer.encode())
    return members


def _leave_out_empty(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value}


def _drop(members: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in members.items() if each != name}
