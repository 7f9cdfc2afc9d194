"""Four tools in place of all: what a server lists where every tool would be too many, or when it is asked to.

A list of two hundred tools takes much of a model's context before it has read a question. Here it finds tools by
keywords, reads the arguments of those it wants, and calls them: one tool calls those that only read, another one
any, so that a host that asks its person before a write need not ask before a read. What is found and called is what
the filter leaves: a call is handed over to where a tool called by its own name goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

import orjson

from generator.catalog import Risk, Tool
from generator.meanings import Meant
from generator.names import find_tool
from generator.texts import cut_first_sentence
from runtime.errors import InvalidArguments, NotFound
from runtime.exchange import bounds
from runtime.exchange.allowance import Allowance
from runtime.exchange.tool_answer import Answer
from runtime.exchange.tool_names import explain_unknown_tool
from runtime.operations.arguments import ArgumentChecker
from runtime.operations.own_tools import make_tool
from runtime.operations.tool_search import LONGEST_QUERY, NO_SYNONYMS, ToolIndex

SEARCH, SCHEMA, READ, WRITE = "search_tools", "get_tool_schema", "call_read_tool", "call_write_tool"
NAMES = frozenset({SEARCH, SCHEMA, READ, WRITE})
GUIDANCE = (
    f"Not all tools are listed: {SEARCH} finds the others, {SCHEMA} shows their arguments; call them by name, or with "
    f"{READ} and {WRITE}."
)
"""What a client reads before the integration's own guidance. Short, for some clients show 512 characters of both."""

USUAL_TOOLS, USUAL_RESOURCES, MOST_RESULTS = 10, 30, 50
"""Found tools, and resources, in one answer: few, because each costs tokens. A model may ask for up to the most."""
MOST_SCHEMAS = 5
"""Whole tools of up to 5.5 kB, which fit into one answer together."""
CALL_IT = "Call the tool: an error says what its arguments lack."
SHOWN_ONLY = "shown as it is listed, without what is rarely needed"

Found = TypeVar("Found")
_CHECKER = ArgumentChecker()
_MEANT = (
    Meant(frozenset({"args", "params", "parameters", "input", "inputs", "kwargs"}), ("arguments",)),
    Meant(frozenset({"tool", "toolname", "tools", "toolnames"}), ("name", "names")),
    Meant(frozenset({"search", "q", "keywords", "text"}), ("query",)),
)
"""What callers write for the arguments of these tools."""
_TEXT = {"type": "string", "minLength": 1}


