"""An agent that asks for analyses of a simulated company, with records in which readings and dismissals are stored.

What the vendor answers can be changed: it refuses for its rate, is down, or refuses one question.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from runtime.model import AccountId, AuditEntry, McpServerId
from runtime.simulators.quickbooks.books.store import Store
from runtime.upstream.client import VendorRequest, VendorResponse
from tests.company import Company
from tests.deployment import NOON, HandClock, deploy
from tests.insights.companies import find_realm, make_store

Answer = Callable[[VendorRequest, int], VendorResponse | None]
"""What the vendor answers to a request in place of its own answer, by its number from 1 on; None leaves it."""
TOO_MANY = VendorResponse(429, {"retry-after": "37"}, b"{}")
DOWN = VendorResponse(503, {}, b"")
REFUSED = VendorResponse(
    400, {}, b'{"Fault":{"Error":[{"Message":"Not here","code":"4000"}],"type":"ValidationFault"}}'
)


class Analyst(Company):
    """One company, and one MCP server of it."""

    def __init__(self, data: Path, store: Store | None = None, **config: Any) -> None:
        store = store or make_store("landscaper")
        self.here = deploy(data, HandClock(NOON))
        parts = self.here.parts(config.get("catalog"))
        super().__init__(store, realm=find_realm(store), deployment=parts, **config)
        self.records = self.here.stores.records
        account = replace(self.grant.account, created_at=NOON, updated_at=NOON)
        self.records.add_account(account, AuditEntry(NOON, "tests", "tests", "a"))
        self.grant = replace(self.grant, server_id=McpServerId("1" * 32))
        self._answer_in_place: Answer = lambda _request, _number: None
        self._send, self.client.send = self.client.send, self._send_or_answer  # type: ignore[method-assign]

    def have_vendor_answer(self, answer: Answer | None = None) -> None:
        """Have some requests answered otherwise from now on; the next one is number 1."""
        self._answer_in_place = answer or (lambda _request, _number: None)
        self.client.requests.clear()

    def compute(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """Return what an analysis answers. Raises the error that it ends in."""
        answer = self.answer(tool, **arguments)
        if answer.error is not None:
            raise answer.error
        value: dict[str, Any] = orjson.loads(answer.text)
        return value

    def list_dismissed(self) -> list[Any]:
        """Return what is stored as dismissed."""
        return list(self.records.list_dismissed(AccountId("a")))

    def close(self) -> None:
        """Close the company and the records."""
        super().close()
        self.here.stores.close()

    async def _send_or_answer(self, request: VendorRequest, account: str) -> VendorResponse:
        in_place = self._answer_in_place(request, len(self.client.requests) + 1)
        if in_place is None:
            return await self._send(request, account)
        self.client.requests.append(request)
        return in_place
