"""The address of a database on PostgreSQL, checked and never shown: it has a password in it. Called by `settings`."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from runtime.errors import SettingsError

_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
"""What libpq, hosts of databases, and SQLAlchemy call it."""
_PARAMETERS = frozenset(
    {
        "channel_binding", "gssencmode", "host", "hostaddr", "passfile", "password", "port", "require_auth", "service",
        "sslcert", "sslcrl", "sslkey", "sslmode", "sslrootcert", "target_session_attrs", "user",
    }
)  # fmt: skip
"""What may follow the question mark (postgresql.org/docs, 'Parameter Key Words'): where and as whom to connect. The
limits are ours, and what else there is changes what a statement means.
"""
_NAME = "LEDGERPORT_DATABASE_URL"


def read_postgres_url(value: str) -> str:
    """Return the address as libpq reads it; empty where the value names another database. Raises SettingsError."""
    scheme, _, rest = value.partition("://")
    if scheme not in _SCHEMES:
        return ""
    try:
        parts = urlsplit(f"postgresql://{rest}")
        _port = parts.port
    except ValueError:
        raise _wrong(
            "its host or port cannot be read; write special characters of a password as %XX"
        ) from None
    if not value.isascii() or not value.isprintable() or " " in value:
        raise _wrong("it has blanks or characters that an address has not; write them as %XX")
    if len(parts.path) < 2 or "/" in parts.path[1:]:
        raise _wrong("it names no database")
    if parts.fragment:
        raise _wrong("it has a #; write that of a password as %23")
    given = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if given - _PARAMETERS:  # not shown: it may be of a password in which & was not written as %26
        known = ", ".join(sorted(_PARAMETERS))
        raise _wrong(
            f"it has a parameter that is unknown; known are {known}; write the & of a password as %26"
        )
    return f"postgresql://{rest}"


def _wrong(why: str) -> SettingsError:
    return SettingsError(
        f"{_NAME} is no address of a database on PostgreSQL: {why}.",
        advice="It must be like postgresql://user:password@host:5432/database.",
    )
