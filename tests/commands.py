"""The commands of `ledgerport`, run in this process: one of their own takes half a second of processor time to start.

What a process adds is tested with one: signals, servers, a terminal, and the installed program.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess

from click.testing import CliRunner

from runtime.commands.cli import main

ROOT = Path(__file__).resolve().parents[1]


def run_command(
    *arguments: str, environment: Mapping[str, str] | None = None, typed: str = ""
) -> CompletedProcess[str]:
    """Run a command to its end at the top of the checkout. Raises what the command does not catch."""
    given = os.environ if environment is None else environment
    absent = dict.fromkeys(os.environ.keys() - given.keys())
    with contextlib.chdir(ROOT):
        done = CliRunner().invoke(
            main, arguments, typed, env={**absent, **given}, catch_exceptions=False, prog_name="ledgerport"
        )
    return CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)
