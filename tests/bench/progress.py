"""How far a run is: a bar in a terminal, a plain line for each part elsewhere."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any

import click


class Progress:
    """Moves forward one step for each measurement."""

    def __init__(self, steps: int) -> None:
        self._bar: Any = None
        if sys.stderr.isatty():
            self._bar = click.progressbar(
                length=steps, file=sys.stderr, item_show_func=lambda item: item or "", show_eta=True
            )

    def __enter__(self) -> Progress:
        if self._bar is not None:
            self._bar.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.__exit__(kind, error, trace)

    def part(self, text: str) -> None:
        """A new part of the run begins."""
        if self._bar is None:
            click.echo(f"{text} …", err=True)

    def step(self, text: str) -> None:
        """One measurement is done."""
        if self._bar is not None:
            self._bar.update(1, text)
