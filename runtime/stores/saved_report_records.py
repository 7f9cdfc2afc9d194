"""The records of saved reports: a report with its options under a name, of one person or shared in a company.

Part of `records`; called by `operations.schedules`.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update

from runtime.model import AuditEntry
from runtime.people import PersonId
from runtime.schedules import SavedReport
from runtime.stores.record_base import RecordBase, as_json, note
from runtime.stores.schedule_tables import SAVED_REPORT
from runtime.tenancy import AccountId

SAVED_COLUMNS = [SAVED_REPORT.c[each.name] for each in fields(SavedReport)]


class SavedReportRecords(RecordBase):
    """Reads and changes saved reports."""

    def add_saved_report(self, saved: SavedReport, audit: AuditEntry) -> None:
        """Store a new one."""
        with self._engine.begin() as connection:
            connection.execute(insert(SAVED_REPORT).values(_make_values(saved)))
            note(connection, audit)

    def count_saved_reports(self, account_id: AccountId) -> int:
        """Return how many there are of a company, of all people."""
        wanted = select(func.count()).where(SAVED_REPORT.c.account_id == account_id)
        with self._reading.begin() as connection:
            return int(connection.execute(wanted).scalar_one())

    def list_saved_reports(self, account_id: AccountId, person_id: PersonId) -> list[SavedReport]:
        """Return those that a person sees, by name: his or her own, and what is shared."""
        table = SAVED_REPORT
        seen = or_(table.c.person_id == person_id, table.c.is_shared == 1)
        wanted = select(*SAVED_COLUMNS).where(table.c.account_id == account_id, seen)
        with self._reading.begin() as connection:
            rows = connection.execute(wanted.order_by(func.lower(table.c.name), table.c.id))
            return [read_saved(row) for row in rows]

    def list_scheduled_reports(self, account_id: AccountId) -> list[SavedReport]:
        """Return all of a company, for the names that its schedules are shown with."""
        wanted = select(*SAVED_COLUMNS).where(SAVED_REPORT.c.account_id == account_id)
        with self._reading.begin() as connection:
            return [read_saved(row) for row in connection.execute(wanted)]

    def find_saved_report(self, account_id: AccountId, saved_id: str) -> SavedReport | None:
        """Return one of a company. None when there is none."""
        wanted = select(*SAVED_COLUMNS).where(*_is_one(account_id, saved_id))
        with self._reading.begin() as connection:
            row = connection.execute(wanted).first()
        return None if row is None else read_saved(row)

    def change_saved_report(
        self, account_id: AccountId, saved_id: str, values: dict[str, Any], audit: AuditEntry
    ) -> bool:
        """Give one another name, or share it or not. False when there is none."""
        return self._change(update(SAVED_REPORT).where(*_is_one(account_id, saved_id)).values(values), audit)

    def delete_saved_report(self, account_id: AccountId, saved_id: str, audit: AuditEntry) -> bool:
        """Forget one, with its schedules and their runs. False when there is none."""
        return self._change(delete(SAVED_REPORT).where(*_is_one(account_id, saved_id)), audit)


def read_saved(row: Any) -> SavedReport:
    """Return a saved report from the columns of `SAVED_COLUMNS`."""
    values = {each.name: value for each, value in zip(fields(SavedReport), row, strict=True)}
    return SavedReport(
        **{**values, "choice": json.loads(values["choice"]), "is_shared": bool(values["is_shared"])}
    )


def _is_one(account_id: AccountId, saved_id: str) -> tuple[Any, Any]:
    return SAVED_REPORT.c.account_id == account_id, SAVED_REPORT.c.id == saved_id


def _make_values(saved: SavedReport) -> dict[str, Any]:
    values = {each.name: getattr(saved, each.name) for each in fields(SavedReport)}
    return {**values, "choice": as_json(dict(saved.choice)), "is_shared": int(saved.is_shared)}
