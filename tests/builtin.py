"""The built-in definitions, compiled once in each process of tests, and stored for the servers that tests start."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from generator import cache as stored
from generator.catalog import Catalog
from generator.compile import compile_catalog
from generator.reading.files import BUILTIN_DEFINITIONS, list_layers


@cache
def builtin_catalog() -> Catalog:
    """Return the catalog of the built-in definitions; nobody changes it."""
    return compile_catalog(BUILTIN_DEFINITIONS)


def store_builtin_catalog(data: Path) -> None:
    """Store it in the data directory of a server, whose start then compiles nothing."""
    stored.store(data / "cache", stored.compute_key(list_layers(BUILTIN_DEFINITIONS)), builtin_catalog())
