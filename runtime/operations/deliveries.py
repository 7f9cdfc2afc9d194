"""Delivers events to webhooks: the job of one attempt, and what becomes of a delivery after it.

An event is delivered at least once, and in no certain order: an attempt whose answer was lost is made again, with the
same `webhook-id`, by which its receiver knows it. Called by `jobs.runner`; `Deliveries.dispatch` is where its jobs come
from.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from functools import partial
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from runtime.events import Attempt, Delivery, Webhook
from runtime.jobs.work import Job, Task
from runtime.keys.crypto import Keys
from runtime.logs import Log
from runtime.model import Clock
from runtime.operations.webhook_sender import Sends, build_body, build_headers
from runtime.stores.embedded import Stores
from runtime.stores.webhook_records import DELIVER, Judgement

DELAYS = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
"""Seconds after each failed attempt until the next: the schedule of Standard Webhooks 1.0, three days in all."""
JITTER = 0.1
"""The part of a delay by which it is longer or shorter, so that what failed together does not return together."""
DISABLE_SECONDS = 432_000.0
"""A webhook for which nothing has succeeded in five days is disabled: two more than one delivery is attempted."""
GONE = 410
"""The status by which a receiver says that it wants no more events."""
_DISABLED = "The webhook is disabled."


class Deliveries:
    """Makes attempts, and notes what they came to."""

    def __init__(
        self,
        stores: Stores,
        keys: Keys,
        sender: Sends,
        log: Log,
        *,
        clock: Clock = time.time,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._stores, self._keys, self._sender, self._log = stores, keys, sender, log
        self._clock, self._draw = clock, draw

    @property
    def job(self) -> Job:
        """The job of one attempt: it is sent, and then it is noted."""
        return Job(DELIVER, (self.send, self.note))

    async def dispatch(self, now: float) -> None:
        """Make a delivery for each webhook that wants an event, of all events that wait. Raises StorageUnavailable."""
        records = self._stores.records
        while await self._stores.write(partial(records.dispatch_events, now)):
            pass

    async def send(self, task: Task) -> dict[str, Any]:
        """Make an attempt, and return what it came to; empty where it is no longer wanted."""
        found = await asyncio.to_thread(self._stores.records.find_delivery, task.args["delivery"])
        if found is None:
            return {}
        delivery, webhook, event = found
        if delivery.status != "pending" or delivery.attempts != task.args["attempt"] - 1:
            return {}
        if webhook.status == "disabled":
            return asdict(Attempt(0, 0, _DISABLED))
        attempt = await attempt_delivery(self._sender, self._keys, webhook, event, self._clock())
        return asdict(attempt)

    async def note(self, task: Task) -> None:
        """Store what the attempt came to, and when the next one is made."""
        if not task.answers[0]:
            return
        attempt, now = Attempt(**task.answers[0]), self._clock()

        def judge(delivery: Delivery, webhook: Webhook) -> Judgement:
            return judge_attempt(delivery, webhook, attempt, now, self._draw(1 - JITTER, 1 + JITTER))

        records, number = self._stores.records, task.args["attempt"]
        judged = await self._stores.write(lambda: records.judge_attempt(task.args["delivery"], number, judge))
        if judged is not None:
            self._report(judged, attempt, was_disabled=attempt.error == _DISABLED)

    def _report(self, judged: Judgement, attempt: Attempt, *, was_disabled: bool) -> None:
        webhook, delivery = judged.webhook, judged.delivery
        self._log(
            "webhook_attempt",
            webhook=webhook.id,
            type=delivery.type,
            attempt=delivery.attempts,
            status=attempt.code,
            ms=attempt.took_ms,
            outcome=delivery.status,
        )
        if webhook.status == "disabled" and not was_disabled:
            host = urlsplit(webhook.url).hostname
            self._log("webhook_disabled", webhook=webhook.id, host=host, reason=webhook.reason)


async def attempt_delivery(
    sender: Sends, keys: Keys, webhook: Webhook, event: Mapping[str, Any], now: float
) -> Attempt:
    """Send an event to a webhook once, and return what it came to."""
    body = build_body(event)
    fields = build_headers(
        _open_secrets(keys, webhook, now), event["id"], int(now), body, version("ledgerport")
    )
    return await sender.send(webhook.url, body, fields)


def name_owner(webhook_id: str) -> str:
    """Return for whom the secrets of a webhook are sealed."""
    return f"webhook {webhook_id}"


def _open_secrets(keys: Keys, webhook: Webhook, now: float) -> list[str]:
    """Return the secret, and the one before while it is still signed with."""
    sealed = [webhook.secret]
    if webhook.previous_secret is not None and now < (webhook.previous_until or 0):
        sealed.append(webhook.previous_secret)
    return [keys.open(each, name_owner(webhook.id)).decode() for each in sealed]


def judge_attempt(
    delivery: Delivery, webhook: Webhook, attempt: Attempt, now: float, stretch: float
) -> Judgement:
    """Return what becomes of a delivery and its webhook; `stretch` makes the delay a little longer or shorter."""
    number = delivery.attempts + 1
    after = replace(
        delivery,
        attempts=number,
        code=attempt.code,
        took_ms=attempt.took_ms,
        error=attempt.error,
        attempted_at=now,
        next_at=None,
    )
    if attempt.is_delivered:
        return Judgement(replace(after, status="delivered"), replace(webhook, failing_since=None))
    if webhook.status == "disabled":
        return Judgement(replace(after, status="failed"), webhook)
    failing = replace(webhook, failing_since=webhook.failing_since or now)
    if reason := _find_reason(failing, attempt, now):
        disabled = replace(failing, status="disabled", reason=reason, updated_at=now)
        return Judgement(replace(after, status="failed"), disabled)
    if number > len(DELAYS):
        return Judgement(replace(after, status="failed"), failing)
    next_at = now + max(DELAYS[number - 1] * stretch, attempt.wait)
    return Judgement(replace(after, next_at=next_at), failing)


def _find_reason(webhook: Webhook, attempt: Attempt, now: float) -> str:
    """Return why a webhook is disabled after a failed attempt; empty where it is not."""
    if attempt.code == GONE:
        return "The receiver answered 410: it wants no more events."
    if webhook.failing_since is not None and now - webhook.failing_since >= DISABLE_SECONDS:
        return f"Nothing could be delivered for {DISABLE_SECONDS / 86400:g} days."
    return ""
