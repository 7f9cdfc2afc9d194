"""What a package and the distribution say of themselves holds."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACES = (ROOT, ROOT / "generator", ROOT / "runtime")
PACKAGES = [each.parent for place in PLACES[1:] for each in sorted(place.glob("*/__init__.py"))]


NAMED = re.compile(r"(?:Part of|Called by|Calls|subclass of|subclass is) ((?:[^.]|\.(?=\w))*)")


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


def test_the_compiler_and_the_runtime_name_each_of_their_parts():
    for top in PLACES[1:]:
        parts = {
            each.stem for each in top.iterdir() if each.suffix == ".py" or (each / "__init__.py").exists()
        }

        assert sorted(part for part in parts if f"`{part}`" not in described(top) and part[0] != "_") == []


def find_module(name: str, folder: Path) -> bool:
    """Whether a dotted name in a docstring of a folder is a module or package there or above it."""
    path = name.replace(".", "/")
    places = (folder, *(each for each in folder.parents if each.is_relative_to(ROOT)), *PLACES)
    return any((place / f"{path}.py").is_file() or (place / path).is_dir() for place in places)


def test_every_module_that_a_docstring_names_as_its_caller_or_callee_is_there():
    missing, count = [], 0
    for module in [each for place in PLACES[1:] for each in sorted(place.rglob("*.py"))]:
        text = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
        named = [name for clause in NAMED.findall(text) for name in re.findall(r"`([a-z_.]+)`", clause)]
        count += len(named)
        missing += [f"{module.stem}: {name}" for name in named if not find_module(name, module.parent)]

    assert count > 60
    assert missing == []


def test_the_metadata_names_the_readme_the_authors_and_what_it_is_about():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert {"readme", "authors", "keywords", "classifiers", "description"} <= set(project)
    assert (ROOT / project["readme"]).is_file()


def test_the_changelog_has_the_version_that_is_installed():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

    assert f"## {version}\n" in (ROOT / ".github" / "CHANGELOG.md").read_text(encoding="utf-8")
