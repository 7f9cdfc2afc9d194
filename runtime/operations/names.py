"""What a person may call things, and times as people write them: checked alike at every endpoint."""

from __future__ import annotations

from datetime import UTC, datetime

from runtime.errors import InvalidRequest, NotFound
from runtime.suggestions import nearest_name

LONGEST_NAME = 200
"""Characters on one line of a page or a log."""
LEAST_AHEAD_SECONDS = 60.0
"""A URL that ends sooner has ended before anybody has used it."""


def checked_name(name: str) -> str:
    """A name without blanks around it. Raises InvalidRequest when nothing is left, or it cannot be shown."""
    clean = name.strip()
    if not clean or len(clean) > LONGEST_NAME or not clean.isprintable():
        raise InvalidRequest(
            f"name must be 1 to {LONGEST_NAME} characters on one line.",
            advice="Give it a name that says what it is for.",
        )
    return clean


def checked_expiry(text: str | None, now: float) -> float | None:
    """A time to come, from ISO 8601 with a zone. Raises InvalidRequest when it is not at least 60 s ahead."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        seconds = at.astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        at, seconds = datetime.min, 0.0  # noqa: DTZ901  (without a zone, as what is refused below)
    if at.tzinfo is None:
        raise InvalidRequest(
            "expires_at must be a time in ISO 8601 with its zone, such as 2030-01-31T17:00:00Z.",
            advice="Leave it out for a URL that does not expire.",
        )
    if seconds < now + LEAST_AHEAD_SECONDS:
        raise InvalidRequest(
            f"expires_at must be at least {LEAST_AHEAD_SECONDS:g} seconds from now.",
            advice="To end a URL now, delete its MCP server.",
        )
    return seconds


def did_you_mean(word: str, known: list[str]) -> str:
    """A hint at the nearest right word, with a blank before it; nothing when none is near."""
    nearest = nearest_name(word, known)
    return f' Did you mean "{nearest}"?' if nearest else ""


def no_account() -> NotFound:
    """The error for an integrated account that is not there, or not for the caller: the same for both."""
    return NotFound(
        "There is no such integrated account.",
        advice="The list of integrated accounts has the Ids that there are.",
    )
