"""`ledgerport settings`: every setting, with its value, where that comes from, and what it is for.

It reads what a start reads and makes nothing: no directory, and no key. Of a secret it says only whether it is set.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click

from runtime.commands.exit_on_error import FAILED, exit_on_error
from runtime.commands.output import json_option, write_json
from runtime.errors import SettingsError
from runtime.keys.master_key import FILE_NAME
from runtime.setting_table import (
    BY_NAME,
    OF_INTEGRATION,
    OF_ISSUER,
    TABLE,
    Given,
    Setting,
    name_issuer_variable,
    name_variable,
    read_given,
    split_issuer_name,
    split_name,
)

SET, NOT_SET = "set", "not set"


@dataclass(frozen=True, slots=True)
class Line:
    """One setting as it is now. `problem` says why a start would refuse its value."""

    name: str
    value: str
    origin: str
    """`environment`, `default`, or `file` with its path."""
    default: str
    description: str
    problem: str = ""


@click.command()
@click.option("--set", "only_set", is_flag=True, help="Only those that are set.")
@json_option
@exit_on_error()
def settings(*, only_set: bool, as_json: bool) -> None:
    """List every setting with its value, its origin, and what it is for. A secret is never shown.

    Exits 1 when one of them cannot be right.
    """
    lines = [each for each in list_settings(os.environ) if not only_set or each.origin != "default"]
    if as_json:
        write_json([asdict(each) for each in lines])
    else:
        for each in lines:
            click.echo(f"{each.name} = {each.value or NOT_SET} ({each.origin})\n    {each.description}")
            if each.problem:
                click.echo(f"    {each.problem}")
    if any(each.problem for each in lines):
        sys.exit(FAILED)


def list_settings(environ: Mapping[str, str]) -> Iterator[Line]:
    """Yield every setting as an environment has it. Raises SettingsError for a name that is none."""
    given = read_given(environ)
    for setting in (*TABLE, *_list_of_integrations(given)):
        yield _describe(setting, given)


def _list_of_integrations(given: Given) -> Iterator[Setting]:
    """Yield the settings of each integration that definitions are there for, and of others that something is set of."""
    named = {split[0] for name in given.texts if (split := split_name(name))}
    for name in sorted(named | {*_list_integrations(given)}):
        for each in OF_INTEGRATION:
            yield replace(each, name=name_variable(name, each.name))
    for name in sorted({split[0] for name in given.texts if (split := split_issuer_name(name))}):
        for each in OF_ISSUER:
            yield replace(each, name=name_issuer_variable(name, each.name))


def _list_integrations(given: Given) -> Iterator[str]:
    """Yield the names of the folders of definitions, which are those of integrations, without compiling them."""
    from generator.reading.files import BUILTIN_DEFINITIONS

    own = given.texts.get("LEDGERPORT_DEFINITIONS", "").split(os.pathsep)
    for folder in (BUILTIN_DEFINITIONS, *(Path(each).expanduser() for each in own if each)):
        for found in folder.glob("*/integration.yaml"):
            yield found.parent.name.lower()


def _describe(setting: Setting, given: Given) -> Line:
    text, default = given.find(setting), setting.otherwise or setting.default
    origin = "environment" if given.texts.get(setting.name) else "default"
    if setting.name in given.files:
        origin = f"file {given.files[setting.name]}"
    elif setting.name == "LEDGERPORT_SECRET_KEY" and not text and (made := _find_key(given)):
        text, origin = SET, f"file {made}"
    shown = (SET if text else NOT_SET) if setting.is_secret else text or setting.otherwise
    problem = _find_problem(setting, given)
    return Line(setting.name, shown, origin, default, setting.description, problem)


def _find_key(given: Given) -> Path | None:
    """Return the file of the secret key in the data directory, if it is there."""
    path = Path(given.find(BY_NAME["LEDGERPORT_DATA"])).expanduser().absolute() / FILE_NAME
    return path if path.exists() else None


def _find_problem(setting: Setting, given: Given) -> str:
    try:
        setting.read(setting.name, given.find(setting))
    except SettingsError as refused:
        return refused.as_text()
    return ""
