"""The least share of the statements of each package that the tests run, held by `scripts/test --coverage`.

The floors are in `pyproject.toml`, with how they were measured. A package that has none, and a floor whose package is
gone, are errors as well, so that nothing falls out of the check unseen.
"""

from __future__ import annotations

import io
import json
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def read_floors() -> dict[str, float]:
    """Return the floor of each package, in percent."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    floors: dict[str, float] = settings["tool"]["ledgerport"]["coverage_floors"]
    return floors


def measure() -> dict[str, float]:
    """Return what share of each package's statements was run, in percent, as the stored data says."""
    from coverage import Coverage

    measured = Coverage(config_file=str(ROOT / "pyproject.toml"))
    measured.load()
    report = io.StringIO()
    with redirect_stdout(report):
        measured.json_report(outfile="-")
    files = json.loads(report.getvalue())["files"]
    return share_by_package(
        (name, each["summary"]["covered_lines"], each["summary"]["num_statements"])
        for name, each in files.items()
    )


def share_by_package(files: Iterable[tuple[str, int, int]]) -> dict[str, float]:
    """Return the share of each package: `generator`, `runtime`, and the packages right below them.

    A file comes as its path from the root, its statements that were run, and all of them.
    """
    run, whole = defaultdict[str, int](int), defaultdict[str, int](int)
    for name, covered, statements in files:
        package = ".".join(Path(name).parent.parts[:2])
        run[package] += covered
        whole[package] += statements
    return {package: 100 * run[package] / whole[package] for package in sorted(whole) if whole[package]}


def find_shortfalls(shares: Mapping[str, float], floors: Mapping[str, float]) -> list[str]:
    """Return a sentence for each package below its floor, without one, or gone."""
    return [
        *(
            f"{package}: {shares[package]:.1f} % of its statements are run, and its floor is {floor:g} %."
            for package, floor in floors.items()
            if package in shares and shares[package] < floor
        ),
        *(f"{package} has no floor; it has {shares[package]:.1f} %." for package in shares.keys() - floors),
        *(f"{package} has a floor and was not measured." for package in floors.keys() - shares),
    ]


def main() -> int:
    """Print the share of each package, and what is wrong; the exit status is 1 when something is."""
    shares, floors = measure(), read_floors()
    for package, share in shares.items():
        print(f"{package:24} {share:5.1f} %   floor {floors.get(package, 0):g} %")
    shortfalls = find_shortfalls(shares, floors)
    print(*shortfalls, sep="\n", file=sys.stderr)
    return 1 if shortfalls else 0


if __name__ == "__main__":
    sys.exit(main())
