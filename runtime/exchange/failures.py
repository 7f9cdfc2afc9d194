"""The errors that a vendor's response is, or that it cannot be read. Before every kind: none reads a failure."""

from __future__ import annotations

from typing import Any

from runtime.errors import LedgerportError, RateLimited, VendorRefused
from runtime.exchange.absent import name_absent
from runtime.exchange.context import CallContext
from runtime.upstream import answer as answers
from runtime.upstream.advice import attempt_of
from runtime.upstream.client import VendorResponse
from runtime.upstream.limits import refused
from runtime.upstream.rate_limit_errors import with_numbers

FIRST_FAILURE = 300
"""A redirect is one, for none is followed."""


def raise_failure(call: CallContext, response: VendorResponse) -> None:
    """Raise the error that a response is by its status. One that a success is by its body is found by reading it."""
    if response.status >= FIRST_FAILURE:
        read_value(call, response)
        raise unreadable(call, response)


def read_value(call: CallContext, response: VendorResponse, *, is_exact: bool = False) -> Any:
    """Return the body as a value, sensitive fields included. Raises the error that it is, or that it is unreadable."""
    try:
        value = answers.value_of(response, is_exact=is_exact)
    except ValueError as cause:
        raise unreadable(call, response) from cause
    failure = answers.error_in(
        response, value, call.integration, changes_data=call.changes_data, attempt=attempt_of(call)
    )
    if failure is not None:
        raise _counted(call, failure)
    return value


def unreadable(
    call: CallContext, response: VendorResponse, cause: Exception | None = None
) -> LedgerportError:
    """Return the error for a response that cannot be passed on."""
    error = answers.unreadable(
        call.integration, response, changes_data=call.changes_data, cause=cause, attempt=attempt_of(call)
    )
    return _counted(call, error)


def explain(call: CallContext, error: LedgerportError) -> LedgerportError:
    """Return the error with how long to wait at a rate limit, or how to find a record that is absent."""
    if isinstance(error, VendorRefused):
        return name_absent(error, call.tool, call.integration, call.arguments, call.tools)
    return with_numbers(error, call.integration.title, call.limits)


def _counted(call: CallContext, error: LedgerportError) -> LedgerportError:
    """Return the error; a refusal for asking too often is noted in the limits of the call."""
    if isinstance(error, RateLimited):
        call.limits = refused(call.limits, error.retry_after, is_from_vendor=error.is_from_vendor)
    return error
