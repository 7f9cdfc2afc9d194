"""One call of a tool, and the request that is made for it: what each kind of call works with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from generator.catalog import COMPANY, Catalog, Tool
from generator.vendor import Integration
from runtime.errors import LedgerportError
from runtime.exchange.allowance import BYTES_PER_TOKEN, LEAST, LEAST_TOKENS, PLAIN, Allowance, Form
from runtime.exchange.days import find_utc_today
from runtime.exchange.members import add_members
from runtime.exchange.tool_answer import NO_LIMITS, Answer
from runtime.model import USUAL_TIME_ZONE, WRITTEN, Account, Grant, Origin
from runtime.safety import masking, write_answers
from runtime.safety.company import describe_company, drop_company
from runtime.safety.fences import PREFACE, fence_json, strip_fences
from runtime.safety.findings import Finding
from runtime.safety.once import make_key
from runtime.safety.write_options import USUAL, Asked, WriteOptions
from runtime.upstream import figures
from runtime.upstream.answer import UnexpectedShape
from runtime.upstream.client import VendorRequest
from runtime.upstream.files import OutgoingFile
from runtime.upstream.limits import Limits
from runtime.upstream.request import RequestExtras, build, build_body

Check = Callable[[Tool, Integration, dict[str, Any]], dict[str, Any]]
"""Return the arguments of a tool as they are sent. Raises InvalidArguments."""
NO_TOOLS: Mapping[str, Tool] = {}
NO_LISTINGS: Mapping[tuple[str, str], Tool] = {}
NO_VALUES: Mapping[str, str] = {}
NO_MEMBERS: dict[str, Any] = {}
COUNT = "count"
"""The argument of a list that asks how many records there are."""
LONGEST_TOTAL = b'"total_unknown":"%b",' % (b"x" * 200)
"""What may stand in front of a page for it: a number, or why there is none."""


@dataclass(slots=True)
class CallContext:
    """One call of a tool: who calls what, what its answer may hold, and what came of it so far."""

    tool: Tool
    integration: Integration
    account: Account
    arguments: dict[str, Any]
    """What is sent: as given at first, then checked."""
    check: Check
    """Checks the arguments of a call that is part of this one."""
    tools: Mapping[str, Tool] = field(default_factory=lambda: NO_TOOLS)
    """The tools that its caller has."""
    known: Iterable[Tool] = ()
    """All tools of the catalog: they say what can be asked of records that the caller reads by a query."""
    listings: Mapping[tuple[str, str], Tool] = field(default_factory=lambda: NO_LISTINGS)
    """The tools that list a resource, whether the caller has them or not."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """The arguments as they were given."""
    grant: Grant | None = None
    """What lets the call through; None in tests of one part."""
    is_refused: bool = False
    """Whether the vendor refused it where it was one of several calls in a request."""
    caller: str = ""
    caller_key: str = ""
    """The idempotency key of the caller, checked; empty when there is none."""
    asked: Asked | None = None
    """What a repeat is recognized by, where that is not the tool and its arguments."""
    attempt: int = 0
    """How often it was sent before."""
    is_repeat: bool = False
    """Whether the same call was made before under the key of its caller."""
    vendor_key: str = ""
    """The idempotency key for the vendor."""
    content: dict[str, Any] | None = None
    """The record to send, where the arguments alone do not say it."""
    is_final: bool = False
    """Whether its content is sent as it is: nothing is laid over what is stored, and no conflict is merged."""
    client: str = ""
    """How the program that calls names itself, for the journal."""
    origin: Origin = WRITTEN
    """Why it is made, for the journal."""
    conflict: LedgerportError | None = None
    """What the vendor's refusal of its version says to its caller, where it is one of several calls in a request."""
    entry_id: str = ""
    """Its entry in the journal, once it is sent."""
    options: WriteOptions = USUAL
    """How a write is to be carried out."""
    before: Mapping[str, Any] | None = None
    """The record as it was stored, where an update was laid over it."""
    near: Sequence[Mapping[str, Any]] | None = None
    """Records that are there already and may be like a new one; None where nobody has looked."""
    deleted: Mapping[str, Any] | None = None
    """The record as it was read before it is deleted."""
    worked_out: tuple[str, ...] = ()
    """Fields of it that were left out, so that the vendor works them out anew."""
    findings: list[Finding] = field(default_factory=list)
    """What was found in it before it was sent; those that are no errors are part of its answer."""
    file: OutgoingFile | None = None
    changes_data: bool = True
    has_many_values: bool = False
    """Whether work on its arguments is done in a thread."""
    is_masked: bool = True
    """Whether what is sensitive in the answer is hidden."""
    cover: masking.Cover | None = None
    """What is hidden in the answer."""
    is_blind: bool = False
    """Whether it writes a record that the caller may not read."""
    secrets: list[str] = field(default_factory=list)
    """Stored values that the caller is not shown, where they were sent on its behalf."""
    budget: int = LEAST
    """Bytes of the whole reply as its reader gets it."""
    max_answer_tokens: int = 0
    """Tokens of the text of an answer, as its MCP server allows; 0 for no limit but the budget."""
    max_rows: int = 0
    """Records or rows of an answer, as its MCP server allows; 0 for no limit."""
    is_fenced: bool = False
    """Whether texts of records stand in fences."""
    form: Form = PLAIN
    """How its endpoint sends the answer."""
    resolved: list[dict[str, Any]] = field(default_factory=list)
    """What a name in the place of an Id became: `{argument, name, id}`; a client has several `ids`."""
    place: str = ""
    """Where it stands in the arguments of the call that it is part of, such as `calls[3]`."""
    notice: str = ""
    """What every answer of the call says beside what it came to."""
    writes: tuple[Write, ...] = ()
    """The writes that were sent in it, where they are several."""
    limits: Limits = NO_LIMITS
    status: int = 0
    today: Callable[[], date] = find_utc_today
    """Return the day that it is in the time zone of the MCP server: "overdue" is relative to it."""

    @property
    def time_zone(self) -> str:
        """The time zone of its days."""
        return self.grant.config.time_zone if self.grant else USUAL_TIME_ZONE

    def answer(self, text: str = "", note: str = "") -> Answer:
        """Return the answer of this call with a text. Raises UnexpectedShape for a number that readers cannot take."""
        if text:
            _check_range(text)
        members, whole = self._list_members(), self._whole(note)
        return Answer(
            add_members(text, members) if members else text,
            self.status,
            limits=self.limits,
            note=whole,
            company=members.get(COMPANY),
            preface=self.preface,
        )

    def _list_members(self) -> dict[str, Any]:
        """Return what stands beside the content: the company, of a read where there are several, and names."""
        if self.tool.is_read_only and not (self.grant and self.grant.is_one_of_several):
            return {"resolved": self.resolved} if self.resolved else NO_MEMBERS
        return {"resolved": self.resolved, COMPANY: describe_company(self.account)}

    def _whole(self, note: str) -> str:
        """Return a note with what every answer of the call says."""
        return f"{self.notice} {note}".strip() if self.notice else note

    @property
    def preface(self) -> str:
        """What stands before every answer of the call."""
        return PREFACE if self.is_fenced else ""

    def mark(self, text: bytes) -> bytes:
        """Return a record, JSON, as its caller wants its texts."""
        return fence_json(text) if self.is_fenced else text

    def fits(self, text: bytes, note: str) -> bool:
        """Return whether a text is certain to fit beside a note; `allowance` says it exactly."""
        most = self.most_text
        is_short = not most or 2 * len(text) <= most
        beside = add_members("{}", members) if (members := self._list_members()) else ""
        return is_short and self.form.holds_surely(
            text, self.budget, f"{self.preface}{self._whole(note)}{beside}"
        )

    def compute_allowance(self, note: str = "") -> Allowance:
        """Return what the text of the answer may take, once the vendor has responded."""
        allowance = self.form.compute_allowance(self.budget, self.answer(note=note)).limit(self.most_text)
        if self.arguments.get(COUNT):
            allowance = allowance.subtract(allowance.measure(LONGEST_TOTAL))
        if members := self._list_members():
            return allowance.subtract(allowance.measure(add_members("{}", members).encode()))
        return allowance

    @property
    def most_text(self) -> int:
        """The bytes that the text of an answer may have by the tokens allowed; 0 for no such limit."""
        asked = self.arguments.get("max_tokens") if self.tool.is_read_only else None
        own = max(self.max_answer_tokens, LEAST_TOKENS) if self.max_answer_tokens else 0
        given = [each for each in (asked, own) if each]
        return int(min(given) * BYTES_PER_TOKEN) if given else 0


