"""Secrets that can be recognized wherever they turn up, and the search for them, in every usual way to write them."""

from __future__ import annotations

import base64
import html
import json
import secrets
import sqlite3
import string
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

PIECE = 14
"""Characters at either end of a long secret that are looked for on their own: a cut secret is a leak as well."""

GRAM = 8
"""Bytes by which a content is looked up: no way to write a secret is shorter."""


class Found(NamedTuple):
    """A secret where it must not be, unless a test allows it: which kind, where, and how it was written."""

    kind: str
    place: str
    form: str


class Content(NamedTuple):
    """What was collected at a place."""

    place: str
    data: bytes


@dataclass
class Canaries:
    """Every secret of a deployment, by its kind."""

    known: dict[str, str] = field(default_factory=dict)
    """For each secret its kind."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _made: int = 0

    def add(self, kind: str, secret: str) -> str:
        """Note a secret that the product made."""
        assert len(secret) > 8, (kind, secret)
        with self._lock:
            self.known[secret] = kind
        return secret

    def make(self, kind: str) -> str:
        """Make a secret of the shapes that vendors use, one after the other; no pattern recognizes the first."""
        with self._lock:
            self._made += 1
            shape = self._made % 3
        if shape == 1:
            return self.add(kind, f"{letters(12)}/{letters(6)}+{letters(12)}")
        if shape == 2:
            return self.add(kind, f"AB11{secrets.token_hex(24)}")
        return self.add(kind, f"eyJ{secrets.token_urlsafe(90)}.{secrets.token_urlsafe(300)}")

    def search(self, contents: Iterable[Content]) -> set[Found]:
        """Find every secret in all that was collected, in one pass over each distinct content."""
        with self._lock:
            known = list(self.known.items())
        traces: dict[bytes, list[tuple[str, str, bytes]]] = {}
        for secret, kind in known:
            for form, text in written(secret):
                traces.setdefault(text[:GRAM], []).append((kind, form, text))
        found, seen = set(), set[tuple[str, bytes]]()
        for place, data in contents:
            if (place, data) in seen:
                continue
            seen.add((place, data))
            for gram in traces.keys() & grams(data):
                found |= {Found(kind, place, form) for kind, form, text in traces[gram] if text in data}
        return found


def grams(data: bytes) -> set[bytes]:
    """Every run of a few bytes that a content has."""
    return {data[at : at + GRAM] for at in range(len(data) - GRAM + 1)}


def letters(count: int) -> str:
    """A text without a digit, which looks like no token."""
    return "".join(secrets.choice(string.ascii_letters) for _ in range(count))


def written(secret: str) -> Iterator[tuple[str, bytes]]:
    """The ways to write a secret, or either end of one that is long."""
    for text in {secret} if len(secret) <= 2 * PIECE else {secret[:PIECE], secret[-PIECE:]}:
        raw = text.encode()
        yield "plain", raw
        yield "hex", raw.hex().encode()
        yield "upper-case hex", raw.hex().upper().encode()
        yield "URL", quote(text, safe="").encode()
        yield "JSON", json.dumps(text)[1:-1].replace("/", "\\/").encode()
        yield "HTML", html.escape(text).encode()
        for at in range(3):
            inner = base64.b64encode(b"\0" * at + raw + b"\0\0\0")[4 if at else 0 :]
            inner = inner[: len(inner) - 8]  # what stands beside the secret changes these
            yield "base64", inner
            yield "URL-safe base64", inner.translate(bytes.maketrans(b"+/", b"-_"))


def database_contents(path: Path) -> Iterator[Content]:
    """Every value of every table, and the bytes of the file and its log."""
    for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        if file.exists():
            yield Content(f"file {file.name.replace(path.name, 'database')}", file.read_bytes())
    with closing(sqlite3.connect(path)) as records:
        for (table,) in records.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in records.execute(f'SELECT * FROM "{table}"'):
                values = (each if isinstance(each, bytes) else str(each).encode() for each in row)
                yield Content(f"table {table}", b"\n".join(values))


def folder_contents(folder: Path, name: str) -> Iterator[Content]:
    """Every file of a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield Content(f"file {name}/{path.relative_to(folder)}", path.read_bytes())
