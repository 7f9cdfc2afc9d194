"""`ledgerport export` and `ledgerport import`: move an installation to another database, with all that works."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runtime.commands.exit_on_error import exit_on_error

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from runtime.settings import Settings

MILESTONE = 500
"""Rows between two steps of the bar."""


@click.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@exit_on_error()
def export(file: Path) -> None:
    """Write all records to FILE: accounts with their connections, MCP servers, API tokens and the journal.

    Secrets in it are hashed or sealed; it works with the same LEDGERPORT_SECRET_KEY only. Stop the server first, so
    that nothing is written afterwards that FILE lacks.
    """
    from runtime.operations.transfer import export_records
    from runtime.stores.embedded import open_stores

    settings = _load()
    keys = settings.make_keys()
    with closing(open_stores(settings, time.time(), keys)) as stores, _bar("Exporting") as report:
        rows = export_records(stores, keys, file, report)
    click.echo(f"{rows:,} records are in {file}.", err=True)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", "replaces", is_flag=True, help="Remove the records that are there.")
@exit_on_error()
def import_(file: Path, *, replaces: bool) -> None:
    """Store all records of FILE, which `ledgerport export` has written, in the database that is set.

    All or nothing. No server may serve from the database meanwhile, and it must be empty unless --replace is given.
    """
    from runtime.operations.transfer import import_records
    from runtime.server.holding import hold_database_alone
    from runtime.stores.embedded import open_stores

    settings = _load()
    keys = settings.make_keys()
    _held = hold_database_alone(settings)
    with closing(open_stores(settings, time.time(), keys)) as stores, _bar("Importing") as report:
        rows = import_records(stores, keys, file, report, replaces=replaces)
    click.echo(f"{rows:,} records are stored.", err=True)


@contextmanager
def _bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show how far it is, in a terminal."""
    bar: ProgressBar[int]
    with click.progressbar(length=1, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def report(done: int, total: int) -> None:
            bar.length = total
            if done % MILESTONE == 0 or done == total:
                bar.update(done - bar.pos)

        yield report


def _load() -> Settings:
    from runtime.settings import Settings

    return Settings.load(os.environ)
