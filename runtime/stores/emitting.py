"""Stores an event in the transaction of the change that it is about, so that there is never one without the other."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, text

from runtime.events import Event

_COLUMNS = "id, type, tenant_id, at, data"
_EMIT = text(
    f"INSERT INTO event ({_COLUMNS}) VALUES (:id, :type, :tenant_id, :at, :data) "  # noqa: S608  (names of ours)
    "ON CONFLICT (id) DO NOTHING"
)


def emit(connection: Connection, event: Event) -> str:
    """Store an event with what else the transaction stores, and return its id."""
    values = _as_row(event)
    connection.execute(_EMIT, values)
    return str(values["id"])


def _as_row(event: Event) -> dict[str, Any]:
    name = (
        hashlib.sha256(f"{event.type}\n{event.key}".encode()).hexdigest()[:32] if event.key else uuid4().hex
    )
    return {
        "id": f"evt_{name}",
        "type": event.type,
        "tenant_id": event.tenant_id,
        "at": event.at,
        "data": json.dumps(dict(event.data), ensure_ascii=False, sort_keys=True),
    }
