"""Calls of tools that one grant has: those of its vendor, those that find others, those that show and undo changes.

Called by `methods` and `several_calls`. Each call is noted when it has ended, and a write comes to its end also when
whoever asked for it has gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import replace
from time import perf_counter
from typing import Any

from generator.catalog import Tool
from generator.names import find_tool
from runtime.errors import InternalError, LedgerportError
from runtime.exchange.tool_answer import NO_LIMITS, Answer
from runtime.mcp_server import discovery, protocol
from runtime.mcp_server.changes import Changes, Space
from runtime.mcp_server.sending import Sending
from runtime.mcp_server.short_answers import ShortAnswers
from runtime.mcp_server.toolset import Toolset
from runtime.model import Grant
from runtime.operations.approvals.own_tools import take_why
from runtime.operations.call_protocol import CallProtocol
from runtime.operations.finished_calls import CANCELLED, Ending, FinishedCalls, describe_ending
from runtime.operations.short.listing import ListedShortTool
from runtime.watching.calls import Caller

logger = logging.getLogger(__name__)


class ToolCalls:
    """Calls tools. One for the process; `drain` lets the writes that are under way come to their end."""

    def __init__(
        self,
        calls: CallProtocol,
        finished: FinishedCalls,
        changes: Changes | None = None,
        public_url: str = "",
    ) -> None:
        self.calls, self.finished = calls, finished
        self._changes, self._short = changes, ShortAnswers(calls, finished, public_url)
        self._writes: set[asyncio.Task[Answer]] = set()

    async def answer(
        self, grant: Grant, toolset: Toolset, name: str, arguments: dict[str, Any], sending: Sending
    ) -> Answer:
        """Return the answer of a tool of a toolset, by a name that a client gave; every error is inside."""
        grant, arguments = take_why(grant, arguments)
        tool = find_tool(toolset.tools, name)
        if tool is not None:
            return await self.call(grant, toolset, tool, arguments, sending)
        if toolset.short is not None and name in toolset.short:
            return await self._answer_short(grant, toolset, toolset.short[name], arguments, sending)
        if name in toolset.changes:
            return await self._changed(grant, toolset, name, arguments, sending)
        if toolset.discovery is not None and name in toolset.discovery.listed:
            return await self._discovered(grant, toolset, name, arguments, sending)
        return await self._unknown(grant, toolset, name, sending.caller)

    async def find_pending_company(self, grant: Grant, arguments: dict[str, Any]) -> int:
        """Return the place of the company of a pending change among those of a grant. Raises NotFound."""
        assert self._changes is not None
        return await self._changes.find_company(grant.companies, arguments)

    async def drain(self) -> None:
        """Wait for every write that is under way, also those whose client has gone."""
        while self._writes:
            await asyncio.wait(self._writes)

    async def _unknown(self, grant: Grant, toolset: Toolset, name: str, caller: Caller) -> Answer:
        """Return the error of a tool that is not there, for the model to read: a protocol error ends some clients'
        session.

        Word for word the same for a tool that the filter leaves out and one that never was.
        """
        error = await asyncio.to_thread(toolset.explain_unknown, name)
        shown, ending = name[: protocol.LONGEST_ECHO], Ending(0, error.code)
        self.finished.note_of(grant, shown, perf_counter(), ending, caller, is_known=False)
        return Answer(status=0, error=error, limits=await self.calls.read_limits(grant))

    async def call(
        self,
        grant: Grant,
        toolset: Toolset,
        tool: Tool,
        arguments: dict[str, Any],
        sending: Sending,
    ) -> Answer:
        """Return the answer of one of the tools of a toolset."""
        if not tool.is_read_only:
            grant = _add_client(grant, sending)
        call = self._run(grant, toolset, tool, arguments, sending)
        return await (call if tool.is_read_only else self._to_its_end(call))

    async def _discovered(
        self,
        grant: Grant,
        toolset: Toolset,
        name: str,
        arguments: dict[str, Any],
        sending: Sending,
    ) -> Answer:
        """Return the answer of a tool that finds, describes or calls others; nothing is sent but by the last."""
        assert toolset.discovery is not None
        began = perf_counter()
        try:
            if name in (discovery.READ, discovery.WRITE):
                tool, called, arguments = toolset.discovery.choose(name, arguments)
                grant, arguments = take_why(grant, arguments)
                sending = sending._replace(name=called)
                return await self.call(grant, toolset, tool, arguments, sending)
            limits = await self.calls.read_limits(grant)
            beside = Answer(status=0, limits=limits)
            allowance = sending.form.compute_allowance(self.calls.compute_budget(grant), beside)
            finder = toolset.discovery
            if finder.is_ready:
                answer = finder.answer(name, arguments, allowance)
            else:
                answer = await asyncio.to_thread(finder.answer, name, arguments, allowance)
            answer = answer._replace(status=0, limits=limits)
        except LedgerportError as error:
            answer = Answer(status=0, error=error, limits=await self.calls.read_limits(grant))
        self.finished.note_of(grant, name, began, describe_ending(answer._replace(status=0)), sending.caller)
        return answer

    async def _answer_short(
        self,
        grant: Grant,
        toolset: Toolset,
        listed: ListedShortTool,
        arguments: dict[str, Any],
        sending: Sending,
    ) -> Answer:
        """Return the answer of a tool that calls others by a few arguments."""

        async def call_tool(caller: Grant, called: str, given: dict[str, Any], within: Sending) -> Answer:
            return await self.call(caller, toolset, toolset.tools[called], given, within)

        return await self._short.answer(grant, toolset.tools, listed, arguments, sending, call_tool)

    async def _changed(
        self, grant: Grant, toolset: Toolset, name: str, arguments: dict[str, Any], sending: Sending
    ) -> Answer:
        """Return the answer of a tool that shows or undoes changes."""
        assert self._changes is not None
        began, beside = perf_counter(), Answer(status=0, limits=await self.calls.read_limits(grant))
        allowance = sending.form.compute_allowance(self.calls.compute_budget(grant), beside)
        try:
            grant = _add_client(grant, sending)
            tools = toolset.tools if toolset.shown_by is None else toolset.shown_by
            call = self._changes.answer(grant, tools, name, arguments, Space(sending.form, allowance))
            answer = await self._to_its_end(call)
            if answer.limits is NO_LIMITS:
                answer = answer._replace(status=0, limits=beside.limits)
        except LedgerportError as error:
            answer = beside._replace(error=error)
        self.finished.note_of(grant, name, began, describe_ending(answer._replace(status=0)), sending.caller)
        return answer

    async def _run(
        self,
        grant: Grant,
        toolset: Toolset,
        tool: Tool,
        arguments: dict[str, Any],
        sending: Sending,
    ) -> Answer:
        """Call the tool and log one line, whether or not anyone still waits for the answer."""
        began = perf_counter()
        try:
            answer = await self.calls.call(
                grant,
                toolset.tools,
                sending.name or tool.name,
                arguments,
                idempotency_key=sending.key,
                carried=sending.carried,
                form=sending.form,
                **({"asked": sending.asked} if sending.asked else {}),
            )
        except asyncio.CancelledError:
            self.finished.note_of(grant, tool.name, began, CANCELLED, sending.caller)
            raise
        except Exception:
            logger.exception("the call of %s failed inside", tool.name)
            answer = _broken(tool)
        self.finished.note_of(grant, tool.name, began, describe_ending(answer), sending.caller)
        return answer

    async def _to_its_end(self, call: Coroutine[Any, Any, Answer]) -> Answer:
        """Run a write in a task of its own, so that it ends as it began when the request is cancelled."""
        task = asyncio.create_task(call)
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
        return await asyncio.shield(task)


def _add_client(grant: Grant, sending: Sending) -> Grant:
    """Return a grant with what its client says of itself and of its user."""
    can_confirm, confirmed = sending.can_confirm, sending.confirmed
    return replace(grant, client=sending.client, can_confirm=can_confirm, confirmed=confirmed)


def _broken(tool: Tool) -> Answer:
    """Return the answer when our own code fails: it says nothing of why, which is in the log."""
    advice = "Try again once." if tool.is_read_only else "Look whether it was done before you call it again."
    return Answer(status=0, error=InternalError("The call failed inside Ledgerport.", advice=advice))
