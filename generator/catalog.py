"""What compiling comes to: a catalog of integrations and their tools, frozen and shared.

Seventh stage: load → resolve → methods → arguments → words → check → **catalog** → compile. Everything after
it (the runtime, the reference pages) reads these values and never the YAML. Every value is a frozen dataclass
of plain parts, so that a catalog can be kept on disk and read back as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from generator.meanings import Meant, Unsupported
from generator.vendor_rules import AdviceCase, FormRules

Risk = Literal["read", "create", "overwrite", "destroy", "send"]
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

HINTS: dict[Risk, tuple[bool, bool, bool, bool]] = {
    "read": (True, False, True, False),
    "create": (False, False, False, False),
    "overwrite": (False, True, True, False),
    "destroy": (False, True, True, False),
    "send": (False, True, False, True),
}
"""For each risk: read-only, destructive, idempotent, reaches the open world."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The request by which a vendor confirms, to a new access token, the account that a callback named.

    `path` follows the base URL of the account and may have `{account field}` placeholders. `answers` is where the
    JSON answer must hold a value, and `equals` (a template of account fields) what that value must be, when given.
    """

    path: str
    answers: tuple[str, ...] = ()
    equals: str = ""


@dataclass(frozen=True, slots=True)
class Auth:
    """How an account proves itself to the vendor.

    `oauth2` uses the addresses, scopes and words below; `headers` fills `headers` from the account's own fields.
    """

    type: Literal["oauth2", "headers"]
    authorize_url: str = ""
    token_url: str = ""
    revoke_url: str = ""
    scopes: tuple[str, ...] = ()
    client_authentication: Literal["basic", "body"] = "basic"
    rotates: bool = False
    """Whether every refresh answers a new refresh token that must be kept."""
    unused_for_seconds: int = 0
    """How long a refresh token lives without use; 0 when the vendor does not say."""
    reconnect_when: tuple[str, ...] = ()
    """OAuth error codes that only the person can mend, by connecting again."""
    headers: dict[str, str] = field(default_factory=dict)
    pkce: bool = False
    """Whether the vendor accepts PKCE (RFC 7636) with S256."""
    grace_seconds: int = 0
    """How long the previous refresh token still works after a rotation; 0 when it ends at once or is not documented."""
    confirm: Confirmation | None = None
    """How the vendor confirms an account that was named in the callback."""


@dataclass(frozen=True, slots=True)
class AccountField:
    """One thing a connected account remembers, such as the number of its company.

    `source` is `callback.<parameter>` or `token.<key>` when the vendor tells it while connecting, and empty when
    the person is asked for it. `identifies` marks the field that tells one company of the vendor from another.
    """

    name: str
    title: str
    description: str
    source: str = ""
    pattern: str = ""
    secret: bool = False
    identifies: bool = False


@dataclass(frozen=True, slots=True)
class RateWindow:
    """A quota of the vendor for one company: `limit` requests in any `seconds`."""

    name: str
    limit: int
    seconds: int


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How the vendor says that it was asked too often, and how much it allows."""

    statuses: tuple[int, ...] = (429,)
    codes: tuple[str, ...] = ()
    windows: tuple[RateWindow, ...] = ()
    reset_header: str = ""
    reset_unit: Literal["seconds", "epoch_seconds"] = "seconds"
    reset_default: int = 60
    """Seconds to wait when the vendor does not say."""


@dataclass(frozen=True, slots=True)
class QueryLanguage:
    """How the conditions of a list are written in the vendor's own words. Templates know `{name}` only."""

    entry: str = ""
    """Pattern with one group `entity`, which a raw query must match to be a query of this resource."""
    entry_says: str = ""
    """What a raw query may be, for whoever wrote one that does not match."""
    statement: str = ""
    where: str = "{conditions}"
    conjunction: str = " AND "
    order_by: str = "{field} {direction}"
    conditions: dict[str, str] = field(default_factory=dict)
    quote: str = "'"
    escape: dict[str, str] = field(default_factory=dict)
    wildcards: dict[str, str] = field(default_factory=dict)
    """Characters that stand for others in the text of `contains`, each as it is written where it means itself.

    Empty where the language cannot write that: the vendor then answers too many records, which are sorted out here.
    """
    formats: dict[str, str] = field(default_factory=dict)
    literals: tuple[str, ...] = ("number", "boolean")
    """Kinds of value written bare; every other kind is quoted."""
    paging: str = ""
    """What is added to a raw query that does not page itself, such as `STARTPOSITION {start} MAXRESULTS {limit}`."""
    paging_words: dict[str, str] = field(default_factory=dict)
    """Patterns with one group that find `start` and `limit` in a raw query that pages itself."""
    unsupported: tuple[Unsupported, ...] = ()


@dataclass(frozen=True, slots=True)
class Pagination:
    """How the vendor cuts a long list into pages."""

    style: Literal["offset", "page", "cursor", "link_header"] = "offset"
    first: int = 1
    cursor: tuple[str, ...] = ()
    """Where the answer has the next cursor, for the style `cursor`."""
    parameter: str = ""
    """The query parameter in the Link header's next address that is the next cursor, for `link_header`."""
    total: tuple[str, ...] = ()
    """Where an answer that only counts puts its number."""
    beside: tuple[str, ...] = ()
    """Names of lists and objects that may stand where the records stand, and are none."""
    default: int = 50
    maximum: int = 1000


