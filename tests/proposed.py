"""Changes that wait for a person, stored as staging stores them, for tests of what becomes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from runtime.approval import PendingChange
from runtime.events import Event, NewJob
from runtime.keys.crypto import Keys
from runtime.model import AuditEntry
from runtime.operations.approvals.deciding import COMMIT
from runtime.operations.approvals.proposals import FieldChange, Proposal, seal_proposal
from runtime.operations.approvals.rules import Approvers
from runtime.operations.approvals.staging import ANNOUNCE, EXPIRE
from runtime.operations.approvals.status import describe_event
from runtime.stores.pending_records import Consequences
from tests.deployment import NOON

HOURS_72 = 72 * 3600.0
TOOL = "create_a_quick_books_invoice"
ADDRESS = "http://127.0.0.1:8000"
PROPOSAL = Proposal(
    called=TOOL,
    arguments={"TxnDate": "2027-01-15", "Line": [{"Amount": 500, "DetailType": "SalesItemLineDetail"}]},
    says="Create invoice of Cool Cars, 500.00 USD",
    action="Create invoice",
    kind="Invoice",
    number="",
    party="Cool Cars",
    amount="500.00",
    currency="USD",
    changed=(FieldChange("Date", "", "15 Jan 2027"),),
    why="The customer ordered it.",
    rules=("mcp_server: risk create",),
    approvers=Approvers(((("admin", "owner"), ()),), four_eyes=True),
)


def make_change(
    keys: Keys, id_: str, account: str, server: str, proposal: Proposal = PROPOSAL, **more: Any
) -> PendingChange:
    """A change of an MCP server that waits; what more is named differs."""
    made = PendingChange(
        id=id_, tenant_id="default", account_id=account, server_id=server, caller=f"mcp_server:{server}",
        requested_by="", client="agent/1", batch="", fingerprint=id_.encode(), tool=TOOL, resource="invoices",
        record_id="", risk="create", amount="500", status="waiting", version=1, created_at=NOON,
        expires_at=NOON + HOURS_72, decided_at=None, decided_by="", finished_at=None, entry_id="",
        sealed=seal_proposal(keys, id_, proposal),
    )  # fmt: skip
    return replace(made, **more)


def store_change(records: Any, change: PendingChange) -> PendingChange:
    """The same, stored with its audit, event and jobs."""
    data = describe_event(change, ADDRESS)
    about = {"integrated_account_id": change.account_id, "tool": change.tool}
    args, about_both = {"change": change.id}, change.batch or change.id
    jobs = (
        NewJob(f"{EXPIRE}:{change.id}", EXPIRE, args, change.expires_at, change.tenant_id),
        NewJob(f"{ANNOUNCE}:{about_both}", ANNOUNCE, args, change.created_at, change.tenant_id),
    )
    audit = AuditEntry(change.created_at, change.caller, "pending_change.created", change.id, about)
    event = Event("pending_change.created", change.created_at, data, change.tenant_id)
    records.add_pending([(change, Consequences(audit, event, jobs))])
    return change


def list_jobs(records: Any, now: float, name: str = COMMIT) -> list[Any]:
    """The jobs of one kind that are due."""
    return [each for each in records.list_due_jobs(now, 0.0, 1000) if each.name == name]
