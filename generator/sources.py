"""Which files make an integration, each read and found to be written in the words of the format. Runs load and grammar.

A folder with an integration.yaml is one integration. Beside it stand types.yaml and one file for each resource, in
the folder itself or in subfolders; `sandbox` holds demo data and no definitions.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from generator.grammar import Kind, check_grammar
from generator.load import Document, load, shown
from generator.mistakes import Mistake

MOST_FILES = 2_000
NOT_DEFINITIONS = frozenset({"sandbox", "schema"})
KINDS: dict[str, Kind] = {"integration.yaml": "integration", "types.yaml": "types"}


@dataclass(frozen=True, slots=True)
class Documents:
    """The files of one integration. `broken` names the resources whose files cannot be compiled yet."""

    integration: Document | None
    types: Document | None
    resources: tuple[Document, ...]
    broken: frozenset[str]


def folders_of(folder: Path) -> list[Path]:
    """The integrations in a folder of definitions, in the order of their names."""
    return sorted(path.parent for path in folder.glob("*/integration.yaml"))


def files_of(folder: Path) -> list[Path]:
    """Every definition file of one integration, in a fixed order."""
    found = (path for path in folder.rglob("*.yaml") if path.is_file())
    return sorted(path for path in found if not NOT_DEFINITIONS & set(path.relative_to(folder).parts[:-1]))


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
            broken.add(path.stem)
        elif not check_grammar(document, kind, mistakes):
            broken |= {path.stem, str(document.value.get("resource"))}
        elif kind == "resource":
            resources.append(document)
        else:
            special[kind] = document
    resources = _once_each(resources, mistakes)
    return Documents(special.get("integration"), special.get("types"), tuple(resources), frozenset(broken))


def _once_each(resources: list[Document], mistakes: list[Mistake]) -> list[Document]:
    """The resources, without one whose name was taken by an earlier file."""
    kept: dict[str, Document] = {}
    for document in resources:
        name = document.value["resource"]
        if name in kept:
            message = f'The resource "{name}" is defined in {kept[name].file} already.'
            mistakes.append(document.mistake(("resource",), "resource twice", message))
        else:
            kept[name] = document
    return list(kept.values())
