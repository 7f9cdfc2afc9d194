"""What names and texts say that something is for: labour, a tool, hardware, by the words of definitions.

Called by `valuation` and `margin_check`. The words stand in the facts of the analysis (`returns` of its definition),
and are found as whole words in any letter case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

LONGEST_TEXT = 500
"""Characters of a name or text that are looked at; a name of an account has at most 100, and a memo 4,000."""
TOPICS = "topics"
"""The member of the facts that has the words."""


class Topics:
    """The words of each topic. A topic without words is in no text."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._patterns = {
            name: _make_pattern(tuple(map(str, words))) for name, words in (facts.get(TOPICS) or {}).items()
        }

    def has(self, topic: str, *texts: str) -> bool:
        """Whether one of some texts has a word of a topic."""
        pattern = self._patterns.get(topic)
        return pattern is not None and any(pattern.search(each[:LONGEST_TEXT]) for each in texts if each)

    def find(self, topics: Iterable[str], *texts: str) -> str:
        """Return the first topic of which one of some texts has a word; empty where there is none."""
        return next((each for each in topics if self.has(each, *texts)), "")


@lru_cache
def _make_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds the longest words first; letters of any alphabet may not stand beside them."""
    ordered = sorted(words, key=lambda each: (-len(each), each))
    return re.compile(f"(?<![^\\W_])(?:{'|'.join(map(re.escape, ordered))})(?![^\\W_])", re.IGNORECASE)
