"""The argument by which a read is limited to one client, by its name. Part of `arguments`.

`clients` of integration.yaml says which arguments take the Ids of clients: a read that has one of them gets the
argument, and so does the list of the clients themselves. `pipeline` has what it names checked when the tools are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from generator.catalog import Condition, Listing, Tool
from generator.client_filters import CLIENT, ClientFilter
from generator.diagnostics import Diagnostics, Path
from generator.reading.yaml_events import Document
from generator.stages.argument_parts import Arguments
from generator.stages.methods import Method
from generator.stages.resolve import Place
from generator.suggestions import did_you_mean

RULE = "clients"
DESCRIPTION, WITH_BELOW = "Only this client, by name.", "Only this client, by name, with those below it."
IN_A_LINE = "name"
"""What stands for it in the line of rare arguments."""
ANY_OF = "any_of"
"""The condition that takes several Ids."""


def add_client(made: Arguments, method: Method, integration: Document) -> None:
    """Add the argument to a read that can be limited to some clients, among those that few calls need."""
    facts = integration.value.get(RULE)
    if not facts or method.rules["risk"] != "read" or CLIENT in made.properties:
        return
    if made.listing is not None:
        made.client_filter = _find_in_list(made, made.listing, facts, method, integration)
    else:
        made.client_filter = _find_in_query(made, facts)
    if made.client_filter is None:
        return
    made.properties[CLIENT] = {"type": "string", "minLength": 1, "description": _describe(facts)}
    made.advanced.append(CLIENT)
    made.cautions[CLIENT] = IN_A_LINE


def _describe(facts: Mapping[str, Any]) -> str:
    """Return what is said of the argument: a client has others below it where its full name says so."""
    return WITH_BELOW if facts.get("full_name") else DESCRIPTION


def check_clients(document: Document, tools: Sequence[Tool], diagnostics: Diagnostics) -> None:
    """Report what the facts about clients name and what is not there."""
    facts = document.value.get(RULE) or {}
    for path, message, hint in _find_problems(facts, tools) if facts else ():
        diagnostics.report(Place(document, (RULE, *path)).make_diagnostic(RULE, message, hint))


def _find_in_list(
    made: Arguments, listing: Listing, facts: Mapping[str, Any], method: Method, integration: Document
) -> ClientFilter | None:
    """Return how a list is limited to clients, and add the condition to it; None where it cannot be."""
    if ANY_OF not in ((integration.value.get("query") or {}).get("conditions") or {}):
        return None
    is_own = method.resource.name == facts["resource"]
    own = (integration.value.get("identifier") or {}).get("field", "id") if is_own else ""
    found = next((each for each in listing.conditions if _takes_ids(made, facts, each, own)), None)
    if found is None:
        return None
    condition = Condition(CLIENT, found.field, ANY_OF, found.kind)
    made.listing = replace(listing, conditions=(*listing.conditions, condition))
    others = [each.argument for each in listing.conditions if each.field == found.field]
    beside = tuple(dict.fromkeys((found.argument, *others)))
    return _make(facts, CLIENT, beside, is_own=is_own)


def _takes_ids(made: Arguments, facts: Mapping[str, Any], each: Condition, own: str) -> bool:
    """Return whether a condition names clients by their Ids: `own` is the field with the Id in a list of clients."""
    if own:
        return each.field == own and each.operator == ANY_OF
    return each.argument in facts["filters"] and _refers_to(made, each.argument, facts["resource"])


def _find_in_query(made: Arguments, facts: Mapping[str, Any]) -> ClientFilter | None:
    """Return how a read whose parameters are its arguments is limited to clients; None where it cannot be."""
    for name in facts["filters"]:
        if name in made.joins and _refers_to(made, name, facts["resource"]):
            return _make(facts, name, (name,))
    return None


def _refers_to(made: Arguments, argument: str, resource: str) -> bool:
    return any(each.path == (argument,) and resource in each.resources.values() for each in made.references)


def _make(
    facts: Mapping[str, Any], argument: str, beside: tuple[str, ...], *, is_own: bool = False
) -> ClientFilter:
    full_name, separator = facts.get("full_name", ""), facts.get("separator", "")
    return ClientFilter(facts["resource"], argument, beside, full_name, separator, is_own)


def _find_problems(facts: Mapping[str, Any], tools: Sequence[Tool]) -> Iterator[tuple[Path, str, str]]:
    lists = {each.resource: each for each in tools if each.listing is not None}
    own = lists.get(facts["resource"])
    if own is None or own.listing is None:
        hint = did_you_mean(facts["resource"], lists)
        yield ("resource",), f'No tool lists "{facts["resource"]}".', hint
        return
    used = {each.client_filter.beside[0] for each in tools if each.client_filter is not None}
    for at, name in enumerate(facts["filters"]):
        if name not in used:
            message = f'No read takes Ids of {facts["resource"]} as "{name}".'
            yield ("filters", at), message, did_you_mean(name, used)
    parts = {each.field for each in own.listing.conditions if each.operator == "contains"}
    if (full_name := facts.get("full_name")) and full_name not in parts:
        message = f'"{facts["resource"]}" cannot be filtered by a part of "{full_name}".'
        yield ("full_name",), message, did_you_mean(full_name, parts)
    if bool(full_name) != bool(facts.get("separator")):
        yield (), "full_name and separator stand together.", ""
