"""Rules over all of something, such as every tool: one test for each rule, which lists every offender."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def report_offenders(
    all_of_them: Iterable[T], find: Callable[[T], Iterable[object]], name: Callable[[T], str] = str
) -> None:
    """Fail with every one in which `find` finds something, by its name, and with all that was found."""
    them = list(all_of_them)
    assert them, "There is nothing that the rule could be broken by."
    offenders = [f"{name(each)}: {problem}" for each in them for problem in find(each)]
    assert not offenders, "\n".join([f"{len(offenders)} break the rule:", *offenders])
