"""Which files a catalog is made of. All that a stored catalog needs to be found again.

Called by `documents`, `cache` and `pipeline`.

A folder with an integration.yaml is one integration. Beside it stand types.yaml and one file for each resource, in
the folder itself or in subfolders; `sandbox` holds demo data and no definitions. Folders of definitions may be laid
over one another: an integration is then what all its folders of the same name hold, in this order. A name that begins
with a dot is an editor's or a system's own, and is no definition.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

NOT_DEFINITIONS = frozenset({"sandbox", "schema"})
BUILTIN_DEFINITIONS = Path(__file__).resolve().parents[2] / "definitions"
"""The definitions that ship with the generator."""
SCHEMAS = BUILTIN_DEFINITIONS / "schema"


Layers = tuple[Path, ...]
"""Folders of definitions, each laid over those before it."""


def list_layers(folders: Path | Sequence[Path]) -> Layers:
    """Return one folder or several, as layers."""
    return (folders,) if isinstance(folders, Path) else tuple(folders)


def name_layer(integration: Path) -> str:
    """Return the name of the folder of definitions that a folder of an integration is in."""
    return integration.resolve().parent.name


def find_integrations(layers: Layers) -> list[Layers]:
    """Return the integrations in some layers, in the order of their names: for each the folders that make it."""
    return [tuple(found) for found in _named(layers).values() if _is_integration(found)]


def find_orphan_folders(layers: Layers) -> list[Path]:
    """Folders that are laid over nothing: no integration of any layer has their name."""
    return [path for found in _named(layers).values() if not _is_integration(found) for path in found]


def find_ignored_files(layers: Layers) -> list[Path]:
    """Files that look like definitions and are none: outside the folder of an integration, or not named *.yaml."""
    outside = (path for layer in layers for path in sorted(layer.iterdir()) if _looks_like_one(path))
    inside = (path for found in _named(layers).values() for folder in found for path in _walk(folder))
    return [*outside, *(path for path in inside if _looks_like_one(path) and path.suffix != ".yaml")]


def _named(layers: Layers) -> dict[str, list[Path]]:
    named: dict[str, list[Path]] = {}
    for layer in layers:
        for path in layer.iterdir():
            if path.is_dir() and not _is_left_out(path.name) and any(map(_looks_like_one, _walk(path))):
                named.setdefault(path.name, []).append(path)
    return dict(sorted(named.items()))


def _is_integration(folders: list[Path]) -> bool:
    return any((folder / "integration.yaml").is_file() for folder in folders)


def list_files(folder: Path) -> list[Path]:
    """Every definition file of one integration, in a fixed order. Raises OSError for a folder that cannot be read."""
    return sorted(path for path in _walk(folder) if path.suffix == ".yaml" and _looks_like_one(path))


def list_grammars(folder: Path) -> list[Path]:
    """Return the grammars of query languages beside integration.yaml, in a fixed order."""
    return sorted(path for path in folder.iterdir() if path.suffix == ".lark" and path.is_file())


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder, onerror=_raise):
        folders[:] = [name for name in folders if not _is_left_out(name)]
        yield from (Path(place, name) for name in files)


def _raise(error: OSError) -> None:
    raise error


def _is_left_out(name: str) -> bool:
    return name in NOT_DEFINITIONS or name.startswith(".")


def _looks_like_one(path: Path) -> bool:
    """Whether a person would take it for a definition. A link to nothing is one, for it is reported when it is read."""
    is_file = path.is_file() or (path.is_symlink() and not path.exists())
    return is_file and path.suffix.lower() in (".yaml", ".yml") and not path.name.startswith(".")


def list_schema_files() -> list[Path]:
    """Return the files of the grammar, in the order of their names."""
    return sorted(SCHEMAS.glob("*.schema.json"))
