"""Delivers a run to one of its recipients, and says what came of it. Called by `running`, which notes each at once.

At least once: an attempt whose answer was lost is made again, with the same ids (see `messages`).
"""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version

from runtime.deployment import Deployment
from runtime.errors import SealBroken
from runtime.events import Attempt
from runtime.operations.schedules.emails import SendsMail
from runtime.operations.schedules.messages import Report, build_email, build_event
from runtime.operations.webhook_sender import Sends, build_body, build_headers
from runtime.schedules import RunDelivery, name_secret_owner

GONE = 410
"""The status by which a receiver says that it wants no more."""
_NO_MAIL = "This server sends no email: LEDGERPORT_SMTP_URL is not set."


class Delivering:
    """Sends runs. `mailer` is None where no email is sent."""

    def __init__(self, deployment: Deployment, sender: Sends, mailer: SendsMail | None) -> None:
        self._deployment, self._sender, self._mailer = deployment, sender, mailer

    async def send(self, report: Report, delivery: RunDelivery) -> RunDelivery:
        """Return a delivery after one more attempt. Raises nothing."""
        after = replace(delivery, at=self._deployment.clock())
        if delivery.kind == "email":
            return await self._send_email(report, after)
        attempt = await self._send_event(report, after)
        return replace(
            after,
            is_delivered=attempt.is_delivered,
            is_final=attempt.code == GONE,
            error="" if attempt.is_delivered else attempt.error,
        )

    async def _send_email(self, report: Report, delivery: RunDelivery) -> RunDelivery:
        if self._mailer is None:
            return replace(delivery, error=_NO_MAIL, is_final=True)
        settings = self._deployment.settings
        message = build_email(report, delivery.recipient, settings.public_url, settings.smtp_from)
        sent = await self._mailer.send(message)
        return replace(delivery, is_delivered=sent.is_sent, is_final=sent.is_final, error=sent.error)

    async def _send_event(self, report: Report, delivery: RunDelivery) -> Attempt:
        schedule, now = report.schedule, int(self._deployment.clock())
        if schedule.webhook_secret is None or schedule.webhook_url != delivery.recipient:
            return Attempt(GONE, 0, "The schedule has another webhook now.")
        try:
            secret = self._deployment.keys.open(schedule.webhook_secret, name_secret_owner(schedule.id))
        except SealBroken:
            return Attempt(0, 0, "The secret of the webhook cannot be opened.")
        body = build_body(build_event(report, self._deployment.settings.public_url))
        headers = build_headers([secret.decode()], report.run.id, now, body, version("ledgerport"))
        return await self._sender.send(delivery.recipient, body, headers)
