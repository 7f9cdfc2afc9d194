"""What the management API answers of the call log, and to Prometheus."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from pydantic import BaseModel, Field
from starlette.responses import Response

from runtime.api import reading
from runtime.api.handlers import ApiRequest, Services
from runtime.api.replies import reply
from runtime.api.shapes import PartQuery, Time
from runtime.errors import NotFound
from runtime.operations.call_log import read_times
from runtime.watching.calls import CallFilter, CallStatus, LogType


class CallLogQuery(PartQuery):
    """Which calls to answer."""

    log_type: Annotated[
        LogType | None,
        Field(
            description="Only calls at this endpoint: mcp, api for the management API, or page for people in a browser."
        ),
    ] = None
    tenant_id: Annotated[
        str, Field(max_length=200, description="Only calls for accounts of this tenant.")
    ] = ""
    integrated_account_id: Annotated[
        str, Field(max_length=80, description="Only calls for this integrated account.")
    ] = ""
    mcp_server_id: Annotated[str, Field(max_length=80, description="Only calls at this MCP server.")] = ""
    api_token_id: Annotated[str, Field(max_length=80, description="Only calls with this API token.")] = ""
    tool_name: Annotated[str, Field(max_length=128, description="Only calls of this tool.")] = ""
    client_name: Annotated[str, Field(max_length=64, description="Only calls of this program.")] = ""
    status: Annotated[
        CallStatus | None, Field(description="Only calls that succeeded (ok), or did not (error).")
    ] = None
    error_code: Annotated[str, Field(max_length=80, description="Only calls with this error.")] = ""
    since: Annotated[
        str,
        Field(
            max_length=64,
            description="Only calls since this time, ISO 8601 with its zone; a day before until where it is left out.",
        ),
    ] = ""
    until: Annotated[
        str,
        Field(
            max_length=64,
            description="Only calls before this time, at most 31 days after since; now where it is left out.",
        ),
    ] = ""


class CallShape(BaseModel):
    """One call of a tool: who called it when, and what it came to. It has neither arguments nor results."""

    id: str
    log_type: LogType
    at: Annotated[Time, Field(description="When it ended.")]
    tenant_id: str
    integrated_account_id: str
    mcp_server_id: str | None
    api_token_id: str | None
    person_id: Annotated[str | None, Field(description="Who called on a page of Ledgerport.")]
    tool_name: str
    client_name: Annotated[str, Field(description="How the program names itself; it proves nothing.")]
    client_version: str
    status: Literal["ok", "error"]
    error_code: str | None
    duration_ms: float
    answer_size: Annotated[int, Field(description="Characters of the answer's text, or bytes of its file.")]
    request_id: str | None


class CallLogPart(BaseModel):
    """A part of the call log, the newest calls first."""

    result: list[CallShape]
    next_cursor: str | None


async def list_calls(services: Services, asked: ApiRequest) -> Response:
    """List calls of tools, the newest first: those of the last day, or of another time of at most a month."""
    if services.call_log is None:
        raise NotFound("There is no call log here.")
    query = reading.read_query(asked.request, CallLogQuery)
    since, until = read_times(query.since, query.until, services.call_log.clock())
    log_type = query.log_type or ("mcp" if query.mcp_server_id else "api" if query.api_token_id else None)
    wanted = CallFilter(
        since,
        until,
        log_type,
        tenant_id=query.tenant_id,
        account_id=query.integrated_account_id,
        caller_id=query.mcp_server_id or query.api_token_id,
        tool=query.tool_name,
        client_name=query.client_name,
        status=query.status,
        error_code=query.error_code,
        reach=asked.reach,
    )
    return reply(await services.call_log.list(wanted, query.limit, query.next_cursor))


async def read_metrics(services: Services, asked: ApiRequest) -> Response:
    """Get counts and measurements in the text format of Prometheus."""
    if services.render_metrics is None:
        raise NotFound("Nothing is measured here.")
    accept = asked.request.headers.get("accept", "")
    body, media_type = await asyncio.to_thread(services.render_metrics, accept)
    return Response(
        body,
        headers={
            "Content-Type": media_type,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
