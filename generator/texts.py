"""Prose of the definitions: on one line, and its first sentence."""

from __future__ import annotations

import re


def fold(text: str) -> str:
    """Return text on one line."""
    return " ".join(text.split())


def fold_paragraphs(text: str) -> str:
    """Return text in paragraphs, each on one line."""
    return "\n\n".join(fold(each) for each in text.strip().split("\n\n"))


def cut_first_sentence(text: str) -> str:
    """Return the sentence by which a reader distinguishes one from others."""
    return re.split(r"(?<=[.!?])\s", text.strip(), maxsplit=1)[0]
