"""What compiling comes to: a catalog of integrations and their tools, frozen and shared.

The stages make it; everything after them (the runtime, the documentation pages) reads these values and never the
YAML. Every value is a frozen dataclass of plain parts, so that a catalog can be stored on disk and read back as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from generator.client_filters import ClientFilter
from generator.preflight_rules import DuplicateRule, ReversalRule
from generator.short_tools import ShortTool
from generator.vendor import Integration
from generator.vendor_rules import Tie

Risk = Literal["read", "create", "overwrite", "destroy", "send"]
RiskLevel = Literal["low", "medium", "high"]
MethodClass = Literal["read", "write", "custom"]

METHOD_CLASSES: dict[str, MethodClass] = {
    "list": "read",
    "get": "read",
    "create": "write",
    "update": "write",
    "delete": "write",
}
"""The filter class of each usual method; any other method is `custom`."""

EMBED = "embed"
"""The argument of a tool that reads a file by which its bytes are answered instead of a link. It is never sent."""
COMPANY = "company"
"""The argument of a tool that changes something by which the caller says which company is meant. It is never sent."""
DRY_RUN = "dry_run"
"""The argument of a tool that writes by which nothing is sent. It is never sent itself."""
ALLOW_DUPLICATE = "allow_duplicate"
"""The argument by which a record is made although it seems to be there already. It is never sent."""
SPREAD = ("", "{conditions}")
"""Stands among the parameters of a list where each condition is a parameter of its own: `?status=open&page=1`."""
PATCH_PATH = "/{field}"
"""How an operation of a JSON Patch names a field of the record (RFC 6902), where a vendor has no form of its own."""

HINTS: dict[Risk, tuple[bool, bool, bool, bool]] = {
    "read": (True, False, True, False),
    "create": (False, False, False, False),
    "overwrite": (False, True, True, False),
    "destroy": (False, True, True, False),
    "send": (False, True, False, True),
}
"""For each risk: read-only, destructive, idempotent, reaches the open world."""
LEVELS: dict[Risk, RiskLevel] = {
    "read": "low",
    "create": "medium",
    "overwrite": "medium",
    "destroy": "high",
    "send": "high",
}
"""How much can go wrong with each risk, unless a method says otherwise."""
LEAST_FIRST: tuple[RiskLevel, ...] = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Condition:
    """An argument of a list tool that becomes a condition on a field.

    `operator` names a template of the query language: equals, any_of, contains, from, until.
    `kind` is how its value is written: string, number, boolean, date or date-time.
    """

    argument: str
    field: str
    operator: str
    kind: str = "string"


@dataclass(frozen=True, slots=True)
class QueryField:
    """A field of the records of a list, as far as a raw query may name it.

    `can_filter` and `can_sort` are None where the definitions do not say.
    """

    path: str
    kind: str = "string"
    """How its value is written: string, number, boolean, date, date-time, or object for one that has parts."""
    can_filter: bool | None = None
    can_sort: bool | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list tool can be asked. An `entity` of `*` reads whatever the raw query names."""

    entity: str
    conditions: tuple[Condition, ...] = ()
    sortable: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    """What each record shows unless the caller names `fields`; empty shows all."""
    default_order: str = ""
    """Order of the records when the caller names none, in the vendor's words, so that pages do not overlap."""
    raw_query: bool = False
    raw_conditions: bool = False
    """Whether it takes a condition in the vendor's language beside its filters."""
    """Whether the tool takes `query`, a statement in the vendor's own language."""
    numbers: tuple[str, ...] = ()
    """Fields that can be added up."""
    ties: tuple[Tie, ...] = ()
    """Reports that show such a sum."""
    is_whole: bool = False
    """Whether the vendor answers the whole list at once, so that its pages are cut here."""
    fields: tuple[QueryField, ...] = ()
    """What a raw query can name, where the vendor's language has a grammar."""
    named: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Words that stand for filters. A date in them may be a `{day}` relative to today, such as `{this_month_start}`."""
    search: tuple[str, ...] = ()
    """The fields in which a text is searched at once."""
    merges: bool = False
    """Whether an OR between filters is answered, by merging calls."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An argument, or a part of one, that refers to a record of another resource.

    Its value is an object of the integration's `reference_form`, or the bare Id.
    """

    path: tuple[str, ...]
    """Where it stands, from the arguments on; lists are no step of a path."""
    resources: dict[str, str]
    """The resource that it points to, under "" where that is always the same, or else under each kind."""
    kind: str = ""
    """The part of the reference itself that says the kind."""
    kind_beside: str = ""
    """The field beside the reference that says the kind."""
    is_bare: bool = False
    """Whether the value is the Id itself, and no object."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body: a JSON object of `fields`, or the bytes that `content` holds in base64."""

    name: str
    fields: tuple[str, ...] = ()
    content: str = ""
    file_name: str = ""
    """The argument that names the file."""
    media_type: str = ""
    """The argument that says its media type."""
    max_bytes: int = 0
    """The largest request, in bytes and with all its parts, that the vendor takes with this file; 0 is no limit."""
    types: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The endings of file names that the vendor takes, in small letters, each with its media types, the usual first.

    Empty takes every file.
    """


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the vendor. What is fixed is filled in already; `{name}` that is left comes from the call.

    `{name}` is an argument, a field of the account, or one of `statement conditions order_by start page limit
    cursor selection`; the last are the fields that an analysis reads, and nothing for anybody else. A query parameter
    with nothing to fill it is left out. A path that begins with `{origin}` is taken from the root of the vendor's host,
    not from the base URL.
    """

    verb: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    query: tuple[tuple[str, str], ...] = ()
    """Parameters with their templates; `SPREAD` is in the place of one parameter for each condition."""
    headers: tuple[tuple[str, str], ...] = ()
    body: Literal["none", "record", "json_patch", "parts", "file"] = "none"
    parts: tuple[Part, ...] = ()
    """The parts of a multipart body; of the body `file`, the one file that it is."""
    body_arguments: tuple[tuple[str, str], ...] = ()
    """(argument, the vendor's field) for everything that goes into the body, such as ("id", "Id")."""
    wrap: str = ""
    """The key of the body under which the record stands; empty when the body is the record."""
    wraps_list: bool = False
    """Whether the record is the one entry of a list there."""
    patch_path: str = PATCH_PATH
    """How an operation of a JSON Patch names a field."""
    fixed: dict[str, Any] = field(default_factory=dict)
    """Body fields that are always sent, with these values."""
    joins: dict[str, str] = field(default_factory=dict)
    """What stands between the values of a list argument where it fills a `{name}`; a comma when not said."""


