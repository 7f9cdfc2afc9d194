"""The records of sessions, pending sign-ins and passkeys.

Part of `records`; called by `identity.sessions`, `identity.sign_ins` and `identity.passkeys`. Cookies and states come
in hashed, and what a sign-in has to remember comes in sealed.
"""

from __future__ import annotations

import hmac
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, insert, select, update

from runtime.model import AuditEntry, TokenHash
from runtime.people import Member, Passkey, Person, PersonId, Session, SignedIn, SignIn
from runtime.stores.people_tables import MEMBER, PASSKEY, PERSON, SESSION, SIGN_IN
from runtime.stores.record_base import RecordBase, note

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

    def note_session_use(self, session: Session, now: float) -> None:
        """Note that a session is used."""
        self._change(update(SESSION).where(SESSION.c.id == session.id).values(last_used_at=now))

    def count_sessions(self, person_id: PersonId, since: float) -> int:
        """Return in how many browsers a person is signed in."""
        mine = (SESSION.c.person_id == person_id, SESSION.c.last_used_at > since)
        with self._reading.begin() as connection:
            found: int = connection.execute(
                select(func.count()).select_from(SESSION).where(*mine)
            ).scalar_one()
        return found

    def end_session(self, token_hash: TokenHash, audit: AuditEntry) -> bool:
        """Forget a session. False when there is none."""
        return self._change(delete(SESSION).where(SESSION.c.token_hash == token_hash), audit)

    def end_sessions(self, person_id: PersonId, audit: AuditEntry) -> bool:
        """Forget all sessions of a person. False when there is none."""
        return self._change(delete(SESSION).where(SESSION.c.person_id == person_id), audit)


class SignInRecords(RecordBase):
    """Reads and changes sign-ins that are under way."""

    def add_sign_in(self, state_hash: TokenHash, sign_in: SignIn) -> None:
        """Store what a sign-in has to remember until its answer arrives."""
        values = {
            "state_hash": state_hash,
            "kind": sign_in.kind,
            "sealed": sign_in.sealed,
            "browser_hash": sign_in.browser_hash,
            "return_to": sign_in.return_to,
            "expires_at": sign_in.expires_at,
        }
        self._change(insert(SIGN_IN).values(values))

    def take_sign_in(
        self, state_hash: TokenHash, kind: str, browser_hash: TokenHash, now: float
    ) -> SignIn | None:
        """Take a sign-in, which works once, in the browser that began it and before it expires; None otherwise.

        For another browser it stays as it is.
        """
        columns = [column for column in SIGN_IN.c if column.name != "state_hash"]
        mine = (SIGN_IN.c.state_hash == state_hash, SIGN_IN.c.kind == kind, SIGN_IN.c.expires_at > now)
        with self._engine.begin() as connection:
            row = connection.execute(select(*columns).where(*mine).with_for_update()).first()
            if row is None or not hmac.compare_digest(row.browser_hash, browser_hash):
                return None
            connection.execute(delete(SIGN_IN).where(SIGN_IN.c.state_hash == state_hash))
        return SignIn(*row)


class PasskeyRecords(RecordBase):
    """Reads and changes passkeys."""

    def add_passkey(self, passkey: Passkey, most: int, audit: AuditEntry) -> bool:
        """Store a new passkey. False when the person has as many as anybody may have."""
        values = {column.name: getattr(passkey, column.name) for column in PASSKEY.c}
        mine = PASSKEY.c.person_id == passkey.person_id
        with self._engine.begin() as connection:
            connection.execute(select(PERSON.c.id).where(PERSON.c.id == passkey.person_id).with_for_update())
            has = connection.execute(select(func.count()).select_from(PASSKEY).where(mine)).scalar_one()
            if has >= most:
                return False
            connection.execute(insert(PASSKEY).values(values))
            note(connection, audit)
        return True

    def find_passkey(self, passkey_id: str) -> Passkey | None:
        """Return a passkey by its credential id, if there is one."""
        with self._reading.begin() as connection:
            row = connection.execute(select(*PASSKEY.c).where(PASSKEY.c.id == passkey_id)).first()
        return None if row is None else Passkey(*row)

    def list_passkeys(self, person_id: PersonId) -> list[Passkey]:
        """Return the passkeys of a person, from the oldest on."""
        wanted = select(*PASSKEY.c).where(PASSKEY.c.person_id == person_id)
        with self._reading.begin() as connection:
            rows = connection.execute(wanted.order_by(PASSKEY.c.created_at, PASSKEY.c.id))
            return [Passkey(*row) for row in rows]

    def note_passkey_use(self, passkey_id: str, sign_count: int, now: float) -> bool:
        """Note a use of a passkey. False when its counter did not go up, unless it counts nothing, or it is gone."""
        counter = PASSKEY.c.sign_count
        went_up = counter < sign_count if sign_count else counter == 0
        mine = (PASSKEY.c.id == passkey_id, went_up)
        return self._change(update(PASSKEY).where(*mine).values(sign_count=sign_count, last_used_at=now))

    def delete_passkey(self, person_id: PersonId, passkey_id: str, audit: AuditEntry) -> bool:
        """Forget a passkey of a person. False when there is none."""
        mine = (PASSKEY.c.id == passkey_id, PASSKEY.c.person_id == person_id)
        return self._change(delete(PASSKEY).where(*mine), audit)
