"""What each operation of the management API does: reads the request, asks `operations`, shapes the reply.

Records are read in a thread and written in the one that writes, so that the disk holds up nobody else. A handler
raises; the endpoint around it (`routes`) turns what is raised into a reply.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response

from generator.catalog import Catalog, Tool
from generator.names import find_tool
from runtime.api import limit_shapes, reading, shapes
from runtime.api.browser_sessions import BrowserSessions
from runtime.api.keyed_requests import KeyedRequests
from runtime.api.replies import FORM, build_response, reply
from runtime.api.uploads import Form, Uploads, is_multipart
from runtime.errors import Forbidden, InternalError, InvalidRequest, LedgerportError
from runtime.exchange.tool_answer import Answer
from runtime.identity.people import People
from runtime.logs import Log
from runtime.model import LONGEST_CLIENT, Account, ApiToken, Grant, ServerConfig
from runtime.operations.account_keys import AccountKeys
from runtime.operations.accounts import About, Accounts
from runtime.operations.answers import show_account
from runtime.operations.api_tokens import ApiTokens
from runtime.operations.approval_config import add_request_rule
from runtime.operations.approvals.managing import PendingChanges
from runtime.operations.approvals.own_tools import take_why
from runtime.operations.call_log import CallLog
from runtime.operations.call_protocol import CallProtocol
from runtime.operations.company_mapping.mappings import CompanyMappings
from runtime.operations.exposure import ListingOf
from runtime.operations.finished_calls import (
    CANCELLED,
    UNKNOWN,
    Ending,
    FinishedCalls,
    Source,
    describe_ending,
    read_agent,
)
from runtime.operations.journal import Journal
from runtime.operations.mcp_servers import McpServers, check_filter
from runtime.operations.names import UNSET
from runtime.operations.narrowing import Narrowing, narrow, read_narrowing
from runtime.operations.readiness import Readiness
from runtime.operations.scopes import find_reach
from runtime.operations.server_tokens import ServerTokens
from runtime.operations.server_uses import ServerUses
from runtime.operations.spending import Spending
from runtime.operations.tenants import Tenants
from runtime.operations.undo import Undo
from runtime.operations.webhooks import Webhooks
from runtime.people import SignedIn
from runtime.safety.client_addresses import ClientAddresses
from runtime.safety.guesses import Guesses
from runtime.tenancy import AccountFilter, Reach
from runtime.upstream.files import NO_FILES

T = TypeVar("T")


class Write(Protocol):
    """Makes a change of the records, in the thread that writes."""

    async def __call__(self, work: Callable[[], T]) -> T:
        """Return the result of the change. Raises StorageUnavailable."""
        ...


@dataclass(frozen=True)
class Services:
    """What the handlers work with."""

    accounts: Accounts
    mcp_servers: McpServers
    server_tokens: ServerTokens
    api_tokens: ApiTokens
    calls: CallProtocol
    catalog: Callable[[], Catalog]
    write: Write
    write_together: Write
    uploads: Uploads
    log: Log
    guesses: Guesses
    journal: Journal
    readiness: Readiness
    finished: FinishedCalls
    webhooks: Webhooks
    tenants: Tenants
    people: People
    keyed: KeyedRequests
    browsers: BrowserSessions
    pending: PendingChanges
    undo: Undo | None = None
    listing: ListingOf | None = None
    spending: Spending | None = None
    call_log: CallLog | None = None
    render_metrics: Callable[[str], tuple[bytes, str]] | None = None
    uses: ServerUses | None = None
    addresses: ClientAddresses = field(default_factory=ClientAddresses)

    @cached_property
    def mappings(self) -> CompanyMappings:
        """The company mappings, with what was read of them lately."""
        return CompanyMappings(self.accounts.deployment)

    async def store_uses(self) -> None:
        """Store what this process has counted, so that a list has it."""
        if self.uses is not None:
            await self.uses.flush()

    def find_tools(self, integration: str) -> dict[str, Tool]:
        """Every tool of an integration under its name."""
        return {tool.name: tool for tool in self.catalog().list_tools(integration)}


@dataclass(frozen=True)
class ApiRequest:
    """One request on its way: the bearer's token, or the person, is known, nothing else is checked yet."""

    request: Request
    bearer: ApiToken | None
    person: SignedIn | None = None

    @property
    def actor(self) -> str:
        """Who asks, for the audit."""
        if self.person is not None:
            return str(self.person.person.id)
        return f"api_token:{self.bearer.id}" if self.bearer else "nobody"

    @property
    def reach(self) -> Reach:
        """How far the API token of the request reaches."""
        return find_reach(self.bearer)

    def make_grant(self, account: Account) -> Grant:
        """Return what the API token of the request lets through of an account: all of its tools.

        Raises InvalidRequest for a header field with a rule for approvals that cannot be read.
        """
        token_id = self.bearer.id if self.bearer else None
        client = self.request.headers.get("user-agent", "")[:LONGEST_CLIENT]
        config = ServerConfig(is_read_only=account.is_read_only, approval=account.tenant_limits.approval)
        grant = Grant(account, config, api_token_id=token_id, client=client)
        return add_request_rule(grant, self.request.headers.raw)

    def read_path_param(self, name: str) -> str:
        """Return a part of the path."""
        found: str = self.request.path_params[name]
        return found


