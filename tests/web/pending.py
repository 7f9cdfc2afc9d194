"""Changes that wait for a person, stored as an agent's call would have stored them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from runtime.approval import PendingChange
from runtime.operations.approvals.proposals import FieldChange, Proposal, seal_proposal
from runtime.operations.approvals.rules import Approvers
from runtime.stores.pending_steps import Consequences
from tests.deployment import NOON
from tests.identity.authorization import Place

UPDATE = "update_a_quick_books_invoice_by_id"
HOUR = 3600.0
BEFORE: dict[str, Any] = {
    "Id": "575",
    "SyncToken": "0",
    "DocNumber": "1154",
    "CustomerRef": {"value": "24", "name": "Red Rock Diner"},
    "DueDate": "2026-11-20",
    "TotalAmt": 1005.0,
    "Line": [
        {
            "Id": "1",
            "Description": "October visits",
            "Amount": 1005.0,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": "6", "name": "Gardening"},
                "Qty": 3,
                "UnitPrice": 335.0,
            },
        }
    ],
}
ADDED: dict[str, Any] = {
    "Description": "Ticket 7719",
    "Amount": 510.0,
    "DetailType": "SalesItemLineDetail",
    "SalesItemLineDetail": {"ItemRef": {"value": "9", "name": "Mulch delivery"}, "Qty": 6, "UnitPrice": 85.0},
}
ARGUMENTS: dict[str, Any] = {"id": "575", "DueDate": "2026-12-20", "Line": [*BEFORE["Line"], ADDED]}
PROPOSAL = Proposal(
    called=UPDATE,
    arguments=ARGUMENTS,
    says="Update invoice 1154 of Red Rock Diner: Due date 2026-11-20 → 2026-12-20",
    action="Update invoice 1154",
    kind="Invoice",
    number="1154",
    party="Red Rock Diner",
    amount="1,515.00",
    currency="USD",
    changed=(FieldChange("Due date", "2026-11-20", "2026-12-20"),),
    why="Ticket 7719 was not billed.",
    rules=("mcp_server: risk overwrite",),
    approvers=Approvers((((), ()),), four_eyes=True),
    before=BEFORE,
    after={**BEFORE, "DueDate": "2026-12-20", "Line": ARGUMENTS["Line"]},
    fields=("DueDate", "Line"),
)


def make_change(
    here: Place, account: str, id_: str, proposal: Proposal = PROPOSAL, **more: Any
) -> PendingChange:
    """Return a change that waits, of an MCP server of the account."""
    found = here.records.find_account(account)
    made = PendingChange(
        id=id_,
        tenant_id=found.tenant_id,
        account_id=account,
        server_id=f"server-of-{account}",
        caller=f"mcp_server:server-of-{account}",
        requested_by="",
        client="claude-ai",
        batch="",
        fingerprint=id_.encode(),
        tool=UPDATE,
        resource="invoices",
        record_id="575",
        risk="overwrite",
        amount="1515",
        status="waiting",
        version=1,
        created_at=NOON,
        expires_at=NOON + 72 * HOUR,
        decided_at=None,
        decided_by="",
        finished_at=None,
        entry_id="",
        sealed=seal_proposal(here.runtime.keys, id_, proposal),
    )
    return replace(made, **more)


def add_change(here: Place, account: str, id_: str, proposal: Proposal = PROPOSAL, **more: Any) -> str:
    """Store a change that waits, and return its id."""
    here.records.add_pending([(make_change(here, account, id_, proposal, **more), Consequences())])
    return id_
