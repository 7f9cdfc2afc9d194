"""What the management API answers of the journal of writes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.responses import Response

from generator.catalog import ALLOW_DUPLICATE
from runtime.api import reading
from runtime.api.handlers import ApiRequest, Services
from runtime.api.limit_shapes import Body
from runtime.api.replies import build_response, reply
from runtime.api.shapes import PartQuery, Time
from runtime.errors import InternalError
from runtime.model import JournalKind, OutcomeKind, OwnCall
from runtime.operations.approvals.waits import Waiting
from runtime.operations.journal_filters import narrow_filter, read_filter
from runtime.operations.undo import REVERT, Asked


class JournalQuery(PartQuery):
    """Which entries to answer."""

    tool: Annotated[str, Field(max_length=80, description="Only writes of this tool.")] = ""
    record_id: Annotated[
        str, Field(max_length=200, description="Only writes of the record with this Id.")
    ] = ""
    outcome: Annotated[
        str,
        Field(
            max_length=40,
            description="Only writes with this outcome: sent (no outcome yet), done, refused, indeterminate, "
            "settled_done or settled_not_done (found out after the server had died).",
        ),
    ] = ""
    since: Annotated[
        str, Field(max_length=64, description="Only writes since this time, ISO 8601 with its zone.")
    ] = ""

    until: Annotated[
        str, Field(max_length=64, description="Only writes before this time, ISO 8601 with its zone.")
    ] = ""
    caller: Annotated[
        str,
        Field(
            max_length=120, description="Only writes of this caller, as an entry names it: `mcp_server:<id>`."
        ),
    ] = ""
    client: Annotated[
        str, Field(max_length=120, description="Only writes of this program, as it names itself.")
    ] = ""
    kind: Annotated[
        str,
        Field(
            max_length=40,
            description="Only these: write, revert (undoes another one), reverse (books the opposite of a record) or "
            "correct (books the right one in its place).",
        ),
    ] = ""


class EntryShape(BaseModel):
    """One write in the journal."""

    id: str
    seq: Annotated[int, Field(description="Its place in the chain of the account.")]
    kind: JournalKind
    outcome: OutcomeKind
    settled_how: str | None
    begun_at: Time
    ended_at: Time | None
    caller: Annotated[str, Field(description="The MCP server or API token that wrote.")]
    client: Annotated[str, Field(description="How the program named itself.")]
    tool: str
    resource: str
    record_id: str | None
    idempotency_key: Annotated[str, Field(description="As the vendor got it.")]
    trace: Annotated[str | None, Field(description="The vendor's own name for the request.")]
    status: Annotated[int | None, Field(description="The vendor's HTTP status.")]
    reverts: Annotated[str | None, Field(description="The entry that it undoes.")]
    reverses: Annotated[
        str | None, Field(description="The Id of the record whose opposite it books, or that it corrects.")
    ]


class ApprovalOfEntry(BaseModel):
    """Who approved a write that had waited for a person, and by which rules it had."""

    pending_change: str
    approved_by: Annotated[dict[str, str], Field(description="The person: id, and name.")]
    rules: list[str]


class WholeEntryShape(EntryShape):
    """One write in the journal, with what was sent and what came of it. Sensitive values are masked."""

    arguments: dict[str, Any]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    error: dict[str, Any] | None
    approval: Annotated[ApprovalOfEntry | None, Field(description="Of a write that had waited for a person.")]


class RevertBody(Body):
    """How to undo a write."""

    dry_run: Annotated[bool, Field(description="Answer what would be sent, and send nothing but a read.")] = (
        False
    )
    company: Annotated[
        str,
        Field(max_length=200, description="The company that is meant, its Id or name: refused at another."),
    ] = ""
    allow_duplicate: Annotated[
        bool,
        Field(
            description="Also where it was undone before, or a record like the one created again is there."
        ),
    ] = False


class RevertShape(BaseModel):
    """What undid a write, or would undo it."""

    reverts: Annotated[str, Field(description="The entry that is undone.")]
    tool: Annotated[str, Field(description="The tool that undoes it.")]
    arguments: Annotated[dict[str, Any], Field(description="What is sent; sensitive values are masked.")]
    company: Annotated[dict[str, str], Field(description="The company that it reaches: id, and name.")]
    dry_run: bool = False
    record_id: str = ""
    note: str = ""


class JournalPart(BaseModel):
    """A part of the journal of an account, the newest entries first."""

    result: list[EntryShape]
    next_cursor: str | None


async def list_journal(services: Services, asked: ApiRequest) -> Response:
    """List the writes of an account, the newest first."""
    query = reading.read_query(asked.request, JournalQuery)
    wanted = read_filter(query.tool, query.record_id, query.outcome, query.since, query.kind)
    wanted = narrow_filter(wanted, query.until, query.caller, query.client)
    account = asked.read_path_param("id")
    return reply(
        await asyncio.to_thread(services.journal.list, account, wanted, query.limit, query.next_cursor)
    )


async def get_journal_entry(services: Services, asked: ApiRequest) -> Response:
    """Get one write, with its arguments and the record before and after it."""
    return reply(
        await asyncio.to_thread(
            services.journal.get, asked.read_path_param("id"), asked.read_path_param("entry_id")
        )
    )


async def revert_journal_entry(services: Services, asked: ApiRequest) -> Response:
    """Undo one write, where the vendor allows it: answers what was sent, or with dry_run what would be."""
    body = reading.check_model(await reading.read_json(asked.request, may_be_empty=True), RevertBody)
    account = await services.accounts.fetch(asked.read_path_param("id"))
    if services.undo is None:
        raise InternalError
    entry_id = asked.read_path_param("entry_id")
    arguments = {"id": entry_id} | ({ALLOW_DUPLICATE: True} if body.allow_duplicate else {})
    grant = replace(asked.make_grant(account), own_call=OwnCall(REVERT, arguments))
    tools = services.find_tools(account.integration)
    asked_for = Asked(grant, tools, body.company, body.allow_duplicate)
    try:
        return reply(await services.undo.revert(asked_for, entry_id, is_preview=body.dry_run))
    except Waiting as waiting:
        return build_response(waiting.answer)