@dataclass(frozen=True, slots=True)
class Returns:
    """What comes back. `path` leads to it in the answer; `behaviour` names code for what data cannot say.

    `text` is a body that is no object, answered under the name that `path` holds. `batch` is an answer for each
    operation of a batch.
    """

    kind: Literal["record", "records", "file", "nothing", "behaviour", "text", "batch"]
    path: tuple[str, ...] = ()
    media_type: str = ""
    file_name: str = ""
    behaviour: str = ""
    paged: bool = False
    """Whether a behaviour answers rows, which `limit` and `next_cursor` cut into pages."""
    computed: str = ""
    """The analysis that makes the answer of what other tools read; nothing is sent for the tool itself then."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What that analysis knows of the world: words by topic, multiples and benchmarks with their sources."""


@dataclass(frozen=True, slots=True)
class Example:
    """Something a person would ask, and the arguments that answer it. Checked against the tool's schema."""

    ask: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LayerChange:
    """A part of a resource that a folder laid over the first one wrote."""

    layer: str
    """The name of that folder."""
    path: tuple[str, ...]
    """The keys that lead to the part, such as methods, create and description."""


@dataclass(frozen=True, slots=True)
class ResourceDoc:
    """What a resource is, in words for people: the documentation pages show it."""

    integration: str
    resource: str
    entity: str
    summary: str
    description: str
    """Paragraphs, with a blank line between them and the names of tools filled in."""
    docs: str
    tags: tuple[str, ...] = ()
    layer: str = ""
    """The folder laid over the first one that defines the whole resource; empty where the first one does."""
    changes: tuple[LayerChange, ...] = ()


