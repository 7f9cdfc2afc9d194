"""What an integration says of its vendor, as the catalog holds it: sign-in, limits, queries, pages, errors, batches.

Part of `catalog`, which holds its tools.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from generator.company_rules import CompanyRules
from generator.effect_rules import EffectRules
from generator.insight_rules import InsightRules
from generator.meanings import Meant, Unsupported
from generator.preflight_rules import Preflight
from generator.vendor_rules import AdviceCase, FormRules, PolicyFacts, UndoRules, UpdateRules


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The request by which a vendor confirms, to a new access token, the account that a callback named.

    `path` follows the base URL of the account and may have `{account field}` placeholders. `answers` is where the
    JSON answer must hold a value, and `equals` (a template of account fields) what that value must be, when given.
    """

    path: str
    answers: tuple[str, ...] = ()
    equals: str = ""
    name: tuple[str, ...] = ()
    """Where that answer has the name of the company, for people."""


@dataclass(frozen=True, slots=True)
class Auth:
    """How an account proves itself to the vendor.

    `oauth2` uses the addresses, scopes and keys below, and a person agrees; `client_credentials` asks `token_url`
    alone, without a person; `headers` fills `headers` from the account's own fields.
    """

    type: Literal["oauth2", "client_credentials", "headers"]
    authorize_url: str = ""
    token_url: str = ""
    revoke_url: str = ""
    revoke_encoding: Literal["form", "json"] = "form"
    """How the token to revoke is sent."""
    scopes: tuple[str, ...] = ()
    read_only_scopes: tuple[str, ...] = ()
    """What is asked for in place of `scopes` for an account that is read only; empty where the vendor has no such."""
    client_authentication: Literal["basic", "body"] = "basic"
    rotates: bool = False
    """Whether every refresh answers a new refresh token that must be stored."""
    unused_for_seconds: int = 0
    """How long a refresh token lives without use; 0 when the vendor does not say."""
    refresh_expires_field: str = "refresh_token_expires_in"
    """Where a token answer says for how many seconds its refresh token lives."""
    reconnect_when: tuple[str, ...] = ()
    """OAuth error codes that only the person can fix, by connecting again."""
    headers: dict[str, str] = field(default_factory=dict)
    scheme: str = "Bearer"
    """What stands before the access token in the Authorization header."""
    pkce: bool = False
    """Whether the vendor accepts PKCE (RFC 7636) with S256."""
    grace_seconds: int = 0
    """How long the previous refresh token still works after a rotation; 0 when it ends at once or is not documented."""
    lookup: str = ""
    """The path, from the root of the host, whose answer says which companies a new access token is for."""
    lookup_name: str = ""
    """Where that answer has the name of a company, for whoever chooses one of several."""
    client_id: str = ""
    """For `client_credentials`, what the account's fields fill; empty for the app of the deployment."""
    client_secret: str = ""
    confirm: Confirmation | None = None
    """How the vendor confirms an account that was named in the callback."""

    @property
    def uses_app(self) -> bool:
        """Whether the deployment's own app proves itself to the vendor, and not a client of the account."""
        return self.type == "oauth2" or (self.type == "client_credentials" and not self.client_id)


