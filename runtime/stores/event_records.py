"""The records of events that no other change comes with. See `emitting`."""

from __future__ import annotations

from runtime.events import Event
from runtime.stores.emitting import emit
from runtime.stores.record_base import RecordBase


class EventRecords(RecordBase):
    """Stores events that no other change comes with."""

    def add_event(self, event: Event) -> str:
        """Store an event, and return its id."""
        with self._engine.begin() as connection:
            return emit(connection, event)