@dataclass(frozen=True)
class Tool:
    """One method of one resource, as a model sees it and as the vendor is asked for it."""

    name: str
    title: str
    description: str
    integration: str
    resource: str
    method: str
    method_class: MethodClass
    risk: Risk
    tags: tuple[str, ...]
    schema: bytes
    """The input schema, JSON."""
    wire: bytes
    """The whole tool as `tools/list` answers it, JSON."""
    call: Call
    returns: Returns
    listing: Listing | None = None
    ignored_arguments: tuple[str, ...] = ()
    """Names that are dropped silently when they are sent: what a record carries that nobody may set."""
    advanced: tuple[str, ...] = ()
    """Arguments that are shown in one line under `more`, where a call may give them."""
    always_send: tuple[str, ...] = ()
    """Fields that the vendor wants in every update of this record, even one that sends only changes."""
    examples: tuple[Example, ...] = ()
    sensitive: tuple[tuple[str, ...], ...] = ()
    """Where its answers hold what is hidden unless a server's config says otherwise; lists are no step of a path."""
    concealed: tuple[tuple[str, ...], ...] = ()
    """Those of `sensitive` of which not even the last characters are shown."""
    public: tuple[tuple[str, ...], ...] = ()
    """Where a name of `sensitive` means something else that anybody may see: an entity, then the path inside it."""
    gated: tuple[tuple[tuple[str, ...], str], ...] = ()
    """Paths of what is as good as calling another tool, and that tool's name: left out where it is not there."""
    changing: tuple[str, ...] = ()
    """Arguments of an update that change something; empty for a tool that does something without any."""
    clears_unless: str = ""
    """The body field that makes an update change only what is sent; empty when it never clears what is left out."""
    current: Tool | None = None
    """How an update with something sensitive reads the record that it changes; without what a client sees."""
    is_guarded: bool = False
    """Whether it is laid over the record that is stored, and its answer compared with what was meant."""
    options: tuple[str, ...] = ()
    """Arguments that say how a write is carried out; they are not sent."""
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What objects inside the record of a guarded update need once it is whole: `{"Line[]": ("Amount",)}`."""
    identifier: str = ""
    """The vendor's field that names a record of this resource; empty where it is that of the integration."""
    former_names: tuple[str, ...] = ()
    """Names that it had before: not listed, and still answered."""
    takes_company: bool = False
    """Whether its argument `company` says which company is meant, and is no field of the record."""
    references: tuple[Reference, ...] = ()
    """Which of its arguments refer to records of other resources, those inside others too."""
    client_filter: ClientFilter | None = None
    """How it is limited to one client by its name; None where it cannot be."""
    duplicates: DuplicateRule | None = None
    """When a record that it would make is taken for one that is there already."""
    reversal: ReversalRule | None = None
    """How a record that it has made is reversed by another one."""
    given_risk_level: RiskLevel | None = None
    """The level that its method gives, where it is not the one of its risk."""
    handles_money: bool = False
    """Whether it touches books or payments, so that a person needs the role that a tenant wants for such tools."""
    money_fields: tuple[tuple[str, ...], ...] = ()
    """Where it shows money although it does not handle any, at any level of a record; lists are no step of a path."""
    read_by: tuple[str, ...] = ()
    """The tools that read the records of a write; a server without any of them sees of an answer what it sent."""

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        """The input schema as a value: `type: object`, flat, no references."""
        value: dict[str, Any] = json.loads(self.schema)
        return value

    @cached_property
    def risk_level(self) -> RiskLevel:
        """How much can go wrong with it."""
        return self.given_risk_level or LEVELS[self.risk]

    @cached_property
    def file_part(self) -> Part | None:
        """The part of its body that is a file; None for a tool that sends none."""
        return next((part for part in self.call.parts if part.content), None)

    @cached_property
    def answers_file(self) -> bool:
        """Whether its answer is a file."""
        return self.returns.kind == "file"

    @cached_property
    def has_records(self) -> bool:
        """Whether it reads records of its resource, as the vendor stores them."""
        return self.is_read_only and bool(self.returns.path) and (self.listing is not None or self.reads_one)

    @cached_property
    def reads_one(self) -> bool:
        """Whether it reads one record by itself."""
        return self.is_read_only and self.returns.kind == "record"

    @cached_property
    def is_read_only(self) -> bool:
        """Whether calling it changes nothing."""
        return self.risk == "read"


@dataclass(frozen=True)
class Catalog:
    """Every integration and every tool that the definitions come to. `version` is a digest of their content."""

    version: str
    integrations: dict[str, Integration]
    tools: tuple[Tool, ...]
    resources: tuple[ResourceDoc, ...] = ()
    short: tuple[ShortTool, ...] = ()
    """The short tools, in the order of their integrations and names."""

    @cached_property
    def by_name(self) -> dict[str, Tool]:
        """Every tool under its name."""
        return {tool.name: tool for tool in self.tools}

    @cached_property
    def listings(self) -> dict[tuple[str, str], Tool]:
        """The first tool that lists a resource, under the names of its integration and of the resource."""
        found = ((each.integration, each.resource, each) for each in reversed(self.tools) if each.listing)
        return {(integration, resource): each for integration, resource, each in found}

    def list_tools(self, integration: str) -> tuple[Tool, ...]:
        """Return the tools of one integration, in the order of their names."""
        return self._by_integration.get(integration, ())

    def has_short_tools(self, integration: str) -> bool:
        """Whether an integration has short tools."""
        return any(each.integration == integration for each in self.short)

    @cached_property
    def _by_integration(self) -> dict[str, tuple[Tool, ...]]:
        found: dict[str, list[Tool]] = {}
        for tool in self.tools:
            found.setdefault(tool.integration, []).append(tool)
        return {integration: tuple(tools) for integration, tools in found.items()}


def select(tools: Iterable[Tool], methods: Iterable[str], tags: Iterable[str]) -> tuple[Tool, ...]:
    """Return the tools that a filter leaves: methods AND tags, where an empty list leaves everything.

    A method is `read`, `write`, `custom` or an exact method name. A tool passes the tags when it carries any.
    """
    wanted_methods, wanted_tags = frozenset(methods), frozenset(tags)
    return tuple(
        tool
        for tool in tools
        if (not wanted_methods or tool.method in wanted_methods or tool.method_class in wanted_methods)
        and (not wanted_tags or not wanted_tags.isdisjoint(tool.tags))
    )