def _check_range(text: str) -> None:
    try:
        figures.check_range(text.encode())
    except ValueError as error:
        raise UnexpectedShape("a number beyond doubles") from error


def begin_call(
    grant: Grant,
    catalog: Catalog,
    tools: Mapping[str, Tool],
    tool: Tool,
    arguments: dict[str, Any],
    check: Check,
) -> CallContext:
    """Return the call of a tool, one of the `tools` that an access grant leaves of the catalog."""
    is_write, is_masked = not tool.is_read_only, not grant.config.show_sensitive
    integration = catalog.integrations[grant.account.integration]
    is_fenced = grant.config.untrusted_text == "fenced"
    arguments = strip_fences(arguments) if is_fenced else arguments
    return CallContext(
        tool,
        integration,
        grant.account,
        arguments,
        check,
        tools,
        catalog.tools,
        given=arguments,
        grant=grant,
        caller=grant.caller if is_write else "",
        client=grant.client,
        vendor_key=make_key(integration.idempotency_max_length) if is_write else "",
        changes_data=is_write,
        is_masked=is_masked,
        cover=masking.cover_of(tool, tools, is_masked=is_masked),
        is_blind=is_write and write_answers.is_blind(tool, tools),
        listings=catalog.listings,
        is_fenced=is_fenced,
        max_answer_tokens=grant.config.max_answer_tokens,
        max_rows=grant.config.max_rows,
    )


