"""Whether a short tool fits the tools that it calls: every template held to their schemas. Part of `short_tools`.

What is found here would otherwise be found by whoever calls the tool: an argument that the tool does not have, one
that it needs and never gets, a value that it refuses, an argument that changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from generator.catalog import Tool
from generator.diagnostics import Diagnostic, Path
from generator.filling import AS, EACH, FIRST, OPERATORS, THEN, list_paths
from generator.reading.yaml_events import Document
from generator.short_tools import FOR_EACH, ShortTool, Target
from generator.stages.compact_schema import compact_schema
from generator.stages.lint_hosts import LONGEST_NAME, find_orders, find_refused
from generator.stages.merged_checks import check_merged
from generator.suggestions import did_you_mean
from generator.templates import split_template

RECORD, REST = "record", "rest"
"""What templates may name beside arguments and steps."""
Schema = Mapping[str, Any]


def check_short_tool(short: ShortTool, document: Document, tools: Mapping[str, Tool]) -> Iterator[Diagnostic]:
    """Yield every error of a short tool. `tools` are those of its integration, by name."""
    yield from _check_name(short, document, tools)
    yield from _check_names_of_arguments(short, document)
    for at, target in _list_targets(short, document):
        tool = tools[target.tool]
        yield from _check_fill(target.fill, tool.input_schema, (*at, "fill"), document, tool)
        yield from _check_required(short, target, tool, at, document)
        yield from _check_enums(short, target, tool, document)
    yield from _check_paths(short, document)
    yield from check_merged(short, document)
    yield from _check_use(short, document)


def _check_name(short: ShortTool, document: Document, tools: Mapping[str, Tool]) -> Iterator[Diagnostic]:
    if short.name in tools and {each.tool for each in short.targets.values()} != {short.name}:
        yield document.make_diagnostic(("short_tool",), "twice", f'A tool is called "{short.name}" already.')
    if len(short.name) > LONGEST_NAME:
        message = (
            f"The name has {len(short.name)} characters; {LONGEST_NAME} is the most that every host takes."
        )
        yield document.make_diagnostic(("short_tool",), "name", message)
    shown = {"description": short.description, "inputSchema": short.input_schema}
    for _, problem in find_orders(shown):
        yield document.make_diagnostic(("description",), "orders", problem)
    for place, problem in find_refused(compact_schema(short.input_schema, ()).schema):
        yield document.make_diagnostic(("arguments", *place.split(".")[:1]), "hosts", problem)


def _check_names_of_arguments(short: ShortTool, document: Document) -> Iterator[Diagnostic]:
    properties = short.input_schema["properties"]
    steps = ((("steps", each.name), each) for each in short.steps)
    named: list[tuple[Path, str]] = [(("required",), each) for each in short.input_schema["required"]]
    named += [(("choose", "by"), short.by)] if short.by else []
    for at, step in steps:
        named += [((*at, step.kind), step.source), ((*at, "otherwise_if"), step.otherwise_if)]
        inner = properties.get(step.source, {}).get("items", {}).get("properties", {})
        for key, name in (("unless", step.unless), ("match", step.match)):
            if step.kind == FOR_EACH and name and name not in inner:
                message = f'The elements of "{step.source}" have no "{name}".'
                yield document.make_diagnostic((*at, key), "argument", message, did_you_mean(name, inner))
        named += [((*at, "unless"), step.unless)] if step.kind != FOR_EACH else []
    for place, name in named:
        if name and name not in properties:
            message = f'There is no argument "{name}".'
            yield document.make_diagnostic(place, "argument", message, did_you_mean(name, properties))


def _list_targets(short: ShortTool, document: Document) -> Iterator[tuple[Path, Target]]:
    for name, target in short.targets.items():
        own = document.value.get("choose", {}).get("values", {}).get(name)
        is_own = isinstance(own, dict) and "fill" in own
        yield ("choose", "values", name) if is_own else (), target
    for step in short.steps:
        yield ("steps", step.name), step.call
        if step.also:
            yield ("steps", step.name, "also"), step.also


def _check_fill(fill: Any, schema: Schema, at: Path, document: Document, tool: Tool) -> Iterator[Diagnostic]:
    """Yield what a template says that a schema does not know, however deep the schema describes it."""
    if isinstance(fill, list):
        for place, each in enumerate(fill):
            yield from _check_fill(each, schema.get("items", {}), (*at, place), document, tool)
    elif isinstance(fill, dict) and any(key.startswith("$") for key in fill):
        yield from _check_operator(fill, schema, at, document, tool)
    elif isinstance(fill, dict) and "properties" in schema:
        for name, each in fill.items():
            inner = schema["properties"].get(name)
            if inner is None:
                message = f'{tool.name} has no argument "{_write(at, name)}".'
                hint = did_you_mean(name, schema["properties"])
                yield document.make_diagnostic((*at, name), "argument", message, hint)
                continue
            yield from _check_fill(each, inner, (*at, name), document, tool)
    elif "enum" in schema and _is_constant(fill) and fill not in schema["enum"]:
        choices = list(map(str, schema["enum"]))
        message = f'{tool.name} does not take "{fill}" here. It is one of: {", ".join(choices[:12])}.'
        yield document.make_diagnostic(at, "enum", message, did_you_mean(str(fill), choices))


def _check_operator(
    fill: Mapping[str, Any], schema: Schema, at: Path, document: Document, tool: Tool
) -> Iterator[Diagnostic]:
    if frozenset(fill) not in OPERATORS:
        message = f"{' and '.join(fill)} do not stand together."
        hint = "Write $each and $as, or $if and $then, or $first alone."
        yield document.make_diagnostic(at, "operator", message, hint)
    elif EACH in fill:
        yield from _check_fill(fill[AS], schema.get("items", {}), (*at, AS), document, tool)
    elif FIRST in fill:
        for place, each in enumerate(fill[FIRST]):
            yield from _check_fill(each, schema, (*at, FIRST, place), document, tool)
    else:
        yield from _check_fill(fill[THEN], schema, (*at, THEN), document, tool)


def _check_required(
    short: ShortTool, target: Target, tool: Tool, at: Path, document: Document
) -> Iterator[Diagnostic]:
    """Yield each argument that a tool needs and may not get. Of several tools each needs others: its error says so."""
    required = set(short.input_schema["required"]) | {REST} | {step.name for step in short.steps}
    for name in tool.input_schema.get("required", ()):
        if name not in target.fill:
            message = f'{tool.name} needs "{name}", which is never filled.'
            yield document.make_diagnostic((*at, "fill"), "required", message)
            continue
        paths = list_paths(target.fill[name]) if len(short.targets) == 1 else []
        if paths and not any(path[0] in required for path in paths):
            message = f'{tool.name} needs "{name}", and "{paths[0][0]}", which fills it, may be left out.'
            hint = f"Name {paths[0][0]} under required."
            yield document.make_diagnostic((*at, "fill", name), "required", message, hint)


def _check_enums(short: ShortTool, target: Target, tool: Tool, document: Document) -> Iterator[Diagnostic]:
    """Yield each value of an argument that the argument filled from it would refuse."""
    properties, inner = short.input_schema["properties"], tool.input_schema["properties"]
    for name, template in target.fill.items():
        paths = list_paths(template) if isinstance(template, str) else []
        source = properties.get(paths[0][0], {}) if len(paths) == 1 and len(paths[0]) == 1 else {}
        allowed = inner.get(name, {}).get("enum")
        for value in source.get("enum", ()) if allowed else ():
            if value not in allowed:
                message = f'{tool.name} does not take "{value}" as {name}.'
                place: Path = ("arguments", paths[0][0], "enum")
                yield document.make_diagnostic(place, "enum", message, did_you_mean(value, allowed))


def _check_paths(short: ShortTool, document: Document) -> Iterator[Diagnostic]:
    """Yield each path of a template that begins at nothing, or leads to a part that an argument does not have."""
    properties, steps = short.input_schema["properties"], {step.name for step in short.steps}
    extra = {REST} if short.separator else set(short.targets) if short.answer == "results" else set()
    templates: list[tuple[Path, Any]] = [
        ((*at, "fill"), each.fill) for at, each in _list_targets(short, document)
    ]
    templates += [(("adds",), short.adds)]
    for at, template in templates:
        for path in list_paths(template):
            known = {*properties, *steps, *extra, *({RECORD} if at == ("adds",) else ())}
            if path[0] not in known:
                message = f"{{{'.'.join(path)}}} is neither an argument nor a step."
                yield document.make_diagnostic(at, "template", message, did_you_mean(path[0], known))
            elif path[0] in properties and (wrong := _find_wrong_step(properties[path[0]], path[1:], steps)):
                message = f'{{{".".join(path)}}}: there is no "{wrong}" in that argument.'
                yield document.make_diagnostic(at, "template", message)


def _find_wrong_step(schema: Schema, path: tuple[str, ...], steps: Iterable[str]) -> str:
    for step in path:
        schema = schema.get("items", schema)
        if step in steps or step.isdigit():
            return ""
        inner = schema.get("properties", {})
        if step not in inner:
            return step
        schema = inner[step]
    return ""


def _check_use(short: ShortTool, document: Document) -> Iterator[Diagnostic]:
    """Yield each argument that changes nothing, whatever is chosen."""
    if short.answer == "connections":
        return
    unused = set(short.input_schema["properties"]).intersection(
        *(target.unused for target in short.targets.values())
    )
    for name in sorted(unused):
        message = f'The argument "{name}" fills nothing.'
        yield document.make_diagnostic(
            ("arguments", name), "idle", message, "Use it in a template, or remove it."
        )
    if not short.targets:
        yield document.make_diagnostic(
            (), "call", "It calls no tool.", 'Name one with "call", or several with "choose".'
        )


def _is_constant(value: Any) -> bool:
    return (
        isinstance(value, str)
        and not any(is_name for is_name, _ in split_template(value))
        and "{" not in value
    )


def _write(at: Path, name: str) -> str:
    steps = [str(each) for each in at[at.index("fill") + 1 :] if not str(each).startswith("$")]
    return ".".join((*steps, name))
