"""Short tools from their documents: links become tools, templates are tied to arguments. Called by `pipeline`.

After `tools`, because a short tool takes over what its tools take. Calls `short_checks`, which holds every template to
the schema of the tool that it fills.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from generator.catalog import Tool
from generator.diagnostics import Diagnostics, Path
from generator.filling import list_paths
from generator.reading.yaml_events import Document
from generator.short_tools import DIGITS, FIND, FOR_EACH, SPREAD, Merge, ShortTool, Step, StepKind, Target
from generator.stages.short_checks import check_short_tool
from generator.suggestions import did_you_mean, strip_style
from generator.texts import fold
from generator.vendor import Integration

ToolsByLink = Mapping[str, Tool]
"""The tools of an integration by `resource.method`."""
OF_MERGED = {"limit", "next_cursor"}
"""Arguments of merged lists that say which page is asked for."""
ALL = ""
"""Under which value the only tool stands."""


@dataclass(frozen=True, slots=True)
class _Source:
    """One document, and what its links lead to."""

    document: Document
    integration: Integration
    tools: ToolsByLink
    broken: frozenset[str]
    diagnostics: Diagnostics

    def find_tool(self, link: str, at: Path) -> Tool | None:
        """Return the tool of a link; one that leads nowhere is reported, unless its file is broken."""
        tool = self.tools.get(link)
        if tool is None and link.partition(".")[0] not in self.broken:
            message = f'There is no tool "{link}" to call.'
            self.report(at, "dead link", message, did_you_mean(link, self.tools))
        return tool

    def make_target(
        self, tool: Tool, fill: dict[str, Any], title: str = "", arguments: Iterable[str] = ()
    ) -> Target:
        """Return a tool with its templates; `arguments` are those that have to fill something."""
        filled = {path[0] for path in list_paths(fill)}
        unused = tuple(each for each in arguments if each not in filled)
        identifier = tool.identifier or self.integration.identifier
        return Target(tool.name, fill, tool.resource, identifier, title, unused)

    def report(self, at: Path, rule: str, message: str, hint: str = "") -> None:
        """Report an error at a place of the document."""
        self.diagnostics.report(self.document.make_diagnostic(at, rule, message, hint))


def make_short_tools(
    documents: Iterable[Document],
    integration: Integration,
    tools: Sequence[Tool],
    broken: frozenset[str],
    diagnostics: Diagnostics,
) -> list[ShortTool]:
    """Return the short tools of an integration; one with an error is left out, and its errors are reported."""
    by_link = {f"{tool.resource}.{tool.method}": tool for tool in tools}
    names = {tool.name: tool for tool in tools}
    made = []
    for document in documents:
        source = _Source(document, integration, by_link, broken, diagnostics)
        before = len(diagnostics)
        short = _make(source)
        if len(diagnostics) == before:
            diagnostics.report_all(check_short_tool(short, document, names))
        if len(diagnostics) == before:
            made.append(short)
    return made


def _make(source: _Source) -> ShortTool:
    value = source.document.value
    steps = tuple(_make_step(source, name, each) for name, each in (value.get("steps") or {}).items())
    called = _find_called(source)
    passed = value.get("pass_on") or []
    in_steps = {path[0] for step in value.get("steps", {}).values() for path in list_paths(step.get("fill"))}
    in_steps |= {each.source for each in steps} | {each.unless for each in steps}
    choose = value.get("choose") or {}
    used = in_steps | {choose.get("by", "")} | {path[0] for path in list_paths(value.get("adds"))}
    used |= OF_MERGED if "merge" in value else set()
    given = [*value["arguments"], *passed]
    return ShortTool(
        name=value["short_tool"],
        title=value["title"],
        description=fold(value["description"]),
        integration=source.integration.name,
        schema=orjson.dumps(_make_schema(value, [tool for tool, _, _ in called.values()])),
        targets={
            name: _complete(
                source.make_target(tool, fill, title, [x for x in given if x not in used]), value, name
            )
            for name, (tool, fill, title) in called.items()
        },
        by=choose.get("by", ""),
        separator=choose.get("separator", ""),
        aliases=_list_aliases(value),
        steps=steps,
        exactly_one=tuple(tuple(each) for each in value.get("exactly_one") or ()),
        answer=value.get("answer", "called"),
        merge=Merge(**value["merge"]) if "merge" in value else None,
        adds=dict(value.get("adds") or {}),
    )


def _complete(target: Target, value: Mapping[str, Any], name: str) -> Target:
    """Return a target with what its choice says of merged lists."""
    given = ((value.get("choose") or {}).get("values") or {}).get(name)
    if not isinstance(given, dict):
        return target
    where = {path: tuple(fields) for path, fields in (given.get("where") or {}).items()}
    return replace(target, row=dict(given.get("row") or {}), where=where, unless=given.get("unless", ""))


def _find_called(source: _Source) -> dict[str, tuple[Tool, dict[str, Any], str]]:
    """Return the tools that are called, each with its templates and titles, under the values that choose them."""
    value = source.document.value
    shared = {**(value.get("fill") or {}), **{name: f"{{{name}}}" for name in value.get("pass_on") or ()}}
    if link := value.get("call"):
        tool = source.find_tool(link, ("call",))
        return {ALL: (tool, shared, "")} if tool else {}
    found, taken = {}, set[str]()
    for name, given in ((value.get("choose") or {}).get("values") or {}).items():
        choice: dict[str, Any] = {"call": given} if isinstance(given, str) else given
        tool = source.find_tool(choice["call"], ("choose", "values", name))
        if tool is None:
            continue
        own = {key: each for key, each in shared.items() if key in tool.input_schema["properties"]}
        taken |= own.keys()
        found[name] = (tool, own | (choice.get("fill") or {}), choice.get("title", ""))
    for key in (value.get("fill") or {}) if found else ():
        if key not in taken:
            source.report(("fill", key), "fill", f'None of the tools takes an argument "{key}".')
    return found


def _make_step(source: _Source, name: str, value: Mapping[str, Any]) -> Step:
    at: Path = ("steps", name)
    kinds = [each for each in (FOR_EACH, SPREAD, DIGITS, FIND) if each in value]
    if len(kinds) != 1:
        source.report(at, "step", "A step has exactly one of for_each, spread, digits and find.")
        return Step(name, SPREAD, Target("", {}))
    kind, match = kinds[0], dict(value.get("match") or {})
    fields = tuple(_list_fields(kind, value))
    if kind in (SPREAD, DIGITS) and not fields:
        source.report(at, "step", f'A step with {kind} needs "{"over" if kind == SPREAD else "in"}".')
    return Step(
        name=name,
        kind=kind,
        call=_make_step_target(source, value, at),
        source=value[kind],
        fields=fields,
        unless=value.get("unless", ""),
        match=next(iter(match.values()), ""),
        where={each: tuple(values) for each, values in (value.get("where") or {}).items()},
        also=_make_step_target(source, value["also"], (*at, "also")) if "also" in value else None,
        otherwise=fold(value.get("otherwise", "")),
        otherwise_if=value.get("otherwise_if", ""),
        ids=source.integration.reference_form.ids if kind == FIND and fields else "",
    )


def _list_fields(kind: StepKind, value: Mapping[str, Any]) -> Iterable[str]:
    """Return the fields of a record that a step looks at."""
    if kind == FOR_EACH:
        return value.get("match") or ()
    return value.get("in") or () if kind != SPREAD else [value["over"]] if "over" in value else ()


def _make_step_target(source: _Source, value: Mapping[str, Any], at: Path) -> Target:
    tool = source.find_tool(value["call"], (*at, "call"))
    if tool is None:
        return Target("", {})
    if not tool.is_read_only or tool.listing is None:
        source.report((*at, "call"), "step", "A step lists records.", "Name a method that lists.")
    return source.make_target(tool, dict(value.get("fill") or {}))


def _make_schema(value: Mapping[str, Any], tools: Sequence[Tool]) -> dict[str, Any]:
    properties = {
        name: {key: each for key, each in given.items() if key != "aliases"}
        for name, given in value["arguments"].items()
    }
    choose = value.get("choose") or {}
    if (by := choose.get("by")) in properties and not choose.get("separator"):
        properties[by]["enum"] = list(choose["values"])
    for name in value.get("pass_on") or ():
        for tool in tools:
            if name in tool.input_schema["properties"]:
                given = tool.input_schema["properties"][name]
                properties[name] = {key: each for key, each in given.items() if key != "description"}
    return {
        "type": "object",
        "properties": properties,
        "required": list(value.get("required") or ()),
        "additionalProperties": False,
    }


def _list_aliases(value: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return what callers may write for the values of each argument: any style, and the other names given."""
    choose = value.get("choose") or {}
    values = choose.get("values") or {}
    others = {
        alias: name
        for name, given in values.items()
        for alias in (given.get("aliases") or () if isinstance(given, dict) else ())
    }
    found = {choose["by"]: _strip_all(values, others)} if "by" in choose else {}
    for name, given in value["arguments"].items():
        if "enum" in given:
            found[name] = _strip_all(given["enum"], given.get("aliases") or {})
    return found


def _strip_all(values: Iterable[str], others: Mapping[str, str]) -> dict[str, str]:
    written = {**others, **{each: each for each in values}}
    return {strip_style(each): meant for each, meant in written.items()}
