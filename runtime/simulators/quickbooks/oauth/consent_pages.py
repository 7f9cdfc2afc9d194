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
from runtime.simulators.quickbooks.oauth.identities import PEOPLE, Identities
from runtime.simulators.quickbooks.oauth.tokens import SCOPES, OAuth, Refused, add_parameters

ASKED = ("client_id", "redirect_uri", "state", "scope", "response_type", "nonce")
"""What the page carries on of an authorization request."""

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
        self.identities = Identities(oauth)

    async def authorize(self, request: Request) -> Response:
        """Show the companies to choose from, or what is wrong with the request."""
        asked = {name: request.query_params.get(name, "") for name in ASKED}
        refusal = self._refused(asked)
        if refusal is not None:
            return refusal
        fields = ""
        if "openid" in asked["scope"].split():
            fields += _choice("Sign in as", "person", [(each.email, each.email) for each in PEOPLE.values()])
        if _wants_company(asked["scope"]):
            companies = self.oauth.store.list_companies()
            fields += _choice("Company", "realm", [(realm, f"{name} ({realm})") for realm, name in companies])
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in asked.items()
        )
        asks = (
            "to read and change the books of a company" if _wants_company(asked["scope"]) else "who you are"
        )
        return render_page(
            "Connect a company" if _wants_company(asked["scope"]) else "Sign in",
            f"<p><strong>{escape(asked['client_id'])}</strong> asks {asks}. "
            "This is a simulator: nothing here is real.</p>"
            f'<form method="post" action="/connect/oauth2">{hidden}{fields}'
            '<button type="submit" name="decision" value="connect">Connect</button>'
            '<button type="submit" name="decision" value="cancel" formnovalidate>Cancel</button></form>',
        )

    async def decide(self, request: Request) -> Response:
        """Send the person back with a code, or with a refusal."""
        form = await _form(request)
        asked = {name: form.get(name, "") for name in ASKED}
        refusal = self._refused(asked)
        if refusal is not None:
            return refusal
        back = {"state": asked["state"]} if asked["state"] else {}
        if form.get("decision") != "connect":
            return _redirect(asked["redirect_uri"], {"error": "access_denied", **back})
        realm = form.get("realm", "") if _wants_company(asked["scope"]) else ""
        if _wants_company(asked["scope"]) and realm not in dict(self.oauth.store.list_companies()):
            return render_page("Connect a company", "<p>There is no such company.</p>", 400)
        code = self.oauth.make_code(realm, asked["client_id"], asked["redirect_uri"], asked["scope"])
        self.identities.note_consent(code, form.get("person", ""), asked["nonce"])
        company = {"realmId": realm} if realm else {}
        return _redirect(asked["redirect_uri"], {"code": code, **back, **company})

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
            if form.get("grant_type") == "authorization_code":
                self.identities.add_id_token(answer, form.get("code", ""), client, _name_issuer(request))
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
        """Answer who gave the token."""
        try:
            grant = self.oauth.grant(request.headers.get("authorization"))
        except Fault as refusal:
            return JSONResponse({"error": "invalid_token"}, refusal.status)
        if "openid" not in grant.scope.split():
            return JSONResponse({"error": "insufficient_scope"}, 403)
        person = self.identities.find_person(request.headers.get("authorization"))
        return JSONResponse(
            {
                "sub": person.subject,
                "email": person.email,
                "emailVerified": person.is_verified,
                "givenName": person.given_name,
                "familyName": person.family_name,
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

    async def answer_keys(self, _request: Request) -> Response:
        """Answer with the keys that verify ID tokens."""
        return JSONResponse(self.identities.list_keys())

    async def answer_discovery(self, request: Request) -> Response:
        """Answer with the discovery document, with every address at this origin."""
        origin = str(request.base_url).rstrip("/")
        return JSONResponse(
            {
                "issuer": _name_issuer(request),
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


def _name_issuer(request: Request) -> str:
    return f"{str(request.base_url).rstrip('/')}/op/v1"


def _wants_company(scope: str) -> bool:
    """Whether a scope is for the books or payments of a company, and not only for who somebody is."""
    return any(each.startswith("com.intuit.quickbooks.") for each in scope.split())


def _choice(title: str, name: str, options: list[tuple[str, str]]) -> str:
    """Return a group of fields to choose one from; the first is chosen."""
    fields = "".join(
        f'<label><input type="radio" name="{name}" value="{escape(value)}" required{"" if index else " checked"}> '
        f"{escape(shown)}</label>"
        for index, (value, shown) in enumerate(options)
    )
    return f"<fieldset><legend>{title}</legend>{fields}</fieldset>"


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
        Route("/op/v1/jwks", pages.answer_keys, methods=["GET"]),
        Route("/.well-known/openid_configuration", pages.answer_discovery, methods=["GET"]),
        Route("/.well-known/openid_sandbox_configuration", pages.answer_discovery, methods=["GET"]),
    ]
