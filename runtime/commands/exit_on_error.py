"""How a command ends when it cannot go on: one plain sentence and an exit status, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click

from generator.diagnostics import DefinitionErrors
from runtime.errors import LedgerportError

P = ParamSpec("P")


def exit_on_error(command: Callable[P, None]) -> Callable[P, None]:
    """Turn our errors and those of files into one plain sentence and exit status 1, and Ctrl-C into a quiet end."""

    @wraps(command)
    def guarded(*arguments: P.args, **options: P.kwargs) -> None:
        try:
            command(*arguments, **options)
        except LedgerportError as error:
            click.echo(f"ledgerport: {error.as_text()}", err=True)
            sys.exit(1)
        except OSError as error:
            click.echo(f"ledgerport: {explain_file_error(error)}", err=True)
            sys.exit(1)
        except DefinitionErrors as errors:
            click.echo(f"{errors}\nledgerport: The definitions have errors.", err=True)
            sys.exit(1)
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            sys.exit(130)

    return guarded


def explain_file_error(error: OSError) -> str:
    """Return what went wrong with a file or folder, in one sentence."""
    return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror or error}."
