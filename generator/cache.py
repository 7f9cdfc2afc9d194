"""A compiled catalog stored on disk, under a digest of all that it was made from. Called by `compile`.

The digest covers every definition, the grammar and the generator's own code, so that a stored catalog is the one that
compiling would make. The file opens with a digest of its own content: what is damaged counts as absent.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from functools import cache
from hashlib import blake2b
from pathlib import Path

import msgspec

from generator.catalog import Catalog
from generator.reading.files import (
    Layers,
    find_ignored_files,
    find_integrations,
    find_orphan_folders,
    list_files,
    list_grammars,
    list_schema_files,
    name_layer,
)

MOST_STORED = 8
"""Compiled catalogs: one for each branch or folder that somebody goes back and forth between."""
_SEAL = 32
"""Bytes of the BLAKE2b digest that a stored catalog begins with."""
_UNFINISHED = ".unfinished-"
_ABANDONED_SECONDS = 3600.0
"""Longer than any compilation takes, which is seconds."""


def compute_key(layers: Layers) -> str:
    """Return a digest of everything that compiling some layers depends on."""
    digest = blake2b(_digest_of_generator(), digest_size=32)
    for integration in find_integrations(layers):
        for at, folder in enumerate(integration):
            layer = name_layer(folder)
            for path in (*list_files(folder), *list_grammars(folder)):
                name = f"{layer}/{path.relative_to(folder.parent).as_posix()}"
                digest.update(f"\0{at}\0{name}\0".encode("utf-8", "surrogateescape"))
                digest.update(_content(path))
    # Each of these is an error, which no stored catalog may hide.
    for path in (*find_orphan_folders(layers), *find_ignored_files(layers)):
        digest.update(os.fsencode(path))
    return digest.hexdigest()


@cache
def _digest_of_generator() -> bytes:
    digest = blake2b(digest_size=32)
    for path in [*sorted(Path(__file__).parent.rglob("*.py")), *list_schema_files()]:
        digest.update(path.read_bytes())
    return digest.digest()


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError:
        return b"\0unreadable"
    return blake2b(content, digest_size=32).digest()


def load(cache: Path, digest: str) -> Catalog | None:
    """Return the catalog stored under a digest; None when there is none that can be trusted."""
    try:
        content = _file(cache, digest).read_bytes()
    except OSError:
        return None
    seal, payload = content[:_SEAL], content[_SEAL:]
    if blake2b(payload, digest_size=_SEAL).digest() != seal:
        return None
    try:
        return msgspec.msgpack.decode(payload, type=Catalog)
    except msgspec.MsgspecError:
        return None


def store(cache: Path, digest: str, catalog: Catalog) -> None:
    """Store a catalog, whole or not at all. A folder that cannot be written to is passed over."""
    payload = msgspec.msgpack.encode(catalog)
    sealed = blake2b(payload, digest_size=_SEAL).digest() + payload
    with contextlib.suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True)
        _write_whole(_file(cache, digest), sealed)
        _forget_old(cache)


def _write_whole(file: Path, content: bytes) -> None:
    """Write under a name that nobody else has, threads and other machines included, then rename."""
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=_UNFINISHED, delete=False) as unfinished:
        try:
            unfinished.write(content)
            unfinished.flush()
            Path(unfinished.name).replace(file)
        except OSError:
            Path(unfinished.name).unlink(missing_ok=True)
            raise


def _file(cache: Path, digest: str) -> Path:
    return cache / f"catalog-{digest[:32]}.msgpack"


def _forget_old(cache: Path) -> None:
    files = sorted(cache.glob("catalog-*.msgpack"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[MOST_STORED:]:
        path.unlink(missing_ok=True)
    for path in cache.glob(f"{_UNFINISHED}*"):  # of a process that was killed
        if path.stat().st_mtime < time.time() - _ABANDONED_SECONDS:
            path.unlink(missing_ok=True)
