"""The records of sessions: who is signed in by a cookie, which comes hashed. Called by `identity.sessions`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, bindparam, insert, select

from runtime.model import AuditEntry, TokenHash
from runtime.people import Member, Person, Session, SignedIn
from runtime.stores.people_tables import MEMBER, PERSON, SESSION
from runtime.stores.record_base import RecordBase

_SESSION = [column for column in SESSION.c if column.name != "token_hash"]
_FIND_SESSION: Select[Any] = (
    select(*PERSON.c, *_SESSION, *MEMBER.c)
    .join_from(SESSION, PERSON, SESSION.c.person_id == PERSON.c.id)
    .outerjoin(MEMBER, MEMBER.c.person_id == PERSON.c.id)
    .where(SESSION.c.token_hash == bindparam("token_hash"), SESSION.c.last_used_at > bindparam("since"))
    .order_by(MEMBER.c.tenant_id)
)
"""Made once: it is asked at every request of a person who is signed in."""
_PERSON_COLUMNS = len(PERSON.c)
_MEMBER_BEGINS = _PERSON_COLUMNS + len(_SESSION)


class SessionRecords(RecordBase):
    """Reads and changes sessions."""

    def add_session(self, session: Session, token_hash: TokenHash, audit: AuditEntry) -> None:
        """Store a new session."""
        values = {column.name: getattr(session, column.name) for column in _SESSION}
        self._change(insert(SESSION).values({**values, "token_hash": token_hash}), audit)

    def find_signed_in(self, token_hash: TokenHash, since: float) -> SignedIn | None:
        """Return who is signed in by a cookie that was used after a time, with all roles as they are now."""
        with self._reading.begin() as connection:
            rows = connection.execute(_FIND_SESSION, {"token_hash": token_hash, "since": since}).all()
        if not rows:
            return None
        person = Person(*rows[0][:_PERSON_COLUMNS])
        session = Session(*rows[0][_PERSON_COLUMNS:_MEMBER_BEGINS])
        members = [row[_MEMBER_BEGINS:] for row in rows if row[_MEMBER_BEGINS] is not None]
        return SignedIn(person, session, tuple(Member(*each) for each in members))
