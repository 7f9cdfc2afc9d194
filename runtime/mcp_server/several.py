"""The toolset of an address that reaches several companies: the union of what each company's filter leaves.

Called by `endpoint` with the grant of an address; `several_calls` carries the calls out. Every tool takes one argument
more, which says for which company it is called. A toolset is cached by what each company's depends on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from generator.catalog import COMPANY, Catalog, Tool
from generator.reports.token_estimate import count_tokens
from generator.stages.lint_hosts import LARGEST_SCHEMA
from runtime.mcp_server.changes import RECENT, list_change_tools
from runtime.mcp_server.changes import TOOLS as CHANGE_TOOLS
from runtime.mcp_server.discovery import SCHEMA, SEARCH, WRITE, Discovery
from runtime.mcp_server.toolset import MOST_CACHED, MOST_NARROWED, Toolset, Toolsets, make_key
from runtime.model import Grant
from runtime.operations.arguments import MORE
from runtime.operations.connections import LIST_CONNECTIONS
from runtime.operations.exposure import list_by_name
from runtime.operations.narrowing import Narrowing, narrow, refuse_none_left
from runtime.operations.own_tools import make_tool
from runtime.operations.short.listing import ListedShortTool, list_short_tools
from runtime.recent import Recent

FREE_NAMES = (COMPANY, "connection", "connected_company")
"""What the argument is called: the first that the vendor has no field of."""
READS, WRITES, FINDS = 'Name or id; "all" or a list', "Name or id", "Only its tools"
"""What the argument takes, in as few tokens as say it: it stands in every tool."""
MOST_TOKENS = 15_000
"""Of a list that shows some tools of many: what one company's list takes at most. Everyday tools give way to the
argument that all of them take, and are found as the others are.
"""
MOST_FINDERS = 16
"""Indexes over the tools of some of the companies that one toolset caches: callers choose them."""
_IN_A_LINE = re.compile(rf"[,;] {COMPANY}\.$")
"""Where the line of rare arguments names it, which is always at its end."""

CONNECTIONS = make_tool(
    LIST_CONNECTIONS,
    "List connections",
    "List the companies that this server reaches: id, name, number, status, whether it is the default, and the methods "
    "and tags allowed there (none named: all).",
    {"next_cursor": {"type": "string", "description": "From the answer before."}},
    (),
    "read",
)


@dataclass(frozen=True, eq=False)
class Several:
    """The toolsets of the companies of a grant, in their order, and what the argument is called where it is another
    name than `company`.
    """

    own: tuple[Toolset, ...]
    names: Mapping[str, str]
    finders: Recent[tuple[int, ...], Discovery] = field(default_factory=lambda: Recent(MOST_FINDERS))

    def find_finder(self, whole: Toolset, places: Iterable[int]) -> Discovery:
        """Return what finds the tools of some of the companies."""
        key = tuple(sorted(places))
        found = self.finders.get(key)
        if found is None:
            names = {name for place in key for name in self.own[place].tools}
            assert whole.discovery is not None
            made = whole.discovery.limit({name: tool for name, tool in whole.tools.items() if name in names})
            found = self.finders.put(key, made)
        return found

    def list_having(self, tool: str) -> list[int]:
        """Return the places of the companies that have a tool."""
        return [
            place
            for place, own in enumerate(self.own)
            if tool in own.tools or tool in own.changes or own.find_short(tool) is not None
        ]


class GrantToolsets:
    """The toolsets of grants lately asked for: of one company as they are, of several as their union."""

    def __init__(self, *, has_journal: bool = False) -> None:
        self._toolsets = Toolsets(has_journal=has_journal)
        self._has_journal = has_journal
        self._unions: Recent[tuple[object, ...], Toolset] = Recent(MOST_CACHED)
        self._narrowed: Recent[tuple[object, ...], Toolset] = Recent(MOST_NARROWED)

    def select(self, catalog: Catalog, grant: Grant) -> Toolset:
        """Return the toolset of a grant."""
        if not grant.companies:
            return self._toolsets.select(catalog, grant.account.integration, grant.config)
        key = _make_key(catalog, grant)
        made = self._unions.get(key)
        if made is None:
            own = [
                self._toolsets.select(catalog, each.account.integration, each.config)
                for each in grant.companies
            ]
            made = self._unions.put(key, unite(catalog, grant, own))
        return made

    def narrow(self, catalog: Catalog, grant: Grant, narrowing: Narrowing) -> Toolset:
        """Return what a request leaves of that toolset. Raises InvalidRequest."""
        if not grant.companies:
            return self._toolsets.narrow(catalog, grant.account.integration, grant.config, narrowing)
        key = (*_make_key(catalog, grant), narrowing)
        found = self._narrowed.get(key)
        if found is None:
            found = self._narrowed.put(key, self._narrow(catalog, grant, narrowing))
        return found

    def _narrow(self, catalog: Catalog, grant: Grant, narrowing: Narrowing) -> Toolset:
        """Return the union of what is left at each company; what is left of all of them must not be nothing."""
        whole = self.select(catalog, grant)
        assert whole.several is not None
        ours = CHANGE_TOOLS.keys() | {LIST_CONNECTIONS} if self._has_journal else {LIST_CONNECTIONS}
        named = [name for name in narrowing.tools if name in ours]
        others = narrowing._replace(tools=tuple(name for name in narrowing.tools if name not in ours))
        every = [tool for each in _list_integrations(grant) for tool in catalog.list_tools(each)]
        is_only_ours = bool(named) and not others.tools
        left = {} if is_only_ours else narrow(whole.tools, others, every)
        shown = narrow(whole.tools, narrowing._replace(tools=()), every)
        own = [self._narrow_one(each, left, shown, named, narrowing) for each in whole.several.own]
        if not left and LIST_CONNECTIONS not in named and not any(each.changes for each in own):
            raise refuse_none_left()
        return unite(catalog, grant, own, has_list=not narrowing.tools or LIST_CONNECTIONS in named)

    def _narrow_one(
        self,
        own: Toolset,
        left: Mapping[str, Tool],
        shown: Mapping[str, Tool],
        named: Sequence[str],
        narrowing: Narrowing,
    ) -> Toolset:
        tools = {name: tool for name, tool in own.tools.items() if name in left}
        shown_by = {name: tool for name, tool in own.tools.items() if name in shown}
        changes = list_change_tools(shown_by, may_wait=own.may_wait) if self._has_journal else {}
        if narrowing.tools:
            changes = {name: tool for name, tool in changes.items() if name in named}
        return Toolset(tools, changes=changes, shown_by=shown_by, may_wait=own.may_wait)


def unite(catalog: Catalog, grant: Grant, own: Sequence[Toolset], *, has_list: bool = True) -> Toolset:
    """Return the union of the toolsets of the companies of a grant, each tool with the argument for its company."""
    found = {name: tool for each in reversed(own) for name, tool in each.tools.items()}
    bases = [found[tool.name] for tool in catalog.tools if tool.name in found]
    names = {tool.name: name for tool in bases if (name := choose_name(tool)) != COMPANY}
    tools = {tool.name: add_company(tool, READS if tool.is_read_only else WRITES) for tool in bases}
    ours = {name: tool for name, tool in CHANGE_TOOLS.items() if any(name in each.changes for each in own)}
    beside = {name: add_company(tool, READS if name == RECENT else WRITES) for name, tool in ours.items()} | (
        {LIST_CONNECTIONS: CONNECTIONS} if has_list else {}
    )
    may_wait = any(each.may_wait for each in own)
    if grant.config.tool_exposure == "short":
        own = [_add_short(catalog, each, of) for each, of in zip(grant.companies, own, strict=True)]
        short = _unite_short(own)
        several = Several(tuple(own), names)
        return Toolset(tools, changes=beside, short=short, may_wait=may_wait, several=several)
    whole = Toolset(tools, changes=beside, may_wait=may_wait, several=Several(tuple(own), names))
    everyday = _list_everyday(catalog, grant, tools)
    return whole if everyday is None else _add_discovery(catalog, grant, whole, everyday)


def _add_short(catalog: Catalog, grant: Grant, own: Toolset) -> Toolset:
    """Return the toolset of a company with the short tools that it carries, whatever its own config lists."""
    return replace(own, short=list_short_tools(catalog, grant.account.integration, own.tools))


def _unite_short(own: Sequence[Toolset]) -> dict[str, ListedShortTool]:
    """Return the short tools of all companies, each with the argument for its company.

    What a company leaves of a short tool may be less than what another one does: the one with most is listed.
    """
    found: dict[str, ListedShortTool] = {}
    for each in own:
        for name, listed in (each.short or {}).items():
            if name not in found or len(listed.short.targets) > len(found[name].short.targets):
                found[name] = listed
    return {
        name: each
        if name == LIST_CONNECTIONS
        else replace(each, tool=add_company(each.tool, READS if each.tool.is_read_only else WRITES))
        for name, each in found.items()
    }


def add_company(tool: Tool, about: str) -> Tool:
    """Return a tool with the argument for its company, in what is listed and in its whole schema.

    Where hosts would cut what is listed, it stays among the rare arguments, in which a write has it already.
    """
    name, argument = choose_name(tool), {"type": "string", "description": about}
    schema, wire = orjson.loads(tool.schema), orjson.loads(tool.wire)
    shown: dict[str, Any] = wire["inputSchema"]
    for each in (schema, shown):
        each["properties"] = {**each.get("properties", {}), name: argument}
    more = shown["properties"].get(MORE) if tool.takes_company else None
    if more is None:
        return replace(tool, schema=orjson.dumps(schema), wire=orjson.dumps(wire))
    more["description"] = _IN_A_LINE.sub(".", more["description"])
    is_shown = len(orjson.dumps(shown)) <= LARGEST_SCHEMA
    return replace(tool, schema=orjson.dumps(schema), wire=orjson.dumps(wire) if is_shown else tool.wire)


def choose_name(tool: Tool) -> str:
    """Return what the argument for the company of a tool is called."""
    own: Mapping[str, Any] = tool.input_schema.get("properties", {})
    if tool.takes_company or not tool.integration:
        return COMPANY
    return next((name for name in FREE_NAMES if name not in own), FREE_NAMES[-1])


def _list_integrations(grant: Grant) -> list[str]:
    return list(dict.fromkeys(each.account.integration for each in grant.companies))


def _list_everyday(catalog: Catalog, grant: Grant, tools: Mapping[str, Tool]) -> dict[str, Tool] | None:
    """Return the tools that are listed beside those of discovery; None where all are. The default's exposure holds."""
    found = [
        list_by_name(catalog.integrations.get(each), tools, grant.config.tool_exposure)
        for each in _list_integrations(grant)
    ]
    listed = [each for each in found if each is not None]
    return {name: tool for each in listed for name, tool in each.items()} if listed else None


