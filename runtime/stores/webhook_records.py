"""The records of webhooks, and of what is delivered to them.

`dispatch_events` makes a delivery, with the job that attempts it, for every webhook that wants an event. Called by
`operations.webhooks` and `operations.deliveries`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, and_, delete, false, func, insert, or_, select, true, tuple_, update

from runtime.events import EVERY_TENANT, Delivery, Event, NewJob, Webhook
from runtime.model import AuditEntry
from runtime.stores.emitting import emit
from runtime.stores.job_records import add_job
from runtime.stores.job_tables import DELIVERY, EVENT, WEBHOOK
from runtime.stores.record_base import Details, Position, RecordBase, note, read_part
from runtime.tenancy import EVERYTHING, Reach

DELIVER = "webhook.deliver"
"""The name of the job that makes one attempt."""
MOST_DISPATCHED = 100
"""Events in one transaction, which holds up other changes of a SQLite file for some milliseconds."""
_WEBHOOK = [WEBHOOK.c[each.name] for each in fields(Webhook)]
_DELIVERY = [DELIVERY.c[each.name] for each in fields(Delivery)]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of a delivery and its webhook after an attempt."""

    delivery: Delivery
    webhook: Webhook


class WebhookRecords(RecordBase):
    """Reads and changes webhooks and deliveries."""

    def add_webhook(self, webhook: Webhook, audit: AuditEntry) -> None:
        """Store a new webhook."""
        with self._engine.begin() as connection:
            connection.execute(insert(WEBHOOK).values(_of_webhook(webhook)))
            note(connection, audit)

    def count_webhooks(self) -> int:
        """Return how many webhooks there are."""
        with self._reading.begin() as connection:
            return int(connection.execute(select(func.count()).select_from(WEBHOOK)).scalar_one())

    def list_webhooks(
        self, after: Position | None, limit: int, reach: Reach, tenant_id: str | None = None
    ) -> list[Webhook]:
        """Return the webhooks within reach from the oldest on, of one tenant where one is named."""
        mine = _is_within(reach)
        if tenant_id is not None:
            mine = and_(mine, WEBHOOK.c.tenant_id == tenant_id)
        with self._reading.begin() as connection:
            return [_webhook(row) for row in read_part(connection, WEBHOOK, _WEBHOOK, after, limit, mine)]

    def find_webhook(self, webhook_id: str, reach: Reach = EVERYTHING) -> Webhook | None:
        """Return one webhook. None when there is none within reach."""
        with self._reading.begin() as connection:
            return _find_webhook(connection, webhook_id, reach)

    def change_webhook(
        self,
        webhook_id: str,
        reach: Reach,
        change: Callable[[Webhook], Webhook],
        audit: AuditEntry,
        describe: Callable[[Webhook, Webhook], Details],
    ) -> Webhook | None:
        """Change a webhook with nobody else changing it meanwhile. None when there is none within reach.

        `describe` adds to the audit entry what changed. Where nothing did, nothing is written.
        """
        with self._engine.begin() as connection:
            found = _find_webhook(connection, webhook_id, reach, is_changed=True)
            if found is None:
                return None
            changed = change(found)
            if changed == found:
                return found
            connection.execute(update(WEBHOOK).where(WEBHOOK.c.id == webhook_id).values(_of_webhook(changed)))
            note(connection, audit, describe(found, changed))
        return changed

    def delete_webhook(
        self, webhook_id: str, reach: Reach, audit: AuditEntry, describe: Callable[[Webhook], Details]
    ) -> bool:
        """Forget a webhook and its deliveries. False when there is none within reach."""
        with self._engine.begin() as connection:
            found = _find_webhook(connection, webhook_id, reach, is_changed=True)
            if found is None:
                return False
            connection.execute(delete(WEBHOOK).where(WEBHOOK.c.id == webhook_id))
            note(connection, audit, describe(found))
        return True

    def dispatch_events(self, now: float) -> int:
        """Make the deliveries of events that wait, and return how many events those were.

        Of several processes each takes other events; one that is stopped meanwhile has taken none.
        """
        waiting = select(EVENT).where(EVENT.c.dispatched_at.is_(None)).order_by(EVENT.c.at, EVENT.c.id)
        with self._engine.begin() as connection:
            events = (
                connection.execute(waiting.limit(MOST_DISPATCHED).with_for_update(skip_locked=True))
                .mappings()
                .all()
            )
            for event in events:
                for webhook_id, tenant_id in _list_wanting(connection, event["type"], event["tenant_id"]):
                    _add_delivery(connection, webhook_id, event["id"], event["type"], tenant_id, now)
            ids = [event["id"] for event in events]
            connection.execute(update(EVENT).where(EVENT.c.id.in_(ids)).values(dispatched_at=now))
        return len(ids)

    def add_test(self, webhook_id: str, event: Event, now: float, audit: AuditEntry) -> str:
        """Store an event for one webhook only, with its delivery, which nothing attempts; return the delivery's id."""
        with self._engine.begin() as connection:
            event_id = emit(connection, event)
            connection.execute(update(EVENT).where(EVENT.c.id == event_id).values(dispatched_at=now))
            delivery_id = _insert_delivery(connection, webhook_id, event_id, event.type, now, next_at=None)
            note(connection, replace(audit, subject=delivery_id))
        return delivery_id

    def list_deliveries(self, webhook_id: str, before: Position | None, limit: int) -> list[Delivery]:
        """Return the deliveries to a webhook, the newest first."""
        place = tuple_(DELIVERY.c.created_at, DELIVERY.c.id)
        wanted = select(*_DELIVERY).where(DELIVERY.c.webhook_id == webhook_id)
        if before is not None:
            wanted = wanted.where(place < tuple_(*before))
        ordered = wanted.order_by(DELIVERY.c.created_at.desc(), DELIVERY.c.id.desc()).limit(limit)
        with self._reading.begin() as connection:
            return [Delivery(*row) for row in connection.execute(ordered)]

    def find_delivery(self, delivery_id: str) -> tuple[Delivery, Webhook, Mapping[str, Any]] | None:
        """Return a delivery, its webhook, and the event as the receiver reads it; `at` is in seconds."""
        with self._reading.begin() as connection:
            found = _find_delivery(connection, delivery_id)
            if found is None:
                return None
            delivery, webhook = found
            event = connection.execute(select(EVENT).where(EVENT.c.id == delivery.event_id)).mappings().one()
        return delivery, webhook, {**event, "data": json.loads(event["data"])}

    def judge_attempt(
        self, delivery_id: str, number: int, judge: Callable[[Delivery, Webhook], Judgement]
    ) -> Judgement | None:
        """Store what an attempt came to, with the job of the next one. None where that was stored before.

        `number` counts the attempts of the delivery, from 1 on.
        """
        with self._engine.begin() as connection:
            found = _find_delivery(connection, delivery_id, is_changed=True)
            if found is None or found[0].attempts != number - 1:
                return None
            judged = judge(*found)
            _store_delivery(connection, judged.delivery)
            if judged.webhook != found[1]:
                change = update(WEBHOOK).where(WEBHOOK.c.id == judged.webhook.id)
                connection.execute(change.values(_of_webhook(judged.webhook)))
            if judged.delivery.next_at is not None:
                add_job(connection, _attempt(judged.delivery, judged.webhook.tenant_id))
        return judged

    def resend_delivery(
        self, webhook_id: str, delivery_id: str, now: float, audit: AuditEntry
    ) -> Delivery | None:
        """Have a delivery attempted once more, now. None when there is none."""
        with self._engine.begin() as connection:
            found = _find_delivery(connection, delivery_id, is_changed=True)
            if found is None or found[1].id != webhook_id:
                return None
            changed = Delivery(**{**_values(found[0]), "status": "pending", "next_at": now})
            _store_delivery(connection, changed)
            add_job(connection, _attempt(changed, found[1].tenant_id))
            note(connection, audit)
        return changed


