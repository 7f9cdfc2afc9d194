"""What comes in and goes out at the management API, as pydantic models: they check bodies and write the document.

Bodies are strict: a key that is not here, or a value of another type, is an error that names it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from runtime.api.approval_shapes import ApprovalShape
from runtime.api.limit_shapes import (
    Body,
    BudgetShape,
    ExternalId,
    Metadata,
    OAuthGrantShape,
    PoliciesShape,
    TenantName,
)
from runtime.model import AccountStatus, ToolExposure
from runtime.networks import MOST_NETWORKS
from runtime.operations.config_bounds import LARGEST_NUMBERS, MOST_FILTERED

Name = Annotated[str, Field(min_length=1, max_length=200, description="What people call it, on one line.")]
Words = Annotated[list[Annotated[str, Field(min_length=1, max_length=80)]], Field(max_length=MOST_FILTERED)]
Time = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Expiry = Annotated[
    str | None,
    Field(
        max_length=64,
        description="When the URL stops working: ISO 8601 with its zone, at least 60 seconds ahead. Null for never.",
        examples=["2030-01-31T17:00:00Z"],
    ),
]

ReturnUrl = Annotated[
    str,
    Field(
        max_length=2000,
        description="Where the browser goes in the end, with status (connected or error), integrated_account_id and "
        "error in its query. Its origin is one of LEDGERPORT_RETURN_URLS.",
    ),
]


class NewAccount(Body):
    """A company to connect."""

    name: Name
    integration: Annotated[
        str, Field(max_length=80, description="Which vendor; may be left out when there is only one.")
    ] = ""
    fields: Annotated[
        dict[str, str],
        Field(max_length=50, description="What the vendor asks for, when it is not connected by OAuth."),
    ] = {}
    read_only: Annotated[
        bool,
        Field(description="Connect it to be read only: no MCP server of it ever has a tool that writes."),
    ] = False
    tenant_id: Annotated[
        TenantName, Field(description="Whose it is: made at its first use, default when left out.")
    ] = None
    external_id: ExternalId = None
    metadata: Metadata = {}
    return_url: ReturnUrl = ""


class ToConnect(Body):
    """How to connect a company."""

    return_url: ReturnUrl = ""


class Config(Body):
    """The filter and switches of an MCP server. A tool must pass methods and tags; an empty list passes all."""

    methods: Annotated[
        Words,
        Field(
            description="read (list, get), write (create, update, delete), custom (the rest), or method names."
        ),
    ] = []
    tags: Annotated[Words, Field(description="A tool passes when it has any of these.")] = []
    require_api_token_auth: Annotated[
        bool, Field(description="Whether the URL alone is not enough: an API token must come with it.")
    ] = False
    rate_limit_style: Annotated[
        Literal["tool_result", "http_429"],
        Field(description="How an agent learns that the vendor's rate limit is reached."),
    ] = "tool_result"
    max_answer_bytes: Annotated[
        int,
        Field(
            ge=0,
            le=LARGEST_NUMBERS["max_answer_bytes"],
            description="The most bytes of one answer with all that is sent around it, at least 8,000; 0 for the "
            "deployment's own.",
        ),
    ] = 0
    tool_exposure: Annotated[
        ToolExposure,
        Field(
            description="auto lists every tool where there are at most 120, otherwise everyday tools beside those that "
            "find, describe and call the others; full lists every tool; discovery only those that find; short a dozen "
            "tools with few arguments. Every tool that the filter leaves can be called in any case."
        ),
    ] = "auto"
    show_sensitive: Annotated[
        bool,
        Field(
            description="Whether tax ids, bank accounts and birth dates are answered as they are, and not masked."
        ),
    ] = False
    max_rows: Annotated[
        int,
        Field(
            ge=0,
            le=LARGEST_NUMBERS["max_rows"],
            description="The most records or rows of one answer; 0 for no such limit.",
        ),
    ] = 0
    max_answer_tokens: Annotated[
        int,
        Field(
            ge=0,
            le=LARGEST_NUMBERS["max_answer_tokens"],
            description="The most tokens of the text of one answer, at least 2,000; 0 for no limit but the "
            "bytes.",
        ),
    ] = 0
    untrusted_text: Annotated[
        Literal["plain", "fenced"],
        Field(
            description="fenced puts texts of records between ⟦ and ⟧, under a sentence that says they are data; "
            "plain leaves them as they are. Invisible characters are made visible in any case."
        ),
    ] = "plain"
    policies: Annotated[
        PoliciesShape | None,
        Field(description="What its writes may hold; replaced as a whole, null or {} for anything."),
    ] = None
    approval: Annotated[
        ApprovalShape | None,
        Field(description="Which writes wait for a person; replaced as a whole, null or {} for none."),
    ] = None
    budget: Annotated[BudgetShape | None, Field(description="Replaced as a whole; null or {} for none.")] = (
        None
    )
    time_zone: Annotated[
        str,
        Field(
            max_length=64,
            description="Where days begin for its words such as overdue and this_month, and for a record without a "
            "date under a policy: a name of the IANA database, such as America/New_York.",
        ),
    ] = "UTC"
    networks: Annotated[
        list[Annotated[str, Field(min_length=2, max_length=64)]],
        Field(
            max_length=MOST_NETWORKS,
            description="The networks that it may be used from, such as 203.0.113.0/24 or 2001:db8::/32; none for any. "
            "From elsewhere its URL answers as one that does not exist.",
        ),
    ] = []
    max_uses: Annotated[
        int,
        Field(
            ge=0,
            le=LARGEST_NUMBERS["max_uses"],
            description="The most calls of tools in its life, after which its URL ends; 0 for no limit.",
        ),
    ] = 0


class NewMcpServer(Body):
    """A secret URL to make for an integrated account."""

    name: Name
    config: Config = Config()
    expires_at: Expiry = None


def _without_defaults(schema: dict[str, Any]) -> None:
    """Leave what is left out of a change as it is: a client that filled defaults in would widen a filter."""
    for field in schema["properties"].values():
        field.pop("default", None)


class ConfigChange(Config):
    """What to change of a filter and its switches; what is left out stays."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)


