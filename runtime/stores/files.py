"""Whether the files of the database are still the ones that this process has open.

A file that was deleted or replaced stays open under no name: SQLite goes on reading and writing it, so a change would
be acknowledged and lost with the process, and what another process revokes in the new file would never be seen here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from runtime.stores.sqlite import explain_failed_read

LOOK_EVERY_SECONDS = 0.01
"""Three `stat` calls take about 5 µs, a tenth of a list of tools, so a busy server looks 100 times a second. A command
of another process takes longer than this to start, so what it revokes in a replaced file is noticed before it ends.
"""
_SIDE_FILES = ("", "-wal", "-shm")


class Files:
    """The identities of the files at the time of creation, while a connection has them open."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        files = [path.with_name(path.name + suffix) for suffix in _SIDE_FILES]
        found = [(file, _identity(file)) for file in files]
        self._known = [(file, identity) for file, identity in found if identity is not None]
        self._looks_again_at = -1.0
        self._fault = ""

    def find_fault(self) -> str:
        """Return what is wrong with the files now, in a sentence; empty when they are the same."""
        for file, identity in self._known:
            if _identity(file) != identity:
                return f"The file {file} was removed or replaced while the server runs: restart the server."
        return ""

    def check(self) -> None:
        """Raise StorageUnavailable when the files were replaced, looking at them at most every 10 ms."""
        now = self._clock()
        if now >= self._looks_again_at:
            self._fault = self.find_fault()
            self._looks_again_at = now + LOOK_EVERY_SECONDS
        if self._fault:
            raise explain_failed_read(self._fault)


def _identity(file: Path) -> tuple[int, int] | None:
    """Device and inode of a file; None when there is none."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
