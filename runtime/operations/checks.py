"""The check of the arguments of a call, the file among them, before anything is prepared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from generator.catalog import Tool
from generator.vendor import Integration
from runtime.errors import Forbidden
from runtime.exchange.context import CallContext
from runtime.operations import files
from runtime.operations.arguments import ArgumentChecker
from runtime.operations.money_tools import refuse_money
from runtime.operations.structure import find_structural_problem
from runtime.upstream.files import CarriedFiles

MANY_VALUES = 1_000
"""Values in arguments. Checking so many takes 1.5 ms of processor time, as measured with the lines of an invoice."""
LONG_TEXT = 20_000
"""Characters of an argument that may be JSON text, which is read and checked."""
Result = TypeVar("Result")


class Checks:
    """Checks calls. One for the process; what it learns of a tool's schema is stored."""

    def __init__(self) -> None:
        self._checker = ArgumentChecker()

    async def check(self, call: CallContext, carried: CarriedFiles) -> None:
        """Put what is sent into a call: its checked arguments and its file. Raises InvalidArguments and Forbidden."""
        refuse_read_only(call)
        refuse_money(call)
        if call.tool.file_part is None:
            await self._check_arguments_of(call)
            return
        taken = await files.set_apart(call.tool, call.arguments, carried)
        call.arguments = taken.arguments
        await self._check_arguments_of(call)
        apart = files.SetApart(call.arguments, taken.file)
        call.arguments, call.file = await files.check_file(call.tool, call.integration, apart)

    def check_arguments(
        self, tool: Tool, integration: Integration, arguments: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the arguments of a tool as they are sent. Raises InvalidArguments."""
        return self._checker.check(tool, arguments, integration.meant, integration.reference_form)

    async def _check_arguments_of(self, call: CallContext) -> None:
        call.has_many_values = _has_many_values(call.arguments)
        call.arguments = await run_for(call, _check)


def refuse_read_only(call: CallContext) -> None:
    """Refuse a write into an account that is connected to be read only, whichever way it came. Raises Forbidden."""
    if call.account.is_read_only and not call.tool.is_read_only:
        raise Forbidden(
            f"The company {call.account.name!r} is connected to be read only: nothing can be written.",
            advice="An admin of the organization can allow writing on the page of its connection.",
        )


def _check(call: CallContext) -> dict[str, Any]:
    """Check by the function that the call carries, since a batch checks the calls inside it with the same one."""
    return call.check(call.tool, call.integration, call.arguments)


async def run_for(call: CallContext, work: Callable[[CallContext], Result]) -> Result:
    """Return the result of work on the arguments of a call, done in a thread when they hold many values."""
    return await asyncio.to_thread(work, call) if call.has_many_values else work(call)


def _has_many_values(arguments: Mapping[str, Any]) -> bool:
    has_long_text = any(isinstance(each, str) and len(each) > LONG_TEXT for each in arguments.values())
    return has_long_text or bool(find_structural_problem(arguments, MANY_VALUES))
