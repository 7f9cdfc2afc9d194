"""What was read for an analysis, stored for a quarter of an hour: an answer is continued without reading it again.

Called by `answering`. The parts are sealed, and belong to one account and to whoever asked: nobody continues
the reading of another one.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Mapping
from datetime import date

from runtime.deployment import Deployment
from runtime.errors import ReadingEnded
from runtime.insight_values import StoredReading, name_part, name_part_owner, name_reading_owner
from runtime.model import Grant

SECONDS = 900.0
"""How long a reading is stored: long enough to wait for a rate limit a few times, and its figures are not yet old."""


class Parts:
    """Stores readings. One for the process."""

    def __init__(self, deployment: Deployment) -> None:
        self._stores, self._keys, self._clock = deployment.stores, deployment.keys, deployment.clock

    async def find(self, grant: Grant, reading_id: str) -> tuple[StoredReading, dict[str, bytes]]:
        """Return a reading of a caller with its parts. Raises InvalidArguments where there is none."""
        records = self._stores.records
        found = await asyncio.to_thread(records.find_reading, grant.account.id, reading_id, self._clock())
        if found is None or not hmac.compare_digest(found.holder, name_holder(grant)):
            raise ReadingEnded(
                "There is no reading to continue under continue_from: it ended, or is of another caller.",
                advice="Leave continue_from out to read anew.",
            )
        sealed = await asyncio.to_thread(records.read_parts, reading_id)
        return found, await asyncio.to_thread(self._open, reading_id, sealed)

    def read_day(self, reading: StoredReading) -> date:
        """Return the day on which a reading was begun, in the time zone of its caller."""
        return date.fromisoformat(self._keys.open(reading.question, name_reading_owner(reading.id)).decode())

    async def store(
        self, grant: Grant, known: StoredReading | None, today: date, parts: Mapping[str, bytes]
    ) -> StoredReading:
        """Store what was read, in the reading that is continued or in a new one."""
        reading = known or self._begin(grant, today)
        sealed = await asyncio.to_thread(self._seal, reading.id, parts)
        records = self._stores.records

        def write() -> None:
            if known is None:
                records.make_reading(reading)
            records.add_parts(reading.id, sealed)

        await self._stores.write(write)
        return reading

    def _begin(self, grant: Grant, today: date) -> StoredReading:
        id_, now = f"rd_{secrets.token_hex(16)}", self._clock()
        sealed = self._keys.seal(today.isoformat().encode(), name_reading_owner(id_))
        return StoredReading(id_, grant.account.id, name_holder(grant), sealed, now, now + SECONDS)

    def _seal(self, reading_id: str, parts: Mapping[str, bytes]) -> dict[str, bytes]:
        seal = self._keys.seal
        return {
            name: seal(each, name_part_owner(name_part(reading_id, name))) for name, each in parts.items()
        }

    def _open(self, reading_id: str, parts: Mapping[str, bytes]) -> dict[str, bytes]:
        unseal = self._keys.open
        return {
            name: unseal(each, name_part_owner(name_part(reading_id, name))) for name, each in parts.items()
        }


def name_holder(grant: Grant) -> str:
    """Return who asked: the person where there is one, and else the MCP server or the API token."""
    return f"person:{grant.person_id}" if grant.person_id else grant.caller
