"""How large the body of a request may be, and how long it may take: the same at both endpoints."""

from __future__ import annotations

MIB = 1024 * 1024
"""Bytes of a mebibyte."""
LONGEST_WAIT = 30
"""Seconds for a body to come. A stop of the server would wait for it."""
LARGEST_BODY = 4 * MIB
"""Bytes, where no file is sent."""
LEAST_RATE = 250_000
"""Bytes a second (2 Mbit/s) beyond the first 30 seconds: a large file may take its time on a slow line, and a client
that stops sending is given up.
"""


def count_seconds(received: int = 0) -> float:
    """Return how many seconds a body may take of which so many bytes have come."""
    return LONGEST_WAIT + received / LEAST_RATE


def explain_size(largest: int = LARGEST_BODY) -> str:
    """Return the sentence that refuses a body of more than `largest` bytes."""
    return f"The body is larger than {largest // MIB} MiB."


def explain_lateness() -> str:
    """Return the sentence that refuses a body that is not whole in time."""
    return f"The body did not come within {LONGEST_WAIT} seconds."
