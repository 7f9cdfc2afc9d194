"""Calling a tool: the one path of a call, for every endpoint. It reads in one direction, and names no kind of call.

The call's kind (`runtime.exchange`) says what is sent and how it is read. `server/app.py` puts the parts together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from generator.catalog import Catalog, Tool
from generator.names import explain_former_name, find_tool
from runtime.deployment import Deployment
from runtime.errors import LedgerportError
from runtime.exchange.allowance import PLAIN, Form
from runtime.exchange.context import NOTHING_ADDED, CallContext, begin_call
from runtime.exchange.days import find_today
from runtime.exchange.failures import read_value
from runtime.exchange.kinds import KINDS, Kind
from runtime.exchange.tool_answer import Answer
from runtime.exchange.tool_names import refuse_unknown_tool
from runtime.model import Account, Grant
from runtime.operations.approvals.waits import SENT_AT_ONCE, Waiting, Waits
from runtime.operations.call_bounds import CallBounds, Tools
from runtime.operations.checks import Checks, run_for
from runtime.operations.clients import UNMAPPED, Clients
from runtime.operations.dry_runs import answer_dry
from runtime.operations.exchanges import Exchanges
from runtime.operations.failed_calls import answer_error
from runtime.operations.insights.work_pairs import WorkPairs
from runtime.operations.known_records import KnownRecords
from runtime.operations.own_answers import OwnAnswers
from runtime.operations.tenant_calls import TenantCalls
from runtime.operations.totals import Totals
from runtime.operations.vendor_calls import VendorCalls
from runtime.operations.write_policies import WritePolicies
from runtime.operations.writes import Writes
from runtime.safety.write_options import Asked
from runtime.upstream.files import NO_FILES, CarriedFiles


class Calls(CallBounds):
    """Calls tools for access grants. One for the process."""

    def __init__(
        self,
        *,
        catalog: Callable[[], Catalog],
        vendor: VendorCalls,
        max_answer_bytes: int,
        policies: WritePolicies | None = None,
        tenants: TenantCalls | None = None,
        waits: Waits = SENT_AT_ONCE,
        known: KnownRecords | None = None,
        deployment: Deployment | None = None,
        clients: Clients = UNMAPPED,
        pairs: WorkPairs | None = None,
        today: Callable[[str], date] = find_today,
    ) -> None:
        super().__init__(catalog, vendor, max_answer_bytes)
        self._checks, self._today = Checks(), today
        self._policies, known = policies or WritePolicies(vendor), known or KnownRecords()
        self._tenants, self._waits = tenants or TenantCalls(), waits
        self._writes = Writes(vendor, known, clients)
        self._exchanges = Exchanges(vendor, self._writes, known)
        self._kind_of: Callable[[Tool], Kind] = lambda tool: KINDS[tool.returns.kind]
        how = self._exchanges.send, self._kind_of
        self._own, self._totals = OwnAnswers(*how, vendor, deployment, pairs), Totals(*how)

    async def call(
        self,
        grant: Grant,
        tools: Tools,
        name: str,
        arguments: dict[str, Any],
        *,
        idempotency_key: str = "",
        carried: CarriedFiles = NO_FILES,
        form: Form = PLAIN,
        asked: Asked | None = None,
    ) -> Answer:
        """Call one of the tools that the grant lets through. Every error comes back inside the answer.

        `idempotency_key` is from `once.read_key`; `asked` is what it is for, `carried` are files by their digests.
        """
        if (tool := find_tool(tools, name)) is None:
            return Answer(status=0, error=await asyncio.to_thread(refuse_unknown_tool, name, tools))
        call = self.begin(grant, tools, tool, arguments, form)
        call.notice = explain_former_name(tool, name)
        call.caller_key, call.asked = idempotency_key if call.changes_data else "", asked
        return await self.answer(call, carried)

    def begin(
        self, grant: Grant, tools: Tools, tool: Tool, arguments: dict[str, Any], form: Form
    ) -> CallContext:
        """Return a call of one of the tools of a grant, for `answer`."""
        call = begin_call(grant, self._catalog(), tools, tool, arguments, self._checks.check_arguments)
        call.budget, call.form = self.compute_budget(grant), form
        call.today = partial(self._today, call.time_zone)
        return call

    async def answer(self, call: CallContext, carried: CarriedFiles = NO_FILES) -> Answer:
        """Return what a call comes to. Every error comes back inside the answer."""
        try:
            async with self._tenants.take(call):
                return await self._carry_out(call, carried)
        except Waiting as waiting:
            return waiting.answer
        except LedgerportError as error:
            return await answer_error(self._vendor, call, error)

    async def is_repeat(self, grant: Grant, tools: Tools, name: str, asked: Asked, key: str) -> bool:
        """Return whether what a caller asks for was carried out before under its key. Raises KeyReused."""
        call = self.begin(grant, tools, tools[name], {}, PLAIN)
        call.caller_key, call.asked = key, asked
        return await self._vendor.is_repeat(call)

    async def is_mapped(self, account: Account) -> bool:
        """Return whether the clients of an account's tenant are mapped, so that an answer says of whom it is."""
        return await self._writes.clients.is_mapped(account)

    async def read(self, call: CallContext) -> Any:
        """Return the body of the response to a read that is no call of an agent. Raises the error that it is."""
        return read_value(call, await self._vendor.send(call, NOTHING_ADDED))

    async def write(self, call: CallContext, *, is_preview: bool = False) -> Any:
        """Return the body of the response to a write whose content is final, checked as any; None for a preview.

        Raises Waiting for one that waits for a person.
        """
        call.today = partial(self._today, call.time_zone)
        await self._writes.prepare(call, request := await run_for(call, self._kind_of(call.tool).prepare))
        if is_preview:
            return await self._policies.check(call, request)
        await self._waits.hold_back(call, request)
        async with self._policies.hold(call, request):
            return read_value(call, await self._writes.send(call, request))

    async def _carry_out(self, call: CallContext, carried: CarriedFiles) -> Answer:
        """Check, prepare, authorize and send, look for an error, mask, read: the path of every call."""
        await self._checks.check(call, carried)
        await self._waits.answer_repeat(call)
        await self._writes.resolve_names(call)
        if (answer_own := self._own.find(call)) is not None:
            return await answer_own(call)
        kind = self._kind_of(call.tool)
        request = await run_for(call, kind.prepare)
        if call.tool.is_read_only:
            return await self._totals.add(call, await self._exchanges.send(kind, call, request))
        await self._writes.prepare(call, request)
        if call.options.dry_run:
            await self._policies.check(call, request)
            return await answer_dry(self._vendor, call, request)
        await self._waits.hold_back(call, request)
        async with self._policies.hold(call, request):
            return await self._exchanges.send(kind, call, request)
