"""The fields of an account that is connected without a person's consent, as `ledgerport connect` is given them.

A key that stands in a command can be read in the shell's history and the list of processes, so that each field may
also be typed at a prompt or read from the standard input.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping

import click

from generator.vendor import AccountField
from runtime.errors import SettingsError

FROM_INPUT = "-"
"""The value that stands for the next line of the standard input."""


def parse_fields(pairs: Iterable[str]) -> dict[str, str]:
    """Return the fields of `NAME=VALUE` options. Raises SettingsError, which repeats no value: it may be a key."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise SettingsError(
                "A --field is not NAME=VALUE.", advice="Such as --field api_key=- for the name api_key."
            )
        if name in found:
            raise SettingsError(f"--field {name[:80]} is given twice.", advice="Give each field once.")
        found[name] = value
    return found


def read_fields(wanted: Iterable[AccountField], given: Mapping[str, str]) -> dict[str, str]:
    """Return all fields: those given, and those that a prompt or the standard input has.

    Raises SettingsError without a terminal when fields are missing. A field that nobody asked for stays, to be refused.
    """
    fields = dict(given)
    known = {each.name: each for each in wanted}
    if fields.keys() - known.keys():
        return fields
    is_terminal = sys.stdin.isatty()
    for name in given:
        if given[name] == FROM_INPUT:
            fields[name] = "" if is_terminal else sys.stdin.readline().rstrip("\r\n")
    missing = [each for name, each in known.items() if not fields.get(name)]
    if missing and not is_terminal:
        raise _refuse(missing)
    for each in missing:
        fields[each.name] = _ask(each)
    return fields


def _ask(field: AccountField) -> str:
    click.echo(field.description, err=True)
    return str(click.prompt(field.title, hide_input=field.secret, err=True))


def _refuse(missing: list[AccountField]) -> SettingsError:
    """Return the error that names the missing fields and how each is given."""
    named = " ".join(f"{each.name} is missing: {each.title}. {each.description}" for each in missing)
    options = " ".join(f"--field {each.name}={FROM_INPUT if each.secret else 'VALUE'}" for each in missing)
    advice = f"Add {options}"
    if any(each.secret for each in missing):
        advice += (
            ", and write what is secret to the standard input, a line for each field with - in this order"
        )
    return SettingsError(named, advice=f"{advice}. In a terminal you are asked.")
