"""How a caller may want an answer: arguments that every tool of a kind has beside those of its resource.

Part of `list_arguments`. Few calls need them, so they stand in the line of rare arguments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from generator.stages.resolve import Field
from generator.vendor_rules import Tie

LEAST_TOKENS = 500
"""Tokens of an answer. In fewer not even a long error is said whole."""


def build_answer_arguments(columns: tuple[str, ...], *, counts: bool) -> dict[str, Field]:
    """Return the arguments of a list that say how it is answered. `columns` are the usual fields; none for all.

    `counts` says that the vendor can count what a list finds.
    """
    detail: dict[str, Field] = {
        "detail": {
            "type": "string",
            "enum": ["summary", "full"],
            "description": "Full shows all fields, summary the usual ones.",
        }
    }
    return {
        **_form("records"),
        **(detail if columns else {}),
        **_bound(),
        **(_total() if counts else {}),
        **_sum(),
    }


def list_numbers(fields: Mapping[str, Field]) -> tuple[str, ...]:
    """Return the fields that can be added up."""
    return tuple(name for name, given in fields.items() if given.get("type") in ("number", "integer"))


def build_ties(given: Sequence[Mapping[str, Any]]) -> tuple[Tie, ...]:
    """Return the reports that a list names, whose total has to be the sum of one of its fields."""
    return tuple(_build_tie(each) for each in given)


def _build_tie(given: Mapping[str, Any]) -> Tie:
    resource, _, method = given["report"].partition(".")
    filters, arguments = given.get("filters") or {}, given.get("arguments") or {}
    only_with, group = given.get("only_with") or {}, given.get("group", "")
    return Tie(given["field"], resource, method, filters, arguments, str(given["note"]), only_with, group)


def describe_answer_arguments() -> dict[str, str]:
    """Return what stands for these arguments in the line of rare ones: the choice that is not usual, no kinds."""
    return {"format": "table", "detail": "full", "max_tokens": "", "count": "", "sum": "fields"}


def _sum() -> dict[str, Field]:
    about = "Numbers to add up over all records that match, in place of the records."
    return {"sum": {"type": "array", "minItems": 1, "items": {"type": "string"}, "description": about}}


def _total() -> dict[str, Field]:
    about = "Also answer how many records match in all. A first page that is cut takes another read for it."
    return {"count": {"type": "boolean", "description": about}}


def build_report_arguments() -> dict[str, Field]:
    """Return the arguments of an answer in rows that say how it is answered."""
    return _bound()


def _form(usual: str) -> dict[str, Field]:
    about = "Table names the columns once, and takes fewer tokens for many records."
    return {"format": {"type": "string", "enum": [usual, "table"], "description": about}}


def _bound() -> dict[str, Field]:
    about = "The most tokens of the answer; what is left out is said, and next_cursor leads to it."
    return {"max_tokens": {"type": "integer", "minimum": LEAST_TOKENS, "description": about}}
