"""Programs that ask people for a grant: registered ones, and those that describe themselves in a document.

Called by `web.oauth_endpoints` to register one, and by `authorizing` to find one. Nothing that a program says of itself
is verified, but that a document's host is the one in its id: `describe_client` says what a page may show as certain.
"""

from __future__ import annotations

import asyncio
import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from generator.vendor import RateWindow
from runtime.deployment import Deployment
from runtime.errors import OAuthRefused
from runtime.identity.client_metadata import (
    GRANT_TYPES,
    check_metadata,
    is_on_this_computer,
    may_return_to,
    name_redirect_host,
)
from runtime.identity.oauth_scopes import ADVERTISED
from runtime.keys.crypto import make_secret
from runtime.people import OAuthClient, OAuthClientId
from runtime.safety.guesses import identify_client

PREFIX = "lpc_"
REGISTRATIONS = (RateWindow("registrations", 100, 3_600),)
"""Clients of one address in an hour: hosts register one for each connection of their people, from few addresses."""
LONGEST_ID = 2_000
"""Characters of a client id; the address of a document is one."""
NO_STEP_UP_HOSTS = ("claude.ai", "claude.com", "chatgpt.com")
"""Hosts whose clients ask for no more scopes when a call needs them, as seen in 2026-11; they show the error of a tool.
"""
KNOWN_NAMES: Mapping[str, tuple[str, ...]] = {
    "claude": ("claude.ai", "claude.com", "anthropic.com"),
    "anthropic": ("claude.ai", "claude.com", "anthropic.com"),
    "chatgpt": ("chatgpt.com", "openai.com"),
    "openai": ("chatgpt.com", "openai.com"),
    "gemini": ("google.com",),
    "copilot": ("microsoft.com", "github.com", "vscode.dev"),
    "ledgerport": (),
}
"""What people know by its name, and the hosts that it comes from: whoever else has such a name is not it."""
_LOOKALIKES = str.maketrans(
    "01l3457\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u03b1", "oiieastaeopcyxia"
)
"""Digits and letters, some of other alphabets, that look like others in the names above."""


@dataclass(frozen=True, slots=True)
class ClientLook:
    """What a page shows of a client. `verified_host` is empty for one that only says who it is."""

    name: str
    verified_host: str
    redirect_host: str
    is_on_this_computer: bool
    is_pretender: bool
    """Whether it has the name of a program that people know, and nothing shows that it is that one."""


class Clients:
    """Registers and finds clients."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._stores = deployment, deployment.stores

    async def check_rate(self, address: str) -> None:
        """Raise OAuthRefused when one address registers very many clients."""
        key, now = f"registrations/{identify_client(address)}", self._deployment.monotonic()
        if wait := math.ceil(await self._stores.hot.admit(key, REGISTRATIONS, now)):
            refused = OAuthRefused(
                "temporarily_unavailable",
                f"This address has registered {REGISTRATIONS[0].limit} clients within an hour.",
                status=429,
                advice=f"Use one of them, or try again in {wait} seconds.",
            )
            refused.retry_after = wait
            raise refused

    async def register(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Register a client, and return what RFC 7591 answers. Raises OAuthRefused and StorageUnavailable.

        It is a public client whatever it asks for, and may ask for every scope later: a person decides each time.
        """
        metadata, now = check_metadata(given), self._deployment.clock()
        client = OAuthClient(OAuthClientId(make_secret(PREFIX)), "registered", metadata, now)
        await self._stores.write(lambda: self._stores.records.save_client(client))
        return {
            **{name: value for name, value in metadata.items() if value},
            "client_id": client.id,
            "client_id_issued_at": int(now),
            "token_endpoint_auth_method": "none",
            "grant_types": list(GRANT_TYPES),
            "response_types": ["code"],
            "scope": " ".join(ADVERTISED),
        }

    async def find(self, client_id: str) -> OAuthClient:
        """Return a client. A document is read again when it is no longer fresh. Raises OAuthRefused."""
        from runtime.identity.client_documents import is_document_id

        if not 0 < len(client_id) <= LONGEST_ID or "\0" in client_id:
            raise refuse_client()
        id_ = OAuthClientId(client_id)
        found = await asyncio.to_thread(self._stores.records.find_client, id_)
        if not is_document_id(client_id):
            if found is None or found.kind != "registered":
                raise refuse_client()
            return found
        if found is not None and (found.fresh_until or 0.0) > self._deployment.clock():
            return found
        return await self._read_document(id_)

    async def note_use(self, client: OAuthClient) -> None:
        """Note that a person is asked on behalf of a client: one that nobody uses is forgotten."""
        now = self._deployment.clock()
        await self._stores.write(lambda: self._stores.records.note_client_use(client.id, now))

    async def _read_document(self, client_id: OAuthClientId) -> OAuthClient:
        from runtime.identity.client_documents import ClientDocuments

        documents = ClientDocuments(is_private_allowed=self._deployment.settings.webhook_private)
        document, now = await documents.fetch(client_id), self._deployment.clock()
        client = OAuthClient(client_id, "document", document.metadata, now, now, now + document.fresh_seconds)
        await self._stores.write(lambda: self._stores.records.save_client(client))
        return client


def refuse_client() -> OAuthRefused:
    """Return the error for a client that nobody knows here."""
    return OAuthRefused(
        "invalid_client",
        "This client is not registered here.",
        status=401,
        advice="Register it at the registration endpoint, or use the address of a client metadata document as its id.",
    )


def check_redirect_of(client: OAuthClient, uri: str) -> None:
    """Raise OAuthRefused for an address that a client has not named."""
    if not may_return_to(client.metadata["redirect_uris"], uri):
        raise OAuthRefused(
            "invalid_request",
            "redirect_uri is not one of those that the client has registered.",
            advice="It must be the same, character for character; only the port on this computer may differ.",
        )


def describe_client(client: OAuthClient, redirect_uri: str) -> ClientLook:
    """Return what a page shows of a client that wants people sent back to an address."""
    host = (urlsplit(client.id).hostname or "") if client.kind == "document" else ""
    back = "" if is_on_this_computer(redirect_uri) else urlsplit(redirect_uri).hostname or ""
    name = client.metadata.get("client_name") or host or "A program without a name"
    pretends = any(
        _fold(known) in _fold(name) and not any(_is_within(each, hosts) for each in (host, back))
        for known, hosts in KNOWN_NAMES.items()
    )
    return ClientLook(
        name,
        "" if pretends else host,
        name_redirect_host(redirect_uri),
        is_on_this_computer(redirect_uri),
        pretends,
    )


def takes_step_up(client_id: str, redirect_host: str) -> bool:
    """Whether a client asks for more scopes when a call needs them."""
    host = urlsplit(client_id).hostname or "" if client_id.startswith("https://") else ""
    back = redirect_host.rpartition(":")[0] if redirect_host.count(":") == 1 else redirect_host
    return not any(_is_within(each, NO_STEP_UP_HOSTS) for each in (host, back))


def _is_within(host: str, hosts: tuple[str, ...]) -> bool:
    return any(host == each or host.endswith(f".{each}") for each in hosts)


def _fold(name: str) -> str:
    """Return a name as people read it at a glance: without case, spaces and marks."""
    text = unicodedata.normalize("NFKD", name).casefold().translate(_LOOKALIKES)
    return "".join(each for each in text if each.isalnum())
