"""Companies of the simulator at which writes may wait for a person, their clients, and a person who decides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult

from runtime.approval import Approval, ApprovalRule
from runtime.jobs.work import Task
from runtime.mcp_server.protocol import CAPABILITIES_KEY
from runtime.operations.approvals.committing import Committing
from runtime.operations.approvals.deciding import Decider
from runtime.operations.finished_calls import FinishedCalls
from runtime.server.pending_changes import ChangeTools
from tests.mcp_server.companies import Office, make_grants
from tests.mcp_server.stand import MODERN, TOKEN, Response, ask_in_loop, envelope, message

URL: dict[str, Any] = {"elicitation": {"url": {}}}
FORM: dict[str, Any] = {"elicitation": {"form": {}}}
BOTH: dict[str, Any] = {"elicitation": {"url": {}, "form": {}}}
EVERYTHING_WAITS: Approval = (ApprovalRule(risks=("create", "overwrite", "send", "destroy")),)
CHANGES_WAIT: Approval = (ApprovalRule(risks=("overwrite",)),)
"""Deletions do not wait there, and are confirmed instead."""
ANNA = Decider("person-anna", "anna@example.com", "owner", may_approve=True)
CREATE, UPDATE = "create_a_quick_books_customer", "update_a_quick_books_customer_by_id"
INVOICE, DELETE = "create_a_quick_books_invoice", "delete_a_quick_books_invoice_by_id"
STATUS = "get_pending_change"
LINE = {
    "DetailType": "SalesItemLineDetail",
    "Amount": 120,
    "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
}
"""Of an invoice."""


class Approving(Office):
    """One company at which writes may wait, or several behind one address."""

    def __init__(self, data: Path, *approvals: Approval, **config: Any) -> None:
        names = ("Elm Street Bakery", "Oak Landscaping", "Ash Consulting")[: len(approvals)]
        made = [make_grants(names, approval=each, **config)[place] for place, each in enumerate(approvals)]
        super().__init__(data, tuple(made), may_wait=True)
        if len(made) == 1:
            self.grant = self.grant.companies[0]
        parts = self.here.parts(self.catalog)
        tools = ChangeTools(parts, self.changes)
        self._committing = Committing(parts, self.calls, tools, FinishedCalls(self._log), self._log)

    def request(self, params: dict[str, Any], capabilities: dict[str, Any], **headers: str) -> Response:
        """The response to a `tools/call` of 2026-07-28 by a client with these capabilities."""
        meta = envelope() | {CAPABILITIES_KEY: capabilities} | params.pop("_meta", {})
        body, found = message("tools/call", {**params, "_meta": meta}, revision=MODERN)
        found |= {name.replace("_", "-"): value for name, value in headers.items()}
        fields = [(name.encode(), value.encode()) for name, value in found.items()]
        return self._runner.run(ask_in_loop(self.endpoint, f"/mcp/{TOKEN}", "POST", fields, [body]))

    def ask(self, tool: str, capabilities: dict[str, Any], /, **arguments: Any) -> dict[str, Any]:
        """The result of a call that makes its client ask the user."""
        result: dict[str, Any] = self.request({"name": tool, "arguments": arguments}, capabilities).result
        assert result["resultType"] == "input_required", result
        return result

    def count_proposals(self) -> int:
        """How many changes were ever proposed."""
        with self.here.stores.records._engine.begin() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM pending_change").scalar_one())

    def count_written(self) -> int:
        """How many requests to the vendor were writes."""
        return sum(verb == "POST" for _, verb, _ in self.client.sent)

    async def approve(self, change_id: str) -> None:
        """Have Anna approve a change, and the job carry it out."""
        account = next(
            each.account
            for each in self.grant.companies or (self.grant,)
            if each.account.id == self.here.stores.records.find_pending(change_id).account_id  # type: ignore[union-attr]
        )
        found = await self.decisions.find(account, change_id)
        after = await self.decisions.approve(account, change_id, found.change.version, ANNA)
        await self._committing.commit(
            Task("job", {"change": change_id, "version": after.version, "attempt": 0})
        )

    async def refuse_change(self, change_id: str) -> None:
        """Have Anna refuse a change."""
        account = self.grant.account
        found = await self.decisions.find(account, change_id)
        await self.decisions.refuse(account, change_id, found.change.version, ANNA, "Not this month.")

    def call_by_sdk(
        self, ask_user: Callable[[Any], Awaitable[Any]] | None, tool: str, /, **arguments: Any
    ) -> CallToolResult:
        """What the Python SDK 2.x answers, whose user is asked by a function of the parameters of a request."""

        async def answer(_context: Any, params: Any) -> Any:
            assert ask_user is not None
            return await ask_user(params)

        async def call() -> CallToolResult:
            transport = httpx2.ASGITransport(app=self.endpoint)
            async with (
                httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as http,
                Client(
                    streamable_http_client(f"http://127.0.0.1:8000/mcp/{TOKEN}", http_client=http),
                    elicitation_callback=answer if ask_user else None,  # type: ignore[arg-type]
                ) as client,
            ):
                return await client.call_tool(tool, arguments)

        return self._runner.run(call())


def retry(
    tool: str, arguments: dict[str, Any], state: str, responses: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The parameters of a call that is sent again, with what its user said."""
    more = {} if responses is None else {"inputResponses": responses}
    return {"name": tool, "arguments": arguments, "requestState": state, **more}


def read_text(result: dict[str, Any]) -> str:
    """The first text of a complete result."""
    assert result["resultType"] == "complete", result
    text: str = result["content"][0]["text"]
    return text
