"""What can be read of an error answer that is broken: its complaint, or its words. Called by `answer`.

A gateway cuts an answer in the middle, or puts a page in its place. The cause often stands there all the same. Of a
body that begins like JSON only complaints are read: what else it holds may be a record.
"""

from __future__ import annotations

import html
import re
from typing import Any

import orjson

from generator.vendor import ErrorRules
from runtime.logs import LONGEST_READ, blank_private_numbers
from runtime.upstream.xml_values import read_partial_xml

LONGEST_WORDS = 300
"""Characters of a page that an error repeats. What a gateway's page says stands in its title and first heading."""
_PIECES = re.compile(r"<(?P<ends>/?)(?P<tag>[A-Za-z]*)[^<>]*>?|[^<]+")
_UNSPOKEN = frozenset({"script", "style"})


def find_complaint(body: bytes, rules: ErrorRules) -> Any:
    """Return the part of a broken body that holds its complaints, as `ErrorRules` finds them; None when there is
    none.
    """
    body = body[:LONGEST_READ].strip()
    if body[:1] == b"<":
        return read_partial_xml(body)
    text = body.decode("utf-8", "replace")
    names = (*rules.code, *rules.message, *rules.detail)
    found: Any = {name: said for name in names if (said := _member(text, name))}
    for name in reversed(rules.list[0] if rules.list else ()):
        found = {name: found}
    return found


def _member(text: str, name: str) -> str:
    """Return the first text or number under a name in broken JSON; it may be cut."""
    value = r'(?:"(?P<text>(?:[^"\\]|\\.)*)|(?P<number>[0-9]+))'
    found = re.search(rf'"{re.escape(name)}"\s*:\s*{value}', text)
    if found is None:
        return ""
    try:
        return found["number"] or str(orjson.loads(f'"{found["text"]}"'))
    except orjson.JSONDecodeError:
        return found["text"]


def extract_words(body: bytes) -> str:
    """Return the words of a page or of a broken document, without tags and secrets, cut; empty for what begins like
    JSON.
    """
    text = body[:LONGEST_READ].decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
    if text[:1] in ("{", "[", '"'):
        return ""
    words = " ".join(html.unescape(" ".join(_spoken(text))).split())
    shown = "".join(each for each in words if each.isprintable() and each != "\ufffd").strip()
    return blank_private_numbers(shown, LONGEST_WORDS)


def _spoken(text: str) -> list[str]:
    """Return the texts between tags, without what a browser does not show."""
    found, unspoken = [], ""
    for piece in _PIECES.finditer(text):
        tag = (piece["tag"] or "").lower()
        if unspoken:
            unspoken = "" if piece["ends"] and tag == unspoken else unspoken
        elif tag in _UNSPOKEN and not piece["ends"]:
            unspoken = tag
        elif piece["tag"] is None:
            found.append(piece[0])
    return found
