"""What is wrong in the definitions, and where: the one shape in which every stage reports.

No stage of its own: one collector is handed through all of them, so that a run reports every error and not the first.
compile raises what it collected; `ledgerport check` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""A place inside a document: the keys and positions that lead to it."""


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One error: `file` and `line` (from 1), `where` in the document, the `rule` broken, and what to do."""

    file: str
    line: int
    where: str
    rule: str
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        parts = (f"{self.where}:" if self.where else "", self.message, self.suggestion)
        return f"{self.file}:{self.line}: " + " ".join(part for part in parts if part)


class Diagnostics:
    """Collects the errors of a run. A stage reports here and goes on with what is right; none stops at an error."""

    def __init__(self) -> None:
        self._reported: list[Diagnostic] = []

    def report(self, diagnostic: Diagnostic) -> None:
        """Add one error."""
        self._reported.append(diagnostic)

    def report_all(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Add every error of a check."""
        self._reported.extend(diagnostics)

    def collect(self) -> list[Diagnostic]:
        """Return each error once, in the order of files and lines."""
        return sorted(set(self._reported))

    def __iter__(self) -> Iterator[Diagnostic]:
        """Iterate over the errors in the order in which they were reported."""
        return iter(self._reported)

    def __len__(self) -> int:
        return len(self._reported)


class DefinitionErrors(Exception):
    """The definitions cannot be compiled; `diagnostics` has every reason, in the order of files and lines."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = sorted(set(diagnostics))
        super().__init__("\n".join(map(str, self.diagnostics)))


def format_path(path: Path) -> str:
    """Return a place as people write it: `fields.Line.items` is `Line.items`, for a field is known by its name."""
    steps = path[1:] if path[:1] == ("fields",) else path
    return ".".join(str(step) for step in steps)
