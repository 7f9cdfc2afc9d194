"""The requests that questions take: one for each whole page, and what is left of them together in few.

Called by `reading`, when it is known how many records each question finds. The newest pages come first, so that an
analysis which may not read everything has what matters most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runtime.operations.insights.questions import Question

MOST_TOGETHER = 1_000
"""Records in a request of several pages: as many as a page of its own has, so that no response is larger."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of a question: the records from `start`, counted from 0."""

    question: Question
    start: int
    count: int

    @property
    def name(self) -> str:
        """What distinguishes it from every other one."""
        return f"{self.question.name} {self.start}"


Request = tuple[Slice, ...]
"""The pages that one request asks for."""


def plan_requests(
    counts: Mapping[str, int], questions: Sequence[Question], most_page: int, most_together: int
) -> list[Request]:
    """Return the requests of some questions, those of lists and of few records first, then the newest pages.

    `counts` says how many records each question finds, by its name; `most_together` is how many pages one request may
    ask for, 0 or 1 where the vendor takes one only.
    """
    whole: list[Slice] = []
    rest: list[Slice] = []
    for each in questions:
        for start in range(0, counts.get(each.name, 0), most_page):
            count = min(most_page, counts[each.name] - start)
            (whole if count == most_page else rest).append(Slice(each, start, count))
    whole.sort(key=lambda one: one.start)
    return [*_join(rest, most_together), *((one,) for one in whole)]


def _join(slices: Sequence[Slice], most: int) -> list[Request]:
    """Return pages as few requests, none with more than `MOST_TOGETHER` records."""
    if most < 2:
        return [(each,) for each in slices]
    joined: list[list[Slice]] = []
    for each in sorted(slices, key=lambda one: -one.count):
        fitting = (one for one in joined if len(one) < most and _count(one) + each.count <= MOST_TOGETHER)
        target = next(fitting, None)
        if target is None:
            joined.append([each])
        else:
            target.append(each)
    return [tuple(each) for each in joined]


def _count(slices: Sequence[Slice]) -> int:
    return sum(each.count for each in slices)
