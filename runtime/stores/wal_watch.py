"""Whether anybody has changed a SQLite file since: without a lock, a read or a system call.

In write-ahead mode every process that has the file open maps its `-shm` file, which begins with the header of the WAL
index, twice. Each commit writes the second copy, then the first, before it returns; SQLite itself compares them at
the begin of every read to learn whether what it knows still holds (sqlite.org, "WAL-mode File Format", section 2.1).
Two equal copies that are as they were mean that nothing was committed meanwhile.
"""

from __future__ import annotations

import mmap
import sqlite3
from pathlib import Path

HEADER = 48
"""Bytes of one copy of the header: a counter of changes, the number of frames, their checksum and salt."""


class WalWatch:
    """Watches one file. It keeps a connection open, so that the index is neither removed nor made anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._index: mmap.mmap | None = None

    def state(self) -> bytes | None:
        """The state of the file; None when it cannot be told, and nothing read may be kept."""
        index = self._index
        if index is None:
            index = self._open()
            if index is None:
                return None
        copies = index[: 2 * HEADER]
        first = copies[:HEADER]
        return first if first == copies[HEADER:] and any(first) else None

    def close(self) -> None:
        """Stop watching."""
        if self._index is not None:
            self._index.close()
            self._index = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> mmap.mmap | None:
        if self._connection is not None:
            return None  # tried before: this file system has no shared index
        self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        try:
            with self._path.with_name(self._path.name + "-shm").open("rb") as file:
                self._index = mmap.mmap(file.fileno(), 2 * HEADER, access=mmap.ACCESS_READ)
        except (OSError, ValueError):
            return None
        return self._index
