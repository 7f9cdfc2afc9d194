"""How large the body of a request may be, and how long it may take: the same at both endpoints."""

from __future__ import annotations

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes; an endpoint that takes files passes a larger limit to its reader."""
SLOWEST_UPLOAD = 256 * 1024
"""Bytes in a second that what exceeds `LARGEST_BODY` has to come with."""


def added_seconds(largest: int) -> float:
    """How much longer a body may take where up to `largest` bytes are taken."""
    return max(0, largest - LARGEST_BODY) / SLOWEST_UPLOAD
