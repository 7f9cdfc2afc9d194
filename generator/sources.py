"""Which files a catalog is made of. Before load, and all that a kept catalog needs to be found again.

A folder with an integration.yaml is one integration. Beside it stand types.yaml and one file for each resource, in
the folder itself or in subfolders; `sandbox` holds demo data and no definitions. Folders of definitions may be laid
over one another: an integration is then what all its folders of the same name hold, in this order.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

NOT_DEFINITIONS = frozenset({"sandbox", "schema"})
OURS = Path(__file__).resolve().parent.parent / "definitions"
"""The definitions that ship with the generator."""
SCHEMAS = OURS / "schema"


Layers = tuple[Path, ...]
"""Folders of definitions, each laid over those before it."""


def layers_of(folders: Path | Sequence[Path]) -> Layers:
    """One folder or several, as layers."""
    return (folders,) if isinstance(folders, Path) else tuple(folders)


def folders_of(layers: Layers) -> list[Layers]:
    """The integrations in some layers, in the order of their names: for each the folders that make it."""
    return [tuple(found) for found in _named(layers).values() if _is_integration(found)]


def strays_in(layers: Layers) -> list[Path]:
    """Folders that are laid over nothing: no integration of any layer has their name."""
    return [path for found in _named(layers).values() if not _is_integration(found) for path in found]


def _named(layers: Layers) -> dict[str, list[Path]]:
    named: dict[str, list[Path]] = {}
    for layer in layers:
        for path in layer.glob("*"):
            if path.is_dir() and path.name not in NOT_DEFINITIONS and files_of(path):
                named.setdefault(path.name, []).append(path)
    return dict(sorted(named.items()))


def _is_integration(folders: list[Path]) -> bool:
    return any((folder / "integration.yaml").is_file() for folder in folders)


def files_of(folder: Path) -> list[Path]:
    """Every definition file of one integration, in a fixed order."""
    found = (path for path in folder.rglob("*.yaml") if path.is_file())
    return sorted(path for path in found if not NOT_DEFINITIONS & set(path.relative_to(folder).parts[:-1]))


def schema_files() -> list[Path]:
    """The files of the grammar, in the order of their names."""
    return sorted(SCHEMAS.glob("*.schema.json"))
