"""Client id metadata documents: a client whose id is the https address at which it describes itself.

Called by `clients`, for a person who is signed in. The address is a stranger's, so that it is read as a webhook is
sent to (`operations.webhook_address`): its name is resolved here, every private address is refused, the connection
goes to the address that was checked, and a redirect is not followed.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson

from runtime.errors import InvalidRequest, OAuthRefused
from runtime.identity.client_metadata import check_metadata
from runtime.operations.webhook_address import NotAllowed, check_url, resolve
from runtime.operations.webhook_http import build_request, open_client

FETCH_SECONDS = 5.0
"""How long a document may take in all: a person waits for it."""
LARGEST_DOCUMENT = 65_536
"""Bytes; those of hosts have under 2,000."""
LEAST_FRESH, MOST_FRESH = 300.0, 86_400.0
"""How long a document is cached, whatever it says: so often that a change is seen within a day, and so seldom that
nobody has another server asked by ours all the time.
"""
_MAX_AGE = re.compile(r"max-age\s*=\s*\"?([0-9]{1,9})", re.ASCII | re.IGNORECASE)
_NO_CACHE = re.compile(r"no-(?:store|cache)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ClientDocument:
    """What a document says, checked, and for how many seconds it may be cached."""

    metadata: dict[str, Any]
    fresh_seconds: float


def is_document_id(client_id: str) -> bool:
    """Whether the id of a client is the address of a document."""
    return client_id.startswith(("https://", "http://"))


class ClientDocuments:
    """Reads documents. Private addresses only where the operator allows them to webhooks as well."""

    def __init__(self, *, is_private_allowed: bool) -> None:
        self._is_private_allowed = is_private_allowed

    async def fetch(self, client_id: str) -> ClientDocument:
        """Return the document at an address. Raises OAuthRefused, which says what is wrong with it."""
        self._check(client_id)
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                content, cached = await self._read(httpx2.URL(client_id))
        except NotAllowed:
            raise _refuse("its host is not public: it leads into a private network") from None
        except (TimeoutError, httpx2.TimeoutException):
            raise _refuse(f"there was no answer within {FETCH_SECONDS:g} seconds") from None
        except (OSError, httpx2.HTTPError, httpx2.InvalidURL, UnicodeError):
            raise _refuse("its host cannot be reached") from None
        return ClientDocument(_read_document(client_id, content), _choose_freshness(cached))

    def _check(self, client_id: str) -> None:
        try:
            parts = urlsplit(check_url(client_id, is_private_allowed=self._is_private_allowed))
        except InvalidRequest:
            raise _refuse(
                "it must be an https address of a public host, without a user or a fragment"
            ) from None
        if parts.path in ("", "/") or any(each in (".", "..") for each in parts.path.split("/")):
            raise _refuse("it must have a path, without dots as parts of it")

    async def _read(self, url: httpx2.URL) -> tuple[bytes, str]:
        """Return the content and how it may be cached."""
        port = url.port or (443 if url.scheme == "https" else 80)
        target = await resolve(url.host, port, is_private_allowed=self._is_private_allowed)
        context = await asyncio.to_thread(httpx2.create_ssl_context)
        async with open_client(context, FETCH_SECONDS) as client:
            headers = {
                "accept": "application/json",
                "accept-encoding": "identity",
                "user-agent": "Ledgerport",
            }
            request = build_request(client, "GET", url, target, headers)
            response = await client.send(request, stream=True, follow_redirects=False)
            try:
                return await _read_content(response), response.headers.get("cache-control", "")
            finally:
                await response.aclose()


async def _read_content(response: httpx2.Response) -> bytes:
    if response.status_code != 200:
        is_redirect = 300 <= response.status_code < 400
        raise _refuse("it is redirected" if is_redirect else f"it was answered with {response.status_code}")
    content = bytearray()
    async for piece in response.aiter_raw():
        content += piece
        if len(content) > LARGEST_DOCUMENT:
            raise _refuse(f"it has more than {LARGEST_DOCUMENT} bytes")
    return bytes(content)


def _read_document(client_id: str, content: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict) or found.get("client_id") != client_id:
        raise _refuse("it must be a JSON object whose client_id is its own address, character for character")
    if "client_secret" in found or str(found.get("token_endpoint_auth_method", "none")).startswith(
        "client_secret"
    ):
        raise _refuse("a client that is described in public has no secret")
    return check_metadata(found)


def _choose_freshness(cached: str) -> float:
    age = _MAX_AGE.search(cached)
    said = 0.0 if _NO_CACHE.search(cached) or age is None else float(age[1])
    return min(max(said, LEAST_FRESH), MOST_FRESH)


def _refuse(why: str) -> OAuthRefused:
    return OAuthRefused(
        "invalid_client",
        f"The client's metadata document cannot be used: {why}.",
        advice="The maker of the program must correct the document at its client_id, or register the program.",
    )
