"""A vendor's OAuth addresses on loopback, as small as the tests of `connect` need: codes, PKCE, rotation, revocation,

and one address of its API that says which company a token is for.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from aiohttp.test_utils import TestServer

BASIC = "Basic " + base64.b64encode(b"the-client:the-client-secret").decode()


@dataclass
class OAuthVendor:
    """What it knows, what it was asked, and how it is said to behave."""

    origin: str = ""
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    """For each code its company and its PKCE challenge."""
    companies: dict[str, str] = field(default_factory=dict)
    """For each access token its company."""
    company: str = ""
    confirm_answer: Callable[[], web.Response] | None = None
    other: Callable[[web.Request], web.Response] = lambda request: web.Response(status=404)
    """What any other address of its API answers."""
    refresh_token: str = "no-refresh-token-yet"
    refreshes: int = 0
    revoked: list[str] = field(default_factory=list)
    revoke_types: list[str] = field(default_factory=list)
    granted: dict[str, str] = field(default_factory=dict)
    """For each refresh token the access token that came with it, which ends with it."""
    ends_access: bool = True
    """Whether a revocation ends the access token as well."""
    answer: Callable[[], web.Response] | None = None
    gate: asyncio.Event | None = None
    """What a refresh waits for."""
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)

    def agree(self, authorize_url: str, company: str = "123456789", claimed: str = "") -> dict[str, str]:
        """What the browser brings back when the person agrees; `claimed` is a company that somebody put there."""
        asked = {name: found[0] for name, found in parse_qs(urlsplit(authorize_url).query).items()}
        code = "code-" + secrets.token_hex(8)
        self.codes[code] = (company, asked.get("code_challenge", ""))
        return {"code": code, "state": asked["state"], "company": claimed or company}

    async def token(self, request: web.Request) -> web.Response:
        if self.answer is not None:
            return self.answer()
        if request.headers.get("Authorization") != BASIC:
            return web.json_response({"error": "invalid_client"}, status=401)
        form = await request.post()
        if form["grant_type"] == "authorization_code":
            if form["code"] not in self.codes:
                return web.json_response({"error": "invalid_grant"}, status=400)
            self.company, challenge = self.codes.pop(str(form["code"]))
            digest = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
            if challenge and base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
                return web.json_response({"error": "invalid_grant"}, status=400)
        else:
            self.refreshes += 1
            self.was_asked.set()
            if self.gate is not None:
                await self.gate.wait()
            if form["refresh_token"] != self.refresh_token:
                return web.json_response({"error": "invalid_grant"}, status=400)
        self.refresh_token = "refresh-" + secrets.token_hex(8)
        access_token = "access-" + secrets.token_hex(8)
        self.companies[access_token] = self.company
        self.granted[self.refresh_token] = access_token
        return web.json_response(
            {
                "token_type": "bearer",
                "access_token": access_token,
                "expires_in": 3600,
                "refresh_token": self.refresh_token,
                "x_refresh_token_expires_in": 8_640_000,
            }
        )

    async def me(self, request: web.Request) -> web.Response:
        if self.confirm_answer is not None:
            return self.confirm_answer()
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.companies.get(token) != request.match_info["company"]:
            return web.Response(status=401)
        return web.json_response({"company": {"id": self.companies[token], "name": "Shop & Sons"}})

    async def elsewhere(self, request: web.Request) -> web.Response:
        return self.other(request)

    async def revoke(self, request: web.Request) -> web.Response:
        self.revoke_types.append(request.content_type)
        if request.content_type == "application/json":
            self.revoked.append((await request.json())["token"])
        else:
            self.revoked.append(str((await request.post())["token"]))
        if self.ends_access:
            self.companies.pop(self.granted.get(self.revoked[-1], ""), None)
        return web.Response()


@asynccontextmanager
async def oauth_vendor() -> AsyncIterator[OAuthVendor]:
    """The vendor, listening while the block runs."""
    vendor = OAuthVendor()
    application = web.Application()
    application.router.add_post("/token", vendor.token)
    application.router.add_post("/revoke", vendor.revoke)
    application.router.add_get("/company/{company}/me", vendor.me)
    application.router.add_get("/{rest:.*}", vendor.elsewhere)
    server = TestServer(application, host="127.0.0.1")
    await server.start_server()
    vendor.origin = f"http://127.0.0.1:{server.port}"
    try:
        yield vendor
    finally:
        await server.close()
