"""What the rules of a pre-flight are given beside the record: the day, and what was read at the vendor for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from runtime.upstream.answer import follow_path

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What is known. What was not read is not known, and then nothing is said of it."""

    today: date
    records: Mapping[tuple[str, str], Record | None] = field(default_factory=dict)
    """Under (resource, Id): the record, or None where nothing has that Id."""
    settings: Record = field(default_factory=dict)
    """The settings of the company."""
    taken: Mapping[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    """Under (resource, field, value): the Ids of the records that have this value."""

    def is_known(self, resource: str, id_: str) -> bool:
        """Whether it was looked whether there is such a record."""
        return (resource, id_) in self.records

    def find(self, resource: str, id_: str) -> Record | None:
        """Return a record; None where there is none, or where it was not looked up."""
        return self.records.get((resource, id_))

    def get_setting(self, path: tuple[str, ...]) -> Any:
        """Return one of the settings of the company; None where it is not known."""
        return follow_path(self.settings, path) if path else None
