"""Makes, changes, pauses and ends schedules, and runs one now.

Called by the pages, which have checked that the person may see the books. A schedule runs as whoever set it last, so
that one whose owner has left is taken over by setting it anew.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

from runtime.deployment import Deployment
from runtime.errors import Conflict, LimitReached, NotFound
from runtime.model import Account, AuditEntry
from runtime.operations.schedules.drafts import Checked
from runtime.operations.schedules.timing import find_next_due
from runtime.operations.webhook_sender import make_webhook_secret
from runtime.people import PersonId
from runtime.schedules import (
    ReportRun,
    RunDelivery,
    Schedule,
    name_secret_owner,
)

MOST_SCHEDULES = 50
"""Of one company: each costs calls of the vendor's allowance whether or not somebody reads what it sends."""


class Schedules:
    """Manages the schedules of companies."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._stores = deployment, deployment.stores

    async def list(self, account: Account) -> list[Schedule]:
        """Return the schedules of a company, those first that are due first."""
        return await asyncio.to_thread(self._stores.records.list_schedules, account.id)

    async def find(self, account: Account, schedule_id: str) -> Schedule:
        """Return a schedule. Raises NotFound."""
        found = await asyncio.to_thread(self._stores.records.find_schedule, account.id, schedule_id)
        if found is None:
            raise _refuse_missing()
        return found

    async def create(self, account: Account, person_id: PersonId, checked: Checked) -> tuple[Schedule, str]:
        """Store a new schedule; return it with the secret of its webhook, not shown again and empty without one.

        Raises LimitReached for too many.
        """
        records, now = self._stores.records, self._deployment.clock()
        if await asyncio.to_thread(records.count_schedules, account.id) >= MOST_SCHEDULES:
            raise LimitReached(
                f"This company has {MOST_SCHEDULES} schedules, which is the most.",
                advice="Delete one that nobody needs.",
            )
        assert checked.saved is not None
        schedule_id = f"sch_{uuid4().hex}"
        secret = make_webhook_secret() if checked.webhook_url else ""
        schedule = Schedule(
            schedule_id,
            account.id,
            checked.saved.id,
            person_id,
            checked.cron,
            checked.zone,
            checked.formats,
            checked.emails,
            checked.webhook_url,
            self._seal(secret, schedule_id),
            find_next_due(checked.cron, checked.zone, now),
            is_paused=False,
            pause_reason="",
            created_at=now,
            updated_at=now,
        )
        audit = self._note(account, person_id, "schedule.created", schedule_id, _describe(schedule))
        await self._stores.write(lambda: records.add_schedule(schedule, audit))
        return schedule, secret

    async def change(
        self, account: Account, schedule_id: str, person_id: PersonId, checked: Checked
    ) -> tuple[Schedule, str]:
        """Set a schedule anew, and return it as `create` does: a secret is made where it had no webhook before.

        One that is paused stays so. Raises NotFound.
        """
        now, secret = self._deployment.clock(), make_webhook_secret()
        made: list[str] = []

        def change(schedule: Schedule) -> Schedule:
            assert checked.saved is not None
            sealed = schedule.webhook_secret if checked.webhook_url else None
            if checked.webhook_url and sealed is None:
                made.append(secret)
                sealed = self._seal(secret, schedule_id)
            due_at = None if schedule.is_paused else find_next_due(checked.cron, checked.zone, now)
            return replace(
                schedule,
                saved_report_id=checked.saved.id,
                person_id=person_id,
                cron=checked.cron,
                zone=checked.zone,
                formats=checked.formats,
                emails=checked.emails,
                webhook_url=checked.webhook_url,
                webhook_secret=sealed,
                next_due_at=due_at,
                updated_at=now,
            )

        return await self._change(account, schedule_id, person_id, change, "changed"), "".join(made)

    async def pause(self, account: Account, schedule_id: str, person_id: PersonId, reason: str = "") -> None:
        """Have a schedule not run until it is resumed. Raises NotFound."""
        now = self._deployment.clock()

        def change(schedule: Schedule) -> Schedule:
            return replace(schedule, is_paused=True, pause_reason=reason, next_due_at=None, updated_at=now)

        await self._change(account, schedule_id, person_id, change, "paused")

    async def start(self, account: Account, schedule_id: str, person_id: PersonId) -> None:
        """Have a paused schedule run again, as this person, from its next due time on. Raises NotFound."""
        now = self._deployment.clock()

        def change(schedule: Schedule) -> Schedule:
            return replace(
                schedule,
                person_id=person_id,
                is_paused=False,
                pause_reason="",
                next_due_at=find_next_due(schedule.cron, schedule.zone, now),
                updated_at=now,
            )

        await self._change(account, schedule_id, person_id, change, "resumed")

    async def rotate_secret(self, account: Account, schedule_id: str, person_id: PersonId) -> str:
        """Give the webhook of a schedule a new secret, not shown again. Raises NotFound and Conflict without one."""
        secret, now = make_webhook_secret(), self._deployment.clock()

        def change(schedule: Schedule) -> Schedule:
            if not schedule.webhook_url:
                raise Conflict("This schedule has no webhook.", advice="Give it the address of one first.")
            return replace(schedule, webhook_secret=self._seal(secret, schedule_id), updated_at=now)

        await self._change(account, schedule_id, person_id, change, "secret_rotated")
        return secret

    async def delete(self, account: Account, schedule_id: str, person_id: PersonId) -> None:
        """Remove a schedule with its runs and their files. Raises NotFound."""
        records = self._stores.records
        audit = self._note(account, person_id, "schedule.deleted", schedule_id)
        if not await self._stores.write(lambda: records.delete_schedule(account.id, schedule_id, audit)):
            raise _refuse_missing()

    async def run_now(self, account: Account, schedule_id: str) -> ReportRun:
        """Have a schedule run once, now. Raises NotFound, and Conflict while a run of it is under way."""
        schedule, now = await self.find(account, schedule_id), self._deployment.clock()
        run = make_run(schedule, now, now, is_manual=True)
        records = self._stores.records
        if not await self._stores.write(lambda: records.add_run(run, now)):
            raise Conflict("A run of this schedule is under way.", advice="Wait until it has ended.")
        return run

    async def _change(
        self, account: Account, schedule_id: str, person_id: PersonId, change: Any, action: str
    ) -> Schedule:
        records = self._stores.records
        audit = self._note(account, person_id, f"schedule.{action}", schedule_id)
        found: Schedule | None = await self._stores.write(
            lambda: records.change_schedule(account.id, schedule_id, change, audit)
        )
        if found is None:
            raise _refuse_missing()
        return found

    def _seal(self, secret: str, schedule_id: str) -> bytes | None:
        owner = name_secret_owner(schedule_id)
        return self._deployment.keys.seal(secret.encode(), owner) if secret else None

    def _note(
        self,
        account: Account,
        person_id: PersonId,
        action: str,
        subject: str,
        details: dict[str, Any] | None = None,
    ) -> AuditEntry:
        of_account = {"integrated_account_id": account.id}
        return AuditEntry(self._deployment.clock(), person_id, action, subject, of_account | (details or {}))


def make_run(
    schedule: Schedule, due_at: float, now: float, *, missed: int = 0, is_manual: bool = False
) -> ReportRun:
    """Return a new run of a schedule, with everybody that it is to be delivered to."""
    deliveries = [RunDelivery("email", each) for each in schedule.emails]
    if schedule.webhook_url:
        deliveries.append(RunDelivery("webhook", schedule.webhook_url))
    return ReportRun(
        f"run_{uuid4().hex}",
        schedule.id,
        schedule.account_id,
        due_at,
        is_manual=is_manual,
        missed=missed,
        status="waiting",
        attempts=0,
        created_at=now,
        finished_at=None,
        next_at=None,
        error="",
        summary="",
        deliveries=tuple(deliveries),
    )


def _describe(schedule: Schedule) -> dict[str, Any]:
    return {
        "cron": schedule.cron,
        "zone": schedule.zone,
        "emails": len(schedule.emails),
        "has_webhook": bool(schedule.webhook_url),
    }


def _refuse_missing() -> NotFound:
    return NotFound("There is no such schedule.", advice="Look for it in the list of schedules.")
