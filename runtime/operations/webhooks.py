"""Webhooks: addresses that are informed of events. The secret that they verify with is answered once and stored sealed.

Called by `api.webhooks` and `commands.webhook`. What is sent, when and how often, is in `deliveries`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from generator.suggestions import did_you_mean
from runtime.deployment import Deployment
from runtime.errors import Conflict, InvalidRequest, NotFound
from runtime.events import EVENT_TYPES, EVERY_TENANT, TEST_TYPE, Attempt, Delivery, Event, Webhook
from runtime.keys.crypto import Keys
from runtime.model import AuditEntry, Clock
from runtime.operations import answers
from runtime.operations.answers import format_time
from runtime.operations.deliveries import attempt_delivery, name_owner
from runtime.operations.names import check_tenant_id
from runtime.operations.scopes import choose_tenant
from runtime.operations.webhook_address import check_url
from runtime.operations.webhook_sender import Sender, Sends, make_webhook_secret
from runtime.stores.embedded import Stores
from runtime.stores.webhook_records import Judgement
from runtime.tenancy import EVERYTHING, Reach

MOST_WEBHOOKS = 1_000
"""In one deployment: each event is compared with all of them."""
OVERLAP_SECONDS = 86_400.0
"""How long both secrets sign after a rotation: a day, within which a receiver can be given the new one."""


@dataclass(frozen=True, slots=True)
class WebhookChange:
    """What of a webhook is changed; None leaves it."""

    url: str | None = None
    types: Sequence[str] | None = None
    enabled: bool | None = None


class Webhooks:
    """Makes, lists, changes, tests and removes webhooks. `actor` is who does it, for the audit."""

    def __init__(
        self,
        stores: Stores,
        keys: Keys,
        sender: Sends,
        *,
        is_private_allowed: bool = False,
        clock: Clock = time.time,
    ) -> None:
        self._stores, self._keys, self._sender, self._clock = stores, keys, sender, clock
        self._is_private_allowed = is_private_allowed

    def create(
        self,
        url: str,
        types: Sequence[str] = (),
        tenant_id: str | None = None,
        *,
        reach: Reach = EVERYTHING,
        actor: str = "",
    ) -> dict[str, Any]:
        """Make a webhook; `secret` in the answer is not shown again. Raises InvalidRequest, and Conflict for too many.

        Without types it is informed of every event, without a tenant of those of every tenant within reach. Raises
        Forbidden for a tenant that is out of reach.
        """
        now, secret, webhook_id = self._clock(), make_webhook_secret(), f"whk_{uuid4().hex}"
        checked = check_url(url, is_private_allowed=self._is_private_allowed)
        chosen, tenant = check_types(types), _choose_tenant(reach, tenant_id)
        if self._stores.records.count_webhooks() >= MOST_WEBHOOKS:
            raise Conflict(
                f"There are {MOST_WEBHOOKS} webhooks, which is the most.",
                advice="Delete one that is not needed.",
            )
        sealed = self._seal(secret, webhook_id)
        webhook = Webhook(
            webhook_id, tenant, checked, chosen, sealed, None, None, "enabled", "", None, now, now
        )
        audit = AuditEntry(now, actor, "webhook.created", webhook_id, _describe(webhook))
        self._stores.records.add_webhook(webhook, audit)
        return {**show_webhook(webhook), "secret": secret}

    def list(
        self,
        limit: int = answers.USUAL_PART,
        next_cursor: str = "",
        tenant_id: str | None = None,
        *,
        reach: Reach = EVERYTHING,
    ) -> dict[str, Any]:
        """Return the webhooks from the oldest on, without their secrets."""
        return answers.read_part(
            lambda after, count: self._stores.records.list_webhooks(after, count, reach, tenant_id),
            show_webhook,
            limit,
            next_cursor,
        )

    def get(self, webhook_id: str, *, reach: Reach = EVERYTHING) -> dict[str, Any]:
        """Return one webhook. Raises NotFound."""
        return show_webhook(self._find(webhook_id, reach))

    def change(
        self, webhook_id: str, change: WebhookChange, *, reach: Reach = EVERYTHING, actor: str = ""
    ) -> dict[str, Any]:
        """Change the address or types of a webhook, or enable or disable it. Raises NotFound and InvalidRequest."""
        now = self._clock()

        def changed(webhook: Webhook) -> Webhook:
            after = replace(webhook, updated_at=now)
            if change.url is not None:
                after = replace(after, url=check_url(change.url, is_private_allowed=self._is_private_allowed))
            if change.types is not None:
                after = replace(after, types=check_types(change.types))
            if change.enabled is True:
                after = replace(after, status="enabled", reason="", failing_since=None)
            if change.enabled is False:
                after = replace(after, status="disabled", reason=webhook.reason or "It was disabled by hand.")
            return webhook if after == replace(webhook, updated_at=now) else after

        return self._change(webhook_id, reach, changed, "webhook.changed", actor)

    def rotate_secret(self, webhook_id: str, *, reach: Reach = EVERYTHING, actor: str = "") -> dict[str, Any]:
        """Give a webhook a new secret, not shown again. For a day the one before signs too. Raises NotFound."""
        now, secret = self._clock(), make_webhook_secret()

        def changed(webhook: Webhook) -> Webhook:
            return replace(
                webhook,
                secret=self._seal(secret, webhook_id),
                previous_secret=webhook.secret,
                previous_until=now + OVERLAP_SECONDS,
                updated_at=now,
            )

        return {**self._change(webhook_id, reach, changed, "webhook.secret_rotated", actor), "secret": secret}

    def delete(self, webhook_id: str, *, reach: Reach = EVERYTHING, actor: str = "") -> dict[str, Any]:
        """Remove a webhook, and what was to be delivered to it. Raises NotFound."""
        audit = AuditEntry(self._clock(), actor, "webhook.deleted", webhook_id)
        if not self._stores.records.delete_webhook(webhook_id, reach, audit, _describe):
            raise _no_webhook()
        return {"id": webhook_id}

    def list_deliveries(
        self,
        webhook_id: str,
        limit: int = answers.USUAL_PART,
        next_cursor: str = "",
        *,
        reach: Reach = EVERYTHING,
    ) -> dict[str, Any]:
        """Return what was delivered to a webhook, or is to be, the newest first. Raises NotFound."""
        self._find(webhook_id, reach)
        return answers.read_part(
            lambda before, count: self._stores.records.list_deliveries(webhook_id, before, count),
            show_delivery,
            limit,
            next_cursor,
        )

    def resend(
        self, webhook_id: str, delivery_id: str, *, reach: Reach = EVERYTHING, actor: str = ""
    ) -> dict[str, Any]:
        """Have an event delivered once more, now. Raises NotFound, and Conflict for a webhook that is disabled."""
        if self._find(webhook_id, reach).status == "disabled":
            raise Conflict("The webhook is disabled.", advice="Enable it first, with PATCH and enabled true.")
        now = self._clock()
        audit = AuditEntry(now, actor, "webhook.resent", delivery_id, {"webhook_id": webhook_id})
        found = self._stores.records.resend_delivery(webhook_id, delivery_id, now, audit)
        if found is None:
            raise NotFound(
                "There is no such delivery to this webhook.",
                advice="The list of its deliveries has their Ids.",
            )
        return show_delivery(found)

    async def test(self, webhook_id: str, *, reach: Reach = EVERYTHING, actor: str = "") -> dict[str, Any]:
        """Send a test event to a webhook, once, and return what came of it. Raises NotFound."""
        stores, now = self._stores, self._clock()
        webhook = await asyncio.to_thread(self._find, webhook_id, reach)
        event = Event(TEST_TYPE, now, {"webhook_id": webhook_id, "sent_by": actor}, webhook.tenant_id)
        audit = AuditEntry(now, actor, "webhook.tested", "", {"webhook_id": webhook_id})
        delivery_id = await stores.write(lambda: stores.records.add_test(webhook_id, event, now, audit))
        found = await asyncio.to_thread(stores.records.find_delivery, delivery_id)
        if found is None:
            raise _no_webhook()
        attempt = await attempt_delivery(self._sender, self._keys, webhook, found[2], now)

        def judge(delivery: Delivery, webhook: Webhook) -> Judgement:
            return Judgement(_ended(delivery, attempt, now), webhook)

        judged = await stores.write(lambda: stores.records.judge_attempt(delivery_id, 1, judge))
        return show_delivery(judged.delivery if judged else _ended(found[0], attempt, now))

    def _find(self, webhook_id: str, reach: Reach) -> Webhook:
        found = self._stores.records.find_webhook(webhook_id, reach)
        if found is None:
            raise _no_webhook()
        return found

    def _change(
        self, webhook_id: str, reach: Reach, change: Callable[[Webhook], Webhook], action: str, actor: str
    ) -> dict[str, Any]:
        audit = AuditEntry(self._clock(), actor, action, webhook_id)
        found = self._stores.records.change_webhook(webhook_id, reach, change, audit, _describe_change)
        if found is None:
            raise _no_webhook()
        return show_webhook(found)

    def _seal(self, secret: str, webhook_id: str) -> bytes:
        return self._keys.seal(secret.encode(), name_owner(webhook_id))


def make_webhooks(deployment: Deployment) -> Webhooks:
    """Return the webhooks of a deployment."""
    is_allowed = deployment.settings.webhook_private
    sender = Sender(is_private_allowed=is_allowed)
    return Webhooks(
        deployment.stores, deployment.keys, sender, is_private_allowed=is_allowed, clock=deployment.clock
    )


def _describe(webhook: Webhook) -> dict[str, Any]:
    """Return what the audit says of a webhook: of its address only the host, for the rest may hold a secret."""
    return {
        "host": urlsplit(webhook.url).hostname,
        "types": list(webhook.types),
        "tenant_id": webhook.tenant_id or None,
        "status": webhook.status,
    }


def _describe_change(before: Webhook, after: Webhook) -> dict[str, Any]:
    old, new = _describe(before), _describe(after)
    changes = {name: {"before": old[name], "after": new[name]} for name in old if old[name] != new[name]}
    other = {"url": "another"} if before.url != after.url else {}
    return {"changes": {**other, **changes}} if other or changes else {}


def _ended(delivery: Delivery, attempt: Attempt, now: float) -> Delivery:
    """Return a test that was sent, which nothing repeats."""
    return replace(
        delivery,
        status="delivered" if attempt.is_delivered else "failed",
        attempts=1,
        code=attempt.code,
        took_ms=attempt.took_ms,
        error=attempt.error,
        attempted_at=now,
    )


def _choose_tenant(reach: Reach, named: str | None) -> str:
    chosen = choose_tenant(reach, None if named is None else check_tenant_id(named))
    return EVERY_TENANT if chosen is None else chosen


def check_types(types: Sequence[str]) -> tuple[str, ...]:
    """Return types of events, each once. Raises InvalidRequest for one that there is not."""
    known = list(EVENT_TYPES)
    for each in types:
        if each not in known:
            raise InvalidRequest(
                f'There is no event "{each[:80]}". {did_you_mean(each, known)}'.rstrip(),
                advice=f"Events: {', '.join(known)}.",
            )
    return tuple(name for name in known if name in types)


def show_webhook(webhook: Webhook) -> dict[str, Any]:
    """Return a webhook, without its secrets."""
    return {
        "id": webhook.id,
        "url": webhook.url,
        "types": list(webhook.types),
        "tenant_id": webhook.tenant_id or None,
        "status": webhook.status,
        "reason": webhook.reason or None,
        "failing_since": format_time(webhook.failing_since),
        "previous_secret_until": format_time(webhook.previous_until),
        "created_at": format_time(webhook.created_at),
        "updated_at": format_time(webhook.updated_at),
    }


def show_delivery(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery with what its last attempt came to."""
    return {
        "id": delivery.id,
        "event_id": delivery.event_id,
        "type": delivery.type,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "code": delivery.code or None,
        "took_ms": delivery.took_ms,
        "error": delivery.error or None,
        "created_at": format_time(delivery.created_at),
        "attempted_at": format_time(delivery.attempted_at),
        "next_at": format_time(delivery.next_at),
    }


def _no_webhook() -> NotFound:
    return NotFound("There is no such webhook.", advice="The list of webhooks has the Ids that there are.")
