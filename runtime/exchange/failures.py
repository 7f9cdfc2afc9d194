"""The errors that a vendor's response is, or that it cannot be read. No kind of call reads a failure."""

from __future__ import annotations

from typing import Any

from runtime.errors import LedgerportError, RateLimited, VendorRefused
from runtime.exchange.absent import name_absent
from runtime.exchange.context import CallContext
from runtime.safety.company import describe_company
from runtime.safety.fences import fence_text
from runtime.upstream import answer as answers
from runtime.upstream.advice import describe_attempt
from runtime.upstream.client import VendorResponse
from runtime.upstream.limits import note_refusal
from runtime.upstream.rate_limit_errors import add_numbers
from runtime.upstream.visible_text import show_unseen

FIRST_FAILURE = 300
"""A redirect is one, for none is followed."""


def raise_failure(call: CallContext, response: VendorResponse) -> None:
    """Raise the error that a response is by its status. One that a success is by its body is found by reading it."""
    if response.status >= FIRST_FAILURE:
        read_value(call, response)
        raise explain_unreadable(call, response)


def read_value(call: CallContext, response: VendorResponse, *, is_exact: bool = False) -> Any:
    """Return the body as a value, sensitive fields included. Raises the error that it is, or that it is unreadable."""
    try:
        value = answers.read_value(response, is_exact=is_exact)
    except ValueError as cause:
        raise explain_unreadable(call, response) from cause
    failure = answers.find_error(
        response, value, call.integration, changes_data=call.changes_data, attempt=describe_attempt(call)
    )
    if failure is not None:
        raise _counted(call, failure)
    return value


def explain_unreadable(
    call: CallContext, response: VendorResponse, cause: Exception | None = None
) -> LedgerportError:
    """Return the error for a response that cannot be passed on."""
    error = answers.explain_unreadable(
        call.integration,
        response,
        changes_data=call.changes_data,
        cause=cause,
        attempt=describe_attempt(call),
    )
    return _counted(call, error)


def explain(call: CallContext, error: LedgerportError) -> LedgerportError:
    """Return the error with how long to wait at a rate limit, how to find an absent record, the company of a write."""
    error = mark_untrusted(call, error)
    if isinstance(error, VendorRefused):
        error = name_absent(error, call.tool, call.integration, call.arguments, call.tools)
    else:
        error = add_numbers(error, call.integration.title, call.limits)
    if not call.tool.is_read_only:
        error.company = describe_company(call.account)
    return error


def mark_untrusted(call: CallContext, error: LedgerportError) -> LedgerportError:
    """Return the error with nothing unseen in it, and with what others wrote in it in a fence where that is wanted."""
    quoted, message = show_unseen(error.quoted), show_unseen(error.message)
    if call.is_fenced and quoted:
        before, found, after = message.partition(quoted)
        message = f"{before}{fence_text(quoted)}{after}" if found else fence_text(message)
    error.message, error.args = message, (message,)
    error.advice, error.quoted = show_unseen(error.advice), ""
    return error


def _counted(call: CallContext, error: LedgerportError) -> LedgerportError:
    """Return the error; a refusal for asking too often is noted in the limits of the call."""
    if isinstance(error, RateLimited):
        call.limits = note_refusal(call.limits, error.retry_after, is_from_vendor=error.is_from_vendor)
    return error
