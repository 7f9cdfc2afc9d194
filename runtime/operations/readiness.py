"""Whether a process can serve: part by part, for load balancers and for whoever looks what is wrong.

Called by `api.probes`. What it says was found out before, by `server.app` every few seconds and by the calls
themselves; only the revision of a database that others may migrate is read here, at most once in a moment.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from runtime.errors import StorageUnavailable
from runtime.stores.migrations import find_newest_version

LOOK_SECONDS = 5.0
"""How old the revision may be; as old as the other parts."""
PartStatus = Literal["ok", "degraded", "unavailable"]


class Part(NamedTuple):
    """How one part is; `reason` is a sentence, empty when it is well."""

    status: PartStatus = "ok"
    reason: str = ""


class ProbedStores(Protocol):
    """The stores, as far as they are asked how they are."""

    def find_faults(self) -> dict[str, str]:
        """Return what fails: `unreadable`, `unwritable` and `redis`, each with its reason, empty when it is well."""
        ...

    def read_version(self) -> int:
        """Return the revision that the database has now. Raises StorageUnavailable."""
        ...


class Readiness:
    """Answers how the process is. One for the process."""

    def __init__(
        self,
        stores: ProbedStores,
        *,
        find_definition_fault: Callable[[], str] = lambda: "",
        has_redis: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stores, self._has_redis, self._monotonic = stores, has_redis, monotonic
        self._find_definition_fault = find_definition_fault
        self._looked_at = float("-inf")
        self._looking: asyncio.Task[None] | None = None
        self._version = find_newest_version()

    async def check(self) -> dict[str, Part]:
        """Return each part with how it is. Only a database that cannot be read makes it unavailable."""
        faults = self._stores.find_faults()
        unreadable, unwritable = faults["unreadable"], faults["unwritable"]
        if not unreadable:
            await self._look()
        newest = find_newest_version()
        parts = {
            "database": Part("unavailable", unreadable) if unreadable else _degrade(unwritable),
            "migrations": _degrade(
                ""
                if self._version == newest
                else f"The database is of version {self._version}, and this process knows {newest}: start it with "
                "the newer Ledgerport."
            ),
            "definitions": _degrade(self._find_definition_fault()),
        }
        return parts | ({"redis": _degrade(faults["redis"])} if self._has_redis else {})

    async def _look(self) -> None:
        """Read the revision, unless that was done a moment ago; all who ask at once wait for one reading."""
        if self._looking is None or self._looking.done():
            if self._monotonic() - self._looked_at < LOOK_SECONDS:
                return
            self._looking = asyncio.create_task(self._read_version())
        await asyncio.shield(self._looking)

    async def _read_version(self) -> None:
        try:
            self._version = await asyncio.to_thread(self._stores.read_version)
        except StorageUnavailable:
            return
        self._looked_at = self._monotonic()


def join_status(parts: dict[str, Part]) -> PartStatus:
    """Return how the whole is: as its worst part."""
    found = {each.status for each in parts.values()}
    return next((status for status in ("unavailable", "degraded") if status in found), "ok")


def _degrade(reason: str) -> Part:
    return Part("degraded", reason) if reason else Part()
