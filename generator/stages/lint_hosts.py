"""What hosts and model providers refuse in the tools that they are shown. Part of `lint`.

Each rule is that of the strictest host known; one tool that breaks it can cost a user all the others:

- Gemini (google-genai, google-adk, LangChain, the Vercel AI SDK) refuses the whole request for `required` without the
  property, an object without properties, a list without items, an enum that is not of texts, a `format` of a text
  other than `date-time`, and `additionalProperties`;
- Copilot Studio drops a tool with `$ref`, ends at a list of types and fails at a numeric `exclusiveMinimum`;
- OpenAI's strict mode takes no combinators at the root and 5 levels of objects; OpenAI and Anthropic take names of
  arguments of 64 letters, digits, `_`, `.` and `-`;
- Codex leaves out every description of a schema of 4.8 kB or more;
- Claude's directory refuses descriptions that give a model orders, and ChatGPT's a tool whose hints are missing or say
  less than the tool does, which was the first cause of refusals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

LARGEST_SCHEMA = 4_500
"""Bytes of a shown schema as compact JSON: Codex begins to leave out at 4,800, and counts a little differently."""
DEEPEST = 5
"""Objects inside each other, the root among them: OpenAI's strict mode took 5 before it took 10."""
LONGEST_NAME = 48
"""Characters of a tool's name. Providers take 64 and Cursor takes 60, with what the host puts before the name: this
leaves 12 characters for that, such as `mcp__books__`.
"""
LARGEST_LIST = 128
"""Tools that the OpenAI API, GitHub Copilot, Zed and Mistral take in one request; one more fails every prompt."""
_KEYS = frozenset({"type", "description", "properties", "required", "items", "enum", "format"})
_TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object"})
_ORDERS = re.compile(
    r"\b(?:call|use|run|read|look|check|search)\b[^.;:]*\bfirst\b|\bask the (?:person|user)\b|\b(?:be|make) sure\b"
    r"|\byou must\b|\bbefore (?:calling|using) (?:this|any)\b|\bimportant:",
    re.IGNORECASE,
)
"""What orders a model to do something beside its call, in place of saying what the tool does."""
DESTRUCTIVE = frozenset({"update", "delete", "void", "revoke"})
"""Methods that overwrite or end something: hosts ask a person before those that are hinted as destructive."""
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,64}\Z")


def find_refused(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Everything that some host refuses in a shown input schema: the dotted place, empty for all, and a sentence."""
    if schema.get("type") != "object":
        yield "", "A host takes an object only."
    if (size := len(orjson.dumps(schema))) > LARGEST_SCHEMA:
        yield (
            "",
            f"The shown schema has {size:,} bytes; {LARGEST_SCHEMA:,} is the most that every host shows whole.",
        )
    yield from _refused(schema, "", 1)


def find_orders(tool: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every order to the model in the texts of a shown tool: the dotted place, empty for all, and a sentence."""
    for place, text in (("", tool["description"]), *_descriptions(tool["inputSchema"], "")):
        if found := _ORDERS.search(text):
            yield (
                place,
                f'A host refuses orders to the model: "{found[0]}". Say what is so in place of what to do.',
            )


def find_wrong_hints(tool: dict[str, Any], method: str, verb: str) -> Iterator[str]:
    """Yield what a shown tool's hints leave out of what its method and the verb of its request do."""
    hints = tool["annotations"]
    kinds = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")
    if missing := [kind for kind in kinds if not isinstance(hints.get(kind), bool)]:
        yield f"Hosts refuse a tool without {', '.join(missing)}."
        return
    read_only, destructive, _, open_world = (hints[kind] for kind in kinds)
    if read_only and (destructive or open_world or verb not in ("GET", "POST") or method in DESTRUCTIVE):
        yield "A tool that only reads changes nothing, here or elsewhere; its risk must be another than read."
    if (verb == "DELETE" or method in DESTRUCTIVE) and not destructive:
        yield "It overwrites or ends something, so its risk must be overwrite or destroy."
    if method == "send" and not open_world:
        yield "It reaches people outside, so its risk must be send."


def _descriptions(schema: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for name, each in (schema.get("properties") or {}).items():
        where = f"{path}.{name}" if path else name
        yield where, each.get("description", "")
        yield from _descriptions(each.get("items") or each, where)


def _refused(schema: dict[str, Any], path: str, depth: int) -> Iterator[tuple[str, str]]:
    if unknown := schema.keys() - _KEYS:
        yield path, f"Some host refuses {', '.join(sorted(unknown))}."
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in _TYPES:
        yield path, f"Every host needs one type, but this is {kind}."
    if schema.get("format", "date-time") != "date-time":
        yield path, f"Gemini refuses the format {schema['format']}."
    if "enum" in schema and (kind != "string" or not _are_texts(schema["enum"])):
        yield path, "Gemini takes an enum of texts only, none of them empty."
    if kind == "array":
        yield from (
            _refused(schema["items"], f"{path}[]", depth)
            if "items" in schema
            else [(path, "Gemini refuses a list without items.")]
        )
    if kind == "object":
        yield from _refused_object(schema, path, depth)


def _refused_object(schema: dict[str, Any], path: str, depth: int) -> Iterator[tuple[str, str]]:
    parts: dict[str, Any] = schema.get("properties") or {}
    if not parts and path:
        yield path, "Gemini refuses an object without properties."
    if depth > DEEPEST:
        yield path, f"OpenAI's strict mode takes {DEEPEST} levels of objects."
    for name in schema.get("required") or ():
        if name not in parts:
            yield path, f'Gemini refuses "{name}" in required, which is not in properties.'
    for name, each in parts.items():
        where = f"{path}.{name}" if path else name
        if not _NAME.match(name):
            yield where, "Model providers refuse this name."
        yield from _refused(
            each, where, depth + 1 if each.get("type") == "object" or "items" in each else depth
        )


def _are_texts(values: list[Any]) -> bool:
    return bool(values) and all(isinstance(each, str) and each for each in values)
