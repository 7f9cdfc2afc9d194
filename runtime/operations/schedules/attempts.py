"""What becomes of a run after an attempt at it: when it is tried again, and how it ends. Called by `running`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from runtime.errors import Busy, LedgerportError, RateLimited, StorageUnavailable, VendorUnavailable
from runtime.operations.schedules.managing import make_run
from runtime.operations.schedules.runners import Made
from runtime.operations.schedules.timing import find_last_due, find_next_due
from runtime.schedules import ReportRun, RunStatus, Schedule
from runtime.stores.schedule_records import Due

DELAYS = (60.0, 300.0, 1_800.0, 7_200.0)
"""Seconds after each failed attempt until the next: a restart, a short fault, and one that somebody has to see to."""
LONGEST_WAIT = 86_400.0
"""Seconds that a vendor may ask for: a daily allowance is there again the next day."""


def make_due_run(now: float, schedule: Schedule) -> Due:
    """Return the run of a schedule that is due, and when it is due again."""
    assert schedule.next_due_at is not None
    due_at, missed = find_last_due(schedule.cron, schedule.zone, schedule.next_due_at, now)
    run = make_run(schedule, due_at, now, missed=missed)
    return Due(run, find_next_due(schedule.cron, schedule.zone, now))


def replace_delivery(place: int, after: Any, run: ReportRun) -> ReportRun:
    """Return a run with one of its deliveries as it is now."""
    changed = [*run.deliveries]
    changed[place] = after
    return replace(run, deliveries=tuple(changed))


def settle_run(run: ReportRun, now: float) -> ReportRun:
    """Return a run after an attempt to deliver it."""
    missing = [each for each in run.deliveries if not each.is_delivered]
    attempts = run.attempts + 1
    if any(each.is_open for each in missing) and attempts <= len(DELAYS):
        return replace(run, attempts=attempts, next_at=now + DELAYS[attempts - 1])
    error = (
        "" if not missing else f"It was not delivered to {len(missing)} of {len(run.deliveries)} recipients."
    )
    has_failed = bool(missing) and len(missing) == len(run.deliveries)
    status: RunStatus = "failed" if has_failed else "done"
    return replace(run, attempts=attempts, status=status, error=error, finished_at=now, next_at=None)


def find_wait(problem: LedgerportError, attempts: int) -> float | None:
    """Return in how many seconds a run is tried again; None where that changes nothing, or it was tried enough."""
    if attempts >= len(DELAYS):
        return None
    if isinstance(problem, RateLimited | Busy):
        return min(float(problem.retry_after), LONGEST_WAIT)
    if isinstance(problem, VendorUnavailable | StorageUnavailable):
        return DELAYS[attempts]
    return None


def find_wait_for_more(made: Made, attempts: int) -> float | None:
    """Return in how many seconds the rest can be read; None where nothing is, or it was tried enough."""
    return None if made.wait is None or attempts >= len(DELAYS) else min(made.wait, LONGEST_WAIT)


def note_waiting(run: ReportRun, made: Made, next_at: float) -> ReportRun:
    """Return a run that has a part of what it needs, and goes on with the rest at a time."""
    return replace(
        run, attempts=run.attempts + 1, error=made.summary, next_at=next_at, continue_from=made.continue_from
    )


def note_made(run: ReportRun, summary: str) -> ReportRun:
    """Return a run whose files are there, and are to be delivered."""
    return replace(run, status="made", summary=summary, error="", next_at=None)
