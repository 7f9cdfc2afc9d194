"""Puts the authorization server together: what `app` needs of it at its start, and what its first page needs.

Called by `app`. The MCP endpoint has the part that reads access tokens from the start; the rest, with its pages, is
imported with the management API.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from generator.catalog import Catalog
from runtime.deployment import Deployment
from runtime.identity.access_tokens import AccessTokens
from runtime.identity.oauth_grants import OpenGrants
from runtime.identity.signing_keys import SigningKeys
from runtime.logs import Log
from runtime.mcp_server.bearers import Bearers
from runtime.safety.client_addresses import ClientAddresses

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from runtime.operations.readiness import Readiness
    from runtime.safety.guesses import Guesses


class Authorization:
    """The authorization server of one process."""

    def __init__(self, deployment: Deployment, catalog: Callable[[], Catalog]) -> None:
        self._deployment = deployment
        self._keys = SigningKeys(deployment)
        self._tokens = AccessTokens(deployment, self._keys)
        self._grants = OpenGrants(deployment)
        self.bearers = Bearers(self._tokens, self._grants, deployment.settings.public_url, catalog)

    def make_routes(
        self, log: Log, addresses: ClientAddresses, guesses: Guesses, readiness: Readiness
    ) -> list[BaseRoute]:
        """Return the routes of its endpoints and pages, and those of sessions for programs."""
        from runtime.api.session_endpoints import SessionEndpoints
        from runtime.identity.oauth_tokens import OAuthTokens
        from runtime.identity.program_sessions import ProgramSessions
        from runtime.identity.sessions import Sessions
        from runtime.web.oauth_routes import make_oauth_routes

        tokens = OAuthTokens(self._deployment, self._tokens, log)
        programs = ProgramSessions(self._deployment, self._tokens, self._grants)
        public_url = self._deployment.settings.public_url
        sessions = SessionEndpoints(Sessions(self._deployment), programs, readiness, public_url, log)
        return [
            *make_oauth_routes(self._deployment, tokens, self._keys, addresses, guesses, log),
            *sessions.make_routes(),
        ]
