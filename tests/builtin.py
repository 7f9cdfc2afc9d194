"""The built-in definitions, compiled once in each process of tests, and stored for the servers that tests start."""

from __future__ import annotations

from dataclasses import replace
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


@cache
def books_catalog() -> Catalog:
    """Return what of the built-in definitions is of QuickBooks Online, as a server of its company has it."""
    whole = builtin_catalog()
    return replace(
        whole,
        integrations={"quickbooks": whole.integrations["quickbooks"]},
        tools=whole.list_tools("quickbooks"),
        resources=tuple(each for each in whole.resources if each.integration == "quickbooks"),
        short=tuple(each for each in whole.short if each.integration == "quickbooks"),
    )


def store_builtin_catalog(data: Path) -> None:
    """Store it in the data directory of a server, whose start then compiles nothing."""
    stored.store(data / "cache", stored.compute_key(list_layers(BUILTIN_DEFINITIONS)), builtin_catalog())
