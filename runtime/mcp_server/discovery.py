"""Three tools in place of all: what a server lists whose `tool_exposure` is `discovery`.

A list of two hundred tools takes much of a model's context before it has read a question. Here it finds tools by
words, reads the arguments of those it wants, and calls them. What is found and called is what the filter leaves, so
nothing here opens a door: `call_tool` hands over to the same way that a tool called by its own name goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import orjson

from generator.catalog import HINTS, Call, Returns, Risk, Tool
from runtime.errors import InvalidArguments, NotFound
from runtime.operations import bounds
from runtime.operations.arguments import ArgumentChecker, nearest_name
from runtime.operations.calls import Answer
from runtime.operations.tool_search import LONGEST_QUERY, ToolIndex, first_sentence

SEARCH, SCHEMA, CALL = "search_tools", "get_tool_schema", "call_tool"
NAMES = frozenset({SEARCH, SCHEMA, CALL})
GUIDANCE = (
    f"Only three tools are listed here: find others with {SEARCH}, read their arguments with {SCHEMA}, and call them "
    f"with {CALL}."
)
"""What a client reads before the integration's own guidance."""

USUAL_TOOLS, USUAL_RESOURCES, MOST_RESULTS = 10, 30, 50
MOST_SCHEMAS = 5
USUAL_BUDGET = 100_000
"""Bytes of one answer when the server's config does not say."""
LOOKED_AT = 25
"""How many tools are compared with a name that is not known."""

_CHECKER = ArgumentChecker()
_TEXT = {"type": "string", "minLength": 1}


class Discovery:
    """The three tools over one toolset. What they know of it is made at their first call."""

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self._tools = tools
        made = (_search_tool(tools), _schema_tool(), _call_tool(tools.values()))
        self.listed = {tool.name: tool for tool in made}

    def answer(self, name: str, arguments: dict[str, Any], budget: int = 0) -> Answer:
        """The answer of `search_tools` or `get_tool_schema`. Raises InvalidArguments and NotFound."""
        arguments = _CHECKER.checked(self.listed[name], arguments)
        found = self._search if name == SEARCH else self._schemas
        return Answer(found(arguments, budget or USUAL_BUDGET))

    def chosen(self, arguments: dict[str, Any]) -> tuple[Tool, dict[str, Any]]:
        """The tool that a `call_tool` names, and its arguments. Raises InvalidArguments and NotFound."""
        arguments = _CHECKER.checked(self.listed[CALL], arguments)
        tool = self._tools.get(arguments["name"])
        if tool is None:
            # Made from the toolset alone, so it is the same for a tool that is hidden and one that never was.
            raise self._unknown([arguments["name"]])
        return tool, arguments.get("arguments", {})

    @cached_property
    def _index(self) -> ToolIndex:
        return ToolIndex(self._tools.values())

    def _search(self, arguments: dict[str, Any], budget: int) -> str:
        wanted = frozenset(arguments.get("tags", ()))
        query = arguments.get("query", "").strip()
        found = self._index.search(query) if query else list(self._tools.values())
        left = [tool for tool in found if not wanted or not wanted.isdisjoint(tool.tags)]
        rows, kind, usual = (
            ([*map(_found, left)], "tools", USUAL_TOOLS)
            if query
            else (_resources(left), "resources", USUAL_RESOURCES)
        )
        return _part(rows, kind, arguments, usual, budget)

    def _schemas(self, arguments: dict[str, Any], budget: int) -> str:
        names = list(dict.fromkeys(arguments["names"]))
        tools = [self._tools[name] for name in names if name in self._tools]
        absent = [name for name in names if name not in self._tools]
        if not tools:
            raise self._unknown(absent)
        fitted = bounds.fit([*map(_whole, tools)], budget)
        tail: dict[str, Any] = {}
        if absent:
            tail["unknown"] = self._unknown(absent).message
        if fitted.count < len(tools):
            tail["note"] = (
                f"Too large for one answer: {', '.join(tool.name for tool in tools[fitted.count :])}."
            )
        return bounds.with_rows({}, "tools", fitted, tail)

    def _unknown(self, names: list[str]) -> NotFound:
        sentences = []
        for name in names:
            nearest = nearest_name(name, [tool.name for tool in self._index.search(name)[:LOOKED_AT]])
            hint = f' Did you mean "{nearest}"?' if nearest else ""
            sentences.append(f'There is no tool "{name[:80]}" here.{hint}')
        return NotFound(" ".join(sentences), advice=f"Find tools with {SEARCH}.")


def _found(tool: Tool) -> dict[str, Any]:
    required = orjson.loads(tool.schema).get("required", [])
    about = first_sentence(tool.description)
    return {"name": tool.name, "about": about, "risk": tool.risk, "required": required, "tags": tool.tags}


def _whole(tool: Tool) -> dict[str, Any]:
    """A tool as it is listed, but with every argument: a list leaves out what is rarely needed."""
    listed: dict[str, Any] = orjson.loads(tool.wire)
    return listed | {"inputSchema": orjson.Fragment(tool.schema)}


