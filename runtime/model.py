"""The things the runtime stores, as frozen values with typed ids. No storage, no HTTP.

Times are seconds since the epoch (float, UTC) inside; endpoints write them as ISO 8601 with `Z`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal, NamedTuple, NewType

from runtime.approval import NO_APPROVAL, Approval, ApprovedChange
from runtime.approval import OwnCall as OwnCall
from runtime.people import OAuthReach
from runtime.tenancy import (
    DEFAULT_TENANT,
    NO_TENANT_LIMITS,
    AccountError,
    LinkTokenId,
    TenantId,
    TenantLimits,
)
from runtime.tenancy import AccountId as AccountId

McpServerId = NewType("McpServerId", str)
ApiTokenId = NewType("ApiTokenId", str)
TokenHash = NewType("TokenHash", bytes)
"""HMAC-SHA256 of a secret under a key that is not in the database, 32 bytes. Never the secret."""

LONGEST_CLIENT = 120
"""Characters of how a program names itself; browsers' names have about as many."""
Clock = Callable[[], float]
AccountStatus = Literal["connecting", "active", "needs_reauth", "disconnected"]
EndedBy = Literal["", "refused", "interrupted"]
RateLimitStyle = Literal["tool_result", "http_429"]
ToolExposure = Literal["auto", "full", "discovery", "short"]
UntrustedText = Literal["plain", "fenced"]
ScopeName = Literal[
    "admin",
    "accounts:read",
    "accounts:write",
    "mcp:read",
    "mcp:write",
    "tools:call",
    "log:read",
    "journal:read",
    "metrics:read",
]
"""What an API token may do; `operations.scopes` says what each means."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What proves an account to its vendor. Lives decrypted in memory only.

    For OAuth: the two tokens and when each ends. For header auth: the secret account fields.
    """

    access_token: str = ""
    refresh_token: str = ""
    access_expires_at: float = 0.0
    refresh_expires_at: float = 0.0
    secrets: dict[str, str] = field(default_factory=dict)
    issued_at: float = 0.0
    """When the access token was issued by our wall clock; 0 when it was stored before this was noted."""

    def __repr__(self) -> str:
        return "Credentials(…)"


@dataclass(frozen=True, slots=True)
class Budget:
    """The most reads and writes that may be sent to the vendor in one month; 0 sets no limit."""

    reads_per_month: int = 0
    writes_per_month: int = 0

    def as_dict(self) -> dict[str, int]:
        """Return what is set."""
        values = {"reads_per_month": self.reads_per_month, "writes_per_month": self.writes_per_month}
        return {name: value for name, value in values.items() if value}


NO_BUDGET = Budget()


class SpentKey(NamedTuple):
    """What is counted apart: an account, one of its MCP servers (empty for the REST API), a month such as 2026-11."""

    account_id: AccountId
    server_id: str
    month: str


class Spent(NamedTuple):
    """Reads and writes that were sent to the vendor."""

    reads: int = 0
    writes: int = 0

    def __add__(self, other: object) -> Spent:
        """Return the sum of both."""
        if not isinstance(other, Spent):
            return NotImplemented
        return Spent(self.reads + other.reads, self.writes + other.writes)


@dataclass(frozen=True, slots=True)
class Account:
    """One connected company (`/integrated-account/{id}`).

    `fields` are its account fields that are no secret; `company` is the one that identifies it
    from the vendor's other companies, empty until one was connected. `sealed` is its Credentials, encrypted.
    """

    id: AccountId
    integration: str
    environment: str
    name: str
    status: AccountStatus
    company: str
    fields: dict[str, str]
    sealed: bytes = field(repr=False)
    created_at: float
    updated_at: float
    ended_by: EndedBy = ""
    """Why the connection needs a person: the vendor refused it, or a refresh was interrupted before it was stored."""
    budget: Budget = NO_BUDGET
    status_since: float = 0.0
    last_error: AccountError | None = None
    is_read_only: bool = False
    """Whether no tool that writes is there for it, whatever an MCP server says."""
    tenant_id: TenantId = DEFAULT_TENANT
    external_id: str | None = None
    """What its platform calls it; no two accounts of a tenant have the same."""
    metadata: dict[str, str] = field(default_factory=dict)
    """What its platform notes of it."""
    tenant_limits: TenantLimits = NO_TENANT_LIMITS
    """Those of its tenant, read with it: they hold for every call."""


USUAL_TIME_ZONE = "UTC"
"""Of an MCP server that does not name its own."""