def _list_wanting(connection: Connection, event_type: str, tenant_id: str) -> list[tuple[str, str]]:
    """Return the id and tenant of the webhooks that want an event, and hold them until the transaction ends."""
    columns = (WEBHOOK.c.id, WEBHOOK.c.tenant_id, WEBHOOK.c.types)
    meant = or_(WEBHOOK.c.tenant_id == tenant_id, WEBHOOK.c.tenant_id == EVERY_TENANT)
    wanted = select(*columns).where(and_(WEBHOOK.c.status == "enabled", meant)).order_by(WEBHOOK.c.id)
    rows = connection.execute(wanted.with_for_update(read=True, key_share=True))
    return [(row[0], row[1]) for row in rows if not row[2] or event_type in row[2].split()]


def _add_delivery(
    connection: Connection, webhook_id: str, event_id: str, event_type: str, tenant_id: str, now: float
) -> None:
    delivery_id = _insert_delivery(connection, webhook_id, event_id, event_type, now, next_at=now)
    args = {"delivery": delivery_id, "attempt": 1}
    add_job(connection, NewJob(f"{delivery_id}.1", DELIVER, args, now, tenant_id or "*"))


def _insert_delivery(
    connection: Connection,
    webhook_id: str,
    event_id: str,
    event_type: str,
    now: float,
    *,
    next_at: float | None,
) -> str:
    delivery_id = f"dlv_{uuid4().hex}"
    made = Delivery(delivery_id, webhook_id, event_id, event_type, "pending", 0, 0, 0, "", now, None, next_at)
    connection.execute(insert(DELIVERY).values(_values(made)))
    return delivery_id