def _resources(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """The resources of some tools in the order of their names, each with its tools and their tags."""
    by_resource: dict[str, list[Tool]] = {}
    for tool in tools:
        by_resource.setdefault(tool.resource, []).append(tool)
    return [
        {
            "resource": resource,
            "tags": list(dict.fromkeys(tag for tool in its for tag in tool.tags)),
            "tools": [tool.name for tool in its],
        }
        for resource, its in sorted(by_resource.items())
    ]


def _part(
    rows: list[dict[str, Any]], kind: str, arguments: Mapping[str, Any], usual: int, budget: int
) -> str:
    """A part of what was found, as JSON, with the cursor of the next part when there is one."""
    start = _start(arguments.get("next_cursor", "0"))
    fitted = bounds.fit(rows[start : start + arguments.get("limit", usual)], budget)
    end = start + fitted.count
    tail: dict[str, Any] = {"returned": fitted.count, "found": len(rows)}
    if end < len(rows):
        tail["next_cursor"] = str(end)
    if not rows:
        tail["advice"] = (
            f"Use other or fewer words, or call {SEARCH} without query and tags to see what there is."
        )
    return bounds.with_rows({}, kind, fitted, tail)


def _start(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdecimal()) or len(cursor) > 6:
        raise InvalidArguments(
            'Argument "next_cursor" is not one that this tool has answered.',
            advice="Pass next_cursor on unchanged, or leave it out to begin again.",
        )
    return int(cursor)


def _search_tool(tools: Mapping[str, Tool]) -> Tool:
    return _tool(
        SEARCH,
        "Search tools",
        f"Find the tools of this server; it has {len(tools)}, which are not listed. With query, a few words for what "
        "is to be done, it answers the best matches first: name, what the tool does, its risk (read, create, "
        "overwrite, destroy or send), required arguments and tags. Without query it answers the resources, each "
        f"with its tools and tags. Then read the arguments with {SCHEMA}, and call the tool with {CALL}.",
        {
            "query": {
                "type": "string",
                "maxLength": LONGEST_QUERY,
                "description": "Words for the thing and the deed, such as create invoice or overdue bills.",
            },
            "tags": {
                "type": "array",
                "items": _TEXT,
                "maxItems": 20,
                "description": "Only tools with any of these tags.",
            },
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": MOST_RESULTS,
                "description": f"Most results; {USUAL_TOOLS} tools or {USUAL_RESOURCES} resources when left out.",
            },
            "next_cursor": _TEXT | {"description": "From the answer before, for the next part."},
        },
        (),
        "read",
    )


def _schema_tool() -> Tool:
    names = {
        "type": "array",
        "items": _TEXT,
        "minItems": 1,
        "maxItems": MOST_SCHEMAS,
        "description": f"Names of tools, as {SEARCH} answers them.",
    }
    return _tool(
        SCHEMA,
        "Get tool schema",
        f"Get 1 to {MOST_SCHEMAS} tools whole: description, input schema with every argument, and annotations that "
        "say whether it only reads or can destroy. Read it before the first call of a tool.",
        {"names": names},
        ("names",),
        "read",
    )


def _call_tool(tools: Iterable[Tool]) -> Tool:
    return _tool(
        CALL,
        "Call tool",
        f"Call a tool that {SEARCH} found. It is checked and answered as if it were called by its own name; "
        "arguments that do not fit its input schema are refused with what would be right, and nothing is sent. Ask "
        "the person first when its annotations say destructive.",
        {
            "name": _TEXT | {"description": "The tool's name."},
            "arguments": {"type": "object", "description": f"Its arguments, by its schema from {SCHEMA}."},
        },
        ("name",),
        *{tool.risk for tool in tools},
    )


def _tool(
    name: str,
    title: str,
    description: str,
    properties: Mapping[str, Any],
    required: tuple[str, ...],
    *risks: Risk,
) -> Tool:
    """A tool that is answered here and never sent. It is as dangerous as the worst of the risks it can run."""
    hints = [HINTS[risk] for risk in risks]
    schema = {
        "type": "object",
        "properties": dict(properties),
        "required": required,
        "additionalProperties": False,
    }
    annotations = {
        "title": title,
        "readOnlyHint": all(hint[0] for hint in hints),
        "destructiveHint": any(hint[1] for hint in hints),
        "idempotentHint": all(hint[2] for hint in hints),
        "openWorldHint": any(hint[3] for hint in hints),
    }
    wire = {"name": name, "title": title, "description": description, "inputSchema": schema}
    return Tool(
        name=name,
        title=title,
        description=description,
        integration="",
        resource="tools",
        method=name,
        method_class="read",
        risk="read",
        tags=(),
        schema=orjson.dumps(schema),
        wire=orjson.dumps(wire | {"annotations": annotations}),
        call=Call("GET", ""),
        returns=Returns("nothing"),
    )
