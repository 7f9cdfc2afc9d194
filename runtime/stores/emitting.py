"""Stores an event in the transaction of the change that it is about, so that there is never one without the other.

Where there is no webhook nobody can ever learn of it, and nothing is stored.

`emit` is what every change calls, `emit_plain` the same on the driver's own connection. What waits is taken from there
by `webhook_records`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, text

from runtime.events import EVERY_TENANT, Event
from runtime.stores.engine import PlainConnection

_INSERT = (
    "INSERT INTO event (id, type, tenant_id, at, data) SELECT {}, {}, "
    "COALESCE((SELECT tenant_id FROM account WHERE id = {}), {}), {}, {} "
    "WHERE EXISTS (SELECT 1 FROM webhook) ON CONFLICT (id) DO NOTHING"
)
"""An event about an account is one of its tenant; of an account that is gone only those learn who learn of all."""
_EMIT = text(_INSERT.format(":id", ":type", ":account_id", ":otherwise", ":at", ":data"))
_EMIT_PLAIN = _INSERT.format(*"??????")


def emit(connection: Connection, event: Event) -> str:
    """Store an event with what else the transaction stores, and return its id."""
    values = _as_row(event)
    connection.execute(_EMIT, values)
    return str(values["id"])


def emit_plain(connection: PlainConnection, event: Event) -> None:
    """Store an event, within a transaction on the driver's own connection."""
    connection.execute(_EMIT_PLAIN, tuple(_as_row(event).values()))


def _as_row(event: Event) -> dict[str, Any]:
    name = (
        hashlib.sha256(f"{event.type}\n{event.key}".encode()).hexdigest()[:32] if event.key else uuid4().hex
    )
    account_id = event.data.get("integrated_account_id")
    return {
        "id": f"evt_{name}",
        "type": event.type,
        "account_id": account_id,
        "otherwise": event.tenant_id if account_id is None else EVERY_TENANT,
        "at": event.at,
        "data": json.dumps(dict(event.data), ensure_ascii=False, sort_keys=True),
    }
