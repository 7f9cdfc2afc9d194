"""Environments for what the product must not depend on: FastMCP, and httpx. Made once, under .cache/bench."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

import click

from tests.bench.load import Wrong
from tests.bench.processes import ROOT

HOME = ROOT / ".cache" / "bench"
PINS = Path(__file__).parent / "environments"


def python_of(name: str) -> str:
    """The interpreter of an environment, which is installed first when it is not there as it should be."""
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        place, pins = HOME / name, PINS / f"{name}.txt"
        mark = place / "installed"
        if not mark.exists() or mark.read_text() != pins.read_text():
            _install(name, place, pins)
            mark.write_text(pins.read_text())
        return str(place / "bin" / "python")


def pinned(name: str) -> str:
    """An environment's own package with its version, such as `httpx==0.28.1`."""
    lines = (PINS / f"{name}.txt").read_text().splitlines()
    return next(line for line in lines if line.startswith(f"{name}=="))


def _install(name: str, place: Path, pins: Path) -> None:
    click.echo(f"Installing {pinned(name)} under .cache/bench.", err=True)
    python = str(place / "bin" / "python")
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(place)],
        [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "-r",
            str(pins),
        ],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Wrong(f"{pinned(name)} could not be installed: {done.stderr[-2000:]}")
