"""Faults on purpose: rules that say which requests fail, how often, and how. The control API of a simulator sets them.

What a rule answers comes before the request is looked at. The `app` of each simulator asks them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, Protocol

HTML_503 = (
    b"<html><head><title>503 Service Temporarily Unavailable</title></head><body>"
    b"<center><h1>503 Service Temporarily Unavailable</h1></center><hr><center>nginx</center></body></html>"
)


class Asked(Protocol):
    """A request, as far as rules look at it."""

    @property
    def method(self) -> str:
        """Return the verb."""

    @property
    def path(self) -> str:
        """Return the path."""


@dataclass
class FaultRule:
    """Which requests fail, how often, and how.

    `times` counts down; None is without end. `chance` is 0 to 1. `status` answers that status with `body` (or the usual
    HTML) and `headers`; `cut` breaks the connection half of the answer in; `delay_ms` only waits.
    """

    method: str | None = None
    path: str | None = None
    times: int | None = None
    chance: float = 1.0
    status: int | None = None
    body: str | None = None
    content_type: str = "text/html"
    cut: bool = False
    delay_ms: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    def make_body(self) -> bytes:
        """Return the body of the answer that the rule gives in place of the API's, where it has a status."""
        return HTML_503 if self.body is None else self.body.encode()


FIELDS: dict[str, tuple[type, ...]] = {
    "method": (str, NoneType), "path": (str, NoneType), "times": (int, NoneType), "chance": (int, float),
    "status": (int, NoneType), "body": (str, NoneType), "content_type": (str,), "cut": (bool,), "delay_ms": (int,),
    "headers": (dict,),
}  # fmt: skip


def parse_rule(sent: dict[str, Any]) -> FaultRule:
    """Return the rule that an object describes; raises ValueError for one that could not be followed."""
    for name, value in sent.items():
        if name not in FIELDS:
            raise ValueError(f"a rule has no {name}; it has {', '.join(FIELDS)}")
        if type(value) not in FIELDS[name]:
            raise ValueError(f"{name} of a rule cannot be {value!r}")
    rule = FaultRule(**sent)
    is_possible = (
        (rule.status is None or 200 <= rule.status <= 599)
        and 0 <= rule.chance <= 1
        and rule.delay_ms >= 0
        and (rule.times is None or rule.times >= 0)
        and rule.content_type.isascii()
        and rule.content_type.isprintable()
        and all(_is_line(name) and _is_line(value) for name, value in rule.headers.items())
    )
    if not is_possible:
        raise ValueError(
            "status is 200 to 599, chance 0 to 1, times and delay_ms are not negative, content_type and headers are "
            "one line each"
        )
    return rule


def _is_line(text: object) -> bool:
    return isinstance(text, str) and text.isascii() and text.isprintable()


class FaultRules:
    """The rules that are set, in order, and the seeded chance that they share."""

    def __init__(self) -> None:
        self.rules: list[FaultRule] = []
        self.random = random.Random(0)  # noqa: S311 (repeatable on purpose)

    def select(self, request: Asked) -> FaultRule | None:
        """Return the first rule that applies to a request, and count it; None when the request is to succeed."""
        for rule in self.rules:
            if rule.method not in (None, request.method) or (rule.path and rule.path not in request.path):
                continue
            if rule.times == 0 or (rule.chance < 1 and self.random.random() >= rule.chance):
                continue
            if rule.times is not None:
                rule.times -= 1
            return rule
        return None
