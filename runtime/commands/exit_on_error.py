"""How a command ends when it cannot go on: one plain sentence and an exit status, never a traceback.

Every command of `cli` is wrapped in it. The exit statuses of `ledgerport` are:

- 0: it is done, and what was looked at is in order;
- 1: it is not done, or what was looked at has errors;
- 2: it was called wrongly (as click ends it), or `check` could not read what it is to check;
- 130: it was ended with Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click

from generator.diagnostics import DefinitionErrors
from runtime.errors import LedgerportError

P = ParamSpec("P")
FAILED = 1
"""The exit status of a command that is not done, or that found errors."""
UNREADABLE = 2
"""The exit status of a check that could not look: nothing is known of what it was to check."""
INTERRUPTED = 130
"""The exit status after Ctrl-C: 128 and the number of SIGINT, as shells have it."""


def exit_on_error(status: int = FAILED) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Return a decorator that turns our errors and those of files into one plain sentence and an exit status.

    Ctrl-C becomes a quiet end.
    """

    def guard(command: Callable[P, None]) -> Callable[P, None]:
        @wraps(command)
        def guarded(*arguments: P.args, **options: P.kwargs) -> None:
            try:
                command(*arguments, **options)
            except (LedgerportError, OSError, DefinitionErrors) as error:
                click.echo(_explain(error), err=True)
                sys.exit(status)
            except KeyboardInterrupt:
                click.echo("Stopped.", err=True)
                sys.exit(INTERRUPTED)

        return guarded

    return guard


def _explain(error: LedgerportError | OSError | DefinitionErrors) -> str:
    if isinstance(error, DefinitionErrors):
        return f"{error}\nledgerport: The definitions have errors."
    text = error.as_text() if isinstance(error, LedgerportError) else explain_file_error(error)
    return f"ledgerport: {text}"


def explain_file_error(error: OSError) -> str:
    """Return what went wrong with a file or folder, in one sentence."""
    return f"{error.filename}: {error.strerror}." if error.filename else f"{error.strerror or error}."
