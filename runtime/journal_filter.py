"""Which entries of the journal somebody asks for: a value that endpoints make and the records of the journal read."""

from __future__ import annotations

from dataclasses import dataclass, replace

from runtime.model import JournalKind, OutcomeKind


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """Which entries a list of the journal has; what is None filters nothing. Times are seconds since the epoch.

    `caller` is who wrote, as the journal stores it, `client` the program; `is_undone` is whether an undo was done.
    """

    tool: str | None = None
    record_id: str | None = None
    outcome: OutcomeKind | None = None
    since: float | None = None
    resources: frozenset[str] | None = None
    kind: JournalKind | None = None
    until: float | None = None
    caller: str | None = None
    client: str | None = None
    outcomes: frozenset[OutcomeKind] | None = None
    is_undone: bool | None = None

    def select_resources(self, resources: frozenset[str]) -> JournalFilter:
        """Return the same filter for some resources only."""
        return replace(self, resources=resources)
