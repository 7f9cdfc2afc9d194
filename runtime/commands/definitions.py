"""Commands about the definitions: check, show, coverage. They read YAML and never a database or a network."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from runtime.commands.plainly import plainly
from runtime.errors import SettingsError

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for editors and programs.")


@click.command()
@click.argument("reference", envvar="LEDGERPORT_REFERENCE", required=False, type=click.Path(path_type=Path))
@click.option("--integration", default="", help="Which integration to compare; the first when left out.")
@json_option
@plainly
def coverage(reference: Path | None, integration: str, as_json: bool) -> None:
    """Compare the definitions with the facts about a service.

    REFERENCE (or LEDGERPORT_REFERENCE) is a folder with entities.json and reports.json. Exit status 1 when an entity,
    an operation or a report is missing without a reason, or less than 98 % of the writable fields are there.
    """
    from generator.coverage import compare
    from generator.coverage_report import as_text, as_value
    from generator.reference import NoReference, read_reference

    if reference is None:
        raise SettingsError(
            "There is no reference to compare with.",
            advice="Give its folder: ledgerport coverage FOLDER, or set LEDGERPORT_REFERENCE.",
        )
    try:
        wanted = read_reference(reference)
    except NoReference as error:
        raise SettingsError(str(error), advice="Give a folder with entities.json and reports.json.") from None
    made, notes = _assembled(integration)
    found = compare(wanted, made, notes)
    _print(as_value(found) if as_json else as_text(found))
    sys.exit(0 if found.reaches_the_aims() else 1)


@click.command()
@click.option("--integration", default="", help="Only the tools of this integration.")
@click.option("--methods", default="", help="Only these methods or classes, with commas between: read,void.")
@click.option("--tags", default="", help="Only tools with one of these tags, with commas between: sales,crm.")
@click.option("--top", type=click.IntRange(1), default=20, show_default=True, help="How many tools to list.")
@json_option
@plainly
def cost(integration: str, methods: str, tags: str, top: int, as_json: bool) -> None:
    """Show how many tokens tools cost a model, the dearest first, by tool and by toolset."""
    from generator.catalog import select
    from generator.cost import as_text, as_value, cost_of

    catalog = _catalog()
    tools = catalog.of(_known(integration, catalog)) if integration else catalog.tools
    found = cost_of(select(tools, _words(methods), _words(tags)))
    if not found.tools:
        raise SettingsError("No tool passes this filter.", advice="See the names with: ledgerport cost")
    _print(as_value(found, top) if as_json else as_text(found, top))


def _words(text: str) -> list[str]:
    return [word for word in text.replace(",", " ").split() if word]


def _catalog() -> Any:
    from generator.compile import compile_catalog
    from runtime.app import DEFINITIONS

    return compile_catalog(DEFINITIONS)


def _known(integration: str, found: Any) -> str:
    """The name of an integration that is there. Raises SettingsError with the nearest name."""
    from generator.mistakes import did_you_mean

    if integration not in found.integrations:
        hint = did_you_mean(integration, found.integrations)
        raise SettingsError(f'There is no integration "{integration}". {hint}'.strip())
    return integration


def _assembled(integration: str) -> tuple[Any, Any]:
    """The tools of an integration with what they were made from, and its notes on coverage."""
    from generator.build import assemble
    from generator.mistakes import DefinitionMistakes, Mistake
    from runtime.app import DEFINITIONS

    mistakes: list[Mistake] = []
    assembly = assemble(DEFINITIONS, mistakes)
    if mistakes:
        raise DefinitionMistakes(mistakes)
    _known(integration, assembly)
    made = [each for each in assembly.made if each.tool.integration == integration]
    return made, assembly.coverage.get(integration)


def _print(value: Any) -> None:
    click.echo(value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False))
