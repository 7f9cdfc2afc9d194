"""The command `keys`: prints the keys of the definition format, with what each does and a value."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from generator.reports.format_keys import PARTS
from runtime.commands.exit_on_error import exit_on_error


@click.command("keys")
@click.argument("part", type=click.Choice(list(PARTS)), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for editors and programs.")
@exit_on_error()
def keys(part: str | None, *, as_json: bool) -> None:
    """List every key of the definition format, with what it does and a value.

    PART is one part of the format; without it all are listed. The list is made from the schemas that check definitions.
    """
    from generator.reports.format_keys import as_markdown, list_keys

    parts = [part] if part else list(PARTS)
    if as_json:
        found = {each: [asdict(key) for key in list_keys(each)] for each in parts}
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    click.echo("\n".join(map(as_markdown, parts)), nl=False)