@dataclass(frozen=True, slots=True)
class Advice:
    """One mapped error of the vendor: our kind for it, and what to do now: in the first case that fits, or else."""

    kind: str
    advice: str
    cases: tuple[AdviceCase, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorRules:
    """Where the vendor puts its complaints, as dotted paths, and what each of its codes means."""

    list: tuple[tuple[str, ...], ...] = ()
    code: str = "code"
    message: str = "message"
    detail: str = ""
    element: str = ""
    trace_header: str = ""
    advice: dict[str, Advice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchForm:
    """How the vendor takes several operations in one request.

    `items` and `answers` are where they stand in the body and in the answer, `id` ties one to the other. `forms` says
    for each method how its operation is written; in it `{entity}` and `{statement}` are filled, and the text
    `{body}` alone stands for the record.
    """

    path: str = ""
    most: int = 0
    items: str = ""
    answers: str = ""
    id: str = ""
    forms: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Integration:
    """Everything that is true of a whole vendor."""

    name: str
    tool_prefix: str
    title: str
    summary: str
    docs: str
    guidance: str
    environments: dict[str, str]
    """Base URL for each environment, with `{account field}` placeholders."""
    auth: Auth
    account_fields: tuple[AccountField, ...]
    rate_limit: RateLimit
    pagination: Pagination
    errors: ErrorRules
    query_language: QueryLanguage
    send_query: dict[str, str] = field(default_factory=dict)
    send_headers: dict[str, str] = field(default_factory=dict)
    once_query: str = ""
    """Query parameter that carries the idempotency key of a write; empty when the vendor has none."""
    once_header: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    """Every tag that a resource or method may carry, with what it stands for."""
    batch: BatchForm = BatchForm()
    identifier: str = "id"
    """The vendor's field that names a record, and each entry of a list inside one."""
    rules: FormRules = field(default_factory=FormRules)
    acknowledged: tuple[str, ...] = ()
    """What the answer of a write shows of a record that its caller may not read."""
    everyday: tuple[str, ...] = ()
    """The names of the tools that are listed, with those that find the others, where all would be too many."""
    meant: tuple[Meant, ...] = ()


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
    """Whether the tool takes `query`, a statement in the vendor's own language."""
    is_whole: bool = False
    """Whether the vendor answers the whole list at once, so that its pages are cut here."""


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
    cursor`. A query parameter with nothing to fill it is left out. A path that begins with `{origin}` is taken from
    the root of the vendor's host, not from the base URL.
    """

    verb: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: Literal["none", "record", "json_patch", "parts"] = "none"
    parts: tuple[Part, ...] = ()
    body_arguments: tuple[tuple[str, str], ...] = ()
    """(argument, the vendor's field) for everything that goes into the body, such as ("id", "Id")."""
    fixed: dict[str, Any] = field(default_factory=dict)
    """Body fields that are always sent, with these values."""
    joins: dict[str, str] = field(default_factory=dict)
    """What stands between the values of a list argument where it fills a `{name}`; a comma when not said."""


@dataclass(frozen=True, slots=True)
class Returns:
    """What comes back. `path` leads to it in the answer; `behaviour` names code for what data cannot say.

    `text` is a body that is no object, told under the name that `path` holds. `batch` is an answer for each
    operation of a batch.
    """

    kind: Literal["record", "records", "file", "nothing", "behaviour", "text", "batch"]
    path: tuple[str, ...] = ()
    media_type: str = ""
    file_name: str = ""
    behaviour: str = ""
    paged: bool = False
    """Whether a behaviour answers rows, which `limit` and `next_cursor` cut into pages."""


@dataclass(frozen=True, slots=True)
class Example:
    """Something a person would ask, and the arguments that answer it. Checked against the tool's schema."""

    ask: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class About:
    """What a resource is, in words for people: the reference pages show it."""

    integration: str
    resource: str
    entity: str
    summary: str
    description: str
    """Paragraphs, with a blank line between them and the names of tools filled in."""
    docs: str
    tags: tuple[str, ...] = ()


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
    tolerated: tuple[str, ...] = ()
    """Names that are dropped without a word when they are sent: what a record carries that nobody may set."""
    rare: tuple[str, ...] = ()
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
    former_names: tuple[str, ...] = ()
    """Names that it had before: not listed, and still answered."""
    read_by: tuple[str, ...] = ()
    """The tools that read the records of a write; a server without any of them sees of an answer what it sent."""

    @cached_property
    def input_schema(self) -> dict[str, Any]:
        """The input schema as a value: `type: object`, flat, no references."""
        value: dict[str, Any] = json.loads(self.schema)
        return value

    @cached_property
    def file_part(self) -> Part | None:
        """The part of its body that is a file; None for a tool that sends none."""
        return next((part for part in self.call.parts if part.content), None)

    @property
    def is_read_only(self) -> bool:
        """Whether calling it changes nothing."""
        return self.risk == "read"


@dataclass(frozen=True)
class Catalog:
    """Every integration and every tool that the definitions come to. `version` is a digest of their content."""

    version: str
    integrations: dict[str, Integration]
    tools: tuple[Tool, ...]
    resources: tuple[About, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Tool]:
        """Every tool under its name."""
        return {tool.name: tool for tool in self.tools}

    def of(self, integration: str) -> tuple[Tool, ...]:
        """The tools of one integration, in the order of their names."""
        return tuple(tool for tool in self.tools if tool.integration == integration)


def select(tools: Iterable[Tool], methods: Iterable[str], tags: Iterable[str]) -> tuple[Tool, ...]:
    """The tools that a filter leaves: methods AND tags, where an empty list leaves everything.

    A method is `read`, `write`, `custom` or an exact method name. A tool passes the tags when it carries any.
    """
    wanted_methods, wanted_tags = frozenset(methods), frozenset(tags)
    return tuple(
        tool
        for tool in tools
        if (not wanted_methods or tool.method in wanted_methods or tool.method_class in wanted_methods)
        and (not wanted_tags or not wanted_tags.isdisjoint(tool.tags))
    )
