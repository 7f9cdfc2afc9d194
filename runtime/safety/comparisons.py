"""Refuses a raw query that compares with what is hidden, or sorts by it. Called by `exchange.page_request`.

Whoever may compare with a value can find it out, one character at a time; whoever may compare with an object that holds
it can do the same. So the names outside of quoted text are read in one pass, and one that leads to something hidden is
refused wherever it stands behind the entity, however the vendor's language joins names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from generator.catalog import Tool
from generator.vendor import QueryLanguage
from runtime.errors import InvalidArguments
from runtime.upstream.quoted_text import blank_quoted

Path = tuple[str, ...]
_NAME = re.compile(r"\w+")


def refuse_comparisons(tool: Tool, language: QueryLanguage, query: str) -> None:
    """Raise InvalidArguments when a query has the name of something hidden behind its entity."""
    if not tool.sensitive and not tool.gated:
        return
    entity, begin = tool.listing.entity.lower() if tool.listing else "", 0
    if not language.is_raw_condition:
        entry = re.match(language.entry, query)
        if entry is None:
            return  # it is refused for what it is
        entity, begin = entry.group("entity").lower(), entry.end()
    public = tuple(path[1:] for path in tool.public if path[0].lower() == entity)
    hidden = _leading_names(tool.sensitive, tool.gated, public)
    for name in _names(blank_quoted(language, query)[begin:]):
        if name in hidden:
            raise InvalidArguments(
                f'"{hidden[name]}" is sensitive: a query may neither compare with it nor sort by it.',
                advice="Find the record by another field.",
            )


def _names(text: str) -> Iterator[str]:
    """Yield the names in a text, in the form in which they are compared: some letters have ASCII ones as other
    cases.
    """
    for found in _NAME.finditer(text):
        name = found.group()
        yield name.lower() if name.isascii() else unicodedata.normalize("NFKC", name).casefold()


@lru_cache(maxsize=256)
def _leading_names(
    sensitive: tuple[Path, ...], gated: tuple[tuple[Path, str], ...], public: tuple[Path, ...]
) -> dict[str, str]:
    """Each name that leads to something hidden, with the path that it stands for.

    Every step of a path but its last leads to what it holds. The last step alone may mean another field, unless the
    path has no other.
    """
    names: dict[str, str] = {}
    for path in (*sensitive, *(path for path, _ in gated)):
        steps = tuple(step.lower() for step in path)
        if path not in public:
            for name in steps[:-1] or steps:
                names.setdefault(name, ".".join(path))
    return names
