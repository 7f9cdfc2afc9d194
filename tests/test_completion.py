"""Completion by the shell, as click's script asks the program for it."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.commands import run_command


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed_for_each_shell(shell):
    done = run_command("completion", shell)
    assert done.returncode == 0
    assert f"_LEDGERPORT_COMPLETE={shell}_complete" in done.stdout


def test_the_program_answers_what_the_script_asks():
    asked = {
        "_LEDGERPORT_COMPLETE": "bash_complete",
        "COMP_WORDS": "ledgerport settings --js",
        "COMP_CWORD": "2",
    }
    done = run_command(environment={**os.environ, **asked})
    assert done.stdout == "plain,--json\n"


def test_bash_takes_the_script():
    script = run_command("completion", "bash").stdout
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
