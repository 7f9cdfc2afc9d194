"""What a call says when the vendor has no record of the Id that it names: which Id, and which tool finds the right one.

Called by `failures` and `batch`, with the error that the vendor's answer is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.catalog import Tool
from generator.templates import find_names
from generator.vendor import Integration
from runtime.errors import NotFound, VendorRefused
from runtime.logs import blank_private_numbers

LONGEST_SHOWN = 40
"""Characters of an Id that an error repeats. Those of known vendors have at most 36."""


def name_absent(
    error: VendorRefused,
    tool: Tool,
    integration: Integration,
    arguments: Mapping[str, Any],
    tools: Mapping[str, Tool],
) -> VendorRefused:
    """Return the error, with the Id that was asked for and the tool among `tools` that lists what there is.

    An error of another kind, and one of a call that names no record, comes back as it is.
    """
    ids = list(dict.fromkeys(_identifiers(tool, integration, arguments)))
    if error.code != NotFound.code or not ids:
        return error
    named = " and ".join(f'"{blank_private_numbers(each, LONGEST_SHOWN)}"' for each in ids)
    kind = tool.resource.replace("_", " ")
    said = f"There is no record with the Id {named} among {kind}"
    if tool.risk == "overwrite":
        said += ", or something that the change refers to is not there"
    finder = next((name for name, each in tools.items() if _lists(each, tool)), "")
    advice = f"{error.advice} The list tool is {finder}." if finder else error.advice
    return VendorRefused(
        f"{said}. {error.message}",
        status=error.status,
        kind=error.code,
        advice=advice.strip(),
        vendor_code=error.vendor_code,
        trace=error.trace,
        details=error.details,
    )


def _identifiers(tool: Tool, integration: Integration, arguments: Mapping[str, Any]) -> Iterator[str]:
    """Return what a call names its record by: what fills the path, and the identifier in the body."""
    own = tool.input_schema["properties"]
    places = [name for name in find_names(tool.call.path) if name in own]
    places += [
        name
        for name, field in tool.call.body_arguments
        if field == (tool.identifier or integration.identifier)
    ]
    for name in places:
        if isinstance(value := arguments.get(name), (str, int)):
            yield str(value)


def _lists(each: Tool, tool: Tool) -> bool:
    is_same = (each.integration, each.resource) == (tool.integration, tool.resource)
    return is_same and each.listing is not None
