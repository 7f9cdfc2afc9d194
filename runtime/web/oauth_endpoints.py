"""The endpoints of our authorization server for programs: metadata, keys, registration, tokens and revocation.

Called by `routes`. Calls `identity`. Every answer is JSON and may be read by any web page, because nothing here goes by
a cookie; every error is the code of an RFC with a sentence.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runtime.deployment import Deployment
from runtime.errors import LedgerportError, OAuthRefused, TooLarge
from runtime.identity import metadata, resources
from runtime.identity.clients import Clients
from runtime.identity.oauth_tokens import OAuthTokens
from runtime.identity.signing_keys import SigningKeys
from runtime.safety.client_addresses import ClientAddresses
from runtime.web.bodies import read_body

LARGEST_BODY = 16_384
"""Bytes of a request: those of clients have under 3,000."""
MOST_FIELDS = 30
"""Fields of a form; the RFCs know ten."""
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "authorization, content-type, mcp-protocol-version",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Max-Age": "7200",
}
NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}
PUBLISHED = {"Cache-Control": "max-age=300"}
"""For metadata: five minutes, within which a change of settings is seen."""

Answer = Callable[[Request], Awaitable[Response]]


class OAuthEndpoints:
    """The endpoints."""

    def __init__(
        self,
        deployment: Deployment,
        clients: Clients,
        tokens: OAuthTokens,
        keys: SigningKeys,
        addresses: ClientAddresses,
    ) -> None:
        self._public_url = deployment.settings.public_url
        self._clients, self._tokens, self._keys = clients, tokens, keys
        self._addresses = addresses

    def list_routes(self) -> list[BaseRoute]:
        """Return the routes of all endpoints."""
        published = {
            metadata.SERVER_PATH: self._describe_server,
            metadata.KEYS_PATH: self._list_keys,
            resources.METADATA_PATH: self._describe_resource,
            resources.METADATA_PATH + "/{rest:path}": self._describe_resource,
        }
        taken = {
            metadata.TOKEN_PATH: self._exchange,
            metadata.TOKEN_PATH_WITHOUT_METADATA: self._exchange,
            metadata.REGISTER_PATH: self._register,
            metadata.REVOKE_PATH: self._revoke,
        }
        return [
            *(_make_route(path, answer, "GET") for path, answer in published.items()),
            *(_make_route(path, answer, "POST") for path, answer in taken.items()),
        ]

    async def _describe_server(self, _request: Request) -> Response:
        return _reply(metadata.describe_server(self._public_url), headers=PUBLISHED)

    async def _describe_resource(self, request: Request) -> Response:
        rest = "/" + request.path_params.get("rest", resources.PATH[1:])
        if rest != resources.PATH and not resources.is_company_path(rest):
            raise OAuthRefused("invalid_request", "There is no such resource here.", status=404)
        resource = resources.name_resource(self._public_url, rest)
        return _reply(metadata.describe_resource(self._public_url, resource), headers=PUBLISHED)

    async def _list_keys(self, _request: Request) -> Response:
        return _reply({"keys": await self._keys.list_public()}, headers=PUBLISHED)

    async def _exchange(self, request: Request) -> Response:
        return _reply(await self._tokens.exchange(await _read_form(request)))

    async def _revoke(self, request: Request) -> Response:
        await self._tokens.revoke(await _read_form(request))
        return _reply({})

    async def _register(self, request: Request) -> Response:
        peer = request.client.host if request.client else ""
        await self._clients.check_rate(self._addresses.find(peer, request.scope["headers"]))
        try:
            given = orjson.loads(await _read_body(request))
        except orjson.JSONDecodeError:
            given = None
        if not isinstance(given, dict):
            raise OAuthRefused("invalid_client_metadata", "The body must be a JSON object (RFC 7591).")
        return _reply(await self._clients.register(given), 201)


def _make_route(path: str, answer: Answer, method: str) -> Route:
    """Return a route that answers errors in OAuth's form, and the question that browsers ask before a request."""

    async def respond(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=CORS)
        try:
            return await answer(request)
        except OAuthRefused as refused:
            return _refuse(refused.error, refused)
        except LedgerportError as problem:
            is_brief = getattr(problem, "retry_after", 0) > 0
            return _refuse("temporarily_unavailable" if is_brief else "server_error", problem)

    return Route(path, respond, methods=[method, "OPTIONS"])


def _refuse(error: str, problem: LedgerportError) -> Response:
    retry_after = getattr(problem, "retry_after", 0)
    headers = {"Retry-After": str(retry_after)} if retry_after else {}
    body = {"error": error, "error_description": problem.as_text()}
    return _reply(body, problem.status, headers={**NOT_STORED, **headers})


def _reply(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] = NOT_STORED) -> Response:
    return Response(orjson.dumps(body), status, {**CORS, **headers}, media_type="application/json")


async def _read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form, each of which may be there once. Raises OAuthRefused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise OAuthRefused("invalid_request", "The body must be application/x-www-form-urlencoded.")
    text = (await _read_body(request)).decode("utf-8", "replace")
    fields = parse_fields(text, MOST_FIELDS)
    found = dict(fields)
    if len(found) != len(fields):
        raise OAuthRefused("invalid_request", "A parameter is there twice.")
    return found


def parse_fields(text: str, most: int) -> Sequence[tuple[str, str]]:
    """Return the fields of a form or query. Raises OAuthRefused for too many of them."""
    try:
        return parse_qsl(text, max_num_fields=most)
    except ValueError:
        raise OAuthRefused("invalid_request", f"There are more than {most} parameters.") from None


async def _read_body(request: Request) -> bytes:
    try:
        return await read_body(request, LARGEST_BODY, "Send less.")
    except TooLarge as problem:
        text = f"The body has more than {LARGEST_BODY} bytes."
        raise OAuthRefused("invalid_request", text, status=problem.status) from None
