"""What a list takes beside its filters: words for sets of them, a search in several fields, an OR between sets.

Part of `list_arguments`. The runtime answers an OR that the vendor's language lacks by merging several calls, which
takes a grammar of that language and pages that are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.catalog import Condition
from generator.diagnostics import Diagnostics
from generator.reading.yaml_events import Document
from generator.stages.methods import Method
from generator.stages.query_fields import has_filter
from generator.stages.resolve import Field
from generator.suggestions import did_you_mean
from generator.templates import find_names

NAMED, SEARCH, ANY_OF = "only", "search", "any_of"
"""The arguments: words for filters, a text in any of several fields, sets of filters of which one is enough."""
MOST_BRANCHES = 8
"""Sets of filters in one call: each may be a call to the vendor."""
DAYS = frozenset({"today", "yesterday"})
PERIODS = frozenset(
    f"{which}_{what}_{end}"
    for which in ("this", "last")
    for what in ("week", "month", "quarter", "year")
    for end in ("start", "end")
)
"""What a date of a word may be relative to today."""


def derive_named(
    method: Method, conditions: Mapping[str, Condition], integration: Document, diagnostics: Diagnostics
) -> dict[str, dict[str, Any]]:
    """Return the words of a list, each with the filters that it stands for.

    The usual ones are those of integration.yaml whose filters the list has; its own ones are reported where they are
    wrong.
    """
    usual = (integration.value["methods"].get("list") or {}).get("named_filters") or {}
    own = (method.resource.document.value["methods"]["list"] or {}).get("named_filters") or {}
    for word, filters in own.items():
        for name, value in filters.items():
            if problem := _find_problem(name, value, conditions):
                at = ("named_filters", word, name)
                diagnostics.report(method.place.make_diagnostic("filter", problem, at=at))
    fitting = {word: dict(each) for word, each in usual.items() if each.keys() <= conditions.keys()}
    return {**{word: dict(each) for word, each in own.items()}, **fitting}


def _find_problem(name: str, value: Any, conditions: Mapping[str, Condition]) -> str:
    """Return what is wrong with one filter of a word; empty when nothing is."""
    if name not in conditions:
        return f'"{name}" is no filter of this list. {did_you_mean(name, conditions)}'.strip()
    for each in find_names(value) if isinstance(value, str) else ():
        if each not in DAYS | PERIODS:
            hint = did_you_mean(each, DAYS | PERIODS)
            return f"{{{each}}} is no day that is known. {hint}".strip()
    return ""


def derive_search(method: Method, diagnostics: Diagnostics) -> tuple[str, ...]:
    """Return the fields in which a text is searched; one that a condition cannot name is reported."""
    paths = tuple(method.resource.document.value.get("search") or ())
    for path in paths:
        given = method.resource.fields.get(path)
        if given is None or not has_filter(given):
            message = f'A text cannot be searched in "{path}": the list has no filter on it.'
            hint = did_you_mean(path, method.resource.fields)
            diagnostics.report(method.resource.document.make_diagnostic(("search",), "search", message, hint))
    return paths


def list_merged_arguments(
    named: Mapping[str, Any], search: tuple[str, ...], filters: Mapping[str, Field]
) -> Iterator[tuple[str, Field]]:
    """Yield the arguments that a list takes for them."""
    if named:
        words = {"type": "string", "enum": list(named)}
        yield NAMED, _listed(words, "Records of which each word is true. The answer says what it stands for.")
    if search:
        about = f"A text in any of {', '.join(search)}."
        yield SEARCH, {"type": "string", "minLength": 1, "description": about}
    if filters:
        one = {
            "type": "object",
            "minProperties": 1,
            "properties": dict(filters),
        }
        about = "OR: sets of filters. Records that fit any set, and the filters beside."
        yield ANY_OF, _listed(one, about) | {"maxItems": MOST_BRANCHES}


def _listed(item: Field, about: str) -> Field:
    return {"type": "array", "minItems": 1, "items": item, "description": about}


def describe_in_line(named: Mapping[str, Any]) -> dict[str, str]:
    """Return what stands for these arguments in the line of rare ones."""
    return {
        NAMED: f"list of {'|'.join(named)}",
        SEARCH: "text",
        ANY_OF: "OR of filter objects",
    }
