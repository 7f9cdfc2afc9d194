"""The page of the agents that people have let in: which they are, what they may do, and how to end that.

GET changes nothing; the button of each agent is a form that works in this session only. Calls `identity.granted`.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.errors import LedgerportError
from runtime.identity.granted import Granted
from runtime.operations.answers import format_time
from runtime.people import SignedIn
from runtime.stores.oauth_records import ListedGrant
from runtime.web.connect import SECRET_ADDRESS, Show, read_form
from runtime.web.signing_in import find_sessions, find_signed_in, lead_to_sign_in, read_cookie

AGENTS_PATH = "/agents"
REVOKE_PATH = "/agents/{grant}/revoke"


class AgentPages:
    """The page and its buttons."""

    def __init__(self, granted: Granted, show: Show) -> None:
        self._granted, self._show = granted, show

    def list_routes(self) -> list[BaseRoute]:
        """Return the routes of the page."""
        return [
            Route(AGENTS_PATH, self.look, methods=["GET"]),
            Route(REVOKE_PATH, self.revoke, methods=["POST"]),
        ]

    async def look(self, request: Request) -> Response:
        """Show the agents that a person may see."""
        try:
            who = await find_signed_in(request)
            if who is None:
                return lead_to_sign_in(request)
            found = await self._granted.list(who)
        except LedgerportError as problem:
            return self._refuse(problem)
        agents = [self._show_agent(request, who, each) for each in found]
        return self._show("agents", form_action="'self'", person=who.person.email, agents=agents)

    async def revoke(self, request: Request) -> Response:
        """End what an agent may do, and lead back to the page."""
        grant_id = request.path_params["grant"]
        try:
            who = await find_signed_in(request)
            if who is None:
                return RedirectResponse(AGENTS_PATH, 303, SECRET_ADDRESS)
            form = await read_form(request)
            sessions = find_sessions(request)
            sessions.check_proof(read_cookie(request), _name_form(grant_id), form.get("proof", ""))
            await self._granted.revoke(who, grant_id)
        except LedgerportError as problem:
            return self._refuse(problem)
        return RedirectResponse(AGENTS_PATH, 303, SECRET_ADDRESS)

    def _show_agent(self, request: Request, who: SignedIn, listed: ListedGrant) -> dict[str, Any]:
        grant, email, companies = listed
        return {
            "client": grant.client_name,
            "host": grant.redirect_host,
            "person": "" if grant.person_id == who.person.id else email,
            "companies": [
                (name, ", ".join(methods) or "everything") for _id, name, methods, _tenant in companies
            ],
            "since": format_time(grant.created_at),
            "last_used": format_time(grant.last_used_at) or "never",
            "ends": format_time(grant.expires_at) or "when it is revoked",
            "revoke": f"{AGENTS_PATH}/{grant.id}/revoke",
            "proof": find_sessions(request).make_proof(read_cookie(request), _name_form(grant.id)),
        }

    def _refuse(self, problem: LedgerportError) -> Response:
        return self._show(
            "oauth_error", problem.status, error=problem.code, message=problem.message, advice=problem.advice
        )


def _name_form(grant_id: str) -> str:
    return f"revoke {grant_id}"
