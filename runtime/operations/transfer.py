"""An installation as a file: all its records, to move them from SQLite to PostgreSQL or back.

The file is gzip over JSON lines: a header, a line for each row, and an end by which a file that was cut off is found.
What is hashed or sealed in the records is so in the file; only an installation with the same secret key can use it.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hmac
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from runtime.errors import Conflict, SettingsError
from runtime.keys.crypto import Keys
from runtime.stores.embedded import Stores
from runtime.stores.migrations import find_newest_version
from runtime.stores.transfer_records import TRANSFERRED, Row, list_columns

FORMAT = 1
"""The number of the format of the file; another one is refused."""
_BYTES = "b64"
"""The name under which bytes are in a line, which JSON has none of."""
Report = Callable[[int, int], None]
"""Called with how many rows are done, and how many there are."""


def export_records(stores: Stores, keys: Keys, path: Path, report: Report) -> int:
    """Write all records to a new file that only its owner may read, whole or not at all; return how many rows.

    Raises Conflict when there is such a file, StorageUnavailable, and OSError.
    """
    if path.exists():
        raise Conflict(f"{path} is there already.", advice="Name a file that is not there yet.")
    draft = path.with_name(f".{path.name}.unfinished")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            with gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0, compresslevel=6) as out:
                writing = _Writing(out, keys, report)
                stores.records.export_all(writing.begin, writing.take)
                out.write(orjson.dumps({"end": writing.done}) + b"\n")
            raw.flush()
            os.fsync(raw.fileno())
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return writing.done


def import_records(stores: Stores, keys: Keys, path: Path, report: Report, *, replaces: bool = False) -> int:
    """Store all records of a file in a database, all or none; return how many rows.

    Raises SettingsError for a file that is damaged, of another version, or of another secret key, Conflict for a
    database that has records, StorageUnavailable, and OSError.
    """
    try:
        with gzip.open(path, "rb") as lines:
            reading = _Reading(path, iter(lines), keys, report)
            stores.records.import_all(reading.read_rows(), reading.lasting_key, replaces=replaces)
    except (EOFError, zlib.error, gzip.BadGzipFile) as problem:
        raise _damaged(path) from problem
    return reading.done


class _Writing:
    """Writes the lines of a file."""

    def __init__(self, out: gzip.GzipFile, keys: Keys, report: Report) -> None:
        self._out, self._keys, self._report = out, keys, report
        self._total = self.done = 0

    def begin(self, rows: dict[str, int]) -> None:
        """Write the header."""
        self._total = sum(rows.values())
        header = {
            "ledgerport": FORMAT,
            "version": find_newest_version(),
            "key_check": base64.b64encode(self._keys.check_value()).decode(),
            "lasting_key": base64.b64encode(self._keys.seal_lasting_key()).decode(),
            "rows": rows,
            "columns": {str(table.name): list_columns(table) for table in TRANSFERRED},
        }
        self._out.write(orjson.dumps(header) + b"\n")

    def take(self, row: Row) -> None:
        """Write a row."""
        name, values = row
        self._out.write(orjson.dumps([name, *map(_encode, values)]) + b"\n")
        self.done += 1
        self._report(self.done, self._total)


class _Reading:
    """Reads the lines of a file."""

    def __init__(self, path: Path, lines: Iterator[bytes], keys: Keys, report: Report) -> None:
        self._path, self._lines, self._report = path, lines, report
        self.done = 0
        header = self._read_line()
        _check_header(path, header, keys)
        self._rows: dict[str, int] = header["rows"]
        self.lasting_key = base64.b64decode(header["lasting_key"])

    def read_rows(self) -> Iterator[Row]:
        """Yield each row. Raises SettingsError when one is missing or cannot be read."""
        total = sum(self._rows.values())
        while isinstance(line := self._read_line(), list) and line:
            self.done += 1
            self._report(self.done, total)
            yield line[0], [self._decode(each) for each in line[1:]]
        if line != {"end": total} or self.done != total:
            raise _damaged(self._path)

    def _read_line(self) -> Any:
        try:
            return orjson.loads(next(self._lines, b""))
        except orjson.JSONDecodeError:
            raise _damaged(self._path) from None

    def _decode(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        try:
            return base64.b64decode(value[_BYTES], validate=True)
        except (KeyError, TypeError, binascii.Error):
            raise _damaged(self._path) from None


def _encode(value: Any) -> Any:
    return {_BYTES: base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _check_header(path: Path, header: Any, keys: Keys) -> None:
    if not isinstance(header, dict) or "ledgerport" not in header:
        raise SettingsError(f"{path} is no export of Ledgerport.")
    if header["ledgerport"] != FORMAT or header.get("version") != find_newest_version():
        raise SettingsError(
            f"{path} was exported by another version of Ledgerport: its records are of version "
            f"{header.get('version')}, and these are of version {find_newest_version()}.",
            advice="Start this version once over the database that it comes from, which migrates it, and export again.",
        )
    if not hmac.compare_digest(str(header.get("key_check")), base64.b64encode(keys.check_value()).decode()):
        raise SettingsError(
            f"{path} belongs to another secret key: with the present one no URL, API token or connection in it works.",
            advice="Set LEDGERPORT_SECRET_KEY to the key of the installation that it comes from.",
        )
    if header.get("columns") != {table.name: list_columns(table) for table in TRANSFERRED}:
        raise _damaged(path)


def _damaged(path: Path) -> SettingsError:
    return SettingsError(f"{path} is damaged or was cut off. Nothing was imported.", advice="Export again.")
