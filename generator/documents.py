"""The files of one integration, each read and found to be written in the words of the format: load and grammar.

What cannot be compiled is left out and named, so that links to it are not told as dead.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generator.grammar import Kind, check_grammar
from generator.load import Document, load, shown
from generator.mistakes import Mistake
from generator.sources import files_of

MOST_FILES = 2_000
KINDS: dict[str, Kind] = {
    "integration.yaml": "integration",
    "types.yaml": "types",
    "coverage.yaml": "coverage",
}


@dataclass(frozen=True, slots=True)
class Documents:
    """The files of one integration. `broken` names the resources whose files cannot be compiled yet."""

    integration: Document | None
    types: Document | None
    resources: tuple[Document, ...]
    broken: frozenset[str]
    coverage: Document | None = None


def documents_of(folder: Path, mistakes: list[Mistake]) -> Documents:
    """Read and check every file of an integration."""
    files = files_of(folder)
    if len(files) > MOST_FILES:
        message = f"There are {len(files):,} files here; {MOST_FILES:,} is the most."
        mistakes.append(Mistake(shown(folder), 1, "", "files", message))
        return Documents(None, None, (), frozenset())
    special: dict[str, Document] = {}
    resources: list[Document] = []
    broken: set[str] = set()
    for path in files:
        kind = KINDS.get(path.name, "resource") if path.parent == folder else "resource"
        document = load(path, mistakes)
        if document is None:
            broken |= {path.stem, f"{path.stem}s"}
        elif not check_grammar(document, kind, mistakes):
            broken |= {path.stem, str(document.value.get("resource"))}
        elif kind == "resource":
            resources.append(document)
        else:
            special[kind] = document
    once = _once_each(resources, mistakes)
    return Documents(
        special.get("integration"), special.get("types"), once, frozenset(broken), special.get("coverage")
    )


def _once_each(resources: list[Document], mistakes: list[Mistake]) -> tuple[Document, ...]:
    """The resources, without one whose name was taken by an earlier file."""
    first: dict[str, Document] = {}
    for document in resources:
        name = document.value["resource"]
        if name in first:
            message = f'The resource "{name}" is defined in {first[name].file} already.'
            mistakes.append(document.mistake(("resource",), "resource twice", message))
        else:
            first[name] = document
    return tuple(first.values())
