"""Whether anybody has changed a SQLite file since: without a lock, a read or a system call.

In write-ahead mode every process that has the file open maps its `-shm` file, which begins with the header of the WAL
index, twice. Each commit writes the second copy, then the first, before it returns; SQLite itself compares them at
the begin of every read to learn whether what it knows still holds (sqlite.org, "WAL-mode File Format", section 2.1).
Two equal copies that are as they were mean that nothing was committed meanwhile.

SQLite's locks on that file are POSIX locks, and a process loses all of its locks on a file when it closes any
descriptor of it. Without them the next process to open the database would take itself for the first one and cut the
index down to nothing under those who have it mapped. So a descriptor that was opened here is closed only when the
index has been removed, which SQLite does when nobody has the database open any more.
"""

from __future__ import annotations

import mmap
import os
import sqlite3
import threading
from pathlib import Path

from runtime.stores.sqlite import connect

HEADER = 48
"""Bytes of one copy of the header: a counter of changes, the number of frames, their checksum and salt."""

_MAPPED: dict[tuple[int, int], tuple[int, mmap.mmap | None]] = {}
"""Every index that this process has opened, by device and inode, with its descriptor."""
_mapping = threading.Lock()


class WalWatch:
    """Watches one file. It holds a connection open, so that the index is neither removed nor made anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._index: mmap.mmap | None = None

    def read_state(self) -> bytes | None:
        """Return the state of the file; None when it is not known, and nothing read may be cached."""
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
        self._index = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        _close_removed()

    def _open(self) -> mmap.mmap | None:
        if self._connection is not None:
            return None  # tried before: this file system has no shared index
        self._connection = connect(self._path)
        self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        self._index = _mapped(self._path.with_name(self._path.name + "-shm"))
        return self._index


def _mapped(path: Path) -> mmap.mmap | None:
    """Return the index in memory, mapped once in this process; None when there is none or it cannot be mapped."""
    with _mapping:
        try:
            status = path.stat()
            key = (status.st_dev, status.st_ino)
            if key not in _MAPPED:
                file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                _MAPPED[key] = (file, None)
                _MAPPED[key] = (file, mmap.mmap(file, 2 * HEADER, access=mmap.ACCESS_READ))
        except (OSError, ValueError):
            return None
        return _MAPPED[key][1]


def _close_removed() -> None:
    """Close what belongs to an index that has been removed: nobody can have a lock on it."""
    with _mapping:
        for key, (file, index) in list(_MAPPED.items()):
            if os.fstat(file).st_nlink == 0:
                del _MAPPED[key]
                if index is not None:
                    index.close()
                os.close(file)
