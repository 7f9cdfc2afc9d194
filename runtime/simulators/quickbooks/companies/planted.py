"""What is wrong or remarkable in a demo company, so that users can see whether their agents find it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Planted:
    """One thing to find: its kind, and where it is (names, numbers, amounts, days before the company's day)."""

    kind: str
    where: str
