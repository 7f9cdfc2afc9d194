"""Reads what a list of the journal is filtered by, as the API and the command line take it."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from runtime.errors import InvalidRequest
from runtime.model import JournalFilter, JournalKind, OutcomeKind

OUTCOMES: tuple[OutcomeKind, ...] = get_args(OutcomeKind)
KINDS: tuple[JournalKind, ...] = get_args(JournalKind)


def read_filter(
    tool: str | None = None,
    record_id: str | None = None,
    outcome: str | None = None,
    since: str | None = None,
    kind: str | None = None,
) -> JournalFilter:
    """Return the filter of a list. Raises InvalidRequest for an unknown outcome or kind, or a time without its zone."""
    chosen = next((each for each in OUTCOMES if each == outcome), None)
    if outcome and chosen is None:
        raise InvalidRequest(
            f'There is no outcome "{outcome[:80]}".', advice=f"Outcomes: {', '.join(OUTCOMES)}."
        )
    chosen_kind = next((each for each in KINDS if each == kind), None)
    if kind and chosen_kind is None:
        raise InvalidRequest(f'There is no kind "{kind[:80]}".', advice=f"Kinds: {', '.join(KINDS)}.")
    begun = _read_time(since) if since else None
    return JournalFilter(tool or None, record_id or None, chosen, begun, kind=chosen_kind)


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
