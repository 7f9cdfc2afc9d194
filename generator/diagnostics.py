"""What is wrong in the definitions, and where: the one shape in which every stage reports.

No stage of its own: load, grammar, resolve, methods, arguments, words and check all add to one list, so that a run
tells every mistake and not the first. compile raises the list; `ledgerport check` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""A place inside a document: the keys and positions that lead to it."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake: `file` and `line` (from 1), `where` in the document, the `rule` broken, and what to do."""

    file: str
    line: int
    where: str
    rule: str
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        parts = (f"{self.where}:" if self.where else "", self.message, self.suggestion)
        return f"{self.file}:{self.line}: " + " ".join(part for part in parts if part)


class DefinitionMistakes(Exception):
    """The definitions cannot be compiled; `mistakes` has every reason, in the order of files and lines."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = sorted(set(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The question that names the nearest right word, or nothing when none is near."""
    import difflib  # wanted only where something is wrong

    candidates = {each.lower(): each for each in known}
    near = difflib.get_close_matches(word.lower()[:80], list(candidates), n=1, cutoff=0.6)
    return f'Did you mean "{candidates[near[0]]}"?' if near else ""


def dotted(path: Path) -> str:
    """A place as people write it: `fields.Line.items` is `Line.items`, for a field is known by its name."""
    steps = path[1:] if path[:1] == ("fields",) else path
    return ".".join(str(step) for step in steps)
