"""A company of the simulator whose writes wait: what a proposal says, and what the books are once it is carried out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from runtime.approval import RISKS, ApprovalRule
from runtime.model import AuditEntry, Grant, McpServerId
from runtime.operations.approvals.proposals import Effect, Proposal, open_proposal
from runtime.operations.approvals.staging import Staging
from runtime.operations.calls import Calls
from runtime.operations.known_records import KnownRecords
from runtime.operations.mcp_servers import McpServers
from runtime.operations.vendor_calls import VendorCalls
from runtime.operations.write_policies import WritePolicies
from runtime.simulators.quickbooks.companies import seed
from runtime.stores.hot_memory import MemoryHotState
from runtime.upstream.client import VendorRequest
from tests.company import HOST, Company, copy_books, make_landscaper
from tests.deployment import NOON, deploy

RULE = ApprovalRule(risks=RISKS)


class ProposingCompany(Company):
    """The landscaper of the simulator. `propose` has a write wait, `call` carries one out at once."""

    def __init__(self, data: Path, **config: Any) -> None:
        super().__init__(copy_books(make_landscaper()), **config)
        self.here = deploy(data)
        parts = self.here.parts(self.catalog)
        account = self.grant.account
        self.here.stores.records.add_account(
            account, AuditEntry(NOON, "tests", "account.created", account.id)
        )
        made = McpServers(parts).create(account.id, "An agent", {})
        self.grant = replace(self.grant, server_id=McpServerId(made["id"]))
        former = self.calls._vendor
        vendor = VendorCalls(
            client=self.client,  # type: ignore[arg-type]
            tokens=former._tokens,
            hot=MemoryHotState(),
            base_url=lambda _integration, _account: f"{HOST}/v3/company/{seed.REALM}",
        )
        policies, known = WritePolicies(vendor), KnownRecords()
        self.staging = Staging(parts, vendor, policies, known)
        self.calls = Calls(
            catalog=lambda: self.catalog,
            vendor=vendor,
            max_answer_bytes=1_000_000,
            policies=policies,
            waits=self.staging,
            known=known,
        )
        self.answered: dict[str, Any] = {}

    @property
    def waiting_grant(self) -> Grant:
        """The grant of an agent all of whose writes wait."""
        return replace(self.grant, config=replace(self.grant.config, approval=(RULE,)))

    def propose(self, tool: str, /, **arguments: Any) -> Proposal:
        """Return the proposal that a write becomes; of several, the first."""
        return self.propose_all(tool, **arguments)[0]

    def propose_all(self, tool: str, /, **arguments: Any) -> list[Proposal]:
        """Return the proposals that the writes of a call become."""
        name = self._name(tool)
        answer = self._runner.run(self.calls.call(self.waiting_grant, self.tools, name, arguments))
        assert answer.error is None, answer.error
        self.answered = orjson.loads(answer.text)
        ids = [each["id"] for each in self.answered.get("changes", [self.answered])]
        found = [self.here.stores.records.find_pending(each) for each in ids]
        return [open_proposal(self.here.keys, each) for each in found if each is not None]

    def record_reads(self) -> list[VendorRequest]:
        """Return the requests that were sent so far."""
        return list(self.client.requests)

    def read(self, resource: str, id_: str) -> dict[str, Any]:
        """Return a record as the company has it now."""
        found: dict[str, Any] = self.call(f"get {resource}", id=id_)
        return found

    def close(self) -> None:
        """Close everything."""
        super().close()
        self.here.stores.close()


def find_effect(proposal: Proposal, resource: str, id_: str = "") -> Effect:
    """Return the effect on a record of a resource."""
    found = [each for each in proposal.effects if each.resource == resource and id_ in ("", each.record_id)]
    assert len(found) == 1, proposal.effects
    return found[0]


def read_number(text: str) -> Decimal:
    """Return a figure as people read it as a number."""
    return Decimal(text.replace(",", "").replace("−", "-").replace("+", ""))  # noqa: RUF001
