"""The setup that every script begins with, in a folder of its own and with a Python that only notes what is asked."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.signals import as_at_a_terminal
from tests.waiting import wait_until

SETUP = Path(__file__).resolve().parents[1] / "scripts" / "setup"
PYTHON = """#!/bin/bash
[ "$1" = -c ] && exit 0
[ "$1" = --version ] && echo Python 3.11.0 && exit 0
echo "$*" >>asked
case "$*" in
  "-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python; sleep "${VENV_SECONDS:-0}"
              echo "VIRTUAL_ENV=\\"$(pwd -P)/.venv\\"" >.venv/bin/activate; cp "$0" .venv/bin/pip3 ;;
  "-m pip"*)  echo "$PIP_SAYS"; exit "${PIP_STATUS:-0}" ;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "clone"
    (place / "scripts").mkdir(parents=True)
    shutil.copy(SETUP, place / "scripts" / "setup")
    (place / "scripts" / "go").write_text('. "$(dirname "$0")/setup" product\necho ready\n')
    (place / "scripts" / "constraints.txt").touch()
    (place / "pyproject.toml").touch()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3.11").write_text(PYTHON)
    (tmp_path / "bin" / "python3.11").chmod(0o755)
    return place


def started(folder: Path, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        as_at_a_terminal(["bash", str(folder / "scripts" / "go")]),
        env={**os.environ, "PATH": f"{folder.parent / 'bin'}:{os.environ['PATH']}", **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(folder: Path, **more: str) -> tuple[int, str, str]:
    process = started(folder, **more)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def asked(folder: Path) -> list[str]:
    """What Python was asked to run since the last look, by the module."""
    lines = (folder / "asked").read_text().splitlines() if (folder / "asked").exists() else []
    (folder / "asked").unlink(missing_ok=True)
    return [line.split()[1] for line in lines if line.startswith("-m")]


def test_what_is_set_up_is_not_set_up_again(folder):
    assert run(folder)[:2] == (0, "ready\n")
    assert asked(folder) == ["venv", "pip", "compileall"]
    assert run(folder) == (0, "ready\n", "")
    assert asked(folder) == []


def test_an_environment_that_was_never_finished_is_made_anew(folder):
    (folder / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(folder.parent / "bin" / "python3.11", folder / ".venv" / "bin" / "python")
    assert run(folder)[:2] == (0, "ready\n")
    assert asked(folder)[0] == "venv"


def test_an_environment_that_was_moved_with_its_folder_is_made_anew(folder):
    run(folder)
    asked(folder)
    moved = folder.rename(folder.with_name("moved"))
    assert run(moved)[:2] == (0, "ready\n")
    assert asked(moved) == ["venv", "pip", "compileall"]


@pytest.mark.parametrize("words", ["ERROR: no such index", "No module named pip"])
def test_an_installation_that_fails_says_why_and_what_to_do(folder, words):
    status, out, err = run(folder, PIP_STATUS="1", PIP_SAYS=words)
    assert (status, out) == (1, "")
    assert err.endswith(
        f"{words}\nThe dependencies could not be installed. Is the package index reachable? "
        "Run this again to retry.\n"
    )
    assert run(folder)[:2] == (0, "ready\n")


def test_ctrl_c_leaves_nothing_half_made(folder):
    process = started(folder, VENV_SECONDS="1")
    wait_until((folder / ".venv" / "bin" / "python").exists)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("Stopped. Run this again to go on with the setup.\n")
    assert run(folder)[:2] == (0, "ready\n")
    assert asked(folder) == ["venv", "pip", "compileall"]


def test_a_second_script_waits_for_the_first_and_says_so(folder):
    first = started(folder, VENV_SECONDS="1")
    wait_until((folder / ".venv" / "bin" / "python").exists)
    status, out, err = run(folder)
    assert first.communicate(timeout=30)[0] == "ready\n"
    assert (status, out) == (0, "ready\n")
    assert err == "Another script is setting up this folder; waiting for it.\n"
    assert asked(folder) == ["venv", "pip", "compileall"]
