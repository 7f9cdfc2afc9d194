"""What one server holds for itself until it ends: its data directory, its database, or its part in a fleet."""

from __future__ import annotations

import fcntl
import os
from typing import NamedTuple

from runtime.errors import SettingsError
from runtime.settings import Settings
from runtime.stores.serving_lock import hold_database


class Held(NamedTuple):
    """What holds a database: the descriptor of a lock on a file, or the connection that has a lock of PostgreSQL."""

    descriptor: int = -1
    connection: object = None


def hold_data(settings: Settings) -> Held:
    """Take the data directory and the database for this process until it ends. To be referred to as long.

    Raises SettingsError when another serves from the directory or the file, or from the same database on PostgreSQL
    and not both of them through Redis.
    """
    held = os.open(settings.data / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as taken:
        os.close(held)
        raise SettingsError(
            f"Another Ledgerport already serves from {settings.data}.",
            advice="Stop it, or set LEDGERPORT_DATA to another directory.",
        ) from taken
    if not settings.postgres_url:
        return Held(hold_database(settings.database.resolve()))
    from runtime.stores.postgres_serving import join_fleet

    return Held(connection=join_fleet(settings.postgres_url, is_alone=settings.redis is None))


def hold_database_alone(settings: Settings) -> Held:
    """Take the database for a command, so that nobody serves from it. To be referred to until the command ends.

    Raises SettingsError when somebody does.
    """
    if not settings.postgres_url:
        return Held(hold_database(settings.database.resolve()))
    from runtime.stores.postgres_serving import hold_alone

    return Held(connection=hold_alone(settings.postgres_url))
