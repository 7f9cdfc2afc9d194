"""Everything that is stored sealed with the secret key, so that it can be sealed anew when that is rotated.

Called by `operations.key_rotation`. What is new in the schema and sealed belongs into `PLACES`; a test compares them
with the columns of bytes that there are. The journal is not in it: its chain covers the sealed bytes (`keys.crypto`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, exists, func, select, update

from runtime.approval import name_pending_owner
from runtime.insight_values import (
    name_dismissal_owner,
    name_mapping_owner,
    name_part_owner,
    name_reading_owner,
)
from runtime.schedules import name_file_owner, name_secret_owner
from runtime.stores.explorer_tables import EXPLORER_RUN, SAVED_QUERY
from runtime.stores.insight_tables import DISMISSED_FINDING, INSIGHT_PART, INSIGHT_READING
from runtime.stores.job_tables import WEBHOOK
from runtime.stores.mapping_tables import COMPANY_MAPPING
from runtime.stores.oauth_tables import SIGNING_KEY
from runtime.stores.pending_tables import PENDING_CHANGE
from runtime.stores.people_tables import SIGN_IN
from runtime.stores.record_base import RecordBase
from runtime.stores.schedule_tables import RUN_FILE, SCHEDULE
from runtime.stores.tables import ACCOUNT, AUTHORIZATION, DEPLOYMENT, IDEMPOTENCY_KEY, REFRESH_ATTEMPT

Seal = Callable[[bytes, str], bytes]
"""Returns what was sealed for an owner, sealed anew."""


@dataclass(frozen=True)
class Place:
    """A column of sealed bytes. `key` names a row, `make_owner` returns whom its content was sealed for."""

    name: str
    key: Column[Any]
    column: Column[Any]
    make_owner: Callable[[Any], str]
    condition: Any = None


NOT_IN_REFRESH = ~exists().where(REFRESH_ATTEMPT.c.account_id == ACCOUNT.c.id)
"""A refresh replaces the very credentials that it was begun with, so that they have to stay as they are meanwhile."""
PLACES = (
    Place("accounts", ACCOUNT.c.id, ACCOUNT.c.sealed, str, NOT_IN_REFRESH),
    *(
        Place(name, AUTHORIZATION.c.state_hash, column, lambda key: f"authorization/{key.hex()}")
        for name, column in (
            ("verifiers", AUTHORIZATION.c.verifier),
            ("choices of a company", AUTHORIZATION.c.granted),
        )
    ),
    *(
        Place("secrets of webhooks", WEBHOOK.c.id, column, lambda key: f"webhook {key}")
        for column in (WEBHOOK.c.secret, WEBHOOK.c.previous_secret)
    ),
    Place(
        "stored answers",
        IDEMPOTENCY_KEY.c.key_hash,
        IDEMPOTENCY_KEY.c.answer,
        lambda key: f"answer:{key.hex()}",
    ),
    Place("signing keys", SIGNING_KEY.c.id, SIGNING_KEY.c.sealed, lambda key: f"signing key {key}"),
    Place("secrets of schedules", SCHEDULE.c.id, SCHEDULE.c.webhook_secret, name_secret_owner),
    Place("files of reports", RUN_FILE.c.id, RUN_FILE.c.sealed, name_file_owner),
    Place(
        "runs of the explorer", EXPLORER_RUN.c.id, EXPLORER_RUN.c.sealed, lambda key: f"explorer run {key}"
    ),
    Place("saved queries", SAVED_QUERY.c.id, SAVED_QUERY.c.sealed, lambda key: f"saved query {key}"),
    Place("changes that wait", PENDING_CHANGE.c.id, PENDING_CHANGE.c.sealed, name_pending_owner),
    *(
        Place("dismissed findings", DISMISSED_FINDING.c.id, column, name_dismissal_owner)
        for column in (DISMISSED_FINDING.c.reason, DISMISSED_FINDING.c.says)
    ),
    Place("questions of analyses", INSIGHT_READING.c.id, INSIGHT_READING.c.question, name_reading_owner),
    Place("what analyses have read", INSIGHT_PART.c.id, INSIGHT_PART.c.sealed, name_part_owner),
    Place("company mappings", COMPANY_MAPPING.c.id, COMPANY_MAPPING.c.sealed, name_mapping_owner),
    Place("sign-ins", SIGN_IN.c.state_hash, SIGN_IN.c.sealed, lambda key: f"sign-in {key.hex()}"),
)


class SealedRecords(RecordBase):
    """Seals anew what is stored."""

    def count_sealed_otherwise(self, place: Place, prefix: bytes) -> int:
        """Return how many values of a place do not begin with the prefix of the secret key."""
        with self._reading.begin() as connection:
            return _count(connection, place, prefix)

    def reseal_part(
        self, place: Place, prefix: bytes, reseal: Seal, after: Any, limit: int
    ) -> tuple[Any, int]:
        """Seal the next `limit` values of a place behind a key anew.

        Return the last key, None at the end, and how many were sealed. A value that is changed meanwhile, or may not be
        touched now, stays.
        """
        wanted = (
            select(place.key, place.column)
            .where(*_is_otherwise(place, prefix))
            .order_by(place.key)
            .limit(limit)
        )
        if after is not None:
            wanted = wanted.where(place.key > after)
        done = 0
        with self._engine.begin() as connection:
            rows = connection.execute(wanted.with_for_update(of=place.key.table)).all()
            for key, sealed in rows:
                change = update(place.key.table).where(place.key == key, place.column == sealed)
                if place.condition is not None:
                    change = change.where(place.condition)
                values = {place.column.name: reseal(sealed, place.make_owner(key))}
                done += connection.execute(change.values(values)).rowcount
        return (rows[-1][0] if len(rows) == limit else None), done

    def finish_rotation(self, prefix: bytes, check: bytes, lasting: bytes) -> bool:
        """Have the database belong to the secret key, unless something in it is sealed otherwise (then False)."""
        with self._engine.begin() as connection:
            connection.execute(select(DEPLOYMENT.c.id).with_for_update())
            if any(_count(connection, place, prefix) for place in PLACES):
                return False
            connection.execute(update(DEPLOYMENT).values(key_check=check, lasting_key=lasting))
        return True

    def find_check(self) -> bytes:
        """Return the check value of the key that the database belongs to."""
        with self._reading.begin() as connection:
            found: bytes = connection.execute(select(DEPLOYMENT.c.key_check)).scalar_one()
        return found


def _is_otherwise(place: Place, prefix: bytes) -> tuple[Any, ...]:
    column = place.column
    return (column.is_not(None), func.length(column) > 0, func.substr(column, 1, len(prefix)) != prefix)


def _count(connection: Connection, place: Place, prefix: bytes) -> int:
    wanted = select(func.count()).select_from(place.key.table).where(*_is_otherwise(place, prefix))
    found: int = connection.execute(wanted).scalar_one()
    return found
