"""How a caller may want an answer: arguments that every tool of a kind has beside those of its resource.

Part of `arguments`. Few calls need them, so they stand in the line of rare arguments.
"""

from __future__ import annotations

from generator.stages.resolve import Field

LEAST_TOKENS = 500
"""Tokens of an answer. In fewer not even a long error is said whole."""


def build_answer_arguments(columns: tuple[str, ...]) -> dict[str, Field]:
    """Return the arguments of a list that say how it is answered. `columns` are the usual fields; none for all."""
    detail: dict[str, Field] = {
        "detail": {
            "type": "string",
            "enum": ["summary", "full"],
            "description": "Full shows all fields, summary the usual ones.",
        }
    }
    return {**_form("records"), **(detail if columns else {}), **_bound()}


def build_report_arguments() -> dict[str, Field]:
    """Return the arguments of an answer in rows that say how it is answered."""
    return _bound()


def _form(usual: str) -> dict[str, Field]:
    about = "Table names the columns once, and takes fewer tokens for many records."
    return {"format": {"type": "string", "enum": [usual, "table"], "description": about}}


def _bound() -> dict[str, Field]:
    about = "The most tokens of the answer; what is left out is said, and next_cursor leads to it."
    return {"max_tokens": {"type": "integer", "minimum": LEAST_TOKENS, "description": about}}