async def create_account(services: Services, asked: ApiRequest) -> Response:
    """Connect a company: answers an account and the address at which a person connects it."""
    body = reading.check_model(await reading.read_json(asked.request), shapes.NewAccount)
    about = About(body.tenant_id, body.external_id, body.metadata, body.return_url, body.read_only)
    await AccountKeys(services.accounts).check_new(body.integration, body.fields or {}, about, asked.reach)
    made = await services.write(
        lambda: services.accounts.create(
            body.name,
            body.integration,
            body.fields,
            about=about,
            reach=asked.reach,
            actor=asked.actor,
        )
    )
    return reply(made, 201, location=f"/integrated-account/{made['id']}")


async def list_accounts(services: Services, asked: ApiRequest) -> Response:
    """List the integrated accounts, from the oldest on; also those only with a given metadata.KEY."""
    query, metadata = reading.read_account_query(asked.request)
    wanted = AccountFilter(asked.reach, query.tenant_id, query.external_id, query.status, metadata)
    return reply(await asyncio.to_thread(services.accounts.list, query.limit, query.next_cursor, wanted))


async def get_account(services: Services, asked: ApiRequest) -> Response:
    """Get one integrated account."""
    return reply(show_account(await services.accounts.fetch(asked.read_path_param("id"))))


async def delete_account(services: Services, asked: ApiRequest) -> Response:
    """Disconnect a company: its URLs stop working and its tokens are revoked at the vendor."""
    return reply(await services.accounts.delete(asked.read_path_param("id"), actor=asked.actor))


async def change_account(services: Services, asked: ApiRequest) -> Response:
    """Change the name, external_id, metadata, budget or read_only of an account; what is left out stays."""
    body = reading.check_model(await reading.read_json(asked.request), limit_shapes.AccountChange)
    said = body.model_dump(include=body.model_fields_set)
    if not said:
        raise InvalidRequest(f"Nothing is to be changed. It takes: {', '.join(type(body).model_fields)}.")
    about = About(external_id=said.get("external_id", UNSET), metadata=said.get("metadata", UNSET))
    if body.read_only is False and asked.reach.account_id is not None:
        raise Forbidden(
            "An API token that is bound to one account does not end that it is read only.",
            advice="Ask an admin of the organization, or use an API token that is not bound to it.",
        )
    account_id, budget = asked.read_path_param("id"), said.get("budget", UNSET)
    return reply(
        await services.write(
            lambda: services.accounts.change(
                account_id,
                name=body.name,
                budget=budget,
                about=about,
                is_read_only=body.read_only,
                actor=asked.actor,
            )
        )
    )


async def read_usage(services: Services, asked: ApiRequest) -> Response:
    """Get what an account has sent to its vendor, by month and MCP server."""
    account = await services.accounts.fetch(asked.read_path_param("id"))
    months = await services.spending.read_usage(account.id) if services.spending else []
    return reply({"budget": account.budget.as_dict(), "result": months, "next_cursor": None})


async def connect_account(services: Services, asked: ApiRequest) -> Response:
    """Get a fresh address at which a person connects the company, or connects it again."""
    body = reading.check_model(await reading.read_json(asked.request, may_be_empty=True), shapes.ToConnect)
    account_id = asked.read_path_param("id")
    return reply(
        await services.write(
            lambda: services.accounts.connect(account_id, return_url=body.return_url, actor=asked.actor)
        )
    )


async def create_mcp_server(services: Services, asked: ApiRequest) -> Response:
    """Make a secret URL for an agent. The URL and its token are shown this once."""
    body = reading.check_model(await reading.read_json(asked.request), shapes.NewMcpServer)
    config = body.config.model_dump(exclude_unset=True)
    made = await services.write_together(
        lambda: services.mcp_servers.create(
            asked.read_path_param("id"), body.name, config, body.expires_at, actor=asked.actor
        )
    )
    return reply(made, 201, location=f"/integrated-account/{asked.read_path_param('id')}/mcp/{made['id']}")


async def list_mcp_servers(services: Services, asked: ApiRequest) -> Response:
    """List the MCP servers of an account, from the oldest on."""
    query = reading.read_query(asked.request, shapes.PartQuery)
    await services.store_uses()
    return reply(
        await asyncio.to_thread(
            services.mcp_servers.list, asked.read_path_param("id"), query.limit, query.next_cursor
        )
    )


async def get_mcp_server(services: Services, asked: ApiRequest) -> Response:
    """Get one MCP server."""
    await services.store_uses()
    return reply(
        await asyncio.to_thread(
            services.mcp_servers.get, asked.read_path_param("id"), asked.read_path_param("mcp_id")
        )
    )


