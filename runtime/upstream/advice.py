"""What to do about one of the vendor's errors: the advice of its code, chosen by what was said and sent.

Called by `answer`. One code may stand for several faults; the definition says for each by which words, element, tool or
arguments it is known, and the first that fits is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple, Protocol

from generator.catalog import Tool
from generator.templates import fill_known
from generator.vendor import Advice
from generator.vendor_rules import AdviceCase

LONGEST_ECHO = 100
"""Characters of one text of the caller that an error repeats. Most names have at most 100; a longer text is known by
its beginning.
"""
SHOWN_OF_ECHO = 40
"""Characters by which a caller recognizes a value of their own."""
MOST_ECHOES = 1000
"""Long texts of one call that are looked for. An error names one or two."""


class Attempt(NamedTuple):
    """The call that an error answers: the method and resource of its tool, and the arguments that were sent."""

    method: str = ""
    resource: str = ""
    arguments: Mapping[str, Any] = {}


class Tried(Protocol):
    """A call of a tool with arguments."""

    @property
    def tool(self) -> Tool:
        """The tool that was called."""

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What it was called with, checked."""


def describe_attempt(tried: Tried) -> Attempt:
    """Return the call as an attempt."""
    return Attempt(tried.tool.method, tried.tool.resource, tried.arguments)


def choose(advice: Advice, said: str, element: str, attempt: Attempt) -> str:
    """Return the sentences for one error, with what its patterns name filled in. `said` is the vendor's message and
    detail.
    """
    for case in advice.cases:
        names = _match(case, said, element, attempt)
        if names is not None:
            return fill_known(case.advice, names)
    return advice.advice


def _match(case: AdviceCase, said: str, element: str, attempt: Attempt) -> dict[str, str] | None:
    """Return what the patterns of a case name; None when the case is another one."""
    given = attempt.arguments
    if case.methods and attempt.method not in case.methods:
        return None
    if case.resources and attempt.resource not in case.resources:
        return None
    if any(given.get(name) in (None, "") for name in case.given):
        return None
    if any(given.get(name) != value for name, value in case.sent.items()):
        return None
    names: dict[str, str] = {}
    for pattern, text in ((case.text, said), (case.element, element)):
        found = re.search(pattern, text) if pattern else None
        if pattern and found is None:
            return None
        names |= found.groupdict("") if found else {}
    return names


def cut_echo(said: str, attempt: Attempt) -> str:
    """Return what the vendor said, with the caller's own long texts cut to their beginning."""
    for text in islice(_long_texts(attempt.arguments), MOST_ECHOES):
        if text in said:
            said = said.replace(text, f"{text[:SHOWN_OF_ECHO]}… ({len(text):,} characters)")
    return said


def _long_texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            if len(each) > LONGEST_ECHO:
                yield each
        elif isinstance(each, Mapping):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
