"""What is sent to a webhook: an event, signed as Standard Webhooks 1.0 says (standardwebhooks.com).

The same event has the same `webhook-id` at every attempt; the time of the attempt is signed with it. Called by
`deliveries` and `webhooks`. `webhook_http` sends it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import orjson

from runtime.events import Attempt
from runtime.operations.answers import format_time

SECRET_PREFIX = "whsec_"  # noqa: S105  (how one begins)
SECRET_BYTES = 32
"""The standard asks for 24 to 64."""


class Sends(Protocol):
    """Sends an event to an address."""

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Attempt:
        """Return what the attempt came to. Raises nothing."""
        ...


def make_webhook_secret() -> str:
    """Return a new secret, as its receiver stores it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def sign(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of an attempt under one secret."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{event_id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"


def build_headers(
    keys: Sequence[str], event_id: str, timestamp: int, body: bytes, version: str = ""
) -> dict[str, str]:
    """Return the header fields of an attempt, with a signature under each secret."""
    return {
        "content-type": "application/json",
        "user-agent": f"Ledgerport/{version}".rstrip("/"),
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(each, event_id, timestamp, body) for each in keys),
    }


def build_body(event: Mapping[str, Any]) -> bytes:
    """Return an event as its receivers read it: the same bytes at every attempt."""
    body = {
        "type": event["type"],
        "timestamp": format_time(event["at"]),
        "tenant_id": event["tenant_id"],
        "data": event["data"],
    }
    return orjson.dumps(body)


class Sender:
    """Sends over HTTP. What that takes is loaded for the first attempt, in a thread."""

    def __init__(self, *, is_private_allowed: bool) -> None:
        self._is_private_allowed = is_private_allowed
        self._sender: Sends | None = None

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Attempt:
        """Return what the attempt came to. Raises nothing: what went wrong is in the attempt."""
        if self._sender is None:
            self._sender = await asyncio.to_thread(self._load)
        return await self._sender.send(url, body, headers)

    def _load(self) -> Sends:
        from runtime.operations.webhook_http import HttpSender

        return HttpSender(is_private_allowed=self._is_private_allowed)
