"""Lists of a work system that are found through the records of another list: the additions of each agreement.

Called by `work_reading` once the other list was read. Only what may matter in the wanted days is asked for: each record
of the other list costs a request.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from generator.catalog import Tool
from generator.insight_rules import WorkRules
from runtime.insights.analysis import WorkRecords
from runtime.insights.record_types import Page
from runtime.insights.work_extraction import WorkExtraction
from runtime.insights.worker import PackedPage

WITHIN: Mapping[str, str] = {"additions": "agreements"}
"""Lists whose records belong to one of another list each."""


def find_owner_argument(tool: Tool) -> str:
    """Return the argument by which a list takes what its records belong to; empty where it needs none, or others."""
    required: list[str] = list(tool.input_schema.get("required", ()))
    return required[0] if len(required) == 1 else ""


def list_owners(
    name: str, rules: Mapping[str, WorkRules], pages: Iterable[PackedPage], wanted: WorkRecords
) -> Iterator[str]:
    """Yield the Ids of the records in some pages that hold on any of the wanted days."""
    extraction = WorkExtraction(rules)
    since, until = wanted.since or date.min, wanted.until or date.max
    for each in pages:
        page = Page(each.resource, zlib.decompress(each.body), each.path)
        for record in extraction.read(name, page).values:
            if record.is_valid_in(since, until):
                yield record.key.id
