"""What the module of an analysis makes of its figures; `making` adds what all analyses have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from runtime.operations.formats import Formats
from runtime.operations.insight_views.view import Fact, InsightTable, Notice


class Style(NamedTuple):
    """How values are written, and what tools are called, by their names."""

    formats: Formats
    titles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of an answer as they are shown. `file_part` stands for the period in the name of a file."""

    headline: str
    period: str = ""
    file_part: str = ""
    facts: tuple[Fact, ...] = ()
    tables: tuple[InsightTable, ...] = ()
    notices: tuple[Notice, ...] = ()
