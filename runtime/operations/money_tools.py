"""The tools that are left for whoever may not see money: none that handles it, and none that shows or takes some.

Called by whoever lists the tools of a person: the MCP endpoint, the pages, the consent and the runs of schedules. Which
tools and fields these are is a fact of the definitions. What is left of a tool masks the fields in whatever it answers,
and has no argument that would find, sort, add up or set them: an answer bit by bit would show what is masked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from generator.catalog import Listing, Tool
from runtime.errors import Forbidden
from runtime.exchange.context import CallContext

RAW_QUERY = "query"
"""The argument that takes a statement or a condition in the vendor's own language."""


def hide_money(tools: Iterable[Tool]) -> tuple[Tool, ...]:
    """Return what is left of tools for whoever may not see money."""
    found = (_conceal(tool) if tool.money_fields else tool for tool in tools if not tool.handles_money)
    return tuple(tool for tool in found if tool is not None)


def refuse_money(call: CallContext) -> None:
    """Refuse a tool that handles money to whoever may not use such, whichever way it came. Raises Forbidden."""
    if call.tool.handles_money and call.grant is not None and call.grant.config.hides_money:
        raise refuse_money_tool(call.tool)


def refuse_money_tool(tool: Tool) -> Forbidden:
    """Return the error for a tool that handles money."""
    return Forbidden(
        f"{tool.name} handles money, which takes a higher role in the organization.",
        advice="An owner or an admin of the organization can change the role, or the least role for such tools.",
    )


def _conceal(tool: Tool) -> Tool | None:
    """Return a tool that shows no money; None where it needs an argument that is some."""
    names = frozenset(path[0].lower() for path in tool.money_fields)
    taken = {argument for argument, field in tool.call.body_arguments if field.lower() in names}
    listing = tool.listing
    if listing is not None:
        taken |= {each.argument for each in listing.conditions if _is_of(each.field, names)}
        taken |= {RAW_QUERY} if listing.raw_query or listing.raw_conditions else set()
        listing = _strip(listing, taken, names)
    schema, wire = tool.input_schema, orjson.loads(tool.wire)
    if not taken.isdisjoint(schema.get("required", ())):
        return None
    shown = {**wire, "inputSchema": _without(wire["inputSchema"], taken, names)} if wire else wire
    return replace(
        tool,
        schema=orjson.dumps(_without(schema, taken, names)),
        wire=orjson.dumps(shown),
        listing=listing,
        sensitive=(*tool.sensitive, *tool.money_fields),
        concealed=(*tool.concealed, *tool.money_fields),
    )


def _strip(listing: Listing, taken: set[str], names: frozenset[str]) -> Listing:
    """Return what is left of a list: nothing that finds, sorts or adds up by money."""
    return replace(
        listing,
        conditions=tuple(each for each in listing.conditions if each.argument not in taken),
        sortable=tuple(each for each in listing.sortable if not _is_of(each, names)),
        numbers=tuple(each for each in listing.numbers if not _is_of(each, names)),
        fields=tuple(each for each in listing.fields if not _is_of(each.path, names)),
        named={word: given for word, given in listing.named.items() if taken.isdisjoint(given)},
        raw_query=False,
        raw_conditions=False,
    )


def _is_of(field: str, names: frozenset[str]) -> bool:
    """Whether a field, as the vendor names it, is one with money or a part of one."""
    return not names.isdisjoint(field.lower().replace("/", ".").split("."))


def _without(schema: Mapping[str, Any], taken: set[str], names: frozenset[str]) -> dict[str, Any]:
    """Return the schema of arguments without some, and without choices that name money."""
    left = {
        name: _without_choices(given, names)
        for name, given in schema["properties"].items()
        if name not in taken
    }
    return {**schema, "properties": {name: given for name, given in left.items() if given.get("enum") != []}}


def _without_choices(given: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    if "enum" in given:
        choices = [each for each in given["enum"] if not (isinstance(each, str) and _is_of(each, names))]
        return {**given, "enum": choices}
    if isinstance(given.get("items"), dict) and "enum" in given["items"]:
        return {**given, "items": _without_choices(given["items"], names)}
    return given
