"""How a rate limit is worded: the errors that say what was reached, and how many seconds to wait.

The one place of these sentences. No client shows headers to its model, so the numbers stand in the text as well.
"""

from __future__ import annotations

from runtime.errors import LedgerportError, RateLimited
from runtime.upstream.limits import Limits

RETRY = "then retry the same call."


def explain_refusal(title: str, wait: int, *, is_from_vendor: bool, trace: str) -> RateLimited:
    """Return the error for a vendor that refuses. `is_from_vendor`: it said itself how long to wait."""
    return RateLimited(
        _reached(title),
        advice=_advise_wait(wait),
        retry_after=wait,
        is_from_vendor=is_from_vendor,
        trace=trace,
    )


def refuse_in_flight(most: int, whose: str) -> RateLimited:
    """Return the error for a company or an organization that has as many calls under way as one may have."""
    return RateLimited(
        f"{most} calls for this {whose} are in flight already.",
        advice=f"Wait {_seconds(1)}, then call again, one call after another.",
        retry_after=1,
    )


def refuse_many_calls(limits: Limits) -> RateLimited:
    """Return the error for an organization that has made all its calls of a minute."""
    wait = limits.retry_after or 1
    return RateLimited(
        f"This organization has made {limits.windows[0].limit} calls within a minute, as many as it may (429).",
        advice=_advise_wait(wait),
        retry_after=wait,
    )


def refuse_many_tokens(most: int, wait: int) -> RateLimited:
    """Return the error for a person who has as many session tokens as one may have."""
    return RateLimited(
        f"{most} session tokens of yours have not ended yet, as many as there may be.",
        advice=f"Use one of them again, revoke one, or wait {_seconds(wait)}.",
        retry_after=wait,
    )


def add_numbers(error: LedgerportError, title: str, limits: Limits) -> LedgerportError:
    """Return a refusal of the vendor with what our count says of the window that was reached; others as they are."""
    if not isinstance(error, RateLimited) or not limits.windows or not limits.refused_by_vendor:
        return error
    at = limits.find_closest()
    window, wait = limits.windows[at], limits.retry_after or error.retry_after
    return RateLimited(
        f"{_reached(title)} {limits.remaining[at]} of {window.limit} requests left in {_seconds(window.seconds)}, "
        f"resets in {wait} s.",
        advice=_advise_wait(wait),
        retry_after=wait,
        is_from_vendor=error.is_from_vendor,
        trace=error.trace,
    )


def write_sentences(error: LedgerportError, limits: Limits) -> str:
    """Return what happened and what to do; of a rate limit without advice, the state of the limits and the wait."""
    if not isinstance(error, RateLimited) or error.advice:
        return error.as_text()
    return " ".join(
        part for part in (error.as_text(), _state(limits), _advise_wait(error.retry_after)) if part
    )


def _reached(title: str) -> str:
    return f"{title} rate limit reached (429)."


def _state(limits: Limits) -> str:
    if not limits.windows:
        return ""
    at = limits.find_closest()
    left, of, reset = limits.remaining[at], limits.windows[at].limit, limits.resets[at]
    return f"{left} of {of} requests left, resets in {reset} s."


def _advise_wait(wait: int) -> str:
    return f"Wait {_seconds(wait)}, {RETRY}"


def _seconds(count: int) -> str:
    return "1 second" if count == 1 else f"{count} seconds"
