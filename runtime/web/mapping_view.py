"""What the page of a company mapping shows: suggestions, what is not mapped, and the links, a part at a time.

Called by `mapping_pages`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from runtime.operations.company_mapping.links import Link
from runtime.operations.company_mapping.suggesting import Suggestions, Unmapped, add_up
from runtime.operations.company_mapping.views import list_links, show_suggestion

MOST_SUGGESTED = 100
"""Suggestions of one page: whoever decides these finds the next ones."""
MOST_UNMAPPED = 50
"""Clients or customers without the other side: those with the most money or work come first."""
MOST_LINKS = 100
"""Links of one page; the file has all."""
MOST_NAMED = 500
"""Customers that a browser offers when one is chosen by hand."""
HOW = {
    "exact": "the same name", "normalised": "the same name, written otherwise", "domain": "web domain",
    "phone": "phone number", "address": "address", "confirmed": "confirmed", "manual": "by hand",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a list, with how many there are in all, and where the next part begins; 0 for none."""

    rows: Sequence[Any]
    count: int
    following: int = 0


def describe_mapping(found: Suggestions, start: int) -> dict[str, Any]:
    """Return what the template shows."""
    links = list_links(found.mapping)
    shown = [show_suggestion(each, found) for each in found.pairs[:MOST_SUGGESTED]]
    return {
        "found": found,
        "suggestions": Part(shown, len(found.pairs)),
        "work": _cut(found.work),
        "money": _cut(found.money),
        "hours": add_up(found.work),
        "revenue": add_up(found.money),
        "links": _page(links, start),
        "linked": sum(each.status == "linked" for each in links),
        "customers": [each.name for each in list(found.names.books.values())[:MOST_NAMED]],
        "how": HOW,
    }


def _cut(rows: Sequence[Unmapped]) -> Part:
    return Part(rows[:MOST_UNMAPPED], len(rows))


def _page(rows: Sequence[Link], start: int) -> Part:
    following = start + MOST_LINKS
    return Part(rows[start:following], len(rows), following if following < len(rows) else 0)
