"""What a filter leaves of a catalog, with the bytes of its `tools/list` ready to send.

A list of 180 tools is 370 kB that is the same for every client but for the request's id, which JSON lets us write
first or last. Plain, what differs goes first and the list follows as it is, uncopied. In a gzip stream the list is
the opening blocks, which end on a byte boundary; what differs goes behind it as one stored block, and the checksum is
carried on over it. The outcome is a single gzip member: many clients stop reading after the first.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from generator.catalog import Catalog, Tool, select
from generator.reports.token_estimate import count_tokens
from runtime.errors import NotFound
from runtime.mcp_server.cards.pending_change import show_card
from runtime.mcp_server.changes import TOOLS as CHANGE_TOOLS
from runtime.mcp_server.changes import list_change_tools
from runtime.mcp_server.discovery import Discovery
from runtime.mcp_server.risk_levels import show_risk
from runtime.model import ServerConfig
from runtime.operations.approvals.own_tools import show_why
from runtime.operations.approvals.status import STATUS_TOOL
from runtime.operations.bodies import LARGEST_BODY
from runtime.operations.exposure import Listing, list_by_name
from runtime.operations.files import takes_a_file
from runtime.operations.narrowing import Narrowing, narrow, refuse_none_left
from runtime.operations.short.listing import ListedShortTool, list_short_tools
from runtime.operations.tool_search import NO_SYNONYMS
from runtime.recent import Recent

if TYPE_CHECKING:
    from runtime.mcp_server.several import Several

MOST_CACHED = 64
"""How many toolsets a process caches: about 0.5 MB each for a full catalog."""

MOST_NARROWED = 16
"""How many toolsets of requests that narrow theirs a process caches, apart from those of servers: whoever may call
chooses them.
"""

LARGEST_STORED = 65_535
"""What one stored block of a deflate stream can hold."""

LARGEST_FILE = 32 * 1024 * 1024
"""Bytes of a file that comes in base64 in a message. Above any receipt or statement (mail stops at 25 MB); its body of
43 MiB is in memory whole, and takes about as long as hosts wait for a call, a minute, on a line of 6 Mbit/s. What is
larger goes by REST, where it is streamed.
"""

_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


@dataclass(frozen=True, eq=False)
class Toolset:
    """The tools that one filter leaves, by name, and the head of their list: all of them, or those that find them."""

    tools: dict[str, Tool]
    discovery: Discovery | None = None
    beside: Mapping[str, Tool] = field(default_factory=dict)
    """The tools that are listed beside those of discovery."""
    changes: Mapping[str, Tool] = field(default_factory=dict)
    """The tools that show and undo changes; where there are several companies, also the one that lists them."""
    short: Mapping[str, ListedShortTool] | None = None
    """The short tools, which are listed in place of all others; None where these are listed."""
    shown_by: Mapping[str, Tool] | None = None
    """The tools by which those of `changes` judge what they may show and undo, where they are not `tools`."""
    may_wait: bool = False
    """Whether writes may wait for a person."""
    several: Several | None = None
    """The toolsets of the companies, where this is the union of several."""

    @cached_property
    def largest_body(self) -> int:
        """The most bytes that a message may have: more than usual where a tool sends a file, in base64."""
        parts = [tool.file_part for tool in takes_a_file(self.tools)]
        files = [min(part.max_bytes or LARGEST_FILE, LARGEST_FILE) for part in parts if part is not None]
        return LARGEST_BODY + -(-max(files) // 3) * 4 if files else LARGEST_BODY

    def find_short(self, name: str) -> Tool | None:
        """Return a short tool as its clients see it; None where there is none of this name."""
        found = self.short.get(name) if self.short is not None else None
        return found.tool if found else None

    def explain_unknown(self, name: str) -> NotFound:
        """Return the error for a name that no tool here has, with the nearest one."""
        error = self._finder.explain_unknown(name)
        if self.discovery is not None:
            return error
        return NotFound(error.message, advice="List the tools to see their names.")

    @cached_property
    def _finder(self) -> Discovery:
        return self.discovery or Discovery(self.tools)

    @property
    def listed_tools(self) -> Mapping[str, Tool]:
        """The tools that are listed, by name."""
        if self.short is not None:
            short = {name: each.tool for name, each in self.short.items()}
            if not self.may_wait:
                return short
            status = {name: tool for name, tool in self.changes.items() if name == STATUS_TOOL}
            return _show_waiting({**short, **status})
        listed = {**self.beside, **self.discovery.listed} if self.discovery else self.tools
        listed = {**listed, **self.changes} if self.changes else listed
        return _show_waiting(listed) if self.may_wait else listed

    @cached_property
    def listed(self) -> bytes:
        """The tools as the last member of a result, up to the end of the message."""
        tools = self.listed_tools
        return b'"tools":[' + b",".join(show_risk(tool) for tool in tools.values()) + b"]}}"

    @cached_property
    def _packed(self) -> tuple[bytes, int, int]:
        """The list as the start of a gzip stream, its checksum so far, and its size."""
        head = b'{"result":{' + self.listed[: -len(b"}}")]
        packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        blocks = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
        return _GZIP_HEADER + blocks, zlib.crc32(head), len(head)

    def compress(self, tail: bytes) -> bytes:
        """Return the list with its tail (at most 65,535 bytes), as one gzip member."""
        blocks, checksum, length = self._packed
        size = len(tail)
        return b"".join(
            (
                blocks,
                b"\x01",  # the last block, stored
                size.to_bytes(2, "little"),
                (size ^ 0xFFFF).to_bytes(2, "little"),
                tail,
                zlib.crc32(tail, checksum).to_bytes(4, "little"),
                (length + size & 0xFFFFFFFF).to_bytes(4, "little"),
            )
        )


def _show_waiting(tools: Mapping[str, Tool]) -> dict[str, Tool]:
    """Return tools as a list shows them where writes may wait: with a reason, and the card of what waits."""
    return {name: show_card(show_why(tool)) for name, tool in tools.items()}


class Toolsets:
    """The toolsets lately asked for."""

    def __init__(self, most: int = MOST_CACHED, *, has_journal: bool = False) -> None:
        self._by_filter: Recent[tuple[object, ...], Toolset] = Recent(most)
        self._narrowed: Recent[tuple[object, ...], Toolset] = Recent(MOST_NARROWED)
        self._has_journal = has_journal

    def select(self, catalog: Catalog, integration: str, config: ServerConfig) -> Toolset:
        """Return the toolset that `config` leaves of an integration."""
        key = make_key(catalog, integration, config)
        made = self._by_filter.get(key)
        if made is None:
            made = _make(catalog, integration, config)
            may_wait = bool(config.approval)
            changes = list_change_tools(made.tools, may_wait=may_wait) if self._has_journal else {}
            made = self._by_filter.put(key, replace(made, changes=changes, may_wait=may_wait))
        return made

    def narrow(
        self, catalog: Catalog, integration: str, config: ServerConfig, narrowing: Narrowing
    ) -> Toolset:
        """Return what a request leaves of that toolset. Raises InvalidRequest."""
        key = (*make_key(catalog, integration, config), narrowing)
        found = self._narrowed.get(key)
        if found is None:
            found = self._narrowed.put(key, self._narrow(catalog, integration, config, narrowing))
        return found

    def _narrow(
        self, catalog: Catalog, integration: str, config: ServerConfig, narrowing: Narrowing
    ) -> Toolset:
        """Return what is left of a toolset; where names are given, no tool is there that they do not name."""
        own, every = _select(catalog, integration, config), catalog.list_tools(integration)
        named = [name for name in narrowing.tools if name in CHANGE_TOOLS] if self._has_journal else []
        others = narrowing._replace(tools=tuple(name for name in narrowing.tools if name not in named))
        tools = {} if named and not others.tools else narrow(own, others, every)
        made = _list(tools, catalog, integration, config) if tools else Toolset({})
        if not self._has_journal:
            return made
        shown_by = narrow(own, narrowing._replace(tools=()), every)
        changes = list_change_tools(shown_by, may_wait=bool(config.approval))
        if narrowing.tools:
            changes = {name: tool for name, tool in changes.items() if name in named}
        if not tools and not changes:
            raise refuse_none_left()
        return replace(made, changes=changes, shown_by=shown_by, may_wait=bool(config.approval))


def _select(catalog: Catalog, integration: str, config: ServerConfig) -> dict[str, Tool]:
    found = select(catalog.list_tools(integration), config.methods, config.tags)
    return {tool.name: tool for tool in found if tool.is_read_only or not config.is_read_only}


def _make(catalog: Catalog, integration: str, config: ServerConfig) -> Toolset:
    return _list(_select(catalog, integration, config), catalog, integration, config)


def _list(tools: dict[str, Tool], catalog: Catalog, integration: str, config: ServerConfig) -> Toolset:
    """Return the toolset of some tools, with those that are listed."""
    if config.tool_exposure == "short":
        return Toolset(tools, short=list_short_tools(catalog, integration, tools))
    vendor = catalog.integrations.get(integration)
    named = list_by_name(vendor, tools, config.tool_exposure)
    if named is None:
        return Toolset(tools)
    beside = _shorten(named, list_short_tools(catalog, integration, tools))
    return Toolset(tools, Discovery(tools, len(beside), vendor.synonyms if vendor else NO_SYNONYMS), beside)


def _shorten(tools: Mapping[str, Tool], short: Mapping[str, ListedShortTool]) -> dict[str, Tool]:
    """Return tools with those in their short form that have one under their own name: a call may give all the same."""
    return {
        name: replace(tool, wire=short[name].tool.wire) if name in short else tool
        for name, tool in tools.items()
    }


class Listings:
    """What MCP servers list, by what it depends on: each of many that are made alike has the same. For any thread."""

    def __init__(self, most: int = MOST_CACHED) -> None:
        self._by_filter: Recent[tuple[object, ...], Listing] = Recent(most)
        self._lock = threading.Lock()

    def describe(self, catalog: Catalog, integration: str, config: ServerConfig) -> Listing:
        """Return what an MCP server with this config lists, and what that costs a model."""
        key = make_key(catalog, integration, config)
        with self._lock:
            found = self._by_filter.get(key)
            if found is None:
                found = self._by_filter.put(key, describe_listing(catalog, integration, config))
        return found


def make_key(catalog: Catalog, integration: str, config: ServerConfig) -> tuple[object, ...]:
    """Return everything that the tools of an MCP server depend on."""
    return (
        catalog.version,
        integration,
        config.methods,
        config.tags,
        config.tool_exposure,
        config.is_read_only,
        bool(config.approval),
    )


def describe_listing(catalog: Catalog, integration: str, config: ServerConfig) -> Listing:
    """Return what an MCP server with this config lists, and what that costs a model."""
    toolset = _make(catalog, integration, config)
    may_wait = bool(config.approval)
    toolset = replace(toolset, changes=list_change_tools(toolset.tools, may_wait=may_wait), may_wait=may_wait)
    tokens = sum(count_tokens(tool.wire) for tool in toolset.listed_tools.values())
    return Listing(len(toolset.tools) + len(toolset.changes), len(toolset.listed_tools), tokens)
