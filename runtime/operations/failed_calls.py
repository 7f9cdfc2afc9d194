"""The answer that the error of a call becomes: without stored values, and with what helps its caller.

Called by `calls`, when a call ends with an error.
"""

from __future__ import annotations

from runtime.errors import Indeterminate, LedgerportError
from runtime.exchange.context import CallContext
from runtime.exchange.failures import explain
from runtime.exchange.tool_answer import NO_LIMITS, Answer
from runtime.operations.lost_answers import add_lookup
from runtime.operations.vendor_calls import VendorCalls
from runtime.safety import masked_updates


async def answer_error(vendor: VendorCalls, call: CallContext, error: LedgerportError) -> Answer:
    """Return the answer of a call that ended with an error."""
    if isinstance(error, Indeterminate):
        add_lookup(call, error)
    masked_updates.redact(error, call.secrets)
    if call.limits is NO_LIMITS:
        call.limits = await vendor.read_limits(call.account, call.integration)
    answer = Answer("", call.status, explain(call, error), limits=call.limits, preface=call.preface)
    return call.form.fit(answer, call.budget)