class McpServerChange(Body):
    """What to change; what is left out stays. `config` is laid over the present one key by key."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    name: Name = ""
    config: ConfigChange = ConfigChange()
    expires_at: Expiry = None


class Arguments(BaseModel):
    """The arguments of a tool, as its input schema has them."""

    model_config = ConfigDict(extra="allow")


class Query(BaseModel):
    """What stands behind the question mark."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PartQuery(Query):
    """Which part of a list to answer."""

    limit: Annotated[int, Field(ge=1, le=200, description="How many to answer at most.")] = 50
    next_cursor: Annotated[str, Field(max_length=400, description="From the part before, unchanged.")] = ""


class AccountQuery(PartQuery):
    """Which integrated accounts to answer; metadata.KEY=value as well, for each KEY of their metadata."""

    tenant_id: Annotated[str | None, Field(max_length=100, description="Only those of this tenant.")] = None
    external_id: Annotated[str | None, Field(max_length=100, description="Only the one with this.")] = None
    status: Annotated[AccountStatus | None, Field(description="Only those in this state.")] = None


class ToolsQuery(Query):
    """Which tools to answer."""

    methods: Annotated[list[str], Field(description="As config.methods; also separated by commas.")] = []
    tags: Annotated[list[str], Field(description="As config.tags; also separated by commas.")] = []
    tool_exposure: Annotated[ToolExposure, Field(description="As config.tool_exposure, for listing.")] = (
        "auto"
    )


class AccountErrorShape(BaseModel):
    """What went wrong with a connection last."""

    code: str
    message: str
    at: Time


