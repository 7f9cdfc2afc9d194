"""Access tokens at the MCP endpoint: the challenge where there is none, what one opens, and calls beyond it.

Called by `endpoint` for `/mcp` and `/c/{company}/mcp`, which are the resources of our authorization server; a secret
URL never comes here. Calls `identity`, which verifies a token and works out what its grant lets through now.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from generator.catalog import Catalog
from generator.names import find_tool
from runtime.errors import Forbidden, OAuthRefused
from runtime.identity.access_tokens import AccessToken, AccessTokens, refuse_token
from runtime.identity.oauth_grants import OpenGrants
from runtime.identity.oauth_scopes import READ, find_scope, write_scope
from runtime.identity.resources import name_metadata, name_resource
from runtime.mcp_server import discovery
from runtime.mcp_server.protocol import Message
from runtime.mcp_server.replies import INVALID_REQUEST, Field, Refused, Reply
from runtime.mcp_server.toolset import Toolset
from runtime.model import Grant

AGENTS_PATH = "/agents"
LINK_AGAIN = "mcp/www_authenticate"
"""The member of a tool error's `_meta` by which ChatGPT offers to connect anew."""
HOW_TO_SIGN_IN = (
    "This address takes an access token: a client that knows OAuth finds out here how its person signs in. A client "
    "without OAuth uses the whole secret URL that Ledgerport showed when the MCP server was created."
)

ReplyResult = Callable[[Message, Grant, dict[str, Any]], Reply]
"""Returns the reply to a message whose result is this."""


class Bearers:
    """Answers for access tokens. One for the process."""

    def __init__(
        self, tokens: AccessTokens, grants: OpenGrants, public_url: str, catalog: Callable[[], Catalog]
    ) -> None:
        self._tokens, self._grants = tokens, grants
        self._public_url, self._catalog = public_url, catalog

    def find(self, path: str, token: str) -> Grant | Reply | Awaitable[Grant | Reply]:
        """Return what a token opens at a path, the refusal of one that opens nothing, or what to await for either.

        What is awaited raises StorageUnavailable, and so does this.
        """
        if not token:
            return Refused(401, INVALID_REQUEST, HOW_TO_SIGN_IN, fields=(self._challenge(path),)).reply()
        try:
            read = self._tokens.read(token)
            opened = (
                self._open(path, read) if isinstance(read, AccessToken) else self._read_and_open(path, read)
            )
        except (OAuthRefused, Forbidden) as refused:
            return self._refuse(path, refused)
        return opened if isinstance(opened, Grant) else self._await(path, opened)

    async def _await(self, path: str, opened: Awaitable[Grant]) -> Grant | Reply:
        try:
            return await opened
        except (OAuthRefused, Forbidden) as refused:
            return self._refuse(path, refused)

    async def _read_and_open(self, path: str, read: Awaitable[AccessToken]) -> Grant:
        opened = self._open(path, await read)
        return opened if isinstance(opened, Grant) else await opened

    def _open(self, path: str, token: AccessToken) -> Grant | Awaitable[Grant]:
        if token.resource != name_resource(self._public_url, path):
            raise refuse_token("The access token is for another address than this one.")
        return self._grants.open(token)

    def check_scope(
        self, path: str, message: Message, grant: Grant, toolset: Toolset, reply_result: ReplyResult
    ) -> Reply | None:
        """Return the reply to a call of a tool beyond the scopes of its token that the person could allow; None for
        any other call.

        It is a challenge for a client that answers it by asking for more, and a tool error for one that does not.
        """
        needed = self._find_missing(_name_tool(message), grant, toolset)
        if needed is None or grant.oauth is None:
            return None
        where = f"{self._public_url}{AGENTS_PATH}"
        text = (
            f"This agent was not allowed {needed}, which the tool needs. Nothing was sent. Connect the agent again and "
            f"allow it there; {where} shows what it may do now."
        )
        challenge = self._challenge(path, "insufficient_scope", text, {*grant.oauth.scopes, needed})
        if grant.oauth.steps_up:
            return Refused(403, INVALID_REQUEST, text, id=message.id, fields=(challenge,)).reply()
        result = {
            "content": [{"type": "text", "text": text}],
            "isError": True,
            "_meta": {LINK_AGAIN: [challenge[1].decode()]},
        }
        return reply_result(message, grant, result)

    def _find_missing(self, name: str, grant: Grant, toolset: Toolset) -> str | None:
        """Return the scope that a call lacks, and that the person's role would let it have."""
        if grant.oauth is None or not name or find_tool(toolset.tools, name) is not None:
            return None
        if toolset.find_short(name) is not None:
            return None
        more = grant.oauth.possible - grant.oauth.scopes
        return next((scope for scope in self._list_needed(name, grant) if scope in more), None)

    def _list_needed(self, name: str, grant: Grant) -> list[str]:
        """Return the scopes by which a tool, or a short tool by what it calls, could be called."""
        catalog, integration = self._catalog(), grant.account.integration
        short = next(
            (each for each in catalog.short if (each.integration, each.name) == (integration, name)), None
        )
        tool = find_tool(catalog.by_name, name)
        called = [catalog.by_name[each.tool] for each in short.targets.values()] if short else [tool]
        return [find_scope(each) for each in called if each is not None and each.integration == integration]

    def _refuse(self, path: str, refused: OAuthRefused | Forbidden) -> Reply:
        text = refused.as_text()
        if isinstance(refused, Forbidden):
            return Refused(403, INVALID_REQUEST, text).reply()
        challenge = self._challenge(path, refused.error, text)
        return Refused(401, INVALID_REQUEST, text, fields=(challenge,)).reply()

    def _challenge(self, path: str, error: str = "", text: str = "", scopes: set[str] | None = None) -> Field:
        """Return the header field that says how a token is had (RFC 6750 §3, RFC 9728 §5.1)."""
        said = {
            **({"error": error, "error_description": text.replace('"', "'")} if error else {}),
            "resource_metadata": name_metadata(self._public_url, path),
            "scope": write_scope(scopes or {READ}),
        }
        parameters = ", ".join(f'{name}="{value}"' for name, value in said.items())
        return (b"www-authenticate", f"Bearer {parameters}".encode("ascii", "replace"))


def _name_tool(message: Message) -> str:
    """Return the tool that a call names, also by a tool that calls others; empty where it names none."""
    name, arguments = message.params.get("name"), message.params.get("arguments")
    if name in (discovery.READ, discovery.WRITE) and isinstance(arguments, dict):
        name = arguments.get("name")
    return name if isinstance(name, str) else ""
