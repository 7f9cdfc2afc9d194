"""The OAuth endpoints over HTTP: the page where a person chooses a company, and the endpoints for programs.

Called by `app`; `oauth.tokens` has the codes and tokens.
"""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from runtime.simulators.quickbooks.faults import Fault
from runtime.simulators.quickbooks.oauth.tokens import SCOPES, OAuth, Refused, add_parameters

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;"
    "padding:0 1rem;color:#1b1f24;background:#fff}"
    "fieldset{border:1px solid #8a929b;border-radius:8px;padding:1rem}label{display:block;padding:.4rem 0}"
    "button{font:inherit;padding:.5rem 1.2rem;margin:1rem .6rem 0 0;"
    "border-radius:6px;border:1px solid #1b5e20;cursor:pointer}"
    "button[value=connect]{background:#1b5e20;color:#fff}"
    "button:focus-visible,input:focus-visible{outline:3px solid #0b5fff}"
    "small{color:#4a525a}"
)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>{style}</style></head>
<body><main><h1>{title}</h1>{content}</main></body></html>"""


def render_page(title: str, content: str, status: int = 200) -> HTMLResponse:
    """Return a plain page."""
    return HTMLResponse(PAGE.format(title=escape(title), style=STYLE, content=content), status)


class Pages:
    """The endpoints of one OAuth."""

    def __init__(self, oauth: OAuth) -> None:
        self.oauth = oauth

    async def authorize(self, request: Request) -> Response:
        """Show the companies to choose from, or what is wrong with the request."""
        asked = {
            name: request.query_params.get(name, "")
            for name in ("client_id", "redirect_uri", "state", "scope", "response_type")
        }
        refusal = self._refused(asked)
        if refusal is not None:
            return refusal
        choices = "".join(
            f'<label><input type="radio" name="realm" value="{escape(realm)}" required{"" if index else " checked"}> '
            f"{escape(name)} <small>({escape(realm)})</small></label>"
            for index, (realm, name) in enumerate(self.oauth.store.list_companies())
        )
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in asked.items()
        )
        return render_page(
            "Connect a company",
            f"<p><strong>{escape(asked['client_id'])}</strong> asks to read and change the books of a company. "
            "This is a simulator: nothing here is real.</p>"
            f'<form method="post" action="/connect/oauth2">{hidden}'
            f"<fieldset><legend>Company</legend>{choices}</fieldset>"
            '<button type="submit" name="decision" value="connect">Connect</button>'
            '<button type="submit" name="decision" value="cancel" formnovalidate>Cancel</button></form>',
        )

    async def decide(self, request: Request) -> Response:
        """Send the person back with a code, or with a refusal."""
        form = await _form(request)
        asked = {
            name: form.get(name, "")
            for name in ("client_id", "redirect_uri", "state", "scope", "response_type")
        }
        refusal = self._refused(asked)
        if refusal is not None:
            return refusal
        back = {"state": asked["state"]} if asked["state"] else {}
        if form.get("decision") != "connect":
            return _redirect(asked["redirect_uri"], {"error": "access_denied", **back})
        realm = form.get("realm", "")
        if realm not in dict(self.oauth.store.list_companies()):
            return render_page("Connect a company", "<p>There is no such company.</p>", 400)
        code = self.oauth.make_code(realm, asked["client_id"], asked["redirect_uri"], asked["scope"])
        return _redirect(asked["redirect_uri"], {"code": code, **back, "realmId": realm})

    def _refused(self, asked: dict[str, str]) -> Response | None:
        """Return what is wrong with an authorization request; a wrong client or address is never redirected."""
        if asked["client_id"] not in self.oauth.clients:
            return render_page(
                "Sorry, but this app is not known", "<p>The client_id is not registered.</p>", 400
            )
        if not asked["redirect_uri"].startswith(("http://", "https://")):
            return render_page(
                "Sorry, but the address to return to is wrong",
                "<p>redirect_uri is missing or not http.</p>",
                400,
            )
        back = {"state": asked["state"]} if asked["state"] else {}
        if asked["response_type"] != "code":
            return _redirect(asked["redirect_uri"], {"error": "unsupported_response_type", **back})
        scopes = asked["scope"].split()
        if not scopes or not set(scopes) <= SCOPES:
            return _redirect(asked["redirect_uri"], {"error": "invalid_scope", **back})
        return None

    async def answer_token(self, request: Request) -> Response:
        """Answer at the token endpoint."""
        try:
            form = await _form(request)
            client = self.oauth.authenticate_client(request.headers.get("authorization"), form)
            answer = self.oauth.exchange(client, form)
            if request.headers.get("x-include-refresh-token-hard-expires-in", "").lower() == "true":
                answer["x_refresh_token_hard_expires_in"] = self.oauth.get_remaining_life(
                    answer["refresh_token"]
                )
        except Refused as refused:
            return JSONResponse(refused.body, refused.status)
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    async def revoke(self, request: Request) -> Response:
        """End a token and its family."""
        try:
            self.oauth.authenticate_client(request.headers.get("authorization"))
            body = await request.body()
            try:
                sent: Any = orjson.loads(body)
            except orjson.JSONDecodeError as error:
                raise Refused("invalid_request") from error
            token = sent.get("token") if isinstance(sent, dict) else None
            if not isinstance(token, str) or not token:
                raise Refused("invalid_request")
            self.oauth.revoke(token)
        except Refused as refused:
            return JSONResponse(refused.body, refused.status)
        return Response(status_code=200)

    async def answer_userinfo(self, request: Request) -> Response:
        """Answer who gave the token: the same made-up person always."""
        try:
            grant = self.oauth.grant(request.headers.get("authorization"))
        except Fault as refusal:
            return JSONResponse({"error": "invalid_token"}, refusal.status)
        if "openid" not in grant.scope.split():
            return JSONResponse({"error": "insufficient_scope"}, 403)
        return JSONResponse(
            {
                "sub": "5f9d1a2e-0000-4000-8000-000000000001",
                "email": "owner@example.com",
                "emailVerified": True,
                "givenName": "Sam",
                "familyName": "Owner",
                "phoneNumber": "+1 5555550100",
                "phoneNumberVerified": False,
                "address": {
                    "streetAddress": "1 Example Street",
                    "locality": "Bayshore",
                    "region": "CA",
                    "postalCode": "94326",
                    "country": "US",
                },
            }
        )

    async def answer_discovery(self, request: Request) -> Response:
        """Answer with the discovery document, with every address at this origin."""
        origin = str(request.base_url).rstrip("/")
        return JSONResponse(
            {
                "issuer": f"{origin}/op/v1",
                "authorization_endpoint": f"{origin}/connect/oauth2",
                "token_endpoint": f"{origin}/oauth2/v1/tokens/bearer",
                "userinfo_endpoint": f"{origin}/v1/openid_connect/userinfo",
                "revocation_endpoint": f"{origin}/v2/oauth2/tokens/revoke",
                "jwks_uri": f"{origin}/op/v1/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": ["openid", "email", "profile", "address", "phone"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
                "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
            }
        )


def _redirect(address: str, parameters: dict[str, str]) -> Response:
    return RedirectResponse(add_parameters(address, parameters), 302)


async def _form(request: Request) -> dict[str, str]:
    body = await request.body()
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def make_routes(oauth: OAuth) -> list[Route]:
    """Return the routes of the OAuth endpoints."""
    pages = Pages(oauth)
    return [
        Route("/connect/oauth2", pages.authorize, methods=["GET"]),
        Route("/connect/oauth2", pages.decide, methods=["POST"]),
        Route("/oauth2/v1/tokens/bearer", pages.answer_token, methods=["POST"]),
        Route("/v2/oauth2/tokens/revoke", pages.revoke, methods=["POST"]),
        Route("/v1/openid_connect/userinfo", pages.answer_userinfo, methods=["GET"]),
        Route("/.well-known/openid_configuration", pages.answer_discovery, methods=["GET"]),
        Route("/.well-known/openid_sandbox_configuration", pages.answer_discovery, methods=["GET"]),
    ]
