"""What a company may still ask of its vendor: counted here where the vendor does not say.

The windows come from the integration's definition. `Limits.fields` writes them as the RateLimit fields that every
`tools/call` answer carries: the three plain ones of the early IETF drafts, and the structured two of
draft-ietf-httpapi-ratelimit-headers-11. Nothing here ever holds a call back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from generator.vendor import RateWindow
from runtime.model import WindowCount

Field = tuple[bytes, bytes]
_NUMBER = re.compile(r"[0-9]{1,12}")
SPARE_SECONDS = 1
"""Our windows and the vendor's do not begin at the same moment."""


class Limits(NamedTuple):
    """The state of one company after a call. `retry_after` is set when the quota is used up or the vendor said so."""

    windows: tuple[RateWindow, ...]
    remaining: tuple[int, ...]
    resets: tuple[int, ...]
    retry_after: int | None = None
    refused_by_vendor: bool = False
    counted_by: str = "ledgerport"

    def find_closest(self) -> int:
        """Return the index of the window that is closest to being used up."""
        best, least = 0, 2.0
        for at, window in enumerate(self.windows):
            share = self.remaining[at] / window.limit
            if share < least:
                best, least = at, share
        return best

    def write_fields(self) -> list[Field]:
        """Return the HTTP fields, names in lower case."""
        found: list[Field] = []
        if self.windows:
            at = self.find_closest()
            window, left, reset = self.windows[at], self.remaining[at], self.resets[at]
            found = [
                (b"ratelimit-limit", b"%d" % window.limit),
                (b"ratelimit-remaining", b"%d" % left),
                (b"ratelimit-reset", b"%d" % reset),
                (b"ratelimit-policy", _policy(self.windows)),
                (b"ratelimit", f'"{window.name}";r={left};t={reset}'.encode()),
            ]
        if self.retry_after is not None:
            found.append((b"retry-after", b"%d" % self.retry_after))
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return the same as data, for `_meta` and the body of a REST error."""
        if not self.windows:
            return {"status": 429, "retry_after": self.retry_after} if self.retry_after is not None else {}
        at = self.find_closest()
        state: dict[str, Any] = {
            "limit": self.windows[at].limit,
            "window_seconds": self.windows[at].seconds,
            "remaining": self.remaining[at],
            "reset": self.resets[at],
            "counted_by": self.counted_by,
        }
        if self.retry_after is not None:
            state["retry_after"] = self.retry_after
        if self.refused_by_vendor:
            state |= {"status": 429, "refused_by": "vendor"}
        return state


def measure(windows: Sequence[RateWindow], counts: Sequence[WindowCount]) -> Limits:
    """Return the limits as our own count has them. A used-up window says when its oldest call leaves it."""
    remaining, resets, wait = [], [], 0
    for window, (used, leaves_in) in zip(windows, counts, strict=True):
        left = window.limit - used
        reset = min(max(1, math.ceil(leaves_in)), window.seconds)  # never longer than the window itself
        if left <= 0:
            left, wait = 0, max(wait, reset)
        remaining.append(left)
        resets.append(reset)
    return Limits(tuple(windows), tuple(remaining), tuple(resets), wait or None)


def apply_vendor_counts(limits: Limits, headers: Mapping[str, str]) -> Limits:
    """Return the limits with what the vendor's own headers say is left, in the windows that have such a header."""
    if not any(each.remaining_header for each in limits.windows):
        return limits
    remaining = tuple(
        _read_count(headers.get(window.remaining_header, ""), window, counted)
        for window, counted in zip(limits.windows, limits.remaining, strict=True)
    )
    used_up = [limits.resets[at] for at, left in enumerate(remaining) if left == 0]
    by = "vendor" if any(each.remaining_header in headers for each in limits.windows) else limits.counted_by
    return limits._replace(remaining=remaining, retry_after=max(used_up) if used_up else None, counted_by=by)


def _read_count(text: str, window: RateWindow, counted: int) -> int:
    """Return the number that a header says is left; our own count where a header says none."""
    return min(int(text), window.limit) if _NUMBER.fullmatch(text.strip()) else counted


def note_refusal(limits: Limits, wait: int, *, is_from_vendor: bool = False) -> Limits:
    """Return the limits after the vendor refused: nothing is left in the window that was reached, and so long to
    wait.

    The vendor does not say which window that was: it is the one that our count has used up, else the widest. When it
    does not say how long to wait either, a window used up here is waited for until a call fits again.
    """
    if not limits.windows:
        return Limits((), (), (), wait, refused_by_vendor=True)
    used_up = [at for at, left in enumerate(limits.remaining) if left == 0]
    reached = max(used_up or range(len(limits.windows)), key=lambda at: limits.windows[at].seconds)
    if used_up and not is_from_vendor:
        wait = limits.resets[reached] + SPARE_SECONDS
    remaining = tuple(0 if at == reached else left for at, left in enumerate(limits.remaining))
    resets = tuple(wait if at == reached else reset for at, reset in enumerate(limits.resets))
    return Limits(
        limits.windows, remaining, resets, wait, refused_by_vendor=True, counted_by=limits.counted_by
    )


@lru_cache(maxsize=64)
def _policy(windows: tuple[RateWindow, ...]) -> bytes:
    return ", ".join(f'"{each.name}";q={each.limit};w={each.seconds}' for each in windows).encode()
