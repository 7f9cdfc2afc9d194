"""The outcome of a run: tables for people, and the same as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tests.bench.entry import Figure, Findings, Row

REACHED = {None: "", True: "yes", False: "NO"}
_LEFT = 0


def table(rows: Sequence[Row]) -> str:
    """What was found, beside what was wanted. Ratios are ours to the reference, medians of the rounds."""
    lines = [("what : reference", "ours", "reference", "median (least to most)", "by CPU", "aim", "reached")]
    lines += [
        (
            row.name,
            row.ours,
            row.reference,
            _spread(row),
            _by_processor(row),
            _aim(row),
            REACHED[row.is_reached],
        )
        for row in rows
    ]
    return _aligned(lines)


def figures_table(figures: Sequence[Figure]) -> str:
    """What was measured of each server: its share of its core says whether it was the limit."""
    lines = [
        ("measured", "answers/s", "median", "server CPU", "of 1 core", "load", "vendor", "answers", "checked")
    ]
    for each in figures:
        lines.append(
            (
                each.name,
                f"{each.rate:,.0f}",
                f"{each.latency * 1000:.2f} ms",
                f"{each.cost * 1e6:,.0f} µs" if each.cost else "",
                *(_percent(each.shares.get(kind)) for kind in ("server", "load", "vendor")),
                f"{each.answers:,}",
                f"{each.checked:,}",
            )
        )
    return _aligned(lines)


def as_json(facts: Mapping[str, Any], found: Sequence[Findings]) -> dict[str, Any]:
    """Everything, round by round."""
    rows = [
        {**asdict(row), "median": row.median, "is_reached": row.is_reached}
        for findings in found
        for row in findings.rows
    ]
    figures = [asdict(figure) for findings in found for figure in findings.figures]
    return {"machine": dict(facts), "rows": rows, "figures": figures}


def machine_lines(facts: Mapping[str, Any]) -> str:
    """The facts of the machine in two lines."""
    packages = " ".join(f"{name} {version}" for name, version in facts["packages"].items())
    rest = [f"{name}: {value}" for name, value in facts.items() if name != "packages"]
    return f"{' · '.join(rest)}\n{packages}"


def _spread(row: Row) -> str:
    digits = _digits(row.median)
    middle, least, most = (f"{value:,.{digits}f}" for value in (row.median, min(row.values), max(row.values)))
    return f"{middle}{f' {row.unit}' if row.unit else ''} ({least} to {most})"


def _by_processor(row: Row) -> str:
    return "" if row.by_processor is None else f"{row.by_processor:,.{_digits(row.by_processor)}f}"


def _digits(value: float) -> int:
    return 2 if value < 10 else 1 if value < 100 else 0


def _aim(row: Row) -> str:
    return f"{row.aim.side} {row.aim.bound:g}{f' {row.unit}' if row.unit else ''}" if row.aim else ""


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = ["─" * width for width in widths]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at == _LEFT else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in (lines[0], rule, *lines[1:])
    )
