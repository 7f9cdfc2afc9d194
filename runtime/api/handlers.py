"""What each operation of the management door does: reads the request, asks `operations`, shapes the reply.

Records are read in a thread and written in the one that writes, so that the disk holds up nobody else. A handler
raises; the door around it (`routes`) turns what is raised into a reply.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import Response

from generator.catalog import Catalog, Tool
from generator.names import find_tool
from runtime.api import reading, shapes
from runtime.api.replies import FORM, answered, reply
from runtime.api.uploads import Form, Uploads, is_multipart
from runtime.errors import InternalError, LedgerportError
from runtime.exchange.tool_answer import Answer
from runtime.logs import Log
from runtime.model import ApiToken, Grant, ServerConfig
from runtime.operations.accounts import Accounts
from runtime.operations.api_tokens import ApiTokens
from runtime.operations.call_protocol import Calls
from runtime.operations.exposure import ListingOf
from runtime.operations.mcp_servers import McpServers, check_filter
from runtime.safety.guesses import Guesses
from runtime.stores.embedded import StorageHealth
from runtime.upstream.files import NO_FILES

T = TypeVar("T")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Characters of a name from the path in a log line: an account's id has 36, a tool's name at most 52."""


class Write(Protocol):
    """Makes a change of the records, in the thread that writes."""

    async def __call__(self, work: Callable[[], T]) -> T:
        """The result of the change. Raises StorageUnavailable."""
        ...


@dataclass(frozen=True)
class Door:
    """What the handlers work with."""

    accounts: Accounts
    mcp_servers: McpServers
    api_tokens: ApiTokens
    calls: Calls
    catalog: Callable[[], Catalog]
    write: Write
    health: Callable[[], StorageHealth]
    uploads: Uploads
    log: Log
    guesses: Guesses
    listing: ListingOf | None = None

    def tools(self, integration: str) -> dict[str, Tool]:
        """Every tool of an integration under its name."""
        return {tool.name: tool for tool in self.catalog().of(integration)}


@dataclass(frozen=True)
class Asked:
    """One request on its way: the bearer's token is known, nothing else is checked yet."""

    request: Request
    bearer: ApiToken | None

    @property
    def actor(self) -> str:
        """Who asks, for the audit."""
        return f"api_token:{self.bearer.id}" if self.bearer else "nobody"

    def word(self, name: str) -> str:
        """A part of the path."""
        found: str = self.request.path_params[name]
        return found


async def create_account(door: Door, asked: Asked) -> Response:
    """Connect a company: answers an account and the address at which a person connects it."""
    body = reading.checked(await reading.read_json(asked.request), shapes.NewAccount)
    made = await door.write(
        lambda: door.accounts.create(body.name, body.integration, body.fields, actor=asked.actor)
    )
    return reply(made, 201, location=f"/integrated-account/{made['id']}")


async def list_accounts(door: Door, asked: Asked) -> Response:
    """List the integrated accounts, from the oldest on."""
    query = reading.read_query(asked.request, shapes.PartQuery)
    return reply(await asyncio.to_thread(door.accounts.list, query.limit, query.next_cursor))


async def get_account(door: Door, asked: Asked) -> Response:
    """Get one integrated account."""
    return reply(door.accounts.get(asked.word("id")))


async def delete_account(door: Door, asked: Asked) -> Response:
    """Disconnect a company: its URLs stop working and the vendor is told."""
    return reply(await door.accounts.delete(asked.word("id"), actor=asked.actor))


async def connect_account(door: Door, asked: Asked) -> Response:
    """Get a fresh address at which a person connects the company, or connects it again."""
    return reply(await door.write(lambda: door.accounts.connect(asked.word("id"), actor=asked.actor)))


async def create_mcp_server(door: Door, asked: Asked) -> Response:
    """Make a secret URL for an agent. The URL and its token are shown this once."""
    body = reading.checked(await reading.read_json(asked.request), shapes.NewMcpServer)
    config = body.config.model_dump(exclude_unset=True)
    made = await door.write(
        lambda: door.mcp_servers.create(
            asked.word("id"), body.name, config, body.expires_at, actor=asked.actor
        )
    )
    return reply(made, 201, location=f"/integrated-account/{asked.word('id')}/mcp/{made['id']}")


async def list_mcp_servers(door: Door, asked: Asked) -> Response:
    """List the MCP servers of an account, from the oldest on."""
    query = reading.read_query(asked.request, shapes.PartQuery)
    return reply(
        await asyncio.to_thread(door.mcp_servers.list, asked.word("id"), query.limit, query.next_cursor)
    )


async def get_mcp_server(door: Door, asked: Asked) -> Response:
    """Get one MCP server."""
    return reply(await asyncio.to_thread(door.mcp_servers.get, asked.word("id"), asked.word("mcp_id")))


