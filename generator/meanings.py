"""What callers write of their own accord, and what they mean by it: a part of integration.yaml and the catalog."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meant:
    """What callers mean by names of their own: the arguments that take it, best first, and a sentence.

    `called` are such names in small letters and digits alone. Without `names` the sentence stands for itself.
    """

    called: frozenset[str]
    names: tuple[str, ...] = ()
    says: str = ""
    of: frozenset[str] = frozenset()
    """The resources whose tools it is said of; empty for all."""
    beside: str = ""
    """An argument that a tool must have for it, such as one that only lists have."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Something that a query language lacks: a pattern for a raw query, and the sentence that says what to write."""

    form: str
    says: str
    with_text: bool = False
    """Whether the pattern has quoted text in it; what it finds has to begin outside of one."""
