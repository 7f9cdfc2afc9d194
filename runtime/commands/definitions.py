"""Commands about the definitions: check, show, cost, coverage. They read YAML and never a database or a network."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from runtime.commands.exit_on_error import FAILED, UNREADABLE, exit_on_error
from runtime.commands.folders import (
    FOLDER,
    choose_integration,
    compile_layers,
    definitions_option,
    find_layers,
)
from runtime.errors import SettingsError

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for editors and programs.")


@click.command()
@click.argument("folders", nargs=-1, type=FOLDER)
@definitions_option
@json_option
@exit_on_error(UNREADABLE)
def check(*, folders: tuple[Path, ...], own: tuple[Path, ...], as_json: bool) -> None:
    """Check definitions. Prints every error with its file and line.

    FOLDERS are checked in place of ours, each laid over those before it. Exit status 0 when all is right, 1 when there
    are errors, 2 when a folder cannot be read.
    """
    from generator.compile import check as errors_in
    from generator.reports.tables import format_count

    found = errors_in(folders or find_layers(own))
    if as_json:
        print_value([asdict(each) for each in found])
    else:
        for each in found:
            click.echo(str(each))
        if found:
            click.echo(f"{format_count(len(found), 'error')}.", err=True)
        else:
            click.echo("The definitions are in order.")
    sys.exit(FAILED if found else 0)


@click.command()
@click.argument("tool")
@click.option("--example", is_flag=True, help="Show the request that each example call would send, too.")
@definitions_option
@exit_on_error()
def show(*, tool: str, example: bool, own: tuple[Path, ...]) -> None:
    """Show a tool as a client sees it."""
    from generator.reports.show import show as shown

    catalog = compile_layers(own)
    try:
        click.echo(shown(catalog, tool), nl=False)
    except KeyError as unknown:
        raise SettingsError(str(unknown.args[0])) from None
    if example:
        from runtime.commands.examples import show_requests

        click.echo("\n" + show_requests(catalog, catalog.by_name[tool]))


@click.command()
@click.argument("reference", envvar="LEDGERPORT_REFERENCE", required=False, type=click.Path(path_type=Path))
@click.option("--integration", default="", help="Which integration to compare; that of the books when left out.")
@definitions_option
@json_option
@exit_on_error()
def coverage(*, reference: Path | None, integration: str, own: tuple[Path, ...], as_json: bool) -> None:
    """Compare the definitions with the facts about a service.

    REFERENCE (or LEDGERPORT_REFERENCE) is a folder with entities.json and reports.json. Exit status 1 when an entity,
    an operation or a report is missing without a reason, or less than 98 % of the writable fields are there, of
    records or inside their objects and lines.
    """
    from generator.reports.coverage import compare
    from generator.reports.coverage_report import render_text, render_value
    from generator.reports.vendor_reference import NoReference, parse_format, read_reference

    if reference is None:
        raise SettingsError(
            "There is no reference to compare with.",
            advice="Give its folder: ledgerport coverage FOLDER, or set LEDGERPORT_REFERENCE.",
        )
    made, notes = _assembled(integration, own)
    try:
        wanted = read_reference(reference, parse_format(notes))
    except NoReference as error:
        raise SettingsError(str(error), advice="Give a folder with entities.json and reports.json.") from None
    found = compare(wanted, made, notes)
    print_value(render_value(found) if as_json else render_text(found))
    sys.exit(0 if found.meets_target() else FAILED)


@click.command()
@click.option("--integration", default="", help="Only the tools of this integration.")
@click.option("--methods", default="", help="Only these methods or classes, with commas between: read,void.")
@click.option("--tags", default="", help="Only tools with one of these tags, with commas between: sales,crm.")
@click.option("--top", type=click.IntRange(1), default=20, show_default=True, help="How many tools to list.")
@definitions_option
@json_option
@exit_on_error()
def cost(
    *, integration: str, methods: str, tags: str, top: int, own: tuple[Path, ...], as_json: bool
) -> None:
    """Show how many tokens tools cost a model, the most expensive first, by tool and by toolset."""
    from generator.catalog import select
    from generator.reports.cost import measure_cost, render_text, render_value

    catalog = compile_layers(own)
    tools = catalog.list_tools(choose_integration(integration, catalog)) if integration else catalog.tools
    found = measure_cost(select(tools, _words(methods), _words(tags)))
    if not found.tools:
        raise SettingsError("No tool passes this filter.", advice="See the names with: ledgerport cost")
    print_value(render_value(found, top) if as_json else render_text(found, top))


def _words(text: str) -> list[str]:
    return [word for word in text.replace(",", " ").split() if word]


def _assembled(integration: str, own: tuple[Path, ...]) -> tuple[Any, Any]:
    """Return the tools of an integration with what they were made from, and its notes on coverage."""
    from generator.diagnostics import DefinitionErrors, Diagnostics
    from generator.pipeline import assemble

    diagnostics = Diagnostics()
    assembly = assemble(find_layers(own), diagnostics)
    if diagnostics:
        raise DefinitionErrors(diagnostics)
    name = choose_integration(integration, assembly)
    made = [each for each in assembly.tools if each.tool.integration == name]
    return made, assembly.coverage.get(name)


def print_value(value: Any) -> None:
    """Print text as it is, and anything else as JSON."""
    click.echo(value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False))