async def change_mcp_server(door: Door, asked: Asked) -> Response:
    """Change the name, filter, switches or expiry of an MCP server; its URL stays."""
    values = await reading.read_json(asked.request)
    body = reading.checked(values, shapes.McpServerChange)
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    if "config" in changes:
        changes["config"] = body.config.model_dump(exclude_unset=True)
    return reply(
        await door.write(
            lambda: door.mcp_servers.change(
                asked.word("id"), asked.word("mcp_id"), **changes, actor=asked.actor
            )
        )
    )


async def delete_mcp_server(door: Door, asked: Asked) -> Response:
    """End an MCP server: its URL answers 404 from now on."""
    return reply(
        await door.write(
            lambda: door.mcp_servers.delete(asked.word("id"), asked.word("mcp_id"), actor=asked.actor)
        )
    )


async def list_tools(door: Door, asked: Asked) -> Response:
    """List the tools of an account, with the same filter as an MCP server has."""
    query = reading.read_query(asked.request, shapes.ToolsQuery)
    account = door.accounts.find(asked.word("id"))
    catalog = door.catalog()
    integration = catalog.integrations[account.integration]
    tools = check_filter(integration, catalog.of(integration.name), query.methods, query.tags)
    answer: dict[str, Any] = {"result": [_tool(tool) for tool in tools], "next_cursor": None}
    if door.listing is not None:
        config = ServerConfig(
            methods=tuple(query.methods), tags=tuple(query.tags), tool_exposure=query.tool_exposure
        )
        answer["listing"] = door.listing(catalog, integration.name, config).as_dict()
    return reply(answer)


async def call_tool(door: Door, asked: Asked) -> Response:
    """Call a tool. Answers what the vendor answered, with its status and the state of its rate limit."""
    began = time.perf_counter()
    status, error = 0, None
    try:
        answer = await _answer_of(door, asked)
        status, error = answer.status, answer.error.code if answer.error else None
        return answered(answer)
    except LedgerportError as problem:
        error = problem.code
        raise
    except asyncio.CancelledError:
        error = "cancelled"
        raise
    except Exception:
        error = InternalError.code
        raise
    finally:
        door.log(
            "tool_call",
            api_token=asked.bearer.id if asked.bearer else None,
            account=_logged(asked.word("id"), _ID.fullmatch),
            tool=_logged(asked.word("tool"), partial(find_tool, door.catalog().by_name)),
            status=status,
            ms=round((time.perf_counter() - began) * 1000, 2),
            error=error,
        )


def _logged(given: str, known: Callable[[str], object]) -> str:
    """A part of an address as it is logged: whole, or not at all when it is none of ours and may be anything."""
    return given if known(given) else "unknown"


async def _answer_of(door: Door, asked: Asked) -> Answer:
    key = reading.idempotency_key(asked.request)
    tool = _tool_with_file(door, asked) if is_multipart(asked.request) else None
    if tool is not None and tool.file_part is not None:
        async with door.uploads.read(asked.request, tool, tool.file_part) as form:
            return await _called(door, asked, form, key)
    arguments = await reading.read_json(asked.request, may_be_empty=True)
    return await _called(door, asked, Form(arguments, NO_FILES), key)


def _tool_with_file(door: Door, asked: Asked) -> Tool | None:
    """The tool that a form is sent to; None when it takes no file. Raises NotFound for an account that is not there."""
    account = door.accounts.find(asked.word("id"))
    return find_tool(door.tools(account.integration), asked.word("tool"))


async def _called(door: Door, asked: Asked, form: Form, key: str) -> Answer:
    account = door.accounts.find(asked.word("id"))
    return await door.calls.call(
        Grant(account, ServerConfig(), api_token_id=asked.bearer.id if asked.bearer else None),
        door.tools(account.integration),
        asked.word("tool"),
        form.arguments,
        idempotency_key=key,
        carried=form.files,
        form=FORM,
    )


async def create_api_token(door: Door, asked: Asked) -> Response:
    """Make an API token. The token is shown this once."""
    body = reading.checked(await reading.read_json(asked.request), shapes.NewApiToken)
    return reply(
        await door.write(
            lambda: door.api_tokens.create(
                body.name, body.scopes, body.integrated_account_id, actor=asked.actor
            )
        ),
        201,
    )


async def list_api_tokens(door: Door, asked: Asked) -> Response:
    """List the API tokens, without their secrets."""
    query = reading.read_query(asked.request, shapes.PartQuery)
    return reply(await asyncio.to_thread(door.api_tokens.list, query.limit, query.next_cursor))


async def revoke_api_token(door: Door, asked: Asked) -> Response:
    """Revoke an API token: it opens nothing from now on."""
    return reply(await door.write(lambda: door.api_tokens.revoke(asked.word("token_id"), actor=asked.actor)))


async def health(door: Door, _asked: Asked) -> Response:
    """Say whether the deployment can work: 503 with a reason when the database cannot be read or written."""
    found = door.health()
    if found.status == "ok":
        return reply({"status": "ok"})
    return reply({"status": found.status, "reason": found.reason}, 503)


def _tool(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "resource": tool.resource,
        "method": tool.method,
        "tags": list(tool.tags),
        "risk": tool.risk,
        "input_schema": orjson.Fragment(tool.schema),
    }
