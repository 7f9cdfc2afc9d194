"""Which definitions a command reads: ours, with the operator's own folders laid over them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runtime.errors import SettingsError

if TYPE_CHECKING:
    from generator.catalog import Catalog

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
definitions_option = click.option(
    "--definitions",
    "own",
    multiple=True,
    type=FOLDER,
    help="A folder of definitions to lay over ours; may be given several times (LEDGERPORT_DEFINITIONS).",
)


def find_layers(own: tuple[Path, ...] = ()) -> tuple[Path, ...]:
    """Our definitions and what is laid over them. Raises SettingsError when a folder is not there."""
    from generator.reading.files import BUILTIN_DEFINITIONS
    from runtime.settings import read_definition_folders

    return (BUILTIN_DEFINITIONS, *(own or read_definition_folders(os.environ)))


def as_setting(own: tuple[Path, ...]) -> str:
    """Return the folders as LEDGERPORT_DEFINITIONS names them. Raises SettingsError for one that cannot be named
    there.
    """
    folders = [str(folder.absolute()) for folder in own]
    for folder in folders:
        if os.pathsep in folder:
            raise SettingsError(
                f"{folder} cannot be a folder of definitions: its name has {os.pathsep} in it."
            )
    return os.pathsep.join(folders)


def compile_layers(own: tuple[Path, ...]) -> Catalog:
    """Return the catalog of all layers. Raises DefinitionErrors."""
    from generator.compile import compile_catalog

    return compile_catalog(find_layers(own))


def choose_integration(name: str, found: Any) -> str:
    """Return the name of an integration that is there; without one that of the books, or the first.

    Raises SettingsError.
    """
    from generator.suggestions import did_you_mean
    from generator.usual_integration import find_usual

    if not name and found.integrations:
        systems = {each.name: each.system for each in found.integrations.values()}
        return find_usual(systems) or next(iter(systems))
    if name not in found.integrations:
        hint = did_you_mean(name, found.integrations)
        raise SettingsError(f'There is no integration "{name}". {hint}'.strip())
    return name