@dataclass(frozen=True, slots=True)
class Policies:
    """What the writes of one MCP server may hold. What is None, empty or 0 sets no limit.

    `allow` and `deny` have the Ids of records under the name of their resource.
    """

    max_amount: Decimal | None = None
    """Of one write."""
    max_amount_per_day: Decimal | None = None
    """Of all writes within any 24 hours."""
    max_writes_per_hour: int = 0
    allow: tuple[tuple[str, tuple[str, ...]], ...] = ()
    deny: tuple[tuple[str, tuple[str, ...]], ...] = ()
    not_before: str = ""
    """The first day that may be written to, as YYYY-MM-DD; or CLOSING_DATE."""
    drafts_only: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return what is set, as endpoints answer it and the records store it."""
        values: dict[str, Any] = {
            "max_amount": _as_number(self.max_amount),
            "max_amount_per_day": _as_number(self.max_amount_per_day),
            "max_writes_per_hour": self.max_writes_per_hour,
            "allow": {name: list(ids) for name, ids in self.allow},
            "deny": {name: list(ids) for name, ids in self.deny},
            "not_before": self.not_before,
            "drafts_only": self.drafts_only,
        }
        return {name: value for name, value in values.items() if value}

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Policies:
        """Return the policies that `as_dict` wrote."""
        return cls(
            _as_decimal(values.get("max_amount")),
            _as_decimal(values.get("max_amount_per_day")),
            values.get("max_writes_per_hour") or 0,
            tuple((name, tuple(ids)) for name, ids in (values.get("allow") or {}).items()),
            tuple((name, tuple(ids)) for name, ids in (values.get("deny") or {}).items()),
            values.get("not_before") or "",
            bool(values.get("drafts_only")),
        )


def _as_number(amount: Decimal | None) -> int | float | None:
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _as_decimal(number: float | None) -> Decimal | None:
    if number is None:
        return None
    return Decimal(int(number)) if number == int(number) else Decimal(str(number))


NO_POLICIES = Policies()
CLOSING_DATE = "closing_date"
"""Stands for the day after the one until which the vendor says that the books are closed."""


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """The filter and switches of one MCP server."""

    methods: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    require_api_token_auth: bool = False
    rate_limit_style: RateLimitStyle = "tool_result"
    max_answer_bytes: int = 0
    """Largest text of one answer; 0 takes the deployment's own."""
    tool_exposure: ToolExposure = "auto"
    """Whether the MCP endpoint lists every tool, only those that find, describe and call the others, or the short ones;
    `auto` lists everyday tools beside those that find where every tool would be too many."""
    show_sensitive: bool = False
    """Whether tax ids, bank accounts and birth dates are answered as they are, and not masked."""
    max_rows: int = 0
    """The most records or rows of one answer; 0 for as many as are asked for and fit."""
    max_answer_tokens: int = 0
    """The most tokens of the text of one answer; 0 for no limit but that of its bytes."""
    untrusted_text: UntrustedText = "plain"
    """Whether the texts of records stand as they are, or in fences that say that they are data."""
    policies: Policies = NO_POLICIES
    budget: Budget = NO_BUDGET
    time_zone: str = USUAL_TIME_ZONE
    """Where its days begin, as the IANA database names it: today, `overdue`, `this_month`, a record without a date."""
    networks: tuple[str, ...] = ()
    """The networks that it may be used from, in CIDR notation; none for any."""
    max_uses: int = 0
    """The most calls of tools in its life; 0 sets no limit."""
    approval: Approval = NO_APPROVAL
    """Which writes wait for a person: its own rule, and in what a token opens that of its tenant as well."""
    is_read_only: bool = False
    """Whether its account is read only: no tool that writes is left then. Never set or stored here."""
    hides_money: bool = False
    """Whether who calls may not use tools that handle money: none is left then. Never set or stored here."""


