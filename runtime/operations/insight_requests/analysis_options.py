"""The options of an analysis, made from the schema of its tool, and what somebody entered for them as arguments.

Called by the pages of analyses. An argument that has arguments of its own, as what-if questions have, is a group of
fields. Bad values are collected by option, so that a page shows each beside its field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from generator.catalog import Tool
from runtime.operations.insight_requests.option_values import Option, make_option, read_option, split_name

CONTINUE = "continue_from"
"""The argument by which what was read is not read again; a form passes it on, and no field has it."""
ESTIMATE = "estimate"
_OWN = frozenset({CONTINUE, ESTIMATE, "company"})
"""Arguments that are no options: a page sets them by itself."""
LONGEST_READING = 64
"""Characters of what identifies a reading."""


@dataclass(frozen=True, slots=True)
class OptionGroup:
    """Fields that belong together. The first group has no name: its fields are arguments by themselves."""

    name: str
    title: str
    hint: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks of an analysis. `errors` says what is wrong, by the names of options."""

    arguments: Mapping[str, Any]
    values: Mapping[str, tuple[str, ...]]
    errors: Mapping[str, str]
    continue_from: str = ""

    def find(self, name: str) -> tuple[str, ...]:
        """Return the values of an option as they were entered."""
        return self.values.get(name, ())

    @property
    def call_arguments(self) -> dict[str, Any]:
        """What the tool is called with."""
        reading = {CONTINUE: self.continue_from} if self.continue_from else {}
        return {**self.arguments, **reading}

    def forget_reading(self) -> Request:
        """Return the same, to be read anew."""
        return replace(self, continue_from="")


def list_option_groups(tool: Tool) -> tuple[OptionGroup, ...]:
    """Return the fields of an analysis, in the order of its tool."""
    properties: Mapping[str, Any] = tool.input_schema["properties"]
    plain, groups = [], []
    for name, schema in properties.items():
        if name in _OWN:
            continue
        if schema.get("type") == "object":
            groups.append(_make_group(name, schema))
        else:
            plain.append(make_option(name, schema))
    return (OptionGroup("", "", "", tuple(plain)), *groups)


def read_request(tool: Tool, pairs: Iterable[tuple[str, str]]) -> Request:
    """Return what the fields of a form or of an address come to; what is no option of the analysis is ignored."""
    sent: dict[str, list[str]] = {}
    for name, value in pairs:
        if value.strip():
            sent.setdefault(name, []).append(value)
    values: dict[str, tuple[str, ...]] = {}
    arguments, errors = dict[str, Any](), dict[str, str]()
    for group in list_option_groups(tool):
        taken = {each.name: tuple(sent[each.name]) for each in group.options if each.name in sent}
        values |= taken
        found = dict(_read_group(group, taken, errors))
        if group.name and found:
            arguments[group.name] = {name.partition(".")[2]: each for name, each in found.items()}
        elif not group.name:
            arguments |= found
    start, end = arguments.get("start_date"), arguments.get("end_date")
    if start and end and start > end:
        errors["end_date"] = "The last day is before the first one."
    reading = sent.get(CONTINUE, [""])[0].strip()[:LONGEST_READING]
    return Request(arguments, values, errors, reading)


def write_request(request: Request) -> list[tuple[str, str]]:
    """Return the fields that come to a request, for the address of its page; without what was read for it."""
    return [(name, each.strip()) for name, several in request.values.items() for each in several]


def _make_group(name: str, schema: Mapping[str, Any]) -> OptionGroup:
    required = schema.get("required", ())
    made = [
        replace(make_option(f"{name}.{own}", each), is_required=own in required)
        for own, each in schema.get("properties", {}).items()
    ]
    return OptionGroup(name, split_name(name), str(schema.get("description", "")), tuple(made))


def _read_group(
    group: OptionGroup, taken: Mapping[str, tuple[str, ...]], errors: dict[str, str]
) -> Iterator[tuple[str, Any]]:
    """Yield the arguments of a group; a group of which something is given needs all that is required."""
    for option in group.options:
        if option.name not in taken:
            if taken and option.is_required:
                errors[option.name] = f"{option.title} is needed as well."
            continue
        try:
            yield option.name, read_option(option, taken[option.name])
        except ValueError as problem:
            errors[option.name] = str(problem)