class Write(NamedTuple):
    """A call that changes something in a request with several, and the id of its answer there."""

    call: CallContext
    id: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What a call asks of the vendor, before anybody signs it."""

    values: Mapping[str, str] = field(default_factory=lambda: NO_VALUES)
    """What fills placeholders, beside the arguments and the account."""
    changes: tuple[CallContext, ...] = ()
    """The writes in it: each is checked, and its `content` completed, before the body is written."""
    writes: tuple[Write, ...] = ()
    """The writes in it, where they are several; none where the call itself is the one."""
    body: Callable[[], bytes | None] = lambda: None
    """Writes the body; None where the arguments of the tool make it."""
    changes_data: bool | None = None
    """Whether it changes anything, where the tool alone does not say it."""
    others: tuple[Request, ...] = ()
    """Requests sent after this one, where its kind needs several responses to read one answer: all are reads."""
    stored: VendorRequest | None = None
    """A request that was sent before and is to be repeated, without what signs it."""
    plan: Any = None
    """What its kind needs in order to read the response, such as the page that was asked for."""


NOTHING_ADDED = Request()


def record_request(call: CallContext) -> Request:
    """Return the request of a call that is made from its arguments, or from its content once that is completed."""
    if call.tool.is_read_only:
        return NOTHING_ADDED
    return Request(
        changes=(call,), body=lambda: build_body(call.tool, call.content) if call.content else None
    )


def build_vendor_request(
    call: CallContext, request: Request, base_url: str, authorization: Mapping[str, str]
) -> VendorRequest:
    """Return the HTTP request that carries the request of a call."""
    if request.stored is not None:
        return request.stored._replace(headers={**request.stored.headers, **authorization})
    arguments = drop_company(call.tool, call.arguments)
    return build(
        call.tool,
        call.integration,
        base_url,
        {**call.account.fields, **arguments, **request.values},
        arguments,
        RequestExtras(authorization, call.vendor_key, request.body(), call.file, call.changes_data),
    )
