"""Whether the database takes writes: what the last write came to, and a probe that finds out without one.

Every write notes its outcome here. While the last one failed, those that follow wait only briefly for a lock, so that
a queue of them is answered at once instead of one every few seconds.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from runtime.errors import StorageUnavailable
from runtime.stores.files import Files
from runtime.stores.sqlite import connect, explain_error, is_locked

PATIENCE_SECONDS = 2.0
"""How long a write waits for the lock of another process; a command of ours holds it for a few milliseconds."""
BRIEF_SECONDS = 0.05
"""While writes fail each waits for the lock no longer, so that those behind it learn of it soon."""
LEAST_FREE = 1024 * 1024
"""Bytes of disk below which a probe really writes: a quarter of what the log grows to between checkpoints."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.02
"""Seconds between two attempts to get the lock, doubled each time: finer than SQLite's own, which go up to 0.1."""


@dataclass(frozen=True, slots=True)
class StorageHealth:
    """Whether the database can be read and written, and Redis answers. `reason` is a sentence, empty when all is well.

    `degraded`: the database can be read, so calls go on, but it cannot be written or Redis does not answer.
    `unavailable`: the database cannot be read.
    """

    status: Literal["ok", "degraded", "unavailable"] = "ok"
    reason: str = ""


def judge_health(faults: Mapping[str, str]) -> StorageHealth:
    """Return the health with faults: `unreadable`, and others that only degrade it, each empty when all is well."""
    if faults["unreadable"]:
        return StorageHealth("unavailable", faults["unreadable"])
    reason = next((each for each in faults.values() if each), "")
    return StorageHealth("degraded", reason) if reason else StorageHealth()


class Condition:
    """What the last write came to. `reason` is empty, or says in a sentence why it was not stored."""

    def __init__(self) -> None:
        self.reason = ""

    def note_failure(self, reason: str) -> None:
        """Record that a write was not stored."""
        self.reason = reason

    def note_success(self) -> None:
        """Record that a write was stored."""
        self.reason = ""

    @property
    def patience(self) -> float:
        """Seconds that the next write waits for a lock."""
        return BRIEF_SECONDS if self.reason else PATIENCE_SECONDS


class LockWait:
    """The pauses between attempts to get a lock, until the patience of the condition is used up."""

    def __init__(self, condition: Condition) -> None:
        self._deadline = time.monotonic() + condition.patience
        self._pause = _FIRST_PAUSE

    def pause(self, error: BaseException | None) -> bool:
        """Sleep a little after a failed attempt; False, at once, when another one would be of no use."""
        if not is_locked(error) or time.monotonic() >= self._deadline:
            return False
        time.sleep(self._pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        return True


def probe(path: Path, files: Files, condition: Condition, now: float) -> None:
    """Find out whether the database takes writes, and note it.

    It takes the write lock and gives it back, which changes nothing. A real write follows only where that would not
    show the fault: after a failed write, on a disk that is nearly full, and on one that is read-only.
    """
    reason = files.find_fault()
    try:
        if not reason:
            _try_write(path, condition, now)
    except (sqlite3.Error, StorageUnavailable) as error:
        reason = explain_error(error) or "The database does not take changes."
    if reason:
        condition.note_failure(reason)
    else:
        condition.note_success()


def _try_write(path: Path, condition: Condition, now: float) -> None:
    with closing(connect(path, busy_milliseconds=0)) as connection:
        wait = LockWait(condition)
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError as error:
                if not wait.pause(error):
                    raise
        if condition.reason or _is_short_of_space(path):
            connection.execute("UPDATE deployment SET probed_at = ?", (now,))
            connection.execute("COMMIT")


def _is_short_of_space(path: Path) -> bool:
    disk = os.statvfs(path.parent)
    return disk.f_bavail * disk.f_frsize < LEAST_FREE or bool(disk.f_flag & os.ST_RDONLY)
