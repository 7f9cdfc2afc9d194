"""What commands print: lines in columns for people, or JSON for programs, and never both on one stream."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def write_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def write_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Print some keys of each row in columns as wide as their widest text; `-` for nothing."""
    lines = [[_as_text(row.get(name)) for name in columns] for row in rows]
    widths = [max(map(len, texts)) for texts in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _as_text(value: Any) -> str:
    if isinstance(value, list | tuple):
        value = ",".join(map(str, value))
    return "-" if value is None or value == "" else str(value)
