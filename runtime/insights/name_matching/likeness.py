"""How alike two names are, from 0 to 100: by their rare words, by their spelling, and by their initials.

Called by `matching`. A word that many names have, such as *dental*, says less than one that few have.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from rapidfuzz import fuzz

from runtime.insights.name_matching.spelling import list_words, make_initials

SAME_WORD = 80.0
"""From this likeness on two words are one that is typed differently: *dental* and *dentl* have 91, *north* and *south*
60.
"""
SAME_COMPACT = 88.0
"""From this likeness on two names without their spaces are one: *bright path* and *brightpath* have 100."""
PART_WEIGHT = 0.88
"""What it says that one name is part of the other: a group and its branches are alike so, too."""
LEAST_WEIGHT = 0.2
"""The weight of a word that all names have, so that names of nothing else are compared, too."""
INITIALS = 72.0
"""How alike a name and its initials are: three letters may be those of another company."""
FEWEST_INITIALS = 3
"""Two letters are those of too many names."""
Kind = Literal["spelling", "words", "part", "initials"]


@dataclass(frozen=True)
class Name:
    """A name as it is compared."""

    words: tuple[str, ...]

    @cached_property
    def in_order(self) -> str:
        """Its words by the alphabet: people put a family name first or last."""
        return " ".join(sorted(self.words))

    @cached_property
    def compact(self) -> str:
        """Its letters alone."""
        return "".join(self.words)

    @cached_property
    def initials(self) -> str:
        """The first letters of its words."""
        return make_initials(self.words)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two names are, and in what."""

    score: float
    kind: Kind


NOT_ALIKE = Likeness(0.0, "spelling")


class WordWeights:
    """How much each word says, by how many names have it."""

    def __init__(self, names: Iterable[Sequence[str]]) -> None:
        listed = [set(each) for each in names]
        counts = Counter(word for each in listed for word in each)
        total = len(listed) + 1
        self._rarest = LEAST_WEIGHT + math.log(total)
        self._weights = {word: LEAST_WEIGHT + math.log(total / count) for word, count in counts.items()}

    def measure(self, word: str) -> float:
        """Return the weight of a word; one that no name has weighs as much as one that one name has."""
        return self._weights.get(word, self._rarest)


def make_name(text: str) -> Name:
    """Return a name as it is compared."""
    return Name(list_words(text))


def measure_likeness(one: Name, other: Name, weights: WordWeights) -> Likeness:
    """Return how alike two names are."""
    if not one.words or not other.words:
        return NOT_ALIKE
    mine, theirs, same = _weigh(one, other, weights)
    shared = 200.0 * same / (mine + theirs)
    spelled = fuzz.ratio(one.in_order, other.in_order)
    compact = fuzz.ratio(one.compact, other.compact)
    found = [
        Likeness(0.6 * spelled + 0.4 * shared, "spelling"),
        Likeness(shared, "words"),
        Likeness(100.0 * PART_WEIGHT * same / min(mine, theirs), "part"),
    ]
    if compact >= SAME_COMPACT:
        found.append(Likeness(0.95 * compact, "spelling"))
    if _are_initials(one, other) or _are_initials(other, one):
        found.append(Likeness(INITIALS, "initials"))
    return max(found, key=lambda each: each.score)


def _weigh(one: Name, other: Name, weights: WordWeights) -> tuple[float, float, float]:
    """Return the weight of each name, and of what both have; a word that is typed otherwise counts by its likeness."""
    left = list(other.words)
    mine = sum(map(weights.measure, one.words))
    theirs = sum(map(weights.measure, other.words))
    same, open_ = 0.0, []
    for word in one.words:
        if word in left:
            left.remove(word)
            same += weights.measure(word)
        else:
            open_.append(word)
    for word in open_:
        likeness, nearest = max(((fuzz.ratio(word, each), each) for each in left), default=(0.0, ""))
        if likeness >= SAME_WORD:
            left.remove(nearest)
            same += likeness / 100.0 * min(weights.measure(word), weights.measure(nearest))
    return mine, theirs, min(same, mine, theirs)


def _are_initials(short: Name, long: Name) -> bool:
    return len(short.compact) >= FEWEST_INITIALS and len(short.words) == 1 and short.compact == long.initials
