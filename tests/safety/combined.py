"""A company whose calls go through every guard there is: keys, policies, budgets and the journal, over one store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from runtime.model import AccountId, Grant, McpServerId, ServerConfig
from runtime.operations.spending import Spending
from runtime.operations.write_policies import WritePolicies
from runtime.safety.once import Once
from runtime.simulators.quickbooks.books.store import Store
from tests.operations.test_undo import Journaled

AMY, BILL = "Amy's Bird Sanctuary", "Bill's Windsurf Shop"
DAY = "2026-11-20"


def make_invoice(customer: Any = AMY, amount: float = 50, **more: Any) -> dict[str, Any]:
    """Return the arguments of a new invoice."""
    detail = {"ItemRef": {"value": "4"}, "Qty": 1, "UnitPrice": amount}
    line = {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    return {"CustomerRef": customer, "TxnDate": DAY, "Line": [line]} | more


class Guarded(Journaled):
    """A company with an MCP server in a deployment, as its configuration says."""

    def __init__(self, store: Store, data: Path, **config: Any) -> None:
        super().__init__(store, data)
        here, vendor = self.here, self.calls._vendor
        vendor._once = Once(here.keys, here.stores, clock=here.clock)
        self.spending = vendor._spending = Spending(here.stores, clock=here.clock)
        self.calls._policies = WritePolicies(vendor, here.stores, clock=here.clock)
        account = AccountId(here.accounts.create("Acme", "books")["id"])
        self.server = McpServerId(here.mcp_servers.create(account, "Agent")["id"])
        self.grant = Grant(replace(self.grant.account, id=account), ServerConfig(), self.server)
        self.configure(**config)

    def configure(self, **config: Any) -> None:
        """Give the MCP server another configuration."""
        self.grant = Grant(self.grant.account, ServerConfig(**config), self.server)

    def spent_writes(self) -> int:
        """Return how many writes were counted for the MCP server."""
        self._runner.run(self.spending.flush())
        sums = self.here.stores.read_spending(self.grant.account.id)
        return sum(spent.writes for key, spent in sums.items() if key.server_id == self.server)

    def close_all(self) -> None:
        """Close the client, the loop and the store."""
        self.close()
        self.here.stores.close()
