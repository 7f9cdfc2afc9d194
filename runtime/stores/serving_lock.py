"""The lock on a database that one server serves from.

Rate counts and refresh locks are in the memory of that server, so a second one would count and refresh on its own.
Commands that only read and write records, such as `ledgerport token create`, do not take it. The lock is on a file of
its own beside the database: closing any descriptor of the database itself would release the locks that SQLite has on
it. The kernel releases it when the process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from runtime.errors import SettingsError

_LONGEST_OWNER = 20
"""Bytes: the digits of a 64-bit process id."""


def hold_database(path: Path) -> int:
    """Take a database for this process until it ends, and return the descriptor that holds it.

    `path` is resolved (no symbolic links), so that every name of the file comes to the same lock. Raises SettingsError
    when another server has it, or the directory does not let a lock be made.
    """
    name = path.with_name(path.name + ".serve.lock")
    try:
        held = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise SettingsError(
            f"The database {path} cannot be locked: {name}: {problem.strerror}.",
            advice="Let the user who runs Ledgerport write to that directory, or set LEDGERPORT_DATABASE_URL.",
        ) from problem
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as taken:
        owner = _owner(held)
        os.close(held)
        raise SettingsError(
            f"Another Ledgerport{owner} already serves from the database {path}.",
            advice="Stop it, or give this one a database of its own with LEDGERPORT_DATA or LEDGERPORT_DATABASE_URL.",
        ) from taken
    os.truncate(held, 0)
    os.pwrite(held, b"%d\n" % os.getpid(), 0)
    return held


def _owner(held: int) -> str:
    """Which process has the lock, as it noted itself; empty when that cannot be read."""
    noted = os.pread(held, _LONGEST_OWNER, 0).strip()
    return f" (process {noted.decode()})" if noted.isdigit() else ""
