"""What the clients in Python that sign in have in common: where they store what they get, and their person.

A client says `{"authorize": URL}`, and reads the address that the browser was sent back to as `{"callback": URL}`.
"""

from __future__ import annotations

import json
import sys
from typing import Any
from urllib.parse import parse_qs, urlsplit

from line_by_line import say

REDIRECT = "http://127.0.0.1:33418/callback"
METADATA: dict[str, Any] = {
    "client_name": "Journey",
    "redirect_uris": [REDIRECT],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
}


class Storage:
    """Remembers tokens and the registration as long as the process lives."""

    def __init__(self) -> None:
        self.tokens: Any = None
        self.client: Any = None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client

    async def set_client_info(self, client: Any) -> None:
        self.client = client


async def ask_person(url: str) -> None:
    """Have the person open the authorization page."""
    say({"authorize": url})


def read_callback() -> dict[str, str]:
    """Return the code, the state and the issuer of the address that the browser was sent back to.

    The code is empty when the person refused, which is for the SDK to notice.
    """
    callback = json.loads(sys.stdin.readline())["callback"]
    query = {name: values[0] for name, values in parse_qs(urlsplit(callback).query).items()}
    return {"code": ""} | {name: query[name] for name in ("code", "state", "iss") if name in query}
