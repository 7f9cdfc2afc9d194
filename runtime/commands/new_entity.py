"""`ledgerport new-entity`: asks a few questions, or takes a sample, and writes a definition to finish."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from runtime.commands.exit_on_error import exit_on_error
from runtime.commands.folders import definitions_option, find_layers
from runtime.errors import SettingsError

MOST_BYTES = 2_000_000
"""Of a sample, which is one record, and has a few kB."""
WORD = re.compile(r"[a-z][a-z_]*\Z")
VENDOR_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}\Z")


@click.command("new-entity")
@click.option("--name", default="", help="What one of them is called, such as: purchase order.")
@click.option("--plural", default="", help="What many of them are called, such as: purchase orders.")
@click.option("--entity", default="", help="The vendor's name for it, such as: PurchaseOrder.")
@click.option("--methods", default="", help="Which usual methods it has: list,get,create,update.")
@click.option("--tags", default="", help="Its tags, from the table in integration.yaml.")
@click.option(
    "--sample", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A JSON record of it."
)
@click.option("--integration", default="", help="Which integration it belongs to; that of the books when left out.")
@definitions_option
@click.option("--yes", is_flag=True, help="Ask nothing: take what is not given as it can be guessed.")
@exit_on_error()
def new_entity(
    *,
    name: str,
    plural: str,
    entity: str,
    methods: str,
    tags: str,
    sample: Path | None,
    integration: str,
    own: tuple[Path, ...],
    yes: bool,
) -> None:
    """Write the definition of a new entity, all but its sentences. `ledgerport check` names those to write.

    It is written into the last of the folders given with --definitions, or else beside ours, in a checkout; an
    installed copy is never written into. Where no terminal and no input answers a question, the guess is taken.
    """
    from generator.reports.scaffold import Wanted, derive_names, draft_resource, find_sample

    folders = find_layers(own)
    _check_writable(folders[-1])
    ask = _asking(is_silent=yes)
    name = name or ask("What is one of them called", "")
    singular, guessed_plural, guessed_entity = derive_names(name)
    if not WORD.match(singular):
        raise SettingsError(
            "The entity needs a name of letters.", advice="Give --name, such as: purchase order."
        )
    documents, folder = _integration(integration, folders)
    usual = list(documents.integration.value["methods"])
    entity = entity or ask("What does the vendor call it", guessed_entity)
    if not VENDOR_WORD.match(entity):
        raise SettingsError(f"{entity[:60]!r} cannot be a vendor's name for it.", advice="Give --entity.")
    wanted = Wanted(
        singular=singular,
        plural=_plural(plural or ask("What are many of them called", guessed_plural)),
        entity=entity,
        methods=_chosen(methods or ask("Which methods", ",".join(_guessed(usual))), usual, "method"),
        tags=_chosen(
            tags or ask("Which tags", next(iter(documents.integration.value["tags"]))),
            documents.integration.value["tags"],
            "tag",
        ),
        sample=_read(sample, lambda text: find_sample(text, entity)),
    )
    file = folder / f"{singular}.yaml"
    if any(each.value["resource"] == wanted.plural for each in documents.resources):
        raise SettingsError(
            f"There is a definition of {wanted.plural} already.",
            advice=f"Choose another name, or change it in a folder of your own with extends: {wanted.plural}.",
        )
    if file.exists():
        raise SettingsError(f"There is a file {file} already.", advice="Change it, or choose another name.")
    text = draft_resource(wanted, documents.integration, documents.types, file)
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    count = text.count(": TODO")
    click.echo(f"Wrote {file}. {count} sentences are still to be written; ledgerport check names them.")


def _asking(*, is_silent: bool) -> Callable[[str, str], str]:
    def ask(question: str, usual: str) -> str:
        if is_silent:
            return usual
        try:
            return str(click.prompt(question, default=usual or None))
        except click.Abort as stopped:
            if not isinstance(stopped.__context__, EOFError) or sys.stdin.isatty():
                raise
            return usual

    return ask


def _check_writable(folder: Path) -> None:
    """Refuse to write among our own definitions unless they are a checkout's, which its people change.

    Raises SettingsError for an installed copy: what is written there breaks it and goes with the next update.
    """
    from generator.reading.files import BUILTIN_DEFINITIONS

    if folder == BUILTIN_DEFINITIONS and not (BUILTIN_DEFINITIONS.parent / "pyproject.toml").is_file():
        raise SettingsError(
            "This copy of Ledgerport is installed, and no definition is written into it.",
            advice="Give --definitions FOLDER, a folder of your own, here and at ledgerport check and serve.",
        )


def _integration(name: str, folders: tuple[Path, ...]) -> tuple[Any, Path]:
    """Return the files of an integration, and the folder that a new one belongs into."""
    from generator.diagnostics import Diagnostics
    from generator.reading.documents import read_documents
    from generator.reading.files import find_integrations
    from generator.suggestions import did_you_mean
    from generator.usual_integration import find_usual

    found = {each[0].name: each for each in find_integrations(folders)}
    diagnostics = Diagnostics()
    if not name:
        read = {each: read_documents(files, diagnostics).integration for each, files in found.items()}
        systems = {each: document.value.get("system", "") for each, document in read.items() if document}
        name = find_usual(systems) or next(iter(found), "")
    if name not in found:
        raise SettingsError(f'There is no integration "{name}". {did_you_mean(name, found)}'.strip())
    documents = read_documents(found[name], diagnostics)
    if documents.integration is None:
        raise SettingsError(f"The integration {name} cannot be read: {next(iter(diagnostics))}")
    return documents, folders[-1] / name


def _guessed(usual: list[str]) -> list[str]:
    return [name for name in ("list", "get", "create", "update") if name in usual]


def _chosen(text: str, known: Any, what: str) -> tuple[str, ...]:
    from generator.suggestions import did_you_mean

    words = tuple(word for word in re.split(r"[,\s]+", text.strip()) if word)
    for word in words:
        if word not in known:
            hint = did_you_mean(word, known) or f"Known names: {', '.join(known)}."
            raise SettingsError(f'"{word}" is no {what} of this integration.', advice=hint)
    if not words:
        raise SettingsError(f"At least one {what} is needed.")
    return words


def _plural(text: str) -> str:
    from generator.reports.scaffold import split_name

    if words := split_name(text):
        return "_".join(words)
    raise SettingsError("The plural needs letters.", advice="Give --plural, such as: purchase orders.")


def _read(sample: Path | None, record_in: Callable[[bytes], dict[str, Any]]) -> dict[str, Any]:
    if sample is None:
        return {}
    if sample.stat().st_size > MOST_BYTES:
        raise SettingsError(f"The sample is larger than {MOST_BYTES:,} bytes. One record is enough.")
    try:
        return record_in(sample.read_bytes())
    except ValueError as error:
        raise SettingsError(str(error)) from None
