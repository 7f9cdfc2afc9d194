"""The page of the agents that people have let in: which they are, what they may do, and how to end that.

Called by `oauth_routes`. GET changes nothing; the button of each agent is a form that works in this session only. Calls
`identity.granted`.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from runtime.identity.granted import Granted
from runtime.people import SignedIn
from runtime.stores.oauth_records import ListedGrant
from runtime.web.connect import SECRET_ADDRESS
from runtime.web.person_pages import PageParts, PersonPages, require_person

AGENTS_PATH = "/agents"
REVOKE_PATH = "/agents/{grant}/revoke"
MANY = 5
"""Companies of an agent that are shown at once: with all of a firm's forty, no two agents were in view together."""


class AgentPages(PersonPages):
    """The page and its buttons."""

    def __init__(self, parts: PageParts, granted: Granted) -> None:
        super().__init__(parts)
        self._granted = granted

    def list_routes(self) -> list[BaseRoute]:
        """Return the routes of the page."""
        return [
            Route(AGENTS_PATH, self.look, methods=["GET"]),
            Route(REVOKE_PATH, self.revoke, methods=["POST"]),
        ]

    @require_person
    async def look(self, request: Request, who: SignedIn) -> Response:
        """Show the agents that a person may see."""
        agents = [_show_agent(who, each) for each in await self._granted.list(who)]
        address = f"{self._deployment.settings.public_url}/mcp"
        return await self.show(request, who, "agents", agents=agents, address=address, many=MANY)

    @require_person
    async def revoke(self, request: Request, who: SignedIn) -> Response:
        """End what an agent may do, and lead back to the page."""
        grant_id = request.path_params["grant"]
        await self.check_form(request, _name_form(grant_id))
        await self._granted.revoke(who, grant_id)
        return RedirectResponse(AGENTS_PATH, 303, SECRET_ADDRESS)


def _show_agent(who: SignedIn, listed: ListedGrant) -> dict[str, Any]:
    grant, email, companies = listed
    return {
        "client": grant.client_name,
        "host": grant.redirect_host,
        "person": "" if grant.person_id == who.person.id else email,
        "companies": sorted((name, methods) for _id, name, methods, _tenant in companies),
        "since": grant.created_at,
        "last_used": grant.last_used_at,
        "ends": grant.expires_at,
        "revoke": f"{AGENTS_PATH}/{grant.id}/revoke",
        "form": _name_form(grant.id),
    }


def _name_form(grant_id: str) -> str:
    return f"revoke {grant_id}"
