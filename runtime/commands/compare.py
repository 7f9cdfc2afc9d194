"""`ledgerport diff`: two folders of definitions, or two git revisions of ours, side by side."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import click

from runtime.commands.definitions import json_option, print_value
from runtime.commands.exit_on_error import exit_on_error
from runtime.errors import SettingsError

MOST_BYTES = 100_000_000
"""Of an archive of definitions, which are a megabyte: more is no folder of definitions."""
MOST_SECONDS = 60
"""Git reads a revision in less than one; more is a network file system that does not answer."""


@click.command()
@click.argument("before")
@click.argument("after")
@click.option("--fail-on-breaking", is_flag=True, help="Exit status 1 when something breaks callers.")
@json_option
@exit_on_error()
def diff(*, before: str, after: str, fail_on_breaking: bool, as_json: bool) -> None:
    """Show which tools appear, vanish or change from BEFORE to AFTER, and what breaks callers.

    Each is a folder of definitions, or a git revision of ours such as HEAD~3. Both are compiled by the generator as it
    is now.
    """
    from generator.reports.diff import compare_catalogs, render_text, render_value

    with tempfile.TemporaryDirectory(prefix="ledgerport-diff-") as folder_of_run:
        catalogs = [_catalog(name, Path(folder_of_run) / str(at)) for at, name in enumerate((before, after))]
    found = compare_catalogs(*catalogs)
    print_value(render_value(found) if as_json else render_text(found))
    sys.exit(1 if fail_on_breaking and found.is_breaking else 0)


def _catalog(name: str, folder_of_run: Path) -> Any:
    """Return the tools of a folder or revision; files that today's rules refuse are left out and reported."""
    from generator.diagnostics import Diagnostics
    from generator.pipeline import build
    from generator.reports.tables import format_count

    folder = Path(name) if Path(name).is_dir() else _of_revision(name, folder_of_run)
    diagnostics = Diagnostics()
    catalog = build((folder,), "", diagnostics)
    if not catalog.integrations:
        raise SettingsError(f"There are no definitions in {name!r} that can be compiled.")
    if diagnostics:
        count = format_count(len(diagnostics), "error")
        reported = f"{name} has {count} by today's rules, such as: {next(iter(diagnostics))}"
        click.echo(f"ledgerport: {reported}", err=True)
    return catalog


def _of_revision(name: str, folder_of_run: Path) -> Path:
    """Our definitions as a revision has them, written into an empty folder. Raises SettingsError."""
    from generator.reading.files import BUILTIN_DEFINITIONS

    repository = BUILTIN_DEFINITIONS.parent
    if name.startswith("-"):
        raise _unknown(name)
    revision = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if revision is None:
        raise _unknown(name)
    content = _git(repository, "archive", "--format=tar", revision.decode().strip(), BUILTIN_DEFINITIONS.name)
    if content is None or len(content) > MOST_BYTES:
        raise SettingsError(
            f"The revision {name!r} has no folder {BUILTIN_DEFINITIONS.name} that can be read."
        )
    folder_of_run.mkdir()
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(folder_of_run, filter="data")
    return folder_of_run / BUILTIN_DEFINITIONS.name


def _git(repository: Path, *words: str) -> bytes | None:
    try:
        done = subprocess.run(  # noqa: S603 - words, and no shell
            ["git", "-C", str(repository), *words],  # noqa: S607 - the git of the person who asks
            capture_output=True,
            timeout=MOST_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _unknown(name: str) -> SettingsError:
    return SettingsError(
        f"{name!r} is neither a folder nor a git revision of the definitions.",
        advice="Give a folder of definitions, or a revision such as HEAD~1.",
    )
