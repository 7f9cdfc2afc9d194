"""What integration.yaml says in `mapping`: where a vendor's clients or customers stand, with what identifies them.

Part of `company_rules`. `pipeline` has it checked when the methods are known: a resource without a list, an argument
that its list does not take, and companies of neither system are reported here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from generator.catalog import Tool
from generator.diagnostics import Diagnostics
from generator.diagnostics import Path as Steps
from generator.mapping_rules import HourRules, MappingRules
from generator.reading.yaml_events import Document
from generator.stages.resolve import Place
from generator.suggestions import did_you_mean

KEY = "mapping"


def parse_mapping(document: Document) -> MappingRules:
    """Return where the clients or customers of a vendor stand; nothing where it says nothing of them."""
    value = document.value.get(KEY)
    if value is None:
        return MappingRules()
    hours = value.get("hours") or {}
    return MappingRules(
        value["resource"],
        dict(value.get("arguments") or {}),
        {
            name: tuple(tuple(each.split(".")) for each in (given if isinstance(given, list) else [given]))
            for name, given in value["fields"].items()
        },
        HourRules(
            hours["resource"],
            tuple(hours["client"].split(".")),
            tuple(hours["quantity"].split(".")),
            dict(hours.get("arguments") or {}),
        )
        if hours
        else HourRules(),
    )


def check_mapping(document: Document, tools: Sequence[Tool], diagnostics: Diagnostics) -> None:
    """Report resources without a list tool, arguments that it does not take, and companies of neither system."""
    value = document.value.get(KEY)
    if value is None:
        return
    if not document.value.get("system"):
        message = "Companies of two systems are mapped: say with system which of them this is."
        diagnostics.report(Place(document, (KEY,)).make_diagnostic("mapping", message))
    for path, message, hint in [
        *_find_problems(value, (), tools),
        *(_find_problems(value["hours"], ("hours",), tools) if "hours" in value else ()),
    ]:
        diagnostics.report(Place(document, (KEY, *path)).make_diagnostic("mapping", message, hint))


def _find_problems(
    value: Mapping[str, Any], above: Steps, tools: Sequence[Tool]
) -> Iterator[tuple[Steps, str, str]]:
    listed = {tool.resource: tool for tool in tools if tool.listing is not None}
    resource = value["resource"]
    if resource not in listed:
        yield (*above, "resource"), f'There is no list of "{resource}".', did_you_mean(resource, listed)
        return
    taken = listed[resource].input_schema["properties"]
    for argument in value.get("arguments") or ():
        if argument not in taken:
            message = f'The list of {resource} takes no argument "{argument}".'
            yield (*above, "arguments", argument), message, did_you_mean(argument, taken)