def _add_discovery(catalog: Catalog, grant: Grant, whole: Toolset, everyday: dict[str, Tool]) -> Toolset:
    """Return the toolset with what finds its tools, and as many everyday tools as its list has space for."""
    about = {SEARCH: FINDS, SCHEMA: FINDS, WRITE: WRITES}
    synonyms: dict[str, tuple[str, ...]] = {}
    for each in _list_integrations(grant):
        for said, meant in catalog.integrations[each].synonyms.items():
            synonyms[said] = (*synonyms.get(said, ()), *meant)

    def find(beside: int) -> Discovery:
        finder = Discovery(whole.tools, beside, synonyms)
        finder.listed = {
            name: add_company(tool, about.get(name, READS)) for name, tool in finder.listed.items()
        }
        return finder

    fixed = [*find(0).listed.values(), *whole.changes.values()]
    beside = fit_everyday(everyday, MOST_TOKENS - sum(count_tokens(tool.wire) for tool in fixed))
    return replace(whole, discovery=find(len(beside)), beside=beside)


def fit_everyday(everyday: Mapping[str, Tool], most: int) -> dict[str, Tool]:
    """Return the everyday tools that take no more tokens than these, without as few of the last ones as possible."""
    costs = {name: count_tokens(tool.wire) for name, tool in everyday.items()}
    while costs and (over := sum(costs.values()) - most) >= 0:
        enough = [name for name in reversed(costs) if costs[name] > over]
        del costs[enough[0] if enough else next(reversed(costs))]
    return {name: everyday[name] for name in costs}


def _make_key(catalog: Catalog, grant: Grant) -> tuple[object, ...]:
    """Return everything that the tools of several companies depend on."""
    keys = (make_key(catalog, each.account.integration, each.config) for each in grant.companies)
    return (grant.config.tool_exposure, *keys)
