"""The records of invitations: links that work once, by which somebody becomes a member or signs in.

Part of `records`; called by `identity.people` and `identity.sign_ins`. Who uses one becomes a member in the same
transaction; who is a member already stays what he or she is.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from runtime.errors import Conflict
from runtime.model import AuditEntry, TokenHash
from runtime.people import Invitation, InvitationId, Person, PersonId
from runtime.stores.people_records import forget_passkeys, link_identity, make_member, make_person
from runtime.stores.people_tables import INVITATION
from runtime.stores.record_base import RecordBase, note
from runtime.tenancy import TenantId

_COLUMNS = [column for column in INVITATION.c if column.name != "token_hash"]


class InvitationRecords(RecordBase):
    """Reads and changes invitations."""

    def add_invitation(self, invitation: Invitation, token_hash: TokenHash, audit: AuditEntry) -> None:
        """Store a new invitation, in place of what was pending for the same address in the tenant."""
        values = {column.name: getattr(invitation, column.name) for column in _COLUMNS}
        values["signs_in"] = int(invitation.signs_in)
        same = (
            INVITATION.c.tenant_id == invitation.tenant_id,
            INVITATION.c.email == invitation.email,
            INVITATION.c.used_at.is_(None),
        )
        with self._engine.begin() as connection:
            connection.execute(delete(INVITATION).where(*same))
            connection.execute(insert(INVITATION).values({**values, "token_hash": token_hash}))
            note(connection, audit)

    def find_invitation(self, token_hash: TokenHash) -> Invitation | None:
        """Return the invitation with this hash, if there is one; whether it still works is for the caller."""
        with self._reading.begin() as connection:
            row = connection.execute(select(*_COLUMNS).where(INVITATION.c.token_hash == token_hash)).first()
        return None if row is None else _read(row)

    def list_pending(self, tenant_id: TenantId, now: float) -> list[Invitation]:
        """Return the invitations of a tenant that still work, from the oldest on."""
        wanted = select(*_COLUMNS).where(INVITATION.c.tenant_id == tenant_id, *_is_pending(now))
        with self._reading.begin() as connection:
            rows = connection.execute(wanted.order_by(INVITATION.c.created_at, INVITATION.c.id))
            return [_read(row) for row in rows]

    def delete_invitation(self, tenant_id: TenantId, invitation_id: InvitationId, audit: AuditEntry) -> bool:
        """Forget an invitation that has not been used. False when there is none."""
        mine = (INVITATION.c.id == invitation_id, INVITATION.c.tenant_id == tenant_id)
        return self._change(delete(INVITATION).where(*mine, INVITATION.c.used_at.is_(None)), audit)

    def use_invitation(
        self, token_hash: TokenHash, person: Person, asks: PersonId | None, now: float
    ) -> Person | None:
        """Use up an invitation, and return whom it lets in: the person of its address, made as given where new.

        None when it is unknown, expired or used: of two at once, one gets the person. `asks` is who is signed in.
        Raises Conflict, and uses nothing, where the address is that of a person who has to sign in first.
        """
        with self._engine.begin() as connection:
            mine = (INVITATION.c.token_hash == token_hash, *_is_pending(now))
            if not connection.execute(update(INVITATION).where(*mine).values(used_at=now)).rowcount:
                return None
            row = connection.execute(select(*_COLUMNS).where(INVITATION.c.token_hash == token_hash)).one()
            invitation, found = _read(row), make_person(connection, person)
            is_known = found.id not in (person.id, asks)
            if is_known and not invitation.signs_in:
                raise _refuse_unsigned(found.email)
            if _let_in(connection, invitation, found, now) and is_known:
                forget_passkeys(connection, found.id)
        return found

    def use_invitations_for(self, person: Person, identity: tuple[str, str], now: float) -> Person | None:
        """Use up what is pending for an address that an issuer has verified, in all tenants, and link the identity.

        Return the person; None when nobody has invited that address.
        """
        with self._engine.begin() as connection:
            mine = (INVITATION.c.email == person.email, *_is_pending(now))
            rows = connection.execute(select(*_COLUMNS).where(*mine).with_for_update()).all()
            if not rows:
                return None
            found = make_person(connection, person)
            for each in (_read(row) for row in rows):
                connection.execute(update(INVITATION).where(INVITATION.c.id == each.id).values(used_at=now))
                _let_in(connection, each, found, now)
            audit = AuditEntry(now, found.id, "person.identity_linked", found.id, {"issuer": identity[0]})
            link_identity(connection, identity, found.id, audit)
        return found


def _refuse_unsigned(email: str) -> Conflict:
    return Conflict(
        f"{email} is somebody who signs in here already, and this link does not sign in.",
        advice="Sign in as that person, and open the link again: it adds the organization to your others.",
    )


def _is_pending(now: float) -> tuple[Any, ...]:
    """Return the conditions that an invitation still works."""
    return (INVITATION.c.used_at.is_(None), INVITATION.c.expires_at > now)


def _let_in(connection: Connection, invitation: Invitation, person: Person, now: float) -> bool:
    """Give a person the role of an invitation, unless he or she has one there; return whether that is new."""
    details = {"invitation_id": invitation.id, "tenant_id": invitation.tenant_id}
    is_new = make_member(connection, invitation.tenant_id, person.id, invitation.role, now)
    if is_new:
        details["role"] = invitation.role
    note(connection, AuditEntry(now, person.id, "person.invitation_used", person.id, details))
    return is_new


def _read(row: Any) -> Invitation:
    values = row._asdict()
    return Invitation(**{**values, "signs_in": bool(values["signs_in"])})
