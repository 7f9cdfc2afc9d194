"""The master key of a deployment: given in the environment, or made once and stored in the data directory.

Every other key is derived from it in `crypto`. Two processes that start at the same time end with the same key, and
a file is never seen half written: it is made whole under another name and then linked into place.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from pathlib import Path

from runtime.errors import SettingsError

LEAST_BYTES = 32
"""256 bits, the strength of the AES keys that are derived from it."""
FILE_NAME = "secret.key"
_RIGHT = "it must be at least 32 random bytes in base64, as `openssl rand -base64 32` prints them"


def read_secret_key(given: str, data: Path, database: Path | None = None) -> bytes:
    """Return the key: the one given, else the one in the data directory, which is made when there is none.

    None is made beside a `database` that is there already: it could open nothing in it. Raises SettingsError for a
    key that is missing, too short, not base64, or a file that others can read.
    """
    if given:
        return decode_secret_key(given, "LEDGERPORT_SECRET_KEY")
    # Asked first: of processes that start at once, one may make the key and then the database meanwhile.
    has_database = database is not None and database.exists()
    path = data / FILE_NAME
    try:
        if not path.exists():
            if has_database:
                raise _is_missing(path, database)
            _make(path)
        if path.stat().st_mode & 0o077:
            raise SettingsError(f"{path} can be read by others.", advice=f"Run: chmod 600 {path}")
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as problem:
        raise SettingsError(f"The secret key {path} cannot be read: {problem.strerror}.") from problem
    return decode_secret_key(text, str(path))


def decode_secret_keys(text: str, where: str) -> tuple[bytes, ...]:
    """Return the bytes of keys that stand between commas or in lines. Raises SettingsError as `decode_secret_key`."""
    return tuple(
        decode_secret_key(each, where) for each in text.replace(",", "\n").splitlines() if each.strip()
    )


def _is_missing(path: Path, database: Path | None) -> SettingsError:
    return SettingsError(
        f"There is no secret key: LEDGERPORT_SECRET_KEY is not set and {path} is missing, but the database "
        f"{database} is there, whose URLs, API tokens and connections open with its own key only.",
        advice="Restore the file or set the variable; to begin with no records, set LEDGERPORT_DATA to a new "
        "directory.",
    )


def decode_secret_key(text: str, where: str) -> bytes:
    """Return the bytes of a key in base64. Raises SettingsError, which says where it stands and not what it is."""
    compact = "".join(text.split()).rstrip("=").replace("+", "-").replace("/", "_")
    try:
        key = base64.b64decode(compact + "=" * (-len(compact) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as problem:
        raise SettingsError(f"{where} is not base64: {_RIGHT}.") from problem
    if len(key) < LEAST_BYTES:
        raise SettingsError(f"{where} holds {len(key)} bytes: {_RIGHT}.")
    return key


def _make(path: Path) -> None:
    draft = path.with_name(f".{FILE_NAME}.{secrets.token_hex(8)}")
    try:
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as problem:
        raise SettingsError(f"{path} cannot be written: {problem.strerror}.") from problem
    try:
        with os.fdopen(file, "wb") as out:
            out.write(base64.urlsafe_b64encode(secrets.token_bytes(LEAST_BYTES)) + b"\n")
            out.flush()
            os.fsync(out.fileno())
        _link_if_absent(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _link_if_absent(draft: Path, path: Path) -> None:
    """Put a finished file into place unless another process was first, and make that survive a power cut."""
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
