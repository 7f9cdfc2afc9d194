"""The instructions of `scripts/deploy/Containerfile`, and the first stage of it made in a folder, without an engine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONTAINERFILE = ROOT / "scripts" / "deploy" / "Containerfile"
PREFIX = "/opt/ledgerport"
OURS = re.compile(
    r"_*(editable_*)?ledgerport|runtime|generator|definitions|setuptools|distutils|pip", re.IGNORECASE
)
"""What in our own environment is the product itself, or a part of every new one."""


def list_instructions() -> Iterator[tuple[str, str]]:
    """Yield each instruction with what follows it; comments are left out, and continued lines joined."""
    lines = (
        line for line in CONTAINERFILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    )
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name, " ".join(rest.split())


def build_first_stage(folder: Path) -> Path:
    """Do what the first stage does, below a folder, and return what the second copies from it.

    The packages that pip would fetch are those of our own environment, so that it needs no index; what it installs of
    ours is built from what the stage copied.
    """
    source, place = folder / "src", folder / "opt" / "ledgerport"
    source.mkdir()
    stages = 0
    for name, rest in list_instructions():
        stages += name == "FROM"
        if stages == 1 and name == "COPY":
            *files, target = rest.split()
            for each in files:
                _copy(ROOT / each, source / target if len(files) == 1 else source / each)
        elif stages == 1 and name == "RUN":
            _run(rest.replace(PREFIX, str(place)), source)
            if "-m venv" in rest:
                _lend_packages(place)
    return place


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def _run(command: str, folder: Path) -> None:
    programs = folder.parent / "programs"
    programs.mkdir(exist_ok=True)
    if not (programs / "python").exists():
        (programs / "python").symlink_to(sys.executable)
    environment = {
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(folder.parent),
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "off",  # an option that negates is turned on by "off"
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def _lend_packages(place: Path) -> None:
    """Let a new environment import the packages of our own, but for the product itself."""
    ours = next(Path(each) for each in sys.path if each.endswith("site-packages"))
    lent = place.parent / "lent"
    lent.mkdir()
    for each in ours.iterdir():
        is_tool = each.name.startswith("setuptools")
        if is_tool or not (OURS.match(each.name) or each.suffix == ".pth" or each.name == "__pycache__"):
            (lent / each.name).symlink_to(each)
    (site,) = (place / "lib").glob("python*/site-packages")
    for each in (*site.glob("setuptools*"), *site.glob("*distutils*"), *site.glob("pkg_resources*")):
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    (site / "lent.pth").write_text(f"{lent}\n")