class AccountShape(BaseModel):
    """An integrated account: one connected company."""

    id: str
    name: str
    integration: str
    environment: str
    status: Annotated[
        AccountStatus,
        Field(
            description="connecting until a person has agreed, needs_reauth when the vendor has ended the connection, "
            "disconnected when it was ended here."
        ),
    ]
    since: Annotated[Time, Field(description="Since when it has this status.")]
    last_error: Annotated[
        AccountErrorShape | None, Field(description="What went wrong last; null once it is connected.")
    ] = None
    ended_by: Annotated[
        Literal["refused", "interrupted"] | None,
        Field(
            description="Why it has to be connected again: refused by the vendor, or a refresh was interrupted."
        ),
    ] = None
    read_only: Annotated[bool, Field(description="Whether no tool that writes is there for it.")]
    company: str
    fields: dict[str, str]
    budget: BudgetShape
    tenant_id: str
    external_id: str | None
    metadata: dict[str, str]
    created_at: Time
    updated_at: Time


class AccountToAuthorize(AccountShape):
    """An account with the address at which a person connects it, good for ten minutes."""

    authorize_url: Annotated[
        str, Field(description="Open it in a browser; it belongs to the browser that does.")
    ] = ""


class HostLimit(BaseModel):
    """A host that cannot take a list of tools, and the most that it takes."""

    host: str
    most: int


class ListingShape(BaseModel):
    """What `tools/list` answers at a URL, and what it costs a model."""

    available: Annotated[
        int, Field(description="Tools that the filter leaves; each can be called by its name.")
    ]
    listed: int
    tokens: Annotated[int, Field(description="About how many tokens of a model's context the list takes.")]
    refused_by: Annotated[list[HostLimit], Field(description="Hosts that fail with so many tools.")]


class McpServerShape(BaseModel):
    """An MCP server: one secret URL for one integrated account, or one company of an OAuth grant."""

    id: str
    name: str
    config: Config
    integrated_account_id: str
    expires_at: Time | None
    created_at: Time
    updated_at: Time
    uses: Annotated[int, Field(description="Calls of tools so far, up to a few seconds ago.")] = 0
    last_used_at: Annotated[
        Time | None, Field(description="When it last took a request, a list of tools included.")
    ] = None
    used_up_at: Annotated[
        Time | None, Field(description="When config.max_uses was reached and its URL ended.")
    ] = None
    previous_token_expires_at: Annotated[
        Time | None, Field(description="Until when the URL before the present one works, after a rotation.")
    ] = None
    oauth: Annotated[
        OAuthGrantShape | None,
        Field(description="Where it is part of an OAuth grant; null for a secret URL."),
    ] = None


class McpServerListing(McpServerShape):
    """An MCP server with what its URL lists."""

    listing: ListingShape


class McpServerOnce(McpServerListing):
    """A new MCP server, with its secret, which is not shown again."""

    token: str
    url: str


class ToolShape(BaseModel):
    """A tool as it can be called here."""

    name: str
    title: str
    description: str
    resource: str
    method: str
    tags: list[str]
    risk: Literal["read", "create", "overwrite", "destroy", "send"]
    risk_level: Annotated[
        Literal["low", "medium", "high"], Field(description="How much can go wrong: low where it only reads.")
    ]
    input_schema: dict[str, Any]


class AccountList(BaseModel):
    """A part of the integrated accounts."""

    result: list[AccountShape]
    next_cursor: str | None


class McpServerList(BaseModel):
    """A part of the MCP servers of an account."""

    result: list[McpServerShape]
    next_cursor: str | None


class ToolList(BaseModel):
    """The tools that are left by a filter; always all of them. `listing` says what a URL with this filter lists."""

    result: list[ToolShape]
    next_cursor: None
    listing: ListingShape


class Deleted(BaseModel):
    """What is gone."""

    id: str


class ErrorShape(BaseModel):
    """What went wrong, to what, and what to do now."""

    error: Literal[True]
    statusCode: int
    statusMessage: str
    message: Annotated[str, Field(description="What happened, and to what.")]
    code: str  # the document says which there are
    advice: Annotated[str, Field(description="What to do now.")] = ""
    vendor_code: Annotated[str, Field(description="The vendor's own code.")] = ""
    trace: Annotated[str, Field(description="What the vendor's support finds the call by.")] = ""
    details: Annotated[
        dict[str, Any], Field(description="The same as data, such as each wrong argument.")
    ] = {}
    rate_limit: Annotated[
        dict[str, Any], Field(description="How the company stands with its vendor's rate limit.")
    ] = {}
