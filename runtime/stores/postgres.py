"""Connections to PostgreSQL, and what its errors mean.

Called by `postgres_opening`, which checks and migrates the database, by `postgres_look_up`, which reads it for every
request, and by `postgres_engine`, which manages it through SQLAlchemy. All connect with the same limits, so that a
server that hangs, or a network that is cut, holds nothing up for longer than a few seconds. psycopg is imported when
the first of them is used: an embedded installation never loads it.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection, Error, OperationalError, connect
from psycopg.adapt import AdaptersMap
from psycopg.types.string import StrDumper
from psycopg_pool import PoolTimeout

from runtime.errors import StorageUnavailable

CONNECT_SECONDS = 3
"""How long a connection may take: a round trip or two, and the start of a process there. libpq takes no less than 2."""
STATEMENT_MILLISECONDS = 5_000
"""How long one statement may run. Ours take under 10 ms; purges of a minute's rows some 100."""
LOCK_MILLISECONDS = 2_000
"""How long a change waits for rows that another one holds, as long as for the lock of a SQLite file."""
SILENT_MILLISECONDS = 6_000
"""After how long without an answer of its network a connection counts as lost."""
_OPTIONS = {
    "connect_timeout": CONNECT_SECONDS,
    "application_name": "ledgerport",
    "keepalives_idle": 3,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": SILENT_MILLISECONDS,
    "options": f"-c statement_timeout={STATEMENT_MILLISECONDS} -c lock_timeout={LOCK_MILLISECONDS}",
}
"""What every connection has. A probe each second after 3 s of silence finds a cut network within 6 s."""

_UNREACHABLE = "PostgreSQL cannot be reached."
SLOW = "PostgreSQL takes too long to answer."
_READ_ONLY = "The database on PostgreSQL is read-only: it is a standby, or set to be so."
_REASONS = {
    "08": _UNREACHABLE,
    "28": "PostgreSQL does not let this user in: the user or the password is wrong.",
    "3D": "The database does not exist on PostgreSQL.",
    "25006": _READ_ONLY,
    "40": "Another change came in between.",
    "42501": "The user of PostgreSQL may not use the tables.",
    "53100": "The disk of PostgreSQL is full.",
    "53200": "PostgreSQL has no memory left.",
    "53300": "PostgreSQL takes no more connections.",
    "53": "PostgreSQL has run out of something it needs.",
    "55P03": "Another change holds what this one needs.",
    "57014": SLOW,
    "57": "PostgreSQL is starting or stopping.",
    "58": "The disk of PostgreSQL is failing.",
    "XX001": "The database on PostgreSQL is damaged. Stop the server and restore a backup.",
    "XX002": "The database on PostgreSQL is damaged. Stop the server and restore a backup.",
}
"""By SQLSTATE or its class (postgresql.org/docs, appendix A)."""
_REFUSALS = (
    ("password authentication failed", _REASONS["28"]),
    ("no password supplied", _REASONS["28"]),
    ("no pg_hba.conf entry", "PostgreSQL lets nobody in from here: its pg_hba.conf has no entry for this."),
    ("database ", _REASONS["3D"]),
    ("role ", _REASONS["28"]),
    ("too many clients", _REASONS["53300"]),
    ("remaining connection slots", _REASONS["53300"]),
    ("starting up", _REASONS["57"]),
    ("shutting down", _REASONS["57"]),
    ("could not translate host name", "The name of the host of PostgreSQL is not known."),
    ("Name or service not known", "The name of the host of PostgreSQL is not known."),
)
"""What libpq says where a connection was refused, which comes without a SQLSTATE."""
_COLLISIONS = ("40001", "40P01")
"""Serialization failure and deadlock: PostgreSQL took the whole transaction back, and it may be repeated."""


class Collided(StorageUnavailable):
    """A transaction was taken back because of another one. Nothing of it is stored: it can be repeated at once."""


class ConnectionLost(StorageUnavailable):
    """A transaction was taken back because its connection ended before it was to be stored."""


class _TextDumper(StrDumper):
    """Text as PostgreSQL takes it: it has no character 0, which matches nothing and is stored as U+FFFD."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd"))


def prepare(adapters: AdaptersMap) -> None:
    """Have text with the character 0 taken."""
    adapters.register_dumper(str, _TextDumper)


def build_options(*, is_autocommit: bool) -> dict[str, Any]:
    """Return the arguments of a connection beside the address."""
    return {**_OPTIONS, "autocommit": is_autocommit}


def open_connection(url: str, *, is_autocommit: bool = False) -> Connection[Any]:
    """Return a connection. Raises psycopg's OperationalError."""
    connection = connect(url, **build_options(is_autocommit=is_autocommit))
    prepare(connection.adapters)
    return connection


def explain_error(error: BaseException | None) -> str:
    """Why the database cannot be used, in one sentence; empty when the error is not about that."""
    if isinstance(error, PoolTimeout):
        return SLOW
    if not isinstance(error, Error):
        return ""
    state = error.sqlstate or ""
    if reason := _REASONS.get(state) or _REASONS.get(state[:2]):
        return reason
    if not isinstance(error, OperationalError) or state:
        return ""
    said = str(error)
    return next(
        (reason for part, reason in _REFUSALS if f"FATAL:  {part}" in said or _says(said, part)), _UNREACHABLE
    )


def _says(said: str, part: str) -> bool:
    return not part.endswith(" ") and part in said


def is_collision(error: BaseException | None) -> bool:
    """Whether PostgreSQL took a transaction back because of another one."""
    return isinstance(error, Error) and error.sqlstate in _COLLISIONS


def is_connection_lost(error: BaseException | None) -> bool:
    """Whether a connection ended, or was not to be had: by the network, or because PostgreSQL stopped."""
    state = error.sqlstate or "08" if isinstance(error, OperationalError) else ""
    return state.startswith(("08", "57P"))


def explain_failed_read(reason: str) -> StorageUnavailable:
    """Return the error for a read that the database did not answer."""
    return StorageUnavailable(
        f"The records cannot be read at the moment. {reason}", advice="Try again shortly.", reason=reason
    )


def explain_failed_write(
    reason: str, kind: type[StorageUnavailable] = StorageUnavailable, *, is_uncertain: bool = False
) -> StorageUnavailable:
    """Return the error for a change that the database did not take; it says whether that is certain."""
    if is_uncertain:
        uncertain = kind(
            f"Whether the change was stored is not known. {reason}",
            advice="Look before you repeat it.",
            reason=reason,
        )
        uncertain.is_uncertain = True
        return uncertain
    return kind(
        f"The change was not stored. {reason}",
        advice="Nothing was changed. Try again shortly.",
        reason=reason,
    )