async def change_mcp_server(services: Services, asked: ApiRequest) -> Response:
    """Change the name, filter, switches or expiry of an MCP server; its URL stays."""
    values = await reading.read_json(asked.request)
    body = reading.check_model(values, shapes.McpServerChange)
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    if "config" in changes:
        changes["config"] = body.config.model_dump(exclude_unset=True)
    return reply(
        await services.write(
            lambda: services.mcp_servers.change(
                asked.read_path_param("id"), asked.read_path_param("mcp_id"), **changes, actor=asked.actor
            )
        )
    )


async def delete_mcp_server(services: Services, asked: ApiRequest) -> Response:
    """End an MCP server: its URL answers 404 from now on."""
    return reply(
        await services.write(
            lambda: services.mcp_servers.delete(
                asked.read_path_param("id"), asked.read_path_param("mcp_id"), actor=asked.actor
            )
        )
    )


async def list_tools(services: Services, asked: ApiRequest) -> Response:
    """List the tools of an account, with the same filter as an MCP server has."""
    query = reading.read_query(asked.request, shapes.ToolsQuery)
    account = await services.accounts.fetch(asked.read_path_param("id"))
    catalog = services.catalog()
    integration = catalog.integrations[account.integration]
    tools = check_filter(integration, catalog.list_tools(integration.name), query.methods, query.tags)
    if account.is_read_only:
        tools = tuple(tool for tool in tools if tool.is_read_only)
    named = _narrowed(services, asked, integration.name, {tool.name: tool for tool in tools})
    answer: dict[str, Any] = {"result": [_tool(tool) for tool in named.values()], "next_cursor": None}
    if services.listing is not None:
        config = ServerConfig(
            methods=tuple(query.methods),
            tags=tuple(query.tags),
            tool_exposure=query.tool_exposure,
            is_read_only=account.is_read_only,
            approval=account.tenant_limits.approval,
        )
        answer["listing"] = services.listing(catalog, integration.name, config).as_dict()
    return reply(answer)


async def call_tool(services: Services, asked: ApiRequest) -> Response:
    """Call a tool. Answers what the vendor answered, with its status and the state of its rate limit."""
    began, ending, account = time.perf_counter(), Ending(error=InternalError.code), None
    try:
        account = await services.accounts.fetch(asked.read_path_param("id"))
        answer = await _answer_of(services, asked, account)
        ending = describe_ending(answer)
        return build_response(answer)
    except LedgerportError as problem:
        ending = Ending(error=problem.code)
        raise
    except asyncio.CancelledError:
        ending = CANCELLED
        raise
    finally:
        tool = find_tool(services.catalog().by_name, asked.read_path_param("tool"))
        caller = read_agent(asked.request.headers.get("user-agent", ""))
        # What is none of ours may be anything, and is not noted.
        name = asked.read_path_param("tool") if tool else UNKNOWN
        services.finished.note(_describe_source(asked, account, tool), name, began, ending, caller)


def _describe_source(asked: ApiRequest, account: Account | None, tool: Tool | None) -> Source:
    token_id = asked.bearer.id if asked.bearer else ""
    integration = tool.integration if tool else UNKNOWN
    return Source("api", token_id, account, account.integration if account else integration)


async def _answer_of(services: Services, asked: ApiRequest, account: Account) -> Answer:
    key = reading.read_idempotency_key(asked.request)
    tool = None
    if is_multipart(asked.request):
        tool = find_tool(services.find_tools(account.integration), asked.read_path_param("tool"))
    if tool is not None and tool.file_part is not None:
        async with services.uploads.read(asked.request, tool, tool.file_part) as form:
            return await _called(services, asked, account, form, key)
    arguments = await reading.read_json(asked.request, may_be_empty=True)
    return await _called(services, asked, account, Form(arguments, NO_FILES), key)


def _narrowed(
    services: Services, asked: ApiRequest, integration: str, tools: dict[str, Tool]
) -> dict[str, Tool]:
    """Return the tools that the header fields of a request leave. Raises InvalidRequest."""
    named = read_narrowing(asked.request.headers.raw)
    return tools if named == Narrowing() else narrow(tools, named, services.catalog().list_tools(integration))


async def _called(services: Services, asked: ApiRequest, account: Account, form: Form, key: str) -> Answer:
    grant, arguments = take_why(asked.make_grant(account), form.arguments)
    return await services.calls.call(
        grant,
        _narrowed(services, asked, account.integration, services.find_tools(account.integration)),
        asked.read_path_param("tool"),
        arguments,
        idempotency_key=key,
        carried=form.files,
        form=FORM,
    )


def _tool(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "resource": tool.resource,
        "method": tool.method,
        "tags": list(tool.tags),
        "risk": tool.risk,
        "risk_level": tool.risk_level,
        "input_schema": orjson.Fragment(tool.schema),
    }
