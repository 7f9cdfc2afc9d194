"""A folder of definitions into a catalog: from the cache, or by `pipeline`.

What comes out may be stored on disk under a digest of everything that went in, the generator's own code included; a
stored catalog that is damaged is made anew. The stages are imported only when nothing is stored: a start that finds its
catalog has no use for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from generator import cache
from generator.catalog import Catalog
from generator.diagnostics import DefinitionErrors, Diagnostic, Diagnostics
from generator.reading.files import list_layers

__all__ = ["DefinitionErrors", "Diagnostic", "check", "compile_catalog"]


def compile_catalog(folders: Path | Sequence[Path], cache_folder: Path | None = None) -> Catalog:
    """Return the catalog of every integration in a folder, or in several laid over one another.

    It is stored in `cache_folder` when there is one. Raises DefinitionErrors with every error of the run, and
    OSError when a folder cannot be read.
    """
    layers = list_layers(folders)
    digest = cache.compute_key(layers)
    if cache_folder and (catalog := cache.load(cache_folder, digest)):
        return catalog
    from generator.pipeline import build

    diagnostics = Diagnostics()
    catalog = build(layers, digest, diagnostics)
    if diagnostics:
        raise DefinitionErrors(diagnostics)
    # A file that changed meanwhile would be stored under a wrong digest.
    if cache_folder and cache.compute_key(layers) == digest:
        cache.store(cache_folder, digest, catalog)
    return catalog


def check(folders: Path | Sequence[Path]) -> list[Diagnostic]:
    """Return every error in a folder of definitions, or in several as layers, in the order of files and lines.

    Raises OSError when a folder cannot be read.
    """
    from generator.pipeline import build

    diagnostics = Diagnostics()
    build(list_layers(folders), "", diagnostics)
    return diagnostics.collect()