@dataclass(frozen=True, slots=True)
class McpServer:
    """One URL for one integrated account. The secret in the URL is not here: only its hash is stored.

    `uses` are calls of tools. It was used up when `max_uses` of them were made. The token before the present one opens
    it until `previous_token_expires_at`.
    """

    id: McpServerId
    account_id: AccountId
    name: str
    config: ServerConfig
    expires_at: float | None
    created_at: float
    updated_at: float
    used_up_at: float | None = None
    uses: int = 0
    last_used_at: float | None = None
    previous_token_expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A bearer token for the management API; only its hash is stored. Without a scope it can do nothing.

    `account_id` is the one account that its scopes are bound to, if they are. It belongs to `tenant_id`, and reaches
    the other tenants as well unless it `is_bound_to_tenant`.
    """

    id: ApiTokenId
    name: str
    created_at: float
    last_used_at: float | None
    scopes: tuple[ScopeName, ...] = ()
    account_id: AccountId | None = None
    tenant_id: TenantId = DEFAULT_TENANT
    is_bound_to_tenant: bool = False
    expires_at: float | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a secret URL (or an API token at the REST endpoint) lets through: an account, and a filter on its tools."""

    account: Account
    config: ServerConfig
    server_id: McpServerId | None = None
    api_token_id: ApiTokenId | None = None
    """The API token that calls at the REST endpoint, where there is no MCP server; `person_id`, who calls on a page."""
    person_id: str = ""
    client: str = ""
    """How the program that calls names itself, for the journal."""
    companies: tuple[Grant, ...] = ()
    """Of an address that reaches several companies: one grant for each, of which this one copies the default's."""
    reaches: frozenset[AccountId] = frozenset()  # all that its access token reaches, where several
    is_one_of_several: bool = False  # so that the answer of a read says which company it is of
    oauth: OAuthReach | None = None
    """What the access token says, where one was sent."""
    approved: ApprovedChange | None = None
    """The approved change that the call carries out; nothing waits then."""
    why: str = ""
    """The reason that an agent gives for a write that may wait, unchecked."""
    can_confirm: bool = False
    """Whether the client of the call can have its user confirm a write."""
    confirmed: str = ""
    """The hash of the question that the user of the client has confirmed."""
    own_call: OwnCall | None = None  # the call of ours that this is made for, which is what waits

    @property
    def caller(self) -> str:
        """Who calls, as idempotency keys are bound to it."""
        by_person = f"person:{self.person_id}" if self.person_id else f"api_token:{self.api_token_id}"
        return f"mcp_server:{self.server_id}" if self.server_id else by_person


class WindowCount(NamedTuple):
    """How many calls one window holds, this one included, and in how many seconds the oldest leaves it."""

    used: int
    oldest_leaves_in: float


@dataclass(frozen=True, slots=True)
class Authorization:
    """A person on the way to the vendor's consent page and back. Its state is stored only as a hash.

    `browser_hash` is the hash of the cookie of the browser that opened the link, None until one did. `verifier` is the
    PKCE code verifier, encrypted; None where the vendor does not accept PKCE. `granted` is what the vendor granted,
    encrypted, while the person chooses between several companies.
    """

    account_id: AccountId
    redirect_uri: str
    expires_at: float
    used_at: float | None = None
    browser_hash: TokenHash | None = None
    verifier: bytes | None = field(default=None, repr=False)
    granted: bytes | None = field(default=None, repr=False)
    return_url: str = ""
    """Where the browser goes when it is done; empty for a page of ours."""
    link_id: LinkTokenId | None = None
    """The link token that led here."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to which thing, and when. Never holds a secret."""

    at: float
    actor: str
    action: str
    subject: str
    details: dict[str, Any] = field(default_factory=dict)


JournalKind = Literal["write", "revert", "reverse", "correct"]
OutcomeKind = Literal["sent", "done", "refused", "indeterminate", "settled_done", "settled_not_done"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Why a write is made. `reverts` is the entry of the journal that it undoes, `reverses` the Id of a record.

    `parts` are the kinds of the calls in a request with several.
    """

    kind: JournalKind = "write"
    reverts: str = ""
    reverses: str = ""
    parts: tuple[JournalKind, ...] = ()

    def select_part(self, at: int) -> Origin:
        """Return the origin of one call in a request with several."""
        return replace(self, kind=self.parts[at], parts=()) if self.parts else self


WRITTEN = Origin()
"""A write that a caller asked for itself."""


@dataclass(frozen=True, slots=True)
class JournalOutcome:
    """What a write came to: a link of its own in the chain. `sealed` is the record after it, or the error, encrypted.

    `seq` is its place in the chain, `status` the vendor's HTTP status, 0 when nothing was answered.
    """

    seq: int
    at: float
    outcome: OutcomeKind
    settled_how: str
    status: int
    trace: str
    record_id: str
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One write in the journal. `sealed` is what was to be sent and the record before it, encrypted.

    `seq` is its place in the chain of its account. `last` is its latest outcome, None while there is none. `reverts` is
    the id of the entry that it undoes, `reverses` the Id of the record whose opposite it books, or that it corrects.
    """

    id: str
    account_id: AccountId
    seq: int
    kind: JournalKind
    caller: str
    client: str
    begun_at: float
    tool: str
    resource: str
    record_id: str
    vendor_key: str
    reverts: str | None
    sealed: bytes = field(repr=False)
    reverses: str | None = None
    last: JournalOutcome | None = None

    @property
    def outcome(self) -> OutcomeKind:
        """What it came to as far as it is known: `sent` while there is no outcome."""
        return self.last.outcome if self.last else "sent"
