"""Answers of short tools: each call that one makes is carried out and noted as any call of its grant.

Called by `methods`, which carries out the calls. Calls `operations.short`.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from generator.catalog import Tool
from runtime.errors import InternalError, LedgerportError
from runtime.exchange.allowance import Form
from runtime.exchange.tool_answer import NO_LIMITS, Answer
from runtime.mcp_server.sending import Sending
from runtime.model import Grant
from runtime.operations.call_protocol import CallProtocol
from runtime.operations.finished_calls import FinishedCalls, describe_ending
from runtime.operations.short.listing import ListedShortTool
from runtime.operations.short.short_calls import ShortCall
from runtime.safety.write_options import Asked
from runtime.upstream.files import NO_FILES

logger = logging.getLogger(__name__)

CallTool = Callable[[Grant, str, dict[str, Any], Sending], Awaitable[Answer]]
"""Carries out a call of a tool of the toolset, by its name."""


@dataclass(frozen=True, slots=True)
class ShortAnswers:
    """Answers short tools. One for the process; `public_url` is where the pages of records are."""

    calls: CallProtocol
    finished: FinishedCalls
    public_url: str

    async def answer(
        self,
        grant: Grant,
        tools: Mapping[str, Tool],
        listed: ListedShortTool,
        arguments: dict[str, Any],
        sending: Sending,
        call_tool: CallTool,
    ) -> Answer:
        """Return the answer of a short tool. The calls that it makes are noted; itself only where it makes none."""
        began, called = perf_counter(), list[str]()

        async def carry(
            caller: Grant, name: str, given: dict[str, Any], form: Form, asked: Asked | None
        ) -> Answer:
            called.append(name)
            key = sending.key if asked else ""
            within = sending._replace(key=key, carried=NO_FILES, form=form, name="", asked=asked)
            return await call_tool(caller, name, given, within)

        async def is_repeat(name: str, asked: Asked) -> bool:
            return bool(sending.key) and await self.calls.is_repeat(grant, tools, name, asked, sending.key)

        async def is_mapped() -> bool:
            return await self.calls.is_mapped(grant.account)

        budget, form = self.calls.compute_budget(grant), sending.form
        call = ShortCall(listed, grant, arguments, form, budget, carry, is_repeat, is_mapped, self.public_url)
        answer = await _answer(call)
        if answer.limits is NO_LIMITS:
            answer = answer._replace(status=0, limits=await self.calls.read_limits(grant))
        if not called:
            self.finished.note_of(grant, listed.tool.name, began, describe_ending(answer), sending.caller)
        return answer


async def _answer(call: ShortCall) -> Answer:
    """Return the answer of a call. Every error comes back inside the answer."""
    try:
        return await call.answer()
    except LedgerportError as error:
        return Answer(status=0, error=error)
    except Exception:
        logger.exception("the call of %s failed inside", call.listed.tool.name)
        advice = "Look whether it was done before you call it again."
        return Answer(status=0, error=InternalError("The call failed inside Ledgerport.", advice=advice))
