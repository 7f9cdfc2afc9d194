"""Whether folders of definitions are laid out so that everything in them is read. Called by `pipeline`.

A layer without any integration, a folder that is laid over nothing and a file of another ending would otherwise be
passed over in silence, and their author would look for the reason in what they wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from generator.diagnostics import Diagnostic
from generator.reading.files import Layers, find_ignored_files, find_orphan_folders
from generator.reading.yaml_events import show_path
from generator.suggestions import did_you_mean


def check_layout(layers: Layers, integrations: list[Layers]) -> Iterator[Diagnostic]:
    """Yield an error for an empty layer, for a folder that is laid over nothing, and for a file that is not read."""
    if not integrations:
        message = "There is no integration here: no folder with an integration.yaml."
        yield from (Diagnostic(show_path(layer), 1, "", "integration", message) for layer in layers)
    elif len(layers) > 1:
        known = [each[0].name for each in integrations]
        for orphan in find_orphan_folders(layers):
            message = f'There is no integration "{orphan.name}" that this folder could be laid over.'
            suggestion = did_you_mean(orphan.name, known)
            yield Diagnostic(show_path(orphan), 1, "", "integration", message, suggestion)
    for path in find_ignored_files(layers):
        yield Diagnostic(
            show_path(path), 1, "", "unread", "This file is not read.", _suggest_place(path, layers)
        )


def _suggest_place(path: Path, layers: Layers) -> str:
    if path.parent in layers:
        return "Put it into a folder that has the name of its integration."
    return f"Call it {path.stem}.yaml."
