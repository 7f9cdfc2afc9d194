"""Every placeholder of a request is filled, and an error in a usual method is reported once. Part of lint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from generator.catalog import Tool
from generator.diagnostics import Diagnostic, Path
from generator.reading.yaml_events import Document
from generator.stages.methods import Method
from generator.suggestions import did_you_mean
from generator.templates import find_names

_FILLED_BY_ITSELF = frozenset({"origin"})
_FILLED_BY_LIST = frozenset(
    {"statement", "conditions", "order_by", "start", "page", "limit", "cursor", "selection"}
)


class _Compiled(Protocol):
    """A tool with what it was made from."""

    @property
    def method(self) -> Method: ...
    @property
    def tool(self) -> Tool: ...
    @property
    def integration(self) -> Document: ...


def find_unfilled_placeholders(made: Sequence[_Compiled]) -> Iterator[Diagnostic]:
    """Yield an error for each placeholder that nothing fills.

    One that no tool of a usual method fills is an error of that method; one that some fill is an error of the others.
    """
    for rule in ("request", "headers", "returns"):
        groups: dict[tuple[str, Path], list[_Compiled]] = {}
        for each in made:
            place = each.method.find_place_of_rule(rule)
            groups.setdefault((place.document.file, place.path), []).append(each)
        for group in groups.values():
            yield from _find_in_group(rule, group)


def _find_in_group(rule: str, group: list[_Compiled]) -> Iterator[Diagnostic]:
    """Yield the errors in one rule of the tools that share it."""
    shared = set.intersection(*(_list_unfilled(rule, each) for each in group))
    known = set.intersection(*map(_list_known, group))
    for name in sorted(shared):
        place = group[0].method.find_place_of_rule(rule)
        yield place.make_diagnostic(
            "placeholder", f"{{{name}}} is filled by nothing.", did_you_mean(name, known)
        )
    for each in group:
        for name in sorted(_list_unfilled(rule, each) - shared):
            hint = did_you_mean(name, _list_known(each))
            place = each.method.place.descend(rule)
            yield place.make_diagnostic("placeholder", f"{{{name}}} is filled by nothing.", hint)


def _list_unfilled(rule: str, each: _Compiled) -> set[str]:
    call = each.tool.call
    texts = {
        "request": [call.path, *(text for _, text in call.query)],
        "headers": [text for _, text in call.headers],
        "returns": [each.tool.returns.file_name],
    }
    return set(find_names(" ".join(texts[rule]))) - _list_known(each)


def _list_known(each: _Compiled) -> set[str]:
    """Return the names that a call of a tool may fill: its arguments, the fields of the account, the page of a list."""
    known = {*each.tool.input_schema["properties"], *each.integration.value["account"], *_FILLED_BY_ITSELF}
    return known | _FILLED_BY_LIST if each.method.name == "list" else known
