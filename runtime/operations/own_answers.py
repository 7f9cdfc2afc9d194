"""Reads whose answer is made here of several others: sums over all records of a list, and analyses.

Called by `calls` when the arguments are checked; every other call is sent as it is. What analyses need is imported by
the first call of one, and not by the start of a process.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from generator.catalog import Tool
from runtime.deployment import Deployment
from runtime.errors import SettingsError
from runtime.exchange.context import CallContext, Request
from runtime.exchange.kinds import Kind
from runtime.exchange.sums import SUM
from runtime.exchange.tool_answer import Answer
from runtime.insights.kinds import DISMISS, MODULES
from runtime.operations.sums import Sums
from runtime.operations.vendor_calls import VendorCalls

if TYPE_CHECKING:
    from runtime.operations.insights.answering import Computed
    from runtime.operations.insights.work_pairs import WorkPairs

Send = Callable[[Kind, CallContext, Request], Awaitable[Answer]]


def check_computed(tools: Iterable[Tool]) -> None:
    """Raise SettingsError for a tool whose analysis this version lacks, before a call needs it."""
    known = {DISMISS, *MODULES}
    for tool in tools:
        if (name := tool.returns.computed) and name not in known:
            raise SettingsError(
                f'The tool {tool.name} needs the analysis "{name}", which this version does not have.',
                advice=f"Known analyses: {', '.join(sorted(known))}.",
            )


class OwnAnswers:
    """Finds who answers such a call. One for the process."""

    def __init__(
        self,
        send: Send,
        kind_of: Callable[[Tool], Kind],
        vendor: VendorCalls,
        deployment: Deployment | None,
        pairs: WorkPairs | None = None,
    ) -> None:
        self._sums = Sums(send, kind_of)
        self._parts = send, kind_of, vendor, deployment, pairs

    @cached_property
    def computed(self) -> Computed:
        """What answers analyses."""
        from runtime.operations.insights.answering import Computed

        return Computed(*self._parts)

    def find(self, call: CallContext) -> Callable[[CallContext], Awaitable[Answer]] | None:
        """Return what answers a call; None for one that is sent."""
        if call.tool.returns.computed:
            return self.computed.answer
        return self._sums.answer if call.tool.listing is not None and call.arguments.get(SUM) else None
