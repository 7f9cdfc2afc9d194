"""The command line of `scripts/bench`."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import click

from tests.bench import machine, report
from tests.bench.entries import ENTRIES
from tests.bench.entry import FULL, QUICK, Entry, Findings
from tests.bench.load import Wrong
from tests.bench.progress import Progress
from tests.bench.stage import Stage

NAMES = [entry.name for entry in ENTRIES]


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--quick", is_flag=True, help="Few and short rounds: a first look, with more spread.")
@click.option(
    "--only", multiple=True, type=click.Choice(NAMES), help="One entry; may be given several times."
)
@click.option(
    "--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write everything here too."
)
@click.option("--strict", is_flag=True, help="Exit with status 1 when an aim is not reached.")
def main(quick: bool, only: tuple[str, ...], file: Path | None, strict: bool) -> None:
    """Measure Ledgerport beside other servers, on loopback, and print ratios.

    Every server has one core and the load another; they take turns in rounds, and a ratio is the median of the
    ratios of the rounds.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    facts = machine.facts()
    click.echo(report.machine_lines(facts))
    if facts["cores"] == 1:
        click.echo("There is one core only: servers and load share it, and ratios flatter the slower server.")
    entries = [entry for entry in ENTRIES if not only or entry.name in only]
    try:
        found = _run(entries, quick=quick)
    except Wrong as wrong:
        click.echo(f"bench: {wrong}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        click.echo("\nStopped; nothing is left running.", err=True)
        sys.exit(130)
    facts["load average at the end"] = round(os.getloadavg()[0], 2)
    _show(found)
    if file is not None:
        file.write_text(json.dumps(report.as_json(facts, found), indent=1) + "\n")
    if strict and any(row.is_reached is False for findings in found for row in findings.rows):
        sys.exit(1)


def _run(entries: list[Entry], *, quick: bool) -> list[Findings]:
    scale = QUICK if quick else FULL
    os.sched_setaffinity(0, {machine.cores()[1]})
    found = []
    with (
        Progress(sum(entry.steps(scale) for entry in entries)) as progress,
        Stage(scale, progress, sys.executable) as stage,
    ):
        for entry in entries:
            progress.part(f"{entry.name}: {entry.about}")
            found.append(entry.run(stage))
    return found


def _show(found: list[Findings]) -> None:
    click.echo("\n" + report.table([row for findings in found for row in findings.rows]))
    figures = [figure for findings in found for figure in findings.figures]
    if figures:
        click.echo("\n" + report.figures_table(figures))
    notes = [note for findings in found for note in findings.notes]
    if notes:
        click.echo("\n" + "\n".join(notes))


if __name__ == "__main__":
    main()
