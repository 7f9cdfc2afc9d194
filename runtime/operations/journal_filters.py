"""Reads what a list of the journal is filtered by, as the API, the command line and the pages take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import get_args

from runtime.errors import InvalidRequest
from runtime.journal_filter import JournalFilter
from runtime.model import JournalKind, OutcomeKind

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
    begun = _read_time("since", since) if since else None
    return JournalFilter(tool or None, record_id or None, chosen, begun, kind=chosen_kind)


def narrow_filter(
    wanted: JournalFilter, until: str = "", caller: str = "", client: str = ""
) -> JournalFilter:
    """Return a filter for a time that ends, a caller and a program as well. Raises InvalidRequest for another time."""
    ended = _read_time("until", until) if until else None
    return replace(wanted, until=ended, caller=caller or None, client=client or None)


STATES: Mapping[str, tuple[str, JournalFilter]] = {
    "done": ("Done", JournalFilter(outcomes=frozenset({"done", "settled_done"}), is_undone=False)),
    "undone": ("Undone", JournalFilter(is_undone=True)),
    "refused": ("Refused or failed", JournalFilter(outcomes=frozenset({"refused", "settled_not_done"}))),
    "unknown": ("Outcome unknown", JournalFilter(outcomes=frozenset({"indeterminate"}))),
    "open": ("No answer yet", JournalFilter(outcomes=frozenset({"sent"}))),
}
"""What a page offers to filter by: what a write came to, and whether it was undone."""


def read_state(state: str, wanted: JournalFilter) -> JournalFilter:
    """Return a filter for one of `STATES` as well. Raises InvalidRequest for another one."""
    if not state:
        return wanted
    if state not in STATES:
        raise InvalidRequest(f'There is no outcome "{state[:80]}".', advice="Choose one of the list.")
    chosen = STATES[state][1]
    return replace(wanted, outcomes=chosen.outcomes, is_undone=chosen.is_undone)


def _read_time(name: str, text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidRequest(
            f'{name} is no time with its zone: "{text[:80]}".', advice="Give it as 2026-01-31T17:00:00Z."
        )
    return found.timestamp()
