"""Resources: the files that tools have answered a link to, read over MCP with the address of the link, and the card.

Called by `methods`. No file is listed: it exists for a client once a tool has answered it. Reading one repeats the call
of that tool, as opening the link over HTTP does. The card is there where writes may wait for a person.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from generator.catalog import Tool
from runtime.errors import LedgerportError, NotFound, RateLimited
from runtime.exchange.tool_answer import Answer
from runtime.mcp_server import protocol, results
from runtime.mcp_server.cards import pending_change
from runtime.mcp_server.protocol import Message
from runtime.mcp_server.replies import INVALID_PARAMS, RESOURCE_NOT_FOUND, Field, Refused
from runtime.mcp_server.toolset import Toolset
from runtime.model import Grant
from runtime.operations.file_links import PREFIX, FileLinks, refuse_closed
from runtime.upstream.rate_limit_errors import write_sentences

CAPABILITY = {"listChanged": False, "subscribe": False}


class Owner(NamedTuple):
    """The grant of one company, and its toolset."""

    grant: Grant
    toolset: Toolset


CallTool = Callable[[Owner, Tool, dict[str, Any]], Awaitable[Answer]]
NO_CACHING = {"ttlMs": 0, "cacheScope": "private"}
"""In the results of the newer revisions: a file may change, and its link ends."""


def list_resources(message: Message, toolset: Toolset) -> dict[str, Any]:
    """Return the result of a list of resources, or of their templates, of which there are none. Raises Refused for a
    cursor.
    """
    protocol.check_cursor(message)
    if message.method != "resources/list":
        return {"resourceTemplates": [], **_caching(message)}
    listed = [pending_change.describe_card()] if toolset.may_wait else []
    return {"resources": listed, **_caching(message)}


def read_card(message: Message, toolset: Toolset) -> dict[str, Any] | None:
    """Return the result of reading the card; None for another resource, and where no write waits. Raises Refused."""
    if protocol.read_uri(message) != pending_change.URI or not toolset.may_wait:
        return None
    caching = pending_change.CACHING if message.is_modern else {}
    return {"contents": [pending_change.embed_card()], **caching}


async def read(
    message: Message, grant: Grant, toolset: Toolset, links: FileLinks | None, call: CallTool
) -> tuple[dict[str, Any], Answer]:
    """Return the result of reading a resource, and the answer that it was made of. Raises Refused."""
    uri = protocol.read_uri(message)
    owner, tool, arguments = await _call_of(message, uri, grant, toolset, links)
    answer = await call(owner, tool, arguments)
    error = answer.error
    if answer.file is not None and error is None:
        error = results.refuse_large_file(answer.file, uri)
    if error is not None:
        raise _refused(message, error, answer)
    if answer.file is None:
        raise _not_found(message, NotFound("There is no file at this address now."), uri)
    return {"contents": [results.embed_file(uri, answer.file)], **_caching(message)}, answer


async def _call_of(
    message: Message, uri: str, grant: Grant, toolset: Toolset, links: FileLinks | None
) -> tuple[Owner, Tool, dict[str, Any]]:
    """Return the call that a link of this MCP server stands for, and whose it is.

    Raises Refused, the same for a link of another one.
    """
    try:
        if links is None:
            raise NotFound("There is no resource at this address.")
        opened = await links.open(uri)
    except NotFound as unknown:
        raise _not_found(message, unknown, uri) from None
    owner = _find_owner(opened.grant, grant, toolset)
    if owner is None or opened.tool.name not in owner.toolset.tools:
        raise _not_found(message, refuse_closed(), uri)
    return owner, opened.tool, opened.arguments


def _find_owner(opened: Grant, grant: Grant, toolset: Toolset) -> Owner | None:
    """Return the company of a grant that a link was made for; None for a link of another MCP server."""
    owners = [Owner(grant, toolset)]
    if toolset.several is not None:
        owners = [Owner(*each) for each in zip(grant.companies, toolset.several.own, strict=True)]
    wanted = (opened.server_id, opened.account.id)
    return next((each for each in owners if (each.grant.server_id, each.grant.account.id) == wanted), None)


def _caching(message: Message) -> dict[str, Any]:
    return NO_CACHING if message.is_modern else {}


def _not_found(message: Message, error: LedgerportError, uri: str) -> Refused:
    """Return the refusal of a resource, with its URI as the specification has it, unless that is a secret or long."""
    code = INVALID_PARAMS if message.is_modern else RESOURCE_NOT_FOUND
    is_shown = PREFIX not in uri and len(uri) <= protocol.LONGEST_ECHO
    return message.refuse(code, error.as_text(), {"uri": uri} if is_shown else None)


def _refused(message: Message, error: LedgerportError, answer: Answer) -> Refused:
    """Return a failed call as a JSON-RPC error, which is all that reading a resource can fail with.

    Its code is the HTTP status that the error has elsewhere; the response is a 200, as for every failed call.
    """
    fields: list[Field] = results.build_fields(answer)
    text = write_sentences(error, answer.limits)
    data = error.as_dict()
    if isinstance(error, RateLimited):
        data["retry_after"] = error.retry_after
    return Refused(200, error.status, text, id=message.id, data=data, fields=fields)
