"""Saved reports, schedules and their runs as frozen values. See `model`.

`stores.schedule_records` stores them, `operations.schedules` makes and runs them. Times are seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from runtime.people import PersonId
from runtime.tenancy import AccountId

FileFormat = Literal["csv", "xlsx", "pdf"]
FORMATS: Mapping[FileFormat, str] = {"pdf": "PDF", "xlsx": "Excel (XLSX)", "csv": "CSV"}
"""The formats of files, with what people call them."""
RunStatus = Literal["waiting", "made", "done", "failed"]
"""`waiting` until the files are there, `made` until they are delivered, then `done`; or `failed`, for good."""
DeliveryKind = Literal["email", "webhook"]


@dataclass(frozen=True, slots=True)
class SavedReport:
    """A report with its options under a name. `choice` is the tool, its arguments and what it is compared with.

    One that is not shared is listed for its owner only.
    """

    id: str
    account_id: AccountId
    person_id: PersonId
    name: str
    choice: Mapping[str, Any]
    is_shared: bool
    created_at: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a saved report is run, and who receives it. It runs as `person_id`, who set it last.

    `next_due_at` is None while it is paused; `pause_reason` then says why, where nobody paused it by hand.
    `webhook_secret` is sealed.
    """

    id: str
    account_id: AccountId
    saved_report_id: str
    person_id: PersonId
    cron: str
    zone: str
    formats: tuple[FileFormat, ...]
    emails: tuple[str, ...]
    webhook_url: str = field(repr=False)
    webhook_secret: bytes | None = field(repr=False)
    next_due_at: float | None
    is_paused: bool
    pause_reason: str
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class RunDelivery:
    """A recipient of one run, and what came of it so far. `at` is the last attempt, None before the first."""

    kind: DeliveryKind
    recipient: str
    is_delivered: bool = False
    is_final: bool = False
    at: float | None = None
    error: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is to be attempted, or attempted again."""
        return not (self.is_delivered or self.is_final)


@dataclass(frozen=True, slots=True)
class ReportRun:
    """One run of a schedule, for the time at which it was due. `missed` counts due times before it that had no run.

    `error` is a sentence for people; `next_at` is when it is tried again, None when it is not. `continue_from` is where
    an analysis goes on that was answered in part.
    """

    id: str
    schedule_id: str
    account_id: AccountId
    due_at: float
    is_manual: bool
    missed: int
    status: RunStatus
    attempts: int
    created_at: float
    finished_at: float | None
    next_at: float | None
    error: str
    summary: str
    deliveries: tuple[RunDelivery, ...]
    continue_from: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.status in ("done", "failed")


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file of a run. `size` counts the bytes of its content, which is stored sealed."""

    id: str
    run_id: str
    name: str
    media_type: str
    size: int


def name_secret_owner(schedule_id: str) -> str:
    """Return for whom the secret of the webhook of a schedule is sealed."""
    return f"schedule {schedule_id}"


def name_file_owner(file_id: str) -> str:
    """Return for whom the content of a file is sealed."""
    return f"report file {file_id}"
