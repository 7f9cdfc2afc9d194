"""The records of analyses: findings that were dismissed, and what was read before a rate limit.

Part of `records`; called by `operations.insights`. Texts and what was read come in sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields

from sqlalchemy import and_, delete, insert, select, text

from runtime.insight_values import MOST_READINGS, Dismissal, StoredReading, name_dismissal, name_part
from runtime.model import AccountId, AuditEntry
from runtime.stores.insight_tables import DISMISSED_FINDING, INSIGHT_PART, INSIGHT_READING
from runtime.stores.record_base import RecordBase, lock_account, note

_DISMISSAL = [DISMISSED_FINDING.c[each.name] for each in fields(Dismissal)]
_READING = [INSIGHT_READING.c[each.name] for each in fields(StoredReading)]
_DISMISS = text(
    "INSERT INTO dismissed_finding (id, account_id, finding, kind, reason, says, by_person, by_name, at) "
    "VALUES (:id, :account_id, :finding, :kind, :reason, :says, :by_person, :by_name, :at) "
    "ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, reason = excluded.reason, says = excluded.says, "
    "by_person = excluded.by_person, by_name = excluded.by_name, at = excluded.at"
)
_ADD_PART = text(
    "INSERT INTO insight_part (id, reading_id, name, sealed) VALUES (:id, :reading_id, :name, :sealed) "
    "ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed"
)


class InsightRecords(RecordBase):
    """Reads and changes what is stored for analyses. That readings have expired is a matter of `purge_records`."""

    def dismiss(self, dismissal: Dismissal, audit: AuditEntry | None = None) -> bool:
        """Store a dismissal in place of an earlier one of the same finding. False when its company is gone."""
        values = asdict(dismissal) | {"id": name_dismissal(dismissal.account_id, dismissal.finding)}
        with self._engine.begin() as connection:
            if not lock_account(connection, dismissal.account_id):
                return False
            connection.execute(_DISMISS, values)
            if audit is not None:
                note(connection, audit)
        return True

    def undo_dismissal(self, account_id: AccountId, finding: str, audit: AuditEntry | None = None) -> bool:
        """Have a finding found again. False when it was not dismissed."""
        table = DISMISSED_FINDING.c
        mine = and_(table.account_id == account_id, table.finding == finding)
        return self._change(delete(DISMISSED_FINDING).where(mine), audit)

    def list_dismissed(self, account_id: AccountId) -> list[Dismissal]:
        """Return what was dismissed of a company, the latest first."""
        table = DISMISSED_FINDING.c
        wanted = select(*_DISMISSAL).where(table.account_id == account_id)
        with self._reading.begin() as connection:
            rows = connection.execute(wanted.order_by(table.at.desc(), table.finding))
            return [Dismissal(*row) for row in rows]

    def make_reading(self, reading: StoredReading) -> bool:
        """Store a new reading, and forget the oldest of its company that are too many. False when that is gone."""
        table = INSIGHT_READING
        mine = table.c.account_id == reading.account_id
        newest = select(table.c.id).where(mine).order_by(table.c.created_at.desc(), table.c.id.desc())
        with self._engine.begin() as connection:
            if not lock_account(connection, reading.account_id, is_changed=True):
                return False
            others = newest.offset(MOST_READINGS - 1)
            if too_many := list(connection.scalars(others.limit(100))):
                connection.execute(delete(table).where(table.c.id.in_(too_many)))
            connection.execute(insert(table).values(asdict(reading)))
        return True

    def find_reading(self, account_id: AccountId, reading_id: str, now: float) -> StoredReading | None:
        """Return a reading of a company that has not expired; None where there is none."""
        table = INSIGHT_READING.c
        mine = (table.id == reading_id, table.account_id == account_id, table.expires_at > now)
        with self._reading.begin() as connection:
            row = connection.execute(select(*_READING).where(*mine)).first()
        return None if row is None else StoredReading(*row)

    def add_parts(self, reading_id: str, parts: Mapping[str, bytes]) -> bool:
        """Store parts of a reading by their names, in place of earlier ones. False when the reading is gone."""
        table = INSIGHT_READING.c
        held = select(table.id).where(table.id == reading_id).with_for_update(read=True, key_share=True)
        rows = [
            {"id": name_part(reading_id, name), "reading_id": reading_id, "name": name, "sealed": sealed}
            for name, sealed in parts.items()
        ]
        with self._engine.begin() as connection:
            if connection.execute(held).first() is None:
                return False
            if rows:
                connection.execute(_ADD_PART, rows)
        return True

    def read_parts(self, reading_id: str) -> dict[str, bytes]:
        """Return what was stored of a reading, by the names of its parts."""
        table = INSIGHT_PART.c
        wanted = select(table.name, table.sealed).where(table.reading_id == reading_id).order_by(table.name)
        with self._reading.begin() as connection:
            return {row[0]: row[1] for row in connection.execute(wanted)}

    def forget_reading(self, account_id: AccountId, reading_id: str) -> bool:
        """Forget a reading that nobody has to go on with any more. False when there is none."""
        table = INSIGHT_READING.c
        mine = and_(table.id == reading_id, table.account_id == account_id)
        return self._change(delete(INSIGHT_READING).where(mine))
