"""Which integration is meant where nobody names one. Called by the commands and by `operations.accounts`."""

from __future__ import annotations

from collections.abc import Mapping


def find_usual(systems: Mapping[str, str]) -> str:
    """Return the name of the only integration, or of the only one that has the books; empty where none is certain.

    `systems` says for each name what the integration is to a company.
    """
    names = list(systems)
    if len(names) > 1:
        names = [name for name, system in systems.items() if system == "books"]
    return names[0] if len(names) == 1 else ""
