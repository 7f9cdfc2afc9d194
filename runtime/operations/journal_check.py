"""What the integrity check of a journal came to, in sentences. Called by the page of the check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from runtime.operations.journal import Journal
from runtime.safety.journal.chain import Break

MOST_SHOWN = 100
"""Breaks that are shown; where one link was removed, there are few, and where all were changed, nobody reads them."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The links that were checked, the breaks that were found, and how many earlier heads were compared."""

    links: int
    breaks: Sequence[Break]
    count: int
    heads: int

    @property
    def is_whole(self) -> bool:
        """Whether the journal is as it was stored."""
        return self.count == 0


def check_journal(journal: Journal, account_id: str, exported: str = "") -> CheckResult:
    """Return what a check of the chain of an account finds. Raises InvalidRequest for heads that are none."""
    breaks, count = list[Break](), 0
    for each in journal.verify(account_id, exported):
        count += 1
        if len(breaks) < MOST_SHOWN:
            breaks.append(each)
    return CheckResult(journal.count_links(account_id), breaks, count, len(exported.splitlines()))