def _attempt(delivery: Delivery, tenant_id: str) -> NewJob:
    """Return the job of the next attempt."""
    number = delivery.attempts + 1
    assert delivery.next_at is not None
    args = {"delivery": delivery.id, "attempt": number}
    return NewJob(f"{delivery.id}.{number}", DELIVER, args, delivery.next_at, tenant_id or "*")


def _is_within(reach: Reach) -> Any:
    """Return the condition of what is within reach: what is of every tenant is out of that of one."""
    if reach.account_id is not None:
        return false()
    return true() if reach.tenant_id is None else WEBHOOK.c.tenant_id == reach.tenant_id


def _find_webhook(
    connection: Connection, webhook_id: str, reach: Reach, *, is_changed: bool = False
) -> Webhook | None:
    wanted = select(*_WEBHOOK).where(WEBHOOK.c.id == webhook_id, _is_within(reach))
    row = connection.execute(wanted.with_for_update() if is_changed else wanted).first()
    return None if row is None else _webhook(row)


def _find_delivery(
    connection: Connection, delivery_id: str, *, is_changed: bool = False
) -> tuple[Delivery, Webhook] | None:
    wanted = select(*_DELIVERY).where(DELIVERY.c.id == delivery_id)
    row = connection.execute(wanted.with_for_update() if is_changed else wanted).first()
    if row is None:
        return None
    delivery = Delivery(*row)
    webhook = _find_webhook(connection, delivery.webhook_id, EVERYTHING, is_changed=is_changed)
    assert webhook is not None
    return delivery, webhook


def _store_delivery(connection: Connection, delivery: Delivery) -> None:
    connection.execute(update(DELIVERY).where(DELIVERY.c.id == delivery.id).values(_values(delivery)))


def _values(delivery: Delivery) -> dict[str, Any]:
    return {each.name: getattr(delivery, each.name) for each in fields(Delivery)}


def _webhook(row: Any) -> Webhook:
    values = {each.name: value for each, value in zip(fields(Webhook), row, strict=True)}
    return Webhook(**{**values, "types": tuple(values["types"].split())})


def _of_webhook(webhook: Webhook) -> dict[str, Any]:
    values = {each.name: getattr(webhook, each.name) for each in fields(Webhook)}
    return {**values, "types": " ".join(webhook.types)}
