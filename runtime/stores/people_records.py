"""The records of people: who they are, by which identities they sign in, and their roles in tenants.

Part of `records`; called by `identity.people` and `identity.sign_ins`. A change of a role, and a removal, hold the
tenant, so that of two at once the second finds what the first has left. `session_records` and `invitation_records` have
the rest.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, delete, func, select, text, update

from runtime.errors import Conflict
from runtime.model import AuditEntry
from runtime.people import Member, Person, PersonId, Role
from runtime.stores.people_tables import INVITATION, MEMBER, PASSKEY, PERSON, PERSON_IDENTITY, SESSION
from runtime.stores.record_base import RecordBase, note
from runtime.stores.tenant_records import hold_tenant
from runtime.tenancy import TenantId

_PERSON = (PERSON.c.id, PERSON.c.email, PERSON.c.name, PERSON.c.created_at)
_MEMBER = (MEMBER.c.tenant_id, MEMBER.c.person_id, MEMBER.c.role, MEMBER.c.created_at)
_ADD_PERSON = text(
    "INSERT INTO person (id, email, name, created_at) VALUES (:id, :email, :name, :created_at) "
    "ON CONFLICT (email) DO NOTHING"
)
_ADD_IDENTITY = text(
    "INSERT INTO person_identity (issuer, subject, person_id, created_at) "
    "VALUES (:issuer, :subject, :person_id, :created_at) ON CONFLICT (issuer, subject) DO NOTHING"
)
_ADD_MEMBER = text(
    "INSERT INTO member (tenant_id, person_id, role, created_at) VALUES (:tenant_id, :person_id, :role, :now) "
    "ON CONFLICT (tenant_id, person_id) DO NOTHING"
)


class PeopleRecords(RecordBase):
    """Reads and changes people and their roles."""

    def find_person(self, person_id: PersonId) -> Person | None:
        """Return a person by id, if there is one."""
        return self._find_person(PERSON.c.id == person_id)

    def find_person_by_email(self, email: str) -> Person | None:
        """Return the person with an email address, which is in lower case."""
        return self._find_person(PERSON.c.email == email)

    def find_person_by_identity(self, issuer: str, subject: str) -> Person | None:
        """Return the person that an issuer of identities knows by a subject."""
        mine = (PERSON_IDENTITY.c.issuer == issuer, PERSON_IDENTITY.c.subject == subject)
        return self._find_person(
            PERSON.c.id.in_(select(PERSON_IDENTITY.c.person_id).where(*mine).scalar_subquery())
        )

    def add_identity(self, issuer: str, subject: str, person_id: PersonId, audit: AuditEntry) -> None:
        """Have a person found by an identity from now on.

        With the first one, passkeys and sessions of before end: nobody had verified the address of who made them.
        """
        with self._engine.begin() as connection:
            link_identity(connection, (issuer, subject), person_id, audit)

    def list_members(self, tenant_id: TenantId) -> list[tuple[Person, Member]]:
        """Return the people of a tenant with their roles, by email address."""
        wanted = (
            select(*_PERSON, *_MEMBER)
            .join_from(MEMBER, PERSON, MEMBER.c.person_id == PERSON.c.id)
            .where(MEMBER.c.tenant_id == tenant_id)
            .order_by(PERSON.c.email)
        )
        with self._reading.begin() as connection:
            return [(Person(*row[:4]), Member(*row[4:])) for row in connection.execute(wanted)]

    def list_members_of(self, person_id: PersonId) -> tuple[Member, ...]:
        """Return the roles of a person in all tenants."""
        wanted = select(*_MEMBER).where(MEMBER.c.person_id == person_id).order_by(MEMBER.c.tenant_id)
        with self._reading.begin() as connection:
            return tuple(Member(*row) for row in connection.execute(wanted))

    def find_member(self, tenant_id: TenantId, person_id: PersonId) -> Member | None:
        """Return the role of a person in a tenant; None where there is none."""
        with self._reading.begin() as connection:
            return _find_member(connection, tenant_id, person_id)

    def change_role(self, expected: Member, role: Role, audit: AuditEntry) -> Member | None:
        """Give a member another role; None when the role is not the expected one any more.

        It ends all sessions of the person, and the links by which he or she has invited others.
        Raises Conflict when it would leave the tenant without an owner.
        """
        mine = (MEMBER.c.tenant_id == expected.tenant_id, MEMBER.c.person_id == expected.person_id)
        with self._engine.begin() as connection:
            found = _hold_member(connection, expected, audit.at)
            if found is None:
                return None
            _check_owners(connection, found, role)
            connection.execute(update(MEMBER).where(*mine).values(role=role))
            _end_access(connection, expected)
            note(connection, audit, {"before": found.role, "after": role})
        return Member(found.tenant_id, found.person_id, role, found.created_at)

    def remove_member(self, expected: Member, audit: AuditEntry) -> bool:
        """Remove a member, and what is pending for the same address in the tenant.

        False when the role is not the expected one any more. Sessions and links end as in `change_role`. Raises
        Conflict for the last owner.
        """
        mine = (MEMBER.c.tenant_id == expected.tenant_id, MEMBER.c.person_id == expected.person_id)
        email = select(PERSON.c.email).where(PERSON.c.id == expected.person_id).scalar_subquery()
        pending = (INVITATION.c.tenant_id == expected.tenant_id, INVITATION.c.email == email)
        with self._engine.begin() as connection:
            found = _hold_member(connection, expected, audit.at)
            if found is None:
                return False
            _check_owners(connection, found, None)
            connection.execute(delete(MEMBER).where(*mine))
            connection.execute(delete(INVITATION).where(*pending))
            _end_access(connection, expected)
            note(connection, audit, {"before": found.role})
        return True

    def _find_person(self, condition: Any) -> Person | None:
        with self._reading.begin() as connection:
            row = connection.execute(select(*_PERSON).where(condition)).first()
        return None if row is None else Person(*row)


def _end_access(connection: Connection, member: Member) -> None:
    """End the sessions of a person, and the links that the former role has let him or her make."""
    connection.execute(delete(SESSION).where(SESSION.c.person_id == member.person_id))
    made = (INVITATION.c.tenant_id == member.tenant_id, INVITATION.c.invited_by == member.person_id)
    connection.execute(delete(INVITATION).where(*made, INVITATION.c.used_at.is_(None)))


def make_person(connection: Connection, person: Person) -> Person:
    """Return the person with this email address, made as given where there is none: then the id is the given one."""
    values = {"id": person.id, "email": person.email, "name": person.name, "created_at": person.created_at}
    connection.execute(_ADD_PERSON, values)
    return Person(*connection.execute(select(*_PERSON).where(PERSON.c.email == person.email)).one())


def link_identity(
    connection: Connection, identity: tuple[str, str], person_id: PersonId, audit: AuditEntry
) -> None:
    """Have a person found by an issuer and its subject; whatever was set up before the first of them ends."""
    has_any = select(PERSON_IDENTITY.c.issuer).where(PERSON_IDENTITY.c.person_id == person_id).limit(1)
    if connection.execute(has_any).first() is None:
        forget_passkeys(connection, person_id)
    issuer, subject = identity
    values = {"issuer": issuer, "subject": subject, "person_id": person_id, "created_at": audit.at}
    if connection.execute(_ADD_IDENTITY, values).rowcount:
        note(connection, audit)


def make_member(
    connection: Connection, tenant_id: TenantId, person_id: PersonId, role: str, now: float
) -> bool:
    """Give a person a role in a tenant, unless he or she has one there; return whether that is new."""
    hold_tenant(connection, tenant_id, now)
    values = {"tenant_id": tenant_id, "person_id": person_id, "role": role, "now": now}
    return connection.execute(_ADD_MEMBER, values).rowcount > 0


def forget_passkeys(connection: Connection, person_id: PersonId) -> None:
    """End passkeys and sessions: whoever set them up has not shown that the address is his or hers."""
    connection.execute(delete(PASSKEY).where(PASSKEY.c.person_id == person_id))
    connection.execute(delete(SESSION).where(SESSION.c.person_id == person_id))


def _find_member(connection: Connection, tenant_id: TenantId, person_id: PersonId) -> Member | None:
    mine = (MEMBER.c.tenant_id == tenant_id, MEMBER.c.person_id == person_id)
    row = connection.execute(select(*_MEMBER).where(*mine)).first()
    return None if row is None else Member(*row)


def _hold_member(connection: Connection, expected: Member, now: float) -> Member | None:
    """Hold a tenant, and return a member as it is then; None where the role is another than the expected one."""
    hold_tenant(connection, expected.tenant_id, now)
    found = _find_member(connection, expected.tenant_id, expected.person_id)
    return found if found is not None and found.role == expected.role else None


def _check_owners(connection: Connection, member: Member, role: Role | None) -> None:
    """Raise Conflict when a change takes the last owner from a tenant, which is held."""
    if member.role != "owner" or role == "owner":
        return
    if connection.execute(_count_owners(member.tenant_id)).scalar_one() < 2:
        raise Conflict(
            "This is the last owner of the organization, who can neither be removed nor get a lower role.",
            advice="Make somebody else an owner first.",
        )


def _count_owners(tenant_id: TenantId) -> Select[Any]:
    mine = (MEMBER.c.tenant_id == tenant_id, MEMBER.c.role == "owner")
    return select(func.count()).select_from(MEMBER).where(*mine)
