"""Which files a catalog is made of. Before load, and all that a kept catalog needs to be found again.

A folder with an integration.yaml is one integration. Beside it stand types.yaml and one file for each resource, in
the folder itself or in subfolders; `sandbox` holds demo data and no definitions.
"""

from __future__ import annotations

from pathlib import Path

NOT_DEFINITIONS = frozenset({"sandbox", "schema"})
SCHEMAS = Path(__file__).resolve().parent.parent / "definitions" / "schema"


def folders_of(folder: Path) -> list[Path]:
    """The integrations in a folder of definitions, in the order of their names."""
    return sorted(path.parent for path in folder.glob("*/integration.yaml"))


def files_of(folder: Path) -> list[Path]:
    """Every definition file of one integration, in a fixed order."""
    found = (path for path in folder.rglob("*.yaml") if path.is_file())
    return sorted(path for path in found if not NOT_DEFINITIONS & set(path.relative_to(folder).parts[:-1]))


def schema_files() -> list[Path]:
    """The files of the grammar, in the order of their names."""
    return sorted(SCHEMAS.glob("*.schema.json"))
