"""What the management API answers about writes that wait for a person: a program lists them, a person decides.

A decision is answered for the session of a person's browser, by its cookie, and never for a token: neither an API token
nor what an agent holds may approve, however it came to it. See `routes`, which finds out who asks.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.responses import Response

from runtime.api import reading
from runtime.api.handlers import ApiRequest, Services
from runtime.api.limit_shapes import Body
from runtime.api.replies import reply
from runtime.api.shapes import PartQuery, Time
from runtime.approval import PendingStatus
from runtime.errors import Forbidden
from runtime.operations.approvals.deciding import LONGEST_REASON, MOST_TOGETHER
from runtime.operations.approvals.managing import Asker, Chosen, Wanted
from runtime.people import SignedIn

MOST_EDITS = 500
"""Values of one change that are corrected: a document of the vendor with more lines is not edited by hand."""
Version = Annotated[
    int, Field(ge=1, description="The state that the person saw: a change in another one is not decided.")
]
Edits = Annotated[
    dict[
        Annotated[str, Field(max_length=400)],
        Annotated[str, Field(max_length=100)] | int | float,
    ],
    Field(
        max_length=MOST_EDITS,
        description="Amounts and dates to correct before it is sent, by the paths that `editable` names.",
        examples=[{"Line[0].Amount": "510.00"}],
    ),
]


class PendingQuery(PartQuery):
    """Which changes to answer."""

    integrated_account_id: Annotated[
        str, Field(max_length=80, description="Only changes of this integrated account.")
    ] = ""
    status: Annotated[PendingStatus | None, Field(description="Only changes in this state.")] = None
    batch: Annotated[
        str, Field(max_length=80, description="Only those that one call has proposed together.")
    ] = ""


class ToApprove(Body):
    """The decision of a person to have a change carried out."""

    version: Version
    edits: Edits = {}


class ToRefuse(Body):
    """The decision of a person that a change is not carried out."""

    version: Version
    reason: Annotated[str, Field(max_length=LONGEST_REASON, description="Why, for the agent to read.")] = ""


class OneToApprove(ToApprove):
    """One of several changes to approve."""

    id: Annotated[str, Field(min_length=1, max_length=80)]


class ManyToApprove(Body):
    """Changes to approve, each by itself: what one comes to holds no other one up."""

    changes: Annotated[list[OneToApprove], Field(min_length=1, max_length=MOST_TOGETHER)]


class PersonShape(BaseModel):
    """A person, as the change names them."""

    id: str
    name: str


class FieldChangeShape(BaseModel):
    """One field that would change."""

    field: str
    before: str
    after: str


class EditableShape(BaseModel):
    """A value that may be corrected before a change is approved."""

    path: str
    kind: Annotated[str, Field(description="amount or day.")]
    value: str


class PendingChangeShape(BaseModel):
    """A write that waits, or waited, for a person."""

    id: str
    status: Annotated[
        PendingStatus,
        Field(
            description="waiting; approved (it is being carried out); committed; refused; expired; failed; unclear (it "
            "was sent, and nobody knows whether it was done)."
        ),
    ]
    version: Annotated[int, Field(description="Counts its states. A decision names the one that was seen.")]
    says: Annotated[str, Field(description="What it would do, in a sentence.")]
    action: str
    party: str | None = None
    amount: str | None = None
    currency: str | None = None
    why: Annotated[str | None, Field(description="The reason of the agent, unchecked.")] = None
    changed: list[FieldChangeShape]
    effects: Annotated[
        list[dict[str, str]] | None,
        Field(
            description="What it does to figures of the books: kind, label, now, change, after, currency, note."
        ),
    ] = None
    effects_note: str | None = None
    similar: Annotated[
        list[dict[str, str]] | None,
        Field(description="Records that are there already and look like the new one."),
    ] = None
    rules: Annotated[list[str], Field(description="The rules that it waits by.")]
    warnings: list[str] | None = None
    happened: Annotated[list[str] | None, Field(description="What happened to it since it was proposed.")] = (
        None
    )
    refused_because: str | None = None
    error: Annotated[str | None, Field(description="Why it could not be carried out.")] = None
    cannot_be_approved: Annotated[
        str | None, Field(description="Why nobody can approve it now, such as an MCP server that has ended.")
    ]
    approve_at: Annotated[str, Field(description="The page at which a person decides. It signs nobody in.")]
    company: dict[str, str]
    tenant_id: str
    integrated_account_id: str
    mcp_server_id: str | None
    caller: Annotated[str, Field(description="The MCP server or API token that asked, as in the journal.")]
    client: Annotated[str, Field(description="How the program named itself.")]
    requested_by: Annotated[
        PersonShape | None, Field(description="The person whose agent asked, where known.")
    ]
    decided_by: PersonShape | None
    batch: str | None
    tool: str
    resource: str
    record_id: str | None
    risk: str
    created_at: Time
    expires_at: Time
    decided_at: Time | None
    finished_at: Time | None
    journal_entry: Annotated[str | None, Field(description="Its entry in the journal, once it was sent.")]
    editable: Annotated[
        list[EditableShape] | None,
        Field(description="What may be corrected; of one change alone, while it waits."),
    ] = None


class PendingChangeList(BaseModel):
    """A part of the pending changes, the newest first."""

    result: list[PendingChangeShape]
    next_cursor: str | None


class ProblemShape(BaseModel):
    """Why one of several decisions was not made."""

    code: str
    message: str
    advice: str


class OutcomeShape(BaseModel):
    """What the decision about one of several changes came to."""

    id: str
    ok: bool
    change: PendingChangeShape | None
    error: ProblemShape | None


class Outcomes(BaseModel):
    """What the decisions about several changes came to, in their order."""

    result: list[OutcomeShape]


async def list_pending_changes(services: Services, asked: ApiRequest) -> Response:
    """List the changes that wait, or waited, for a person, the newest first."""
    query = reading.read_query(asked.request, PendingQuery)
    wanted = Wanted(query.integrated_account_id, query.status, query.batch, query.limit, query.next_cursor)
    return reply(await services.pending.list_part(_make_asker(asked), wanted))


async def get_pending_change(services: Services, asked: ApiRequest) -> Response:
    """Get one change, with what may be corrected in it while it waits."""
    return reply(await services.pending.get(_make_asker(asked), asked.read_path_param("change_id")))


async def approve_pending_change(services: Services, asked: ApiRequest) -> Response:
    """Approve a change, as a person. The same decision once more is answered as the first time."""
    body = reading.check_model(await reading.read_json(asked.request), ToApprove)
    chosen = _choose(asked.read_path_param("change_id"), body)
    return reply(await services.pending.approve(_get_person(services, asked), chosen))


async def refuse_pending_change(services: Services, asked: ApiRequest) -> Response:
    """Refuse a change, as a person. The same decision once more is answered as the first time."""
    body = reading.check_model(await reading.read_json(asked.request), ToRefuse)
    person, change_id = _get_person(services, asked), asked.read_path_param("change_id")
    return reply(await services.pending.refuse(person, change_id, body.version, body.reason))


async def approve_pending_changes(services: Services, asked: ApiRequest) -> Response:
    """Approve several changes, as a person: each has an outcome of its own."""
    body = reading.check_model(await reading.read_json(asked.request), ManyToApprove)
    chosen = [_choose(each.id, each) for each in body.changes]
    return reply({"result": await services.pending.approve_together(_get_person(services, asked), chosen)})


def refuse_program(public_url: str) -> Forbidden:
    """Return the error for a program that would decide with an API token."""
    return Forbidden(
        "An API token decides no pending change: a person does, who is signed in and may approve it.",
        advice="Show that person approve_at of the change, which GET /pending-change answers: "
        f"{public_url}/company/<integrated account>/approvals/<change>. A program of theirs sends the cookie of "
        "their session, without an Authorization header.",
    )


def _get_person(services: Services, asked: ApiRequest) -> SignedIn:
    if asked.person is None:
        raise refuse_program(services.browsers.public_url)
    return asked.person


def _make_asker(asked: ApiRequest) -> Asker:
    return Asker(asked.reach, asked.person)


def _choose(change_id: str, body: ToApprove) -> Chosen:
    edits: dict[str, Any] = body.edits
    return Chosen(change_id, body.version, {path: str(value) for path, value in edits.items()})
