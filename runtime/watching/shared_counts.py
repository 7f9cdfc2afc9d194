"""The counts of several processes on one machine, each of which writes its own into a file of a common folder.

Whichever process is asked adds them up, so that a counter is the same whoever answers, and none goes back when a
process is replaced. One process alone writes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

SAVE_SECONDS = 2.0
"""How old the counts of another process may be: a small part of the 15 s or more between two scrapes."""
LIVE_SECONDS = 5 * SAVE_SECONDS
"""How long after its last file a process counts as alive, for what it has now; what it counted stays."""


class Other(NamedTuple):
    """What another process has written: its counts, and its gauges while it is alive."""

    counts: dict[str, Any]
    gauges: dict[str, Any]


class SharedCounts:
    """The folder. `name` is that of this process, which no other one has or had since the folder was made."""

    def __init__(self, folder: Path, name: str, *, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._name, self._clock = folder, name, clock

    async def run(self, read: Callable[[], tuple[dict[str, Any], dict[str, Any]]]) -> None:
        """Write what `read` returns, counts and gauges, every few seconds until it is cancelled."""
        while True:
            found = read()
            with contextlib.suppress(OSError):  # a full disk: the next time will do
                await asyncio.to_thread(self.save, *found)
            await asyncio.sleep(SAVE_SECONDS)

    def save(self, counts: dict[str, Any], gauges: dict[str, Any]) -> None:
        """Write the counts of this process. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        content = orjson.dumps({"at": self._clock(), "counts": counts, "gauges": gauges})
        draft = self._folder / f".{self._name}"
        draft.write_bytes(content)
        draft.replace(self._folder / f"{self._name}.json")

    def read_others(self) -> Iterator[Other]:
        """Yield what every other process has written, also those that have ended."""
        for path in sorted(self._folder.glob("*.json")):
            if path.stem == self._name:
                continue
            try:
                found = orjson.loads(path.read_bytes())
            except (OSError, ValueError):  # it is removed just now, or was cut short by a power cut
                continue
            is_alive = self._clock() - found["at"] < LIVE_SECONDS
            yield Other(found["counts"], found["gauges"] if is_alive else {})

    def purge(self) -> None:
        """Remove the files of an earlier run: for the parent, before it starts its processes."""
        for path in self._folder.glob("*.json"):
            path.unlink(missing_ok=True)


def open_counts(data: Path, name: str) -> SharedCounts:
    """Return what the processes of one data directory share, for the one with this name."""
    return SharedCounts(data / "counts", name)
