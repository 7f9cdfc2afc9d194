"""Sessions for programs: what callers of an interface that is older than this one send, and the shapes they expect.

    GET  /api/session/token    the cookie of a session becomes {token, expires_at, realm_ids, user}
    POST /api/session/token    the same for one company: {realm_id, ttl_minutes}
    POST /api/session/revoke   {token}
    GET  /api/auth/me          who asks, by cookie or token, and the companies
    GET  /api/health, /.well-known/mcp.json

Called by `routes`; calls `identity.program_sessions`. A request by cookie that changes something must be JSON from a
page of ours (`browser_sessions`): no form of another page can send that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runtime.api.browser_sessions import BrowserSessions
from runtime.api.reading import check_model, read_json
from runtime.api.replies import refuse, reply
from runtime.errors import (
    InternalError,
    InvalidRequest,
    LedgerportError,
    OAuthRefused,
    Unauthorized,
)
from runtime.identity.metadata import SERVER_PATH
from runtime.identity.program_sessions import (
    MOST_MINUTES,
    USUAL_MINUTES,
    Connections,
    IssuedToken,
    ProgramSessions,
)
from runtime.identity.resources import METADATA_PATH, PATH
from runtime.identity.sessions import Sessions
from runtime.logs import Log
from runtime.model import Account
from runtime.operations.answers import format_time
from runtime.operations.readiness import Readiness, join_status
from runtime.people import Person, SignedIn

Handler = Callable[[Request], Awaitable[Response]]


class _Wanted(BaseModel):
    """Which company a token is for, and how long."""

    model_config = ConfigDict(extra="forbid", strict=True)
    realm_id: Annotated[str, Field(min_length=1, max_length=200)]
    ttl_minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES)] = USUAL_MINUTES


class _Revoked(BaseModel):
    """The token to revoke."""

    model_config = ConfigDict(extra="forbid", strict=True)
    token: Annotated[str, Field(min_length=1, max_length=4096)]


class SessionEndpoints:
    """Answers these requests. One for the process."""

    def __init__(
        self, sessions: Sessions, programs: ProgramSessions, readiness: Readiness, public_url: str, log: Log
    ) -> None:
        self._browsers = BrowserSessions(sessions, public_url)
        self._programs, self._readiness = programs, readiness
        self._public_url, self._log = public_url, log

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes."""
        table: tuple[tuple[str, str, Handler], ...] = (
            ("GET", "/api/session/token", self._issue_for_all),
            ("POST", "/api/session/token", self._issue_for_one),
            ("POST", "/api/session/revoke", self._revoke),
            ("GET", "/api/auth/me", self._describe_me),
            ("GET", "/api/health", self._check_health),
            ("GET", "/.well-known/mcp.json", self._describe_server),
        )
        by_path: dict[str, dict[str, Handler]] = {}
        for method, path, handler in table:
            by_path.setdefault(path, {})[method] = handler
        return [
            Route(path, self._answer(path, by_method), methods=[*by_method])
            for path, by_method in by_path.items()
        ]

    def _answer(self, path: str, by_method: dict[str, Handler]) -> Handler:
        async def answer(request: Request) -> Response:
            try:
                return await by_method["GET" if request.method == "HEAD" else request.method](request)
            except OAuthRefused as refused:
                return refuse(Unauthorized(refused.message, advice=refused.advice))
            except LedgerportError as error:
                return refuse(error)
            except Exception as error:  # noqa: BLE001  (logged, and answered as our own failure)
                self._log("api_failed", path=path, error=type(error).__name__, at="")
                return refuse(InternalError())

        return answer

    async def _issue_for_all(self, request: Request) -> Response:
        who = await self._browsers.find(request)
        self._browsers.check_page(request)
        return self._show_token(who, await self._programs.issue(who))

    async def _issue_for_one(self, request: Request) -> Response:
        who = await self._browsers.find(request)
        self._browsers.check_page(request)
        wanted = check_model(await read_json(request), _Wanted)
        return self._show_token(who, await self._programs.issue(who, wanted.realm_id, wanted.ttl_minutes))

    def _show_token(self, who: SignedIn, issued: IssuedToken) -> Response:
        self._log("session_token_issued", person=who.person.id, companies=len(issued.accounts))
        return reply(
            {
                "token": issued.token,
                "expires_at": format_time(issued.ends_at),
                "realm_ids": [account.company for account in issued.accounts],
                "user": _show_person(who.person),
            }
        )

    async def _revoke(self, request: Request) -> Response:
        who = await self._browsers.find(request)
        self._browsers.check_page(request)
        wanted = check_model(await read_json(request), _Revoked)
        if not await self._programs.revoke(who.person.id, wanted.token):
            raise InvalidRequest("This token is not one of yours, or has been revoked before.")
        return reply({"revoked": True})

    async def _describe_me(self, request: Request) -> Response:
        token = _read_bearer(request)
        if token:
            found = await self._programs.describe_token(token)
        else:
            found = await self._programs.describe(await self._browsers.find(request))
        return reply(_show_connections(found))

    async def _check_health(self, _request: Request) -> Response:
        status = join_status(await self._readiness.check())
        return reply({"status": status}, 503 if status == "unavailable" else 200)

    async def _describe_server(self, _request: Request) -> Response:
        endpoint = self._public_url + PATH
        return reply(
            {
                "name": "Ledgerport",
                "description": "The books of the companies that you may use, as MCP tools.",
                "endpoint": endpoint,
                "transport": "streamable-http",
                "authorization": {
                    "type": "oauth2",
                    "protected_resource_metadata": f"{self._public_url}{METADATA_PATH}{PATH}",
                    "authorization_server_metadata": self._public_url + SERVER_PATH,
                },
            }
        )


def _read_bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _show_person(person: Person) -> dict[str, Any]:
    return {"id": person.id, "email": person.email, "name": person.name}


def _show_connections(found: Connections) -> dict[str, Any]:
    return {
        "user": _show_person(found.person),
        "connections": [_show_account(each, is_default=not at) for at, each in enumerate(found.accounts)],
    }


def _show_account(account: Account, *, is_default: bool) -> dict[str, Any]:
    return {
        "id": account.id,
        "realmId": account.company,
        "companyName": account.name,
        "environment": account.environment,
        "status": account.status,
        "isDefault": is_default,
    }
