"""Which changes that wait for a person are asked for, and what comes with a step of one: values alone.

Called by `operations.approvals` and `pending_records`. Nothing here imports SQLAlchemy, which the first call needs not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from runtime.approval import PendingStatus
from runtime.events import Event, NewJob
from runtime.model import AuditEntry


class Consequences(NamedTuple):
    """What comes with a step of a change."""

    audit: AuditEntry | None = None
    event: Event | None = None
    jobs: tuple[NewJob, ...] = ()


@dataclass(frozen=True, slots=True)
class PendingFilter:
    """Which pending changes; what is empty filters nothing. `until` leaves out waiting ones that end by then."""

    account_ids: tuple[str, ...] = ()
    tenant_id: str = ""
    statuses: tuple[PendingStatus, ...] = ()
    batch: str = ""
    until: float = 0.0
