"""What a package and the distribution say of themselves holds."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACES = (ROOT, ROOT / "generator", ROOT / "runtime")
PACKAGES = [each.parent for place in PLACES[1:] for each in sorted(place.glob("*/__init__.py"))]


def described(folder: Path) -> str:
    return ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) or ""


def is_there(folder: Path, name: str) -> bool:
    """Whether a name is a package, a module, or a function that the modules of the folder have."""
    is_module = any((place / part).exists() for place in (folder, *PLACES) for part in (name, f"{name}.py"))
    return is_module or any(
        f"def {name}(" in each.read_text(encoding="utf-8") for each in folder.glob("*.py")
    )


def test_every_package_says_what_it_is_for_and_what_is_in_it():
    own = [folder for folder in PACKAGES if folder.name != "simulators"]  # has READMEs, one for each vendor

    assert [folder.name for folder in own if len(described(folder).split()) < 40] == []


def test_every_module_and_function_that_a_package_names_is_there():
    named = [(folder, name) for folder in PACKAGES for name in re.findall(r"`([a-z_]+)`", described(folder))]

    assert len(named) > 60
    assert [f"{folder.name}: {name}" for folder, name in named if not is_there(folder, name)] == []


def test_the_metadata_names_the_readme_the_authors_and_what_it_is_about():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert {"readme", "authors", "keywords", "classifiers", "description"} <= set(project)
    assert (ROOT / project["readme"]).is_file()


def test_the_changelog_has_the_version_that_is_installed():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

    assert f"## {version}\n" in (ROOT / ".github" / "CHANGELOG.md").read_text(encoding="utf-8")