class Discovery:
    """The four tools over one toolset, or three where nothing in it writes. What they know is made at their first call.

    `beside` is how many tools of the toolset are listed beside them.
    """

    def __init__(
        self,
        tools: Mapping[str, Tool],
        beside: int = 0,
        synonyms: Mapping[str, tuple[str, ...]] = NO_SYNONYMS,
    ) -> None:
        self._synonyms = synonyms
        self._tools = tools
        risks = {tool.risk for tool in tools.values()}
        made = [_search_tool(len(tools) - beside), _schema_tool(), _call_tool(READ)]
        if writing := risks - {"read"}:
            made.append(_call_tool(WRITE, *writing))
        self.listed = {tool.name: tool for tool in made}
        self._rows: dict[str, bytes] = {}

    def limit(self, tools: Mapping[str, Tool]) -> Discovery:
        """Return the same over some of its tools."""
        made = Discovery(tools, synonyms=self._synonyms)
        made.listed = self.listed
        return made

    def answer(self, name: str, arguments: dict[str, Any], allowance: Allowance) -> Answer:
        """Return the answer of `search_tools` or `get_tool_schema`. Raises InvalidArguments and NotFound."""
        arguments = _CHECKER.check(self.listed[name], arguments, _MEANT)
        found = self._search if name == SEARCH else self._schemas
        return Answer(found(arguments, allowance))

    def choose(self, name: str, arguments: dict[str, Any]) -> tuple[Tool, str, dict[str, Any]]:
        """Return the tool that a call of `call_read_tool` or `call_write_tool` names, the name it gave, and its
        arguments.

        Raises InvalidArguments, also for a tool that writes where only reading ones are called, and NotFound.
        """
        arguments = _CHECKER.check(self.listed[name], _with_object(arguments), _MEANT)
        tool = find_tool(self._tools, arguments["name"])
        if tool is None:
            # Made from the toolset alone, so it is the same for a tool that is hidden and one that never was.
            raise self.explain_unknown(arguments["name"])
        if name == READ and not tool.is_read_only:
            raise InvalidArguments(
                f"{tool.name} does more than read, so {READ} did not call it.",
                advice=f"Nothing was sent. Call it with {WRITE}.",
            )
        return tool, arguments["name"], arguments.get("arguments", {})

    def explain_unknown(self, *names: str) -> NotFound:
        """Return the error for names that no tool has, each with the nearest one."""
        sentences = " ".join(explain_unknown_tool(name, self._tools) for name in names)
        return NotFound(sentences, advice=f"Find tools with {SEARCH}.")

    @property
    def is_ready(self) -> bool:
        """Whether the index is made, which takes longer than any search in it."""
        return "_index" in self.__dict__

    @cached_property
    def _index(self) -> ToolIndex:
        return ToolIndex(self._tools.values(), self._synonyms)

    def _search(self, arguments: dict[str, Any], allowance: Allowance) -> str:
        wanted = frozenset(arguments.get("tags", ()))
        query = arguments.get("query", "").strip()
        found = self._index.search(query) if query else list(self._tools.values())
        left = [tool for tool in found if not wanted or not wanted.isdisjoint(tool.tags)]
        if query:
            return _part([tool.name for tool in left], self._row, "tools", arguments, USUAL_TOOLS, allowance)
        return _part(_resources(left), _itself, "resources", arguments, USUAL_RESOURCES, allowance)

    def _row(self, name: str) -> bytes:
        """Return what a search says of a tool. Made once: parsing its schema takes longer than finding it."""
        row = self._rows.get(name)
        if row is None:
            row = self._rows[name] = orjson.dumps(_found(self._tools[name]))
        return row

    def _schemas(self, arguments: dict[str, Any], allowance: Allowance) -> str:
        asked = {name: find_tool(self._tools, name) for name in arguments["names"]}
        tools = list({tool.name: tool for tool in asked.values() if tool}.values())
        absent = [name for name, tool in asked.items() if not tool]
        if not tools:
            raise self.explain_unknown(*absent)
        unknown = {"unknown": self.explain_unknown(*absent).message} if absent else {}
        for write in (_whole, _listed):
            texts = [write(tool) for tool in tools]
            head = _schemas_head(tools, unknown, is_whole=write is _whole)
            if allowance.measure(texts[0]) + bounds.measure_head(head(1, ""), allowance) < allowance.size:
                break
        return bounds.append_rows(
            head, "tools", bounds.Source(len(texts), texts.__getitem__), allowance, CALL_IT
        )


def _schemas_head(tools: Sequence[Tool], unknown: Mapping[str, str], *, is_whole: bool) -> bounds.Head:
    """Return what is said before the schemas: the tools that do not fit, by name, and whether an argument may lack."""

    def head(count: int, remark: str) -> dict[str, Any]:
        notes = [] if is_whole else [f"{tools[0].name} is {SHOWN_ONLY}."]
        if count < len(tools):
            left = ", ".join(tool.name for tool in tools[count:])
            notes.append(f"Too large for one answer, ask for each by itself: {left}.")
        notes += [remark] if remark else []
        return {**({"note": " ".join(notes)} if notes else {}), **unknown}

    return head


def _found(tool: Tool) -> dict[str, Any]:
    required = orjson.loads(tool.schema).get("required", [])
    about = cut_first_sentence(tool.description)
    return {"name": tool.name, "about": about, "risk": tool.risk, "required": required, "tags": tool.tags}


def _whole(tool: Tool) -> bytes:
    """Return a tool as it is listed, but with every argument: a list leaves out what is rarely needed."""
    listed: dict[str, Any] = orjson.loads(tool.wire)
    return orjson.dumps(listed | {"inputSchema": orjson.Fragment(tool.schema)})


