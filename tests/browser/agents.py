"""An agent as a person meets it: a program on this machine that asks for permission in the browser, and then calls."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

from tests.identity.authorization import CHALLENGE, HEADERS, READ, VERIFIER


@dataclass
class LocalAgent:
    """A client of the authorization server at `origin`, to whose own small server the browser returns."""

    origin: str
    back: str
    answers: list[dict[str, str]] = field(default_factory=list)
    """The query of each visit to `back`."""
    client_id: str = ""

    def make_authorize_url(self) -> str:
        """Register, and return the address that the person opens."""
        body = {"client_name": "Bookkeeping Agent", "redirect_uris": [self.back]}
        answer = httpx2.post(f"{self.origin}/oauth/register", json=body)
        assert answer.status_code == 201, answer.text
        self.client_id = answer.json()["client_id"]
        asked = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": self.back, "state": "a state",
            "scope": READ, "code_challenge": CHALLENGE, "code_challenge_method": "S256",
            "resource": f"{self.origin}/mcp",
        }  # fmt: skip
        return f"{self.origin}/oauth/authorize?{urlencode(asked)}"

    def exchange(self, code: str) -> str:
        """Return the access token for a code."""
        form = {
            "grant_type": "authorization_code", "client_id": self.client_id, "code": code,
            "code_verifier": VERIFIER, "redirect_uri": self.back,
        }  # fmt: skip
        answer = httpx2.post(f"{self.origin}/oauth/token", data=form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def call(self, token: str, method: str = "tools/list", **params: Any) -> httpx2.Response:
        """Send one message to the MCP endpoint."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {**HEADERS, "authorization": f"Bearer {token}"}
        return httpx2.post(f"{self.origin}/mcp", json=body, headers=headers)


@contextmanager
def running_agent(origin: str) -> Iterator[LocalAgent]:
    """An agent whose server runs while the block does."""

    class Back(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/callback"):
                agent.answers.append(dict(parse_qsl(urlsplit(self.path).query)))
            content = b"<!doctype html><title>Agent</title><h1>You may close this page</h1>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Back) as server:
        agent = LocalAgent(origin, f"http://127.0.0.1:{server.server_port}/callback")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield agent
        finally:
            server.shutdown()
            thread.join(10)
