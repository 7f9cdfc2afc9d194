"""The customers whose names are worth comparing with that of a client: a few of thousands, found without comparing all.

Called by `matching`. Names that are spelled alike are found by rapidfuzz, which takes 0.1 microseconds for a pair of
names; those with a rare word, or with initials in common, by an index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz, process

from runtime.insights.name_matching.likeness import Name

MOST_NEAR = 8
"""Names of one spelling that are compared: behind them the score is below what is suggested."""
LEAST_RATIO = 62.0
"""The likeness of two spellings below which nothing is compared: *jones dental* and *smith dental* have 67."""
RARE = 12
"""Names that have a word, at most, for it to lead from one to the others."""


class NearNames:
    """Finds the names that are worth comparing. `names` are those of the customers."""

    def __init__(self, names: Sequence[Name]) -> None:
        self._sorted = [each.in_order for each in names]
        self._compact = [each.compact for each in names]
        self._with_word: dict[str, list[int]] = defaultdict(list)
        self._with_initials: dict[str, list[int]] = defaultdict(list)
        for place, name in enumerate(names):
            for word in set(name.words):
                self._with_word[word].append(place)
            for initials in filter(None, (name.initials, name.compact if len(name.words) == 1 else "")):
                self._with_initials[initials].append(place)

    def find(self, name: Name) -> set[int]:
        """Return the places of the names that are worth comparing with one."""
        if not name.words:
            return set()
        return {*self._find_spelled(name), *self._find_sharing(name)}

    def _find_spelled(self, name: Name) -> Iterator[int]:
        for text, choices in ((name.in_order, self._sorted), (name.compact, self._compact)):
            found = process.extract(
                text, choices, scorer=fuzz.ratio, score_cutoff=LEAST_RATIO, limit=MOST_NEAR
            )
            yield from (place for _, _, place in found)

    def _find_sharing(self, name: Name) -> Iterator[int]:
        for word in set(name.words):
            if len(found := self._with_word.get(word, ())) <= RARE:
                yield from found
        if len(name.words) == 1:
            yield from self._with_initials.get(name.compact, ())[:MOST_NEAR]
        elif name.initials:
            yield from self._with_initials.get(name.initials, ())[:MOST_NEAR]