def _listed(tool: Tool) -> bytes:
    return tool.wire


def _resources(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """Return the resources of some tools in the order of their names, each with its tools and their tags."""
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


def _itself(row: Any) -> bytes:
    return orjson.dumps(row)


def _with_object(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call with the inner ones as an object, where they came as the JSON text that is
    shown.
    """
    inner = arguments.get("arguments")
    if inner is None or inner == "":
        return {name: value for name, value in arguments.items() if name != "arguments"}
    if isinstance(inner, str):
        try:
            inner = orjson.loads(inner)
        except orjson.JSONDecodeError:
            raise InvalidArguments(
                'Argument "arguments" must be an object, or JSON text of one.',
                advice="Nothing was sent. Correct the JSON and call again.",
            ) from None
    return arguments | {"arguments": inner}


def _part(
    found: Sequence[Found],
    row: Callable[[Found], bytes],
    kind: str,
    arguments: Mapping[str, Any],
    usual: int,
    allowance: Allowance,
) -> str:
    """Return a part of what was found, as JSON, with the cursor of the next part when there is one.

    `row` says what is answered of each that is in the part.
    """
    start = _start(arguments.get("next_cursor", "0"))
    part = found[start : start + arguments.get("limit", usual)]

    def head(count: int, remark: str) -> dict[str, Any]:
        first: dict[str, Any] = {"returned": count, "found": len(found)}
        if start + count < len(found):
            first["next_cursor"] = str(start + count)
        if remark:
            first["note"] = remark
        if not found:
            first["advice"] = (
                f"Use other or fewer words, or call {SEARCH} without query and tags to see what there is."
            )
        return first

    rows = bounds.Source(len(part), lambda place: row(part[place]))
    return bounds.append_rows(head, kind, rows, allowance)


def _start(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdecimal()) or len(cursor) > 6:
        raise InvalidArguments(
            'Argument "next_cursor" is not one that this tool has answered.',
            advice="Pass next_cursor on unchanged, or leave it out to begin again.",
        )
    return int(cursor)


def _search_tool(unlisted: int) -> Tool:
    return make_tool(
        SEARCH,
        "Search tools",
        f"Find the tools of this server, {unlisted} of which are not listed. With query, keywords for what is to be "
        "done, it answers the best matches first: name, what the tool does, its risk (read, create, overwrite, "
        "destroy or send), required arguments and tags. Without query it answers the resources, each with its tools "
        f"and tags. {SCHEMA} has the arguments of what was found. A tool that was found is called by its name, or with "
        f"{READ} when its risk is read and {WRITE} when it is another.",
        {
            "query": {
                "type": "string",
                "maxLength": LONGEST_QUERY,
                "description": "Keywords for the resource and the action, such as create invoice or overdue bills.",
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
    return make_tool(
        SCHEMA,
        "Get tool schema",
        f"Get 1 to {MOST_SCHEMAS} tools whole: description, input schema with every argument, and annotations that "
        "say whether it only reads or can destroy.",
        {"names": names},
        ("names",),
        "read",
    )


def _call_tool(name: str, *risks: Risk) -> Tool:
    """One that calls others: those that only read, when it is to run no other risk."""
    title = "Call a tool that writes" if risks else "Call a tool that reads"
    about = (
        f"Call a tool that {SEARCH} found and whose risk is create, overwrite, destroy or send, such as one that the "
        "person agreed to."
        if risks
        else f"Call a tool that {SEARCH} found and whose risk is read; it changes nothing, and calls no other."
    )
    return make_tool(
        name,
        title,
        f"{about} It is checked and answered as if it were called by its own name; arguments that do not fit its input "
        "schema are refused with what would be right, and nothing is sent.",
        {
            "name": _TEXT | {"description": "The tool's name."},
            "arguments": {"type": "object", "description": f"Its arguments, by its schema from {SCHEMA}."},
        },
        ("name",),
        *(risks or ("read",)),
    )
