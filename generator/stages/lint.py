"""The rules of quality that every tool must satisfy. The last stage, when every tool is there.

The limits are those of the strictest clients and model providers: one tool that breaks them can cost a user all the
others. Every rule adds its errors and lets the next one look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import orjson

from generator.catalog import Tool
from generator.diagnostics import Diagnostic, Path
from generator.reading.grammar import shorten
from generator.reading.yaml_events import Document
from generator.stages.compact_schema import name_field
from generator.stages.lint_hosts import LONGEST_NAME, find_orders, find_refused, find_wrong_hints
from generator.stages.lint_lists import find_list_errors
from generator.stages.lint_placeholders import find_unfilled_placeholders
from generator.stages.lint_schema import find_schema_errors, find_unused_keywords
from generator.stages.methods import Method
from generator.stages.resolve import Resource
from generator.suggestions import did_you_mean
from generator.templates import find_names
from generator.texts import cut_first_sentence

LONGEST_DESCRIPTION = 1024
"""Characters. What OpenAI takes as the description of a function."""
MOST_BYTES = 20_000
"""About 5,000 tokens, the most that hosts accept for one tool."""
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_PROPERTY = re.compile(r"[a-zA-Z0-9_.-]{1,64}\Z")
_COMBINATORS = frozenset({"oneOf", "anyOf", "allOf", "not", "enum", "$ref"})


@dataclass(frozen=True, slots=True)
class CompiledTool:
    """One tool with what it was made from, so that an error in it can be reported at its place."""

    method: Method
    tool: Tool
    integration: Document

    def make_diagnostic(self, rule: str, message: str, suggestion: str = "", at: str = "") -> Diagnostic:
        """Return an error of this tool, at its method or at a key of it."""
        return self.method.place.make_diagnostic(rule, message, suggestion, at=(at,) if at else ())


def check_tools(made: list[CompiledTool]) -> Iterator[Diagnostic]:
    """Yield every error in the tools of one run."""
    for each in made:
        yield from _name(each)
        yield from _description(each)
        yield from _schema(each)
        yield from _shown(each)
        yield from _shadowed_fields(each)
        yield from find_list_errors(each.method, each.tool, each.integration)
        yield from _always_filled(each)
        yield from _fixed(each)
        yield from _tags(each)
        yield from _columns(each)
        yield from _always_send(each)
        yield from _parts(each)
        yield from _query_example(each)
        yield from _examples(each)
        yield from _behaviour(each)
    for resource in {
        (each.tool.integration, each.tool.resource): each.method.resource for each in made
    }.values():
        yield from _idle_words(resource)
    yield from find_unfilled_placeholders(made)
    yield from _unique(made)


def _idle_words(resource: Resource) -> Iterator[Diagnostic]:
    for name, given in resource.fields.items():
        for where, wrong, hint in find_unused_keywords(given, name):
            yield resource.places[name].make_diagnostic(
                "idle", f"{where}: {wrong}" if where != name else wrong, hint
            )


def _name(each: CompiledTool) -> Iterator[Diagnostic]:
    name = each.tool.name
    at = "tool_name" if "tool_name" in each.method.rules else ""
    if len(name) > LONGEST_NAME:
        message = (
            f'The tool name "{name}" has {len(name)} characters; '
            f"{LONGEST_NAME} is the most that every host takes."
        )
        hint = 'Give a shorter one with "tool_name"; a name that agents call already goes to "former_names".'
        yield each.make_diagnostic("name", message, hint, at)
    if not _NAME.match(name):
        yield each.make_diagnostic(
            "name", f'The tool name "{name}" may have small letters, digits and _ only.', at=at
        )


def _description(each: CompiledTool) -> Iterator[Diagnostic]:
    length = len(each.tool.description)
    if length > LONGEST_DESCRIPTION:
        message = (
            f"The description with its note has {length:,} characters; {LONGEST_DESCRIPTION:,} is the most."
        )
        yield each.make_diagnostic("description", message, at="description")


def _schema(each: CompiledTool) -> Iterator[Diagnostic]:
    schema = each.tool.input_schema
    if not jsonschema_rs.meta.is_valid({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}):
        yield each.make_diagnostic(
            "schema", "The input schema of this tool is not valid JSON Schema 2020-12."
        )
    if _COMBINATORS & schema.keys() or b'"$ref"' in each.tool.schema:
        yield each.make_diagnostic(
            "schema", "The input schema may have no combinators at its root and no references."
        )
    if len(each.tool.wire) > MOST_BYTES:
        message = (
            f"The tool takes {len(each.tool.wire):,} bytes; {MOST_BYTES:,} is the most that hosts accept."
        )
        yield each.make_diagnostic("size", message)
    for name, given in schema["properties"].items():
        if not _PROPERTY.match(name):
            yield each.make_diagnostic(
                "argument", f'The argument name "{name}" is not allowed by model providers.'
            )
        if not str(given.get("description") or "").endswith("."):
            message = f'The argument "{name}" needs a sentence.'
            yield each.method.find_place(name).make_diagnostic("sentence", message)
        for where, wrong, hint in find_schema_errors(given, name):
            yield each.method.find_place(name).make_diagnostic(
                "shape", f"{where}: {wrong}" if where != name else wrong, hint
            )


def _shown(each: CompiledTool) -> Iterator[Diagnostic]:
    """Yield what hosts would refuse of the tool as they are shown it."""
    wire = orjson.loads(each.tool.wire)
    for where, message in (*find_refused(wire["inputSchema"]), *find_orders(wire)):
        yield each.make_diagnostic("hosts", f"{where}: {message}" if where else message)
    for message in find_wrong_hints(wire, each.method.name, each.tool.call.verb):
        yield each.make_diagnostic("hosts", message, at="risk" if "risk" in each.method.rules else "")


def _shadowed_fields(each: CompiledTool) -> Iterator[Diagnostic]:
    account = set(each.integration.value["account"]) & _list_filled(each)
    for name in sorted(set(each.tool.input_schema["properties"]) & account):
        message = f'The argument "{name}" has the name of a field of the account, and would replace it in the request.'
        yield each.method.find_place(name).make_diagnostic("argument", message, "Give it another name.")


def _list_filled(each: CompiledTool) -> set[str]:
    """Return the names that a request of the tool is filled with; the base URL is filled from the account alone."""
    call, always = each.tool.call, each.integration.value.get("send_always") or {}
    own = [call.path, *(text for _, text in (*call.query, *call.headers))]
    texts = [*own, *(always.get("query") or {}).values(), *(always.get("headers") or {}).values()]
    return {name for text in texts for name in find_names(str(text))}


def _always_filled(each: CompiledTool) -> Iterator[Diagnostic]:
    """Yield what stands in the address or in a header field is always given; a parameter of the query may be left
    out.
    """
    call, schema = each.tool.call, each.tool.input_schema
    optional = set(schema["properties"]) - set(schema["required"])
    for where, text in (("request", call.path), *(("headers", text) for _, text in call.headers)):
        for name in sorted(set(find_names(text)) & optional):
            message = f'{{{name}}} is filled by the argument "{name}", which a call may leave out.'
            hint = f"Require it (required_for: [{each.method.name}])."
            yield each.make_diagnostic("placeholder", message, hint, where)


def _fixed(each: CompiledTool) -> Iterator[Diagnostic]:
    """Yield what is fixed has a body to stand in, and stands there as it is written."""
    body = each.method.rules.get("body", "none")
    parts = [name for part in each.tool.call.parts for name in part.fields]
    known = set(each.tool.input_schema["properties"]) | set(each.integration.value["account"])
    for name, value in each.tool.call.fixed.items():
        if body == "none":
            message = f'"{name}" would not be sent: this method has no body.'
            hint = 'Give "body", or put it into the query of the request.'
            yield each.make_diagnostic("fixed", message, hint, "fixed")
        elif isinstance(body, dict) and name not in parts:
            message = f'"{name}" would not be sent: no part of the body has it under "json".'
            yield each.make_diagnostic("fixed", message, did_you_mean(name, parts), "fixed")
        for filled in sorted(set(find_names(str(value))) & known):
            message = f"{{{filled}}} is not filled in a fixed value; it would be sent as it stands."
            yield each.make_diagnostic("fixed", message, at="fixed")


def _tags(each: CompiledTool) -> Iterator[Diagnostic]:
    known = each.integration.value["tags"]
    for tag in each.tool.tags:
        if tag not in known:
            is_own = tag in (
                each.method.resource.document.value["methods"][each.method.name].get("tags") or ()
            )
            message = f'"{tag}" is not in the table of tags in integration.yaml.'
            hint = did_you_mean(tag, known)
            if is_own:
                yield each.make_diagnostic("tag", message, hint, "tags")
            else:
                yield each.method.resource.document.make_diagnostic(("tags",), "tag", message, hint)


def _columns(each: CompiledTool) -> Iterator[Diagnostic]:
    for name in each.method.rules.get("columns") or ():
        if name not in each.method.resource.fields:
            hint = did_you_mean(name, each.method.resource.fields)
            yield each.make_diagnostic(
                "columns", f'"{name}" is not a field of {each.method.resource.name}.', hint, "columns"
            )


def _always_send(each: CompiledTool) -> Iterator[Diagnostic]:
    for name in each.tool.always_send:
        if name not in each.tool.input_schema["properties"]:
            yield each.make_diagnostic(
                "always_send", f'"{name}" is not an argument of this tool.', at="always_send"
            )
        elif not each.tool.is_guarded and name not in str(each.method.rules["description"]):
            message = f'The description must say that "{name}" is wanted in every update.'
            yield each.make_diagnostic("always_send", message, at="description")


def _parts(each: CompiledTool) -> Iterator[Diagnostic]:
    """Yield a part of a body is filled by arguments that the tool has."""
    known = each.tool.input_schema["properties"]
    for part in each.tool.call.parts:
        for name in (part.content, part.file_name, part.media_type):
            if name and name not in known:
                what = f'The part "{part.name}"' if part.name else "The file"
                message = f'{what} takes "{name}", which is no argument of this tool.'
                yield each.make_diagnostic("body", message, did_you_mean(name, known), "body")


def _query_example(each: CompiledTool) -> Iterator[Diagnostic]:
    query = each.method.rules.get("query_example")
    entry = (each.integration.value.get("query") or {}).get("pattern")
    if not query or not entry:
        return
    try:
        found = re.match(entry, query)
    except re.error:
        return  # the pattern is reported where it stands
    read = (found.groupdict().get("entity") or "").lower() if found else ""
    if not read or each.method.resource.entity.lower() not in ("*", read):
        message = f'The example "{query[:80]}" does not read {each.method.resource.entity}.'
        yield each.make_diagnostic("query_example", message, at="query_example")


def _examples(each: CompiledTool) -> Iterator[Diagnostic]:
    if not each.tool.examples:
        return
    validator = jsonschema_rs.Draft202012Validator(each.tool.input_schema, validate_formats=True)
    for at, example in enumerate(each.tool.examples):
        for error in validator.iter_errors(example.arguments):
            steps = ".".join(str(step) for step in error.instance_path)
            said = shorten(
                f"The example does not fit the tool: {f'{steps}: ' if steps else ''}{error.message}"
            )
            unknown = getattr(error.kind, "unexpected", None) or ()
            hint = did_you_mean(unknown[0], each.tool.input_schema["properties"]) if unknown else ""
            yield each.method.place.make_diagnostic("example", said, hint, at=("examples", at, "arguments"))


def _behaviour(each: CompiledTool) -> Iterator[Diagnostic]:
    """Check that a behaviour belongs to its own integration; whether it is there, the runtime checks at its start."""
    integration, name = each.tool.integration, each.tool.returns.behaviour
    if "." in name and not name.startswith(f"{integration}."):
        message = f'The behaviour "{name}" belongs to another integration than {integration}.'
        yield each.make_diagnostic(
            "behaviour", message, f"Call it {integration}.{name.partition('.')[2]}.", "returns"
        )


def _unique(made: list[CompiledTool]) -> Iterator[Diagnostic]:
    names: dict[str, CompiledTool] = {}
    sentences: dict[str, CompiledTool] = {}
    for each in made:
        sentence = cut_first_sentence(each.tool.description).lower()
        if other := names.get(each.tool.name):
            message = f'The tool "{each.tool.name}" is made by {other.method.resource.document.file} too.'
            yield each.make_diagnostic(
                "unique name", message, at="tool_name" if "tool_name" in each.method.rules else ""
            )
        elif twin := sentences.get(sentence):
            message = f"The first sentence is the same as that of {twin.tool.name}, so a model cannot distinguish them."
            yield each.make_diagnostic("first sentence", message, at="description")
        names.setdefault(each.tool.name, each)
        sentences.setdefault(sentence, each)
    yield from _former_names(made, names)


def _former_names(made: list[CompiledTool], names: dict[str, CompiledTool]) -> Iterator[Diagnostic]:
    """Yield a former name leads to one tool: no tool has it now, and no other had it before."""
    holders = dict(names)
    for each in made:
        for name in each.tool.former_names:
            if other := holders.get(name):
                message = (
                    f'"{name}" is a name of the tool {other.tool.name}, so a call of it would be ambiguous.'
                )
                yield each.make_diagnostic("former name", message, "Leave it out.", at="former_names")
            holders.setdefault(name, each)


def check_names(made: list[CompiledTool]) -> Iterator[Diagnostic]:
    """Yield an error for each name of a method, an argument or a resource that nothing has, likely a misspelt one.

    To be asked when all tools are there.
    """
    yield from _check_advanced(made)
    yield from _check_required_for(made)


def _check_required_for(made: list[CompiledTool]) -> Iterator[Diagnostic]:
    """Yield a method that no resource has needs nothing, and is likely misspelt; asked when all tools are there."""
    for integration in {each.integration.file: each.integration for each in made}.values():
        ours = [each.method for each in made if each.integration is integration]
        known = {*integration.value["methods"], *(method.name for method in ours)}
        for method in ours:
            for name, given in (*method.resource.fields.items(), *method.arguments.items()):
                for named in sorted(set(given.get("required_for", ())) - known):
                    place, message = method.find_place(name), f'There is no method "{named}".'
                    yield place.make_diagnostic(
                        "required_for", message, did_you_mean(named, known), ("required_for",)
                    )


def _check_advanced(made: list[CompiledTool]) -> Iterator[Diagnostic]:
    """Yield an advanced argument that no tool has makes nothing shorter, and is likely misspelt.

    The same holds for names under `json_text`, and for what `suggestions` names.
    """
    for integration in {each.integration.file: each.integration for each in made}.values():
        tools = [each.tool for each in made if each.integration is integration]
        known = {name for tool in tools for name in _names_in(tool.input_schema)}
        known |= {name_field(name) for name in known}
        for key in ("advanced", "json_text"):
            for at, name in enumerate(integration.value.get(key) or ()):
                if name not in known:
                    hint = did_you_mean(name, known)
                    yield integration.make_diagnostic((key, at), key, f'No tool takes "{name}".', hint)
        yield from _check_suggestions(integration, known, {tool.resource for tool in tools})


def _check_suggestions(integration: Document, known: set[str], resources: set[str]) -> Iterator[Diagnostic]:
    for at, each in enumerate(integration.value.get("suggestions") or ()):
        wanted: list[tuple[Path, str, set[str]]]
        wanted = [
            (("arguments", place), name, known) for place, name in enumerate(each.get("arguments") or ())
        ]
        wanted += [
            (("resources", place), name, resources) for place, name in enumerate(each.get("resources") or ())
        ]
        wanted += [(("requires",), each["requires"], known)] if "requires" in each else []
        for where, name, among in wanted:
            if name not in among:
                message = f'No tool takes "{name}".' if among is known else f'There is no resource "{name}".'
                yield integration.make_diagnostic(
                    ("suggestions", at, *where), "suggestions", message, did_you_mean(name, among)
                )


def _names_in(schema: dict[str, Any]) -> Iterator[str]:
    for name, given in (schema.get("properties") or {}).items():
        yield name
        yield from _names_in(given.get("items") or given)
