"""The authorization request: what a client asks for in a person's browser, checked, and the answer that goes back.

Called by `web.oauth_pages`. An error goes back to the client only once both the client and the address to return to
are known to be right; before that it is shown to the person (OAuth 2.1 §4.1.2.1). A request that a person is asked
about is sealed into the form, so that the form can change nothing of it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from urllib.parse import unquote, urlencode, urlsplit

import orjson

from runtime.deployment import Deployment
from runtime.errors import InvalidRequest, OAuthRefused, SealBroken
from runtime.identity.clients import Clients, check_redirect_of
from runtime.identity.oauth_scopes import read_scope, write_scope
from runtime.identity.resources import name_resource, read_slug
from runtime.keys.crypto import make_secret
from runtime.people import OAuthClient, OAuthClientId, SessionId

AUTHORIZE_PATH = "/oauth/authorize"
LONGEST_STATE = 4_000
"""Characters; ChatGPT sends more than 400, and an address may have 8,000."""
ASKED_SECONDS = 600.0
"""How long the page may be open: ten minutes, as long as a vendor's."""
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)
_OWNER = "authorization request"
_NOT_SAID = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")
"""What an error's description may not have (RFC 6749 §4.1.2.1)."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a client asks for. `resource` is one of ours, `scopes` are ours as well."""

    client_id: OAuthClientId
    redirect_uri: str
    state: str
    scopes: tuple[str, ...]
    challenge: str
    resource: str

    @property
    def query(self) -> str:
        """The same as the query of the address at which it is asked."""
        return urlencode(
            {
                "response_type": "code",
                "client_id": self.client_id,
                "redirect_uri": self.redirect_uri,
                "state": self.state,
                "scope": write_scope(self.scopes),
                "code_challenge": self.challenge,
                "code_challenge_method": "S256",
                "resource": self.resource,
            }
        )


@dataclass(frozen=True, slots=True)
class SealedRequest:
    """A request that a person was asked about: by which session, until when, and a name that is used once."""

    request: AuthorizationRequest
    session_id: SessionId
    ends_at: float
    name: str


class Authorizing:
    """Checks requests, and builds what goes back."""

    def __init__(self, deployment: Deployment, clients: Clients) -> None:
        self._deployment, self._clients = deployment, clients
        self._public_url = deployment.settings.public_url

    async def read(self, query: Sequence[tuple[str, str]]) -> tuple[OAuthClient, AuthorizationRequest]:
        """Return the client and its request. Raises OAuthRefused, with `redirect` where it may go back."""
        values = dict(query)
        for name in ("client_id", "redirect_uri"):
            if [each for each, _value in query].count(name) != 1:
                raise OAuthRefused("invalid_request", f"{name} must be there once.")
        client = await self._clients.find(values["client_id"])
        check_redirect_of(client, values["redirect_uri"])
        try:
            if len(values) != len(query):
                raise OAuthRefused("invalid_request", "A parameter is there twice.")
            return client, self._read(client, values)
        except OAuthRefused as refused:
            state = values.get("state", "")[:LONGEST_STATE]
            refused.redirect = self.build_refusal(values["redirect_uri"], state, refused)
            raise

    def _read(self, client: OAuthClient, values: Mapping[str, str]) -> AuthorizationRequest:
        if values.get("response_type") != "code":
            raise OAuthRefused("unsupported_response_type", "response_type must be code.")
        if len(state := values.get("state", "")) > LONGEST_STATE:
            raise OAuthRefused("invalid_request", f"state has more than {LONGEST_STATE} characters.")
        if values.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(
            challenge := values.get("code_challenge", "")
        ):
            raise OAuthRefused(
                "invalid_request",
                "PKCE is required: send code_challenge with code_challenge_method=S256 (RFC 7636). plain is refused.",
            )
        resource = self._check_resource(values.get("resource", ""))
        scopes = read_scope(values.get("scope", ""))
        return AuthorizationRequest(client.id, values["redirect_uri"], state, scopes, challenge, resource)

    def _check_resource(self, asked: str) -> str:
        """Return the resource that a token is asked for (RFC 8707). Raises OAuthRefused."""
        path = unquote(urlsplit(asked).path)
        resource = name_resource(self._public_url, path)
        if asked and asked.removesuffix("/") != resource:
            raise OAuthRefused(
                "invalid_target",
                f"resource must be {self._public_url}/mcp, or the address of one company below {self._public_url}/c/.",
            )
        return resource

    def build_answer(self, redirect_uri: str, state: str, **values: str) -> str:
        """Return the address that takes an answer back to the client, and names us (RFC 9207)."""
        said = {**values, **({"state": state} if state else {}), "iss": self._public_url}
        return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(said)}"

    def build_refusal(self, redirect_uri: str, state: str, refused: OAuthRefused) -> str:
        """Return the address that takes an error back to the client."""
        description = _NOT_SAID.sub("'", refused.as_text())
        return self.build_answer(redirect_uri, state, error=refused.error, error_description=description)

    def seal(self, request: AuthorizationRequest, session_id: SessionId) -> str:
        """Return a request as the form carries it, for one session and for a while."""
        ends_at = self._deployment.clock() + ASKED_SECONDS
        content = orjson.dumps([asdict(request), session_id, ends_at, make_secret("")])
        return base64.urlsafe_b64encode(self._deployment.keys.seal(content, _OWNER)).decode()

    def open(self, text: str) -> SealedRequest:
        """Return the request in a form. Raises InvalidRequest for anything that was not sealed here."""
        try:
            sealed = base64.b64decode(text.encode("ascii"), b"-_", validate=True)
            values, session_id, ends_at, name = orjson.loads(self._deployment.keys.open(sealed, _OWNER))
        except (binascii.Error, ValueError, SealBroken):
            raise InvalidRequest(
                "This form was not made here.",
                advice="Begin again in the program that asked for your permission.",
            ) from None
        values["scopes"] = tuple(values["scopes"])
        return SealedRequest(AuthorizationRequest(**values), session_id, ends_at, name)


def find_slug(request: AuthorizationRequest) -> str:
    """Return the company that a request is for alone; empty for all."""
    return read_slug(urlsplit(request.resource).path)
