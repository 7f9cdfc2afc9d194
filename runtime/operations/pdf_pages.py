"""How many pages a PDF has, where its bytes say so without being parsed.

A PDF of an accounting service writes its page tree in clear. Its pages are counted in two places there, as objects and
as the `/Count` of the tree; a number that both agree on is answered, and otherwise none. Nothing is decompressed or
followed, so that a hostile file costs a bounded scan.
"""

from __future__ import annotations

import re

LARGEST_SCANNED = 4 * 1024 * 1024
"""Bytes: what may be embedded in a result; a scan of it takes a few milliseconds at most."""
MOST_OBJECTS = 5_000
"""Pages and counts that are looked at; a file with more is a book or hostile."""
MEDIA_TYPE = "application/pdf"
_PAGE = re.compile(rb"/Type\s{0,4}/Page(?![A-Za-z])")
_COUNT = re.compile(rb"/Count\s{1,4}([0-9]{1,5})(?![0-9])")


def count_pages(media_type: str, content: bytes) -> int | None:
    """Return the number of pages of a PDF; None where it cannot be known cheaply, or it is no PDF."""
    if media_type != MEDIA_TYPE or len(content) > LARGEST_SCANNED or not content.startswith(b"%PDF-"):
        return None
    if b"/ObjStm" in content:
        return None  # objects are compressed, and some pages may be among them
    pages, counts = _found(_PAGE, content), _found(_COUNT, content)
    if not pages or not counts:
        return None
    stated = max(int(each[1]) for each in counts)
    return stated if stated == len(pages) else None


def _found(pattern: re.Pattern[bytes], content: bytes) -> list[re.Match[bytes]] | None:
    """Every place of a pattern; None when there are too many."""
    found = []
    for each in pattern.finditer(content):
        found.append(each)
        if len(found) > MOST_OBJECTS:
            return None
    return found
