"""How long an access token is good for, on clocks that may be wrong.

The time at which it ends is stored by the wall clock, which can be set back or forward at any moment. In this process
it is measured on the monotonic clock from when it was opened. A stored time that cannot be right (it lies further
ahead than the token can live) means that one of the two wall clocks was wrong: the token is renewed then.
"""

from __future__ import annotations

from dataclasses import dataclass

from runtime.model import Credentials

LONGEST_SECONDS = 86_400.0
"""No access token is taken to live longer. Vendors give between ten minutes and a day."""
TOLERANCE_SECONDS = 60.0
"""By how much the clocks of the processes of one deployment may differ without meaning anything; NTP holds them
within a second.
"""


@dataclass(frozen=True, slots=True)
class Opened:
    """Credentials as they were decrypted, and when the access token ends on the monotonic clock of this process."""

    sealed: bytes
    credentials: Credentials
    ends_at: float
    is_doubtful: bool = False
    """Whether the stored time cannot be right, so that only the vendor knows."""

    def __repr__(self) -> str:
        return "Opened(…)"


def opened(sealed: bytes, credentials: Credentials, wall_clock: float, monotonic: float) -> Opened:
    """The credentials with the end of their access token as this process measures it."""
    life = life_of(credentials)
    left = credentials.access_expires_at - wall_clock
    return Opened(sealed, credentials, monotonic + min(left, life), left > life + TOLERANCE_SECONDS)


def life_of(credentials: Credentials) -> float:
    """How long the token lives in all, in seconds; the longest there is when that was not stored with it."""
    if not credentials.issued_at:
        return LONGEST_SECONDS
    return min(max(0.0, credentials.access_expires_at - credentials.issued_at), LONGEST_SECONDS)
