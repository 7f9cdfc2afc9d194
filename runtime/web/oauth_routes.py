"""The routes of our authorization server: its endpoints for programs and its pages for people, put together.

Called by `server.authorization`.
"""

from __future__ import annotations

from starlette.routing import BaseRoute

from runtime.deployment import Deployment
from runtime.identity.authorizing import Authorizing
from runtime.identity.clients import Clients
from runtime.identity.consenting import Consenting
from runtime.identity.granted import Granted
from runtime.identity.oauth_tokens import OAuthTokens
from runtime.identity.signing_keys import SigningKeys
from runtime.logs import Log
from runtime.safety.client_addresses import ClientAddresses
from runtime.safety.guesses import Guesses
from runtime.web.agents import AgentPages
from runtime.web.oauth_endpoints import OAuthEndpoints
from runtime.web.oauth_pages import OAuthPages
from runtime.web.person_pages import PageParts
from runtime.web.routes import Pages


def make_oauth_routes(
    deployment: Deployment,
    tokens: OAuthTokens,
    keys: SigningKeys,
    addresses: ClientAddresses,
    guesses: Guesses,
    log: Log,
) -> list[BaseRoute]:
    """Return all of them. The application has `state.sessions`, by which the pages know who asks."""
    clients = Clients(deployment)
    parts = PageParts(deployment, Pages().show, log, guesses, addresses)
    consent = OAuthPages(Authorizing(deployment, clients), clients, Consenting(deployment), log, parts.show)
    return [
        *OAuthEndpoints(deployment, clients, tokens, keys, addresses).list_routes(),
        *consent.list_routes(),
        *AgentPages(parts, Granted(deployment, log)).list_routes(),
    ]
