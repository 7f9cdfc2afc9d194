"""The management API: the routes of the table, with the bearer checked before and every error shaped after.

Called by `server.app`, which gives it the parts. Calls `handlers`. `make_application` is the whole endpoint as ASGI;
`make_routes` is for who composes it with others.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from runtime.api.browser_sessions import BrowserSessions
from runtime.api.file_links import FileLinkEndpoint
from runtime.api.handlers import ApiRequest, Services
from runtime.api.keyed_requests import KeyedRequests
from runtime.api.openapi import build_document
from runtime.api.operation import Operation
from runtime.api.pending_changes import refuse_program
from runtime.api.reading import read_body, read_idempotency_key, refuse_query
from runtime.api.replies import refuse, reply
from runtime.api.table import TABLE
from runtime.api.uploads import Uploads
from runtime.connect.tokens import AccessTokens
from runtime.deployment import Deployment
from runtime.errors import (
    InternalError,
    LedgerportError,
    MethodNotAllowed,
    NotFound,
    TooManyGuesses,
    Unauthorized,
)
from runtime.identity.people import People
from runtime.identity.roles import may
from runtime.identity.sessions import Sessions
from runtime.logs import Log, find_failing_line
from runtime.model import ApiToken, Grant
from runtime.operations.accounts import Accounts
from runtime.operations.api_tokens import ApiTokens
from runtime.operations.approvals.managing import PendingChanges
from runtime.operations.call_protocol import CallProtocol
from runtime.operations.exposure import ListingOf
from runtime.operations.file_links import PATH, FileLinks
from runtime.operations.finished_calls import FinishedCalls
from runtime.operations.journal import Journal
from runtime.operations.mcp_servers import McpServers
from runtime.operations.readiness import Readiness
from runtime.operations.scopes import CALL_TOOLS, check_account, check_scope, may_use
from runtime.operations.server_tokens import ServerTokens
from runtime.operations.server_uses import ServerUses
from runtime.operations.spending import Spending
from runtime.operations.tenant_calls import TenantCalls
from runtime.operations.tenants import Tenants
from runtime.operations.undo import Undo
from runtime.operations.webhooks import make_webhooks
from runtime.request_ids import RequestIds
from runtime.safety.client_addresses import ClientAddresses
from runtime.safety.guesses import Guesses
from runtime.tenancy import EVERYTHING


@dataclass(frozen=True)
class Watching:
    """What is asked how the process is, and what has been noted of its work."""

    readiness: Readiness
    finished: FinishedCalls
    render_metrics: Callable[[str], tuple[bytes, str]] | None = None


MissingPage = Callable[[Request], Awaitable[Response | None]]


def make_application(
    deployment: Deployment,
    *,
    calls: CallProtocol,
    tokens: AccessTokens,
    log: Log,
    guesses: Guesses | None = None,
    pages: Sequence[BaseRoute] = (),
    uploads: Uploads | None = None,
    listing: ListingOf | None = None,
    spending: Spending | None = None,
    uses: ServerUses | None = None,
    addresses: ClientAddresses | None = None,
    undo: Undo | None = None,
    watching: Watching | None = None,
    missing_page: MissingPage | None = None,
) -> Starlette:
    """Return the management API as one ASGI application; `pages` are routes of others, served beside it.

    `missing_page` answers whoever asks for an address at which there is nothing; None where that is to be JSON.
    """
    watching = watching or Watching(Readiness(deployment.stores), FinishedCalls(log))
    mcp_servers = McpServers(deployment, listing=listing)
    services = Services(
        accounts=Accounts(deployment, tokens),
        mcp_servers=mcp_servers,
        server_tokens=ServerTokens(deployment, mcp_servers),
        api_tokens=ApiTokens(deployment.stores, deployment.keys, clock=deployment.clock),
        calls=calls,
        catalog=deployment.catalog,
        write=deployment.stores.write,
        write_together=deployment.stores.write_together,
        readiness=watching.readiness,
        finished=watching.finished,
        call_log=watching.finished.call_log,
        render_metrics=watching.render_metrics,
        uploads=uploads or Uploads(),
        journal=Journal(deployment),
        webhooks=make_webhooks(deployment),
        tenants=Tenants(deployment, TenantCalls(deployment.stores.hot)),
        people=People(deployment),
        keyed=KeyedRequests(deployment.keys, deployment.stores, deployment.clock),
        browsers=BrowserSessions(Sessions(deployment), deployment.settings.public_url),
        pending=PendingChanges(deployment, may),
        undo=undo,
        listing=listing,
        spending=spending,
        uses=uses,
        addresses=addresses or ClientAddresses(),
        log=log,
        guesses=Guesses() if guesses is None else guesses,
    )
    application = Starlette(
        routes=[
            *pages,
            Route(f"{PATH}{{link}}", _file_links(services, FileLinks(deployment)), methods=["GET"]),
            *make_routes(services, deployment.settings.public_url, log),
        ],
        exception_handlers={HTTPException: _answer_not_routed(missing_page)},
        middleware=[Middleware(RequestIds)],
    )
    application.router.redirect_slashes = False
    application.state.sessions = Sessions(deployment)
    return application


def _file_links(services: Services, links: FileLinks) -> FileLinkEndpoint:
    async def is_api_token(secret: str, grant: Grant) -> bool:
        found = await services.api_tokens.identify(secret)
        return found is not None and may_use(found, CALL_TOOLS, grant.account)

    return FileLinkEndpoint(
        links, services.calls, is_api_token, services.guesses, services.log, addresses=services.addresses
    )


def make_routes(services: Services, public_url: str, log: Log) -> list[BaseRoute]:
    """One route for each path of the table, and the OpenAPI document."""
    paths: dict[str, dict[str, Operation]] = {}
    for operation in TABLE:
        paths.setdefault(operation.path, {})[operation.method] = operation

    async def openapi(_request: Request) -> Response:
        return reply(build_document(public_url))

    return [
        *(
            Route(path, _OperationEndpoint(services, log, by_method), methods=[*by_method])
            for path, by_method in paths.items()
        ),
        Route("/openapi.json", openapi, methods=["GET"]),
    ]


class _OperationEndpoint:
    """The way in to the operations of one path. An object, so that Starlette hands it the bare ASGI call."""

    def __init__(self, services: Services, log: Log, by_method: dict[str, Operation]) -> None:
        self._services = services
        self._log = log
        self._by_method = by_method

    async def __call__(self, scope: dict[str, object], receive: object, send: object) -> None:
        request = Request(scope, receive)  # type: ignore[arg-type]
        operation = self._by_method["GET" if request.method == "HEAD" else request.method]
        began = time.perf_counter()
        response, actor = await self._respond(operation, request)
        took = round((time.perf_counter() - began) * 1000)
        self._log(
            "api",
            method=request.method,
            path=operation.path,
            status=response.status_code,
            ms=took,
            actor=actor,
        )
        await response(scope, receive, send)  # type: ignore[arg-type]

    async def _respond(self, operation: Operation, request: Request) -> tuple[Response, str]:
        asked = ApiRequest(request, None)
        try:
            if not operation.is_public:
                asked = await self._identify(operation, request)
                if asked.bearer is not None:
                    await self._check_access(operation, asked)
                if operation.query is None:
                    refuse_query(request)
            return await self._handle(operation, asked), asked.actor
        except LedgerportError as error:
            return refuse(error), asked.actor
        except Exception as error:  # noqa: BLE001  (logged, and answered as our own failure)
            self._log(
                "api_failed", path=operation.path, error=type(error).__name__, at=find_failing_line(error)
            )
            return refuse(InternalError()), asked.actor

    async def _identify(self, operation: Operation, request: Request) -> ApiRequest:
        """Return a request with who asks: a person by a session, where the operation takes one and no token is sent."""
        browsers, has_token = self._services.browsers, "authorization" in request.headers
        if operation.persons == "only" and has_token:
            await self._bearer(request)
            raise refuse_program(browsers.public_url)
        if operation.persons == "only" or (
            operation.persons == "also" and browsers.has_cookie(request) and not has_token
        ):
            browsers.check_page(request)
            return ApiRequest(request, None, await browsers.find(request))
        return ApiRequest(request, await self._bearer(request))

    def _address(self, request: Request) -> str:
        peer = request.client.host if request.client else ""
        return self._services.addresses.find(peer, request.headers.raw)

    async def _check_access(self, operation: Operation, asked: ApiRequest) -> None:
        """Raise Forbidden, or NotFound for an account that the token does not reach."""
        assert operation.scope is not None
        assert asked.bearer is not None
        check_scope(asked.bearer, operation.scope, is_for_all_tenants=operation.is_for_all_tenants)
        account_id = asked.request.path_params.get("id")
        if account_id is not None and asked.reach != EVERYTHING:
            check_account(asked.bearer, await self._services.accounts.look_up(account_id))

    async def _handle(self, operation: Operation, asked: ApiRequest) -> Response:
        """Return what the handler answers: once for an idempotency key, where the operation takes one."""
        key = read_idempotency_key(asked.request) if operation.takes_key else ""
        if not key or asked.bearer is None:
            return await operation.handler(self._services, asked)
        bearer, body = asked.bearer, await read_body(asked.request)
        return await self._services.keyed.answer(
            bearer,
            key,
            asked.request,
            body,
            lambda request: operation.handler(self._services, ApiRequest(request, bearer)),
        )

    async def _bearer(self, request: Request) -> ApiToken:
        """Return the API token of the request. Raises Unauthorized, or TooManyGuesses for one more wrong token."""
        found = request.headers.getlist("authorization")
        scheme, _, secret = found[0].partition(" ") if len(found) == 1 else ("", "", "")
        tokens = self._services.api_tokens
        secret = secret.strip() if scheme.lower() == "bearer" else ""
        token = await tokens.identify(secret)
        if token is None and secret and (wait := await self._services.guesses.note(self._address(request))):
            raise TooManyGuesses(wait)
        if token is None:
            raise Unauthorized(
                "An API token is needed, and there is none here, or it is not one of this deployment.",
                advice="Send it as the header Authorization: Bearer <API token>.",
            )
        if tokens.is_use_to_note(token):
            tokens.note_use(token)
        return token


def _answer_not_routed(
    missing_page: MissingPage | None,
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, HTTPException)
        is_missing = problem.status_code == NotFound.status
        shown = await missing_page(request) if missing_page is not None and is_missing else None
        return shown or _refuse_address(problem)

    return answer


def _refuse_address(problem: HTTPException) -> Response:
    if problem.status_code == MethodNotAllowed.status:
        allowed = (problem.headers or {}).get("Allow", "")
        response = refuse(
            MethodNotAllowed("This path does not take that method.", advice=f"It takes: {allowed}.")
        )
        response.headers["Allow"] = allowed
        return response
    return refuse(
        NotFound("There is nothing at this address.", advice="See /openapi.json for what there is.")
    )
