"""Reads whose answer is made here of several others: sums over all records of a list, and analyses.

Called by `calls` when the arguments are checked; every other call is sent as it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from generator.catalog import Tool
from runtime.deployment import Deployment
from runtime.exchange.context import CallContext
from runtime.exchange.kinds import Kind
from runtime.exchange.sums import SUM
from runtime.exchange.tool_answer import Answer
from runtime.operations.insights.answering import Computed
from runtime.operations.insights.fetching import Send
from runtime.operations.sums import Sums
from runtime.operations.vendor_calls import VendorCalls


class OwnAnswers:
    """Finds who answers such a call. One for the process."""

    def __init__(
        self, send: Send, kind_of: Callable[[Tool], Kind], vendor: VendorCalls, deployment: Deployment | None
    ) -> None:
        self._sums = Sums(send, kind_of)
        self._computed = Computed(send, kind_of, vendor, deployment)

    def find(self, call: CallContext) -> Callable[[CallContext], Awaitable[Answer]] | None:
        """Return what answers a call; None for one that is sent."""
        if call.tool.returns.computed:
            return self._computed.answer
        return self._sums.answer if call.tool.listing is not None and call.arguments.get(SUM) else None
