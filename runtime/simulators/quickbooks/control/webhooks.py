"""Webhooks: changes, sent to the app's endpoint with a signature, in the old form or as CloudEvents.

A delivery that fails is tried again after the service's delays, by the simulator's clock: due ones go out with the
next change, or when the control asks for it.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import http.client
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from runtime.simulators.quickbooks.books.store import Event, Store
from runtime.simulators.quickbooks.clock import PACIFIC

DELAYS = (10, 20, 30, 300, 1200, 7200, 14400, 21600)
"""Seconds before each further attempt; the last one repeats."""

PATIENCE = 3.0
"""Seconds. The service's own wait is not documented; a receiver on the same machine answers in less."""
TENSES = {
    "Create": "created",
    "Update": "updated",
    "Delete": "deleted",
    "Void": "voided",
    "Emailed": "emailed",
}
FORMS = ("legacy", "cloudevents")


@dataclass
class Delivery:
    """A body to be sent, when to send it next (seconds of the clock), and how often that has failed."""

    body: bytes
    due: float
    failures: int = 0
    status: int | None = None


@dataclass
class Webhooks:
    """The endpoint of the app, and what it has not taken yet."""

    store: Store
    url: str | None = None
    verifier_token: str = "sandbox-verifier"  # noqa: S105 (a default for a simulator)
    form: str = "cloudevents"
    pending: list[Delivery] = field(default_factory=list)
    delivered: int = 0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _sending: asyncio.Lock = field(default_factory=asyncio.Lock)

    def configure(self, values: dict[str, Any]) -> None:
        """Take over `url` (null for none), `verifier_token` and `form`; raises ValueError."""
        for name, value in values.items():
            if name not in ("url", "verifier_token", "form"):
                raise ValueError(f"webhooks have no {name}; they have url, verifier_token, form")
            if name == "form" and value not in FORMS:
                raise ValueError("form is legacy or cloudevents")
            if name == "url" and not (value is None or str(value).startswith(("http://", "https://"))):
                raise ValueError("url is an http address, or null for none")
            if name == "verifier_token" and not isinstance(value, str):
                raise ValueError("verifier_token is a text")
        for name, value in values.items():
            setattr(self, name, value)

    def to_json(self) -> dict[str, Any]:
        """Return the present state."""
        waiting = [{"due": one.due, "failures": one.failures, "status": one.status} for one in self.pending]
        return {"url": self.url, "form": self.form, "delivered": self.delivered, "pending": waiting}

    def dispatch(self) -> None:
        """Take what the store has collected and starts sending what is due; returns at once."""
        events, self.store.events = self.store.events, []
        if self.url is None:
            return
        if events:
            body = _legacy(events) if self.form == "legacy" else _cloud_events(events)
            self.pending.append(Delivery(body, self.store.clock.read_seconds()))
        task = asyncio.get_running_loop().create_task(self.deliver())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def deliver(self) -> None:
        """Send what is due, one after the other, also where two changes ask for it at once."""
        async with self._sending:
            await self._send_due()

    async def _send_due(self) -> None:
        now = self.store.clock.read_seconds()
        if self.url is None:
            return
        due = [one for one in self.pending if one.due <= now]
        self.pending = [one for one in self.pending if one.due > now]
        for one in due:
            one.status = await asyncio.to_thread(_post, self.url, one.body, self.make_headers(one.body))
            if one.status == 200:
                self.delivered += 1
                continue
            one.due = now + DELAYS[min(one.failures, len(DELAYS) - 1)]
            one.failures += 1
            self.pending.append(one)

    def make_headers(self, body: bytes) -> dict[str, str]:
        """Return the headers of a delivery; the signature is over the very bytes that are sent."""
        signature = hmac.new(self.verifier_token.encode(), body, hashlib.sha256).digest()
        return {
            "Content-Type": "application/json; charset=utf-8",
            "intuit-signature": base64.b64encode(signature).decode(),
            "intuit-created-time": datetime.fromtimestamp(self.store.clock.read_seconds(), UTC).isoformat(),
            "intuit-t-id": str(uuid.uuid4()),
            "intuit-notification-schema-version": "1.0" if self.form == "legacy" else "2.0",
            "user-agent": "intuit_notification_server/0.1",
        }


def _legacy(events: list[Event]) -> bytes:
    """Return one body for all companies: {"eventNotifications": [...]}."""
    notifications = [
        {
            "realmId": realm,
            "dataChangeEvent": {"entities": [_entity(one) for one in events if one.realm == realm]},
        }
        for realm in dict.fromkeys(event.realm for event in events)
    ]
    return orjson.dumps({"eventNotifications": notifications})


def _entity(event: Event) -> dict[str, str]:
    moment = datetime.fromtimestamp(event.at / 1000, PACIFIC).strftime("%Y-%m-%dT%H:%M:%S%z")
    return {"name": event.entity, "id": event.id, "operation": event.operation, "lastUpdated": moment}


def _cloud_events(events: list[Event]) -> bytes:
    """Return an array of CloudEvents."""
    return orjson.dumps([_cloud_event(event) for event in events])


def _cloud_event(event: Event) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "intuit.sandbox",
        "type": f"qbo.{event.entity.lower()}.{TENSES[event.operation]}.v1",
        "datacontenttype": "application/json",
        "time": datetime.fromtimestamp(event.at / 1000, UTC).isoformat().replace("+00:00", "Z"),
        "intuitentityid": event.id,
        "intuitaccountid": event.realm,
        "data": {},
    }


def _post(url: str, body: bytes, headers: dict[str, str]) -> int | None:
    """Return the status of a POST; None when nothing was answered in time."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE)
        connection.request(
            "POST", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", body, headers
        )
        status = connection.getresponse().status
        connection.close()
    except (OSError, http.client.HTTPException, ValueError):
        return None
    return status