@dataclass(frozen=True, slots=True)
class AccountField:
    """One thing a connected account remembers, such as the number of its company.

    `source` is `callback.<parameter>`, `token.<key>` or `lookup.<path>` when the vendor says it while
    connecting, and empty when the person is asked for it.
    `identifies` marks the field that distinguishes the companies of the vendor.
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
    remaining_header: str = ""
    """The header, in lower case, in which the vendor says how many are left; empty where it does not."""


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
    count: str = ""
    """The statement that counts the same records; empty where the vendor does not count."""
    where: str = "{conditions}"
    conjunction: str = " AND "
    disjunction: str = ""
    """What stands between sets of conditions of which one is enough; empty where the language has no OR."""
    group: str = ""
    """How conditions are held together, with `{conditions}`."""
    is_raw_condition: bool = False
    """Whether a raw query is a condition beside the typed filters, and no whole statement."""
    booleans: tuple[str, str] = ("false", "true")
    order_by: str = "{field} {direction}"
    conditions: dict[str, str] = field(default_factory=dict)
    path_separator: str = "."
    """What stands between the names of a field inside another."""
    quote: str = "'"
    other_quote: str = ""
    """Another sign around texts, for those that hold the first one; empty where that one can be escaped."""
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
    grammar: str = ""
    """The grammar by which a raw query is parsed before it is sent, as Lark reads it; empty where there is none."""
    operators: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For fields that cannot be compared by every operator, by their paths, those that they take."""
    then_by: str = ""
    """How one more field to sort by is written behind another; empty where there is one only."""


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
    """Where the vendor puts its complaints, as dotted paths, and what each of its codes means.

    `code`, `message`, `detail` and `element` are keys of a complaint: the first that it has is read.
    """

    list: tuple[tuple[str, ...], ...] = ()
    code: tuple[str, ...] = ("code",)
    message: tuple[str, ...] = ("message",)
    detail: tuple[str, ...] = ()
    element: tuple[str, ...] = ()
    shared: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What the whole answer says for complaints that lack it: a key of a complaint, and the path to its value."""
    trace_header: str = ""
    advice: dict[str, Advice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchForm:
    """How the vendor takes several operations in one request.

    `items` and `answers` are where they stand in the body and in the answer, `id` ties one to the other. `forms` says
    for each method how its operation is written, with `{entity}`, `{statement}`, and `{body}` for the record.
    """

    path: str = ""
    most: int = 0
    items: str = ""
    answers: str = ""
    id: str = ""
    forms: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReferenceForm:
    """How a record refers to another one: by an object with these parts. A vendor of bare Ids has no such parts."""

    id: str = ""
    """The part that holds the Id of the other record."""
    name: str = ""
    """The part that holds its name; empty where there is none."""
    suffix: str = ""
    """What the names of fields that refer to records end in, beside Id; empty where it is nothing else."""
    ids: str = ""  # pattern of the Ids; any other text is a name; empty where both cannot be distinguished
    codes: dict[str, str] = field(default_factory=dict)
    """For a resource, the pattern of codes that the vendor takes in place of an Id."""
    filtered_by: str = ""
    """The part that a condition names; empty where it names the reference itself."""
    has_numbers: bool = False
    """Whether Ids are numbers, and no texts."""


BARE_IDS = ReferenceForm()
"""The form of a vendor whose records refer to one another by the Id alone."""


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
    idempotency_query_param: str = ""
    """Query parameter that carries the idempotency key of a write; empty when the vendor has none."""
    idempotency_header: str = ""
    idempotency_repeats: bool = False
    """Whether a request that is repeated with its key is answered with the first answer, and nothing is done again."""
    idempotency_max_length: int = 0
    """The most characters that a key may have; 0 where any that is made here fits."""
    tags: dict[str, str] = field(default_factory=dict)
    """Every tag that a resource or method may carry, with what it stands for."""
    batch: BatchForm = BatchForm()
    identifier: str = "id"
    """The vendor's field that names a record, and each entry of a list inside one."""
    currency: tuple[str, ...] = ()
    """Where a record names its currency; empty where there is only one."""
    reference_form: ReferenceForm = BARE_IDS
    display_fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For each resource, the fields that hold the name or number that people know a record by, the best one first."""
    rules: FormRules = field(default_factory=FormRules)
    policy_facts: PolicyFacts = field(default_factory=PolicyFacts)
    effects: EffectRules = field(default_factory=EffectRules)
    insights: InsightRules = field(default_factory=InsightRules)
    company: CompanyRules = field(default_factory=CompanyRules)
    updates: UpdateRules = field(default_factory=UpdateRules)
    preflight: Preflight = field(default_factory=Preflight)
    undo: UndoRules = field(default_factory=UndoRules)
    acknowledged: tuple[str, ...] = ()
    """What the answer of a write shows of a record that its caller may not read."""
    everyday: tuple[str, ...] = ()
    """The names of the tools that are listed, with those that find the others, where all would be too many."""
    dates: tuple[str, ...] = ()
    """Patterns of texts in answers that are moments, with a group `milliseconds` or `seconds`, and maybe `offset`."""
    meant: tuple[Meant, ...] = ()
    synonyms: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For a word of the tool search, the words of tools that are meant."""
    system: Literal["books", "work", ""] = ""
    """What it is to a company: its accounts, or where it records what it does for its clients."""
    handles_money: bool = False
    """Whether all its tools touch books or payments, so that a person needs the role that a tenant wants for them."""
    money_tags: tuple[str, ...] = ()
    """The tags of the tools that do, where not all of them do."""
    money_fields: tuple[tuple[str, ...], ...] = ()
    """Where other tools answer money, at any level of a record; lists are no step of a path."""
