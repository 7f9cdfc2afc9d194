"""Reads what a list of the journal is filtered by, as the API and the command line take it."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from runtime.errors import InvalidRequest
from runtime.model import JournalFilter, OutcomeKind

OUTCOMES: tuple[OutcomeKind, ...] = get_args(OutcomeKind)


def read_filter(
    tool: str | None = None,
    record_id: str | None = None,
    outcome: str | None = None,
    since: str | None = None,
) -> JournalFilter:
    """Return the filter of a list. Raises InvalidRequest for an unknown outcome, or a time without its zone."""
    chosen = next((each for each in OUTCOMES if each == outcome), None)
    if outcome and chosen is None:
        raise InvalidRequest(
            f'There is no outcome "{outcome[:80]}".', advice=f"Outcomes: {', '.join(OUTCOMES)}."
        )
    return JournalFilter(tool or None, record_id or None, chosen, _read_time(since) if since else None)


def _read_time(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidRequest(
            f'since is no time with its zone: "{text[:80]}".', advice="Give it as 2026-01-31T17:00:00Z."
        )
    return found.timestamp()
