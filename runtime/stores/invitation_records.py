"""The records of invitations: links that work once, by which somebody becomes a member or signs in.

Part of `records`; called by `identity.people` and `identity.sign_ins`. Who uses one becomes a member in the same
transaction; who is a member already stays what he or she is.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from runtime.model import AuditEntry, TokenHash
from runtime.people import Invitation, InvitationId, Person
from runtime.stores.people_records import make_member, make_person
from runtime.stores.people_tables import INVITATION, PERSON_IDENTITY
from runtime.stores.record_base import RecordBase, note
from runtime.tenancy import TenantId

_COLUMNS = [column for column in INVITATION.c if column.name != "token_hash"]


class InvitationRecords(RecordBase):
    """Reads and changes invitations."""

    def add_invitation(self, invitation: Invitation, token_hash: TokenHash, audit: AuditEntry) -> None:
        """Store a new invitation, in place of what was pending for the same address in the tenant."""
        values = {column.name: getattr(invitation, column.name) for column in _COLUMNS}
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
        return None if row is None else Invitation(*row)

    def list_pending(self, tenant_id: TenantId, now: float) -> list[Invitation]:
        """Return the invitations of a tenant that still work, from the oldest on."""
        wanted = select(*_COLUMNS).where(INVITATION.c.tenant_id == tenant_id, *_is_pending(now))
        with self._reading.begin() as connection:
            rows = connection.execute(wanted.order_by(INVITATION.c.created_at, INVITATION.c.id))
            return [Invitation(*row) for row in rows]

    def delete_invitation(self, tenant_id: TenantId, invitation_id: InvitationId, audit: AuditEntry) -> bool:
        """Forget an invitation that has not been used. False when there is none."""
        mine = (INVITATION.c.id == invitation_id, INVITATION.c.tenant_id == tenant_id)
        return self._change(delete(INVITATION).where(*mine, INVITATION.c.used_at.is_(None)), audit)

    def use_invitation(self, token_hash: TokenHash, person: Person, now: float) -> Person | None:
        """Use up an invitation, and return whom it lets in: the person of its address, made as given where new.

        None when it is unknown, expired or used: of two at once, one gets the person.
        """
        with self._engine.begin() as connection:
            mine = (INVITATION.c.token_hash == token_hash, *_is_pending(now))
            if not connection.execute(update(INVITATION).where(*mine).values(used_at=now)).rowcount:
                return None
            row = connection.execute(select(*_COLUMNS).where(INVITATION.c.token_hash == token_hash)).one()
            found = make_person(connection, person)
            _let_in(connection, Invitation(*row), found, now)
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
            for each in (Invitation(*row) for row in rows):
                connection.execute(update(INVITATION).where(INVITATION.c.id == each.id).values(used_at=now))
                _let_in(connection, each, found, now)
            issuer, subject = identity
            link = {"issuer": issuer, "subject": subject, "person_id": found.id, "created_at": now}
            connection.execute(insert(PERSON_IDENTITY).values(link))
            note(
                connection, AuditEntry(now, found.id, "person.identity_linked", found.id, {"issuer": issuer})
            )
        return found


def _is_pending(now: float) -> tuple[Any, ...]:
    """Return the conditions that an invitation still works."""
    return (INVITATION.c.used_at.is_(None), INVITATION.c.expires_at > now)


def _let_in(connection: Connection, invitation: Invitation, person: Person, now: float) -> None:
    """Give a person the role of an invitation, unless he or she has one there, and note it."""
    details = {"invitation_id": invitation.id, "tenant_id": invitation.tenant_id}
    if make_member(connection, invitation.tenant_id, person.id, invitation.role, now):
        details["role"] = invitation.role
    note(connection, AuditEntry(now, person.id, "person.invitation_used", person.id, details))
