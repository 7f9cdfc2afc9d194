"""The people of a tenant: invited, let in, given another role, removed. Who may do each is checked here, in one place.

Called by the pages, by the management API and by `ledgerport person`. The operator, who has the machine, may do all of
it: that is how the first owner of an installation gets in. `roles` has the table of what each role may do.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from runtime.deployment import Deployment
from runtime.errors import Conflict, InvalidRequest, NotFound
from runtime.identity.roles import Permission, check_permission, may
from runtime.keys.crypto import make_secret
from runtime.model import AuditEntry
from runtime.people import ROLES, Invitation, InvitationId, Member, Person, PersonId, Role, SignedIn
from runtime.tenancy import TenantId

INVITATION_PATH = "/invitation"
PREFIX = "lpi_"
"""Says what a link is for; the log leaves out what begins so."""
OPERATOR_SECONDS = 86_400.0
"""A link that the operator prints is used by whoever asked for it, soon."""
INVITED_SECONDS = 7 * 86_400.0
"""A link between people waits in somebody's mail, over a weekend."""
LONGEST_EMAIL = 254
"""Characters, of RFC 5321 as corrected."""
LONGEST_SECRET = 100
"""Characters of a link; ours have 47."""
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
"""As browsers check a field for one: in ASCII, so that no two addresses look alike."""
MOST_PEOPLE = 1000
"""People and pending invitations of a tenant: its page lists them all."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who has the machine or an API token for all of it, and may do everything. `name` is for the audit."""

    name: str


Asker = SignedIn | Operator


@dataclass(frozen=True, slots=True)
class Invited:
    """A new invitation, with its link, which is shown this once. `is_known`: the address is a person's already."""

    invitation: Invitation
    link: str
    is_known: bool


class People:
    """Reads and changes who belongs to a tenant."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment, self._stores = deployment, deployment.stores

    async def list_all(self, asker: Asker, tenant_id: TenantId) -> list[tuple[Person, Member]]:
        """Return the people of a tenant with their roles. Raises Forbidden."""
        _authorize(asker, tenant_id, "see_companies")
        return await asyncio.to_thread(lambda: self._stores.records.list_members(tenant_id))

    async def list_pending(self, asker: Asker, tenant_id: TenantId) -> list[Invitation]:
        """Return the invitations of a tenant that still work. Raises Forbidden."""
        _authorize(asker, tenant_id, "manage_people")
        now = self._deployment.clock()
        return await asyncio.to_thread(lambda: self._stores.records.list_pending(tenant_id, now))

    async def invite(self, asker: Asker, tenant_id: TenantId, email: str, role: str) -> Invited:
        """Make a link that lets somebody in once. Raises InvalidRequest, Forbidden, and Conflict for a member.

        The operator's link also signs in whoever is a member already.
        """
        address, chosen = check_email(email), check_role(role)
        actor = _authorize(asker, tenant_id, _needed_for(chosen))
        known = await asyncio.to_thread(lambda: self._stores.records.find_person_by_email(address))
        await self._check_invited(asker, tenant_id, known)
        secret, now = make_secret(PREFIX), self._deployment.clock()
        is_operators = isinstance(asker, Operator)
        ends = now + (OPERATOR_SECONDS if is_operators else INVITED_SECONDS)
        invitation = Invitation(
            InvitationId(str(uuid4())), tenant_id, address, chosen, actor, is_operators, now, ends
        )
        details = {"tenant_id": tenant_id, "email": address, "role": chosen}
        audit = AuditEntry(now, actor, "person.invited", invitation.id, details)
        token_hash = self._deployment.keys.hash_token(secret)
        await self._stores.write(lambda: self._stores.records.add_invitation(invitation, token_hash, audit))
        link = f"{self._deployment.settings.public_url}{INVITATION_PATH}/{secret}"
        return Invited(invitation, link, known is not None)

    async def take_back(self, asker: Asker, tenant_id: TenantId, invitation_id: str) -> None:
        """End an invitation before it is used. Raises Forbidden, NotFound."""
        actor = _authorize(asker, tenant_id, "manage_people")
        pending = await self.list_pending(asker, tenant_id)
        found = next((each for each in pending if each.id == invitation_id), None)
        if found is None:
            raise NotFound("There is no such invitation: it has been used, taken back, or has run out.")
        _authorize(asker, tenant_id, _needed_for(found.role))
        details = {"tenant_id": tenant_id, "email": found.email}
        audit = AuditEntry(self._deployment.clock(), actor, "person.invitation_ended", found.id, details)
        await self._stores.write(lambda: self._stores.records.delete_invitation(tenant_id, found.id, audit))

    async def find_invitation(self, secret: str) -> Invitation | None:
        """Return what a link is for, as long as it works; nothing is changed."""
        if not secret.startswith(PREFIX) or len(secret) > LONGEST_SECRET:
            return None
        token_hash, now = self._deployment.keys.hash_token(secret), self._deployment.clock()
        found = await asyncio.to_thread(lambda: self._stores.records.find_invitation(token_hash))
        return found if found and found.used_at is None and found.expires_at > now else None

    async def accept(self, secret: str, asks: PersonId | None) -> Person:
        """Use up a link, and return whom it lets in; `asks` is who is signed in already.

        Raises NotFound when it does not work any more, Conflict when its address is that of a person who has to sign
        in first.
        """
        found = await self.find_invitation(secret)
        if found is None:
            raise refuse_link()
        now, token_hash = self._deployment.clock(), self._deployment.keys.hash_token(secret)
        new = Person(PersonId(str(uuid4())), found.email, found.email.partition("@")[0], now)
        person = await self._stores.write(
            lambda: self._stores.records.use_invitation(token_hash, new, asks, now)
        )
        if person is None:
            raise refuse_link()
        return person

    async def change_role(self, asker: Asker, tenant_id: TenantId, person_id: str, role: str) -> Member:
        """Give a member another role, which signs him or her out everywhere.

        Raises InvalidRequest, Forbidden, NotFound, and Conflict for the last owner.
        """
        chosen = check_role(role)
        member, actor = await self._authorize_change(asker, tenant_id, person_id, chosen)
        if member.role == chosen:
            return member
        audit = AuditEntry(
            self._deployment.clock(), actor, "person.role_changed", member.person_id, {"tenant_id": tenant_id}
        )
        changed = await self._stores.write(lambda: self._stores.records.change_role(member, chosen, audit))
        if changed is None:
            raise _refuse_race()
        return changed

    async def remove(self, asker: Asker, tenant_id: TenantId, person_id: str) -> None:
        """Remove a member, who is signed out everywhere. Raises as `change_role`."""
        member, actor = await self._authorize_change(asker, tenant_id, person_id, None)
        audit = AuditEntry(
            self._deployment.clock(), actor, "person.removed", member.person_id, {"tenant_id": tenant_id}
        )
        if not await self._stores.write(lambda: self._stores.records.remove_member(member, audit)):
            raise _refuse_race()

    async def find_by_email(self, tenant_id: TenantId, email: str) -> Person:
        """Return the member with an email address. Raises InvalidRequest, NotFound."""
        address = check_email(email)
        members = await asyncio.to_thread(lambda: self._stores.records.list_members(tenant_id))
        found = next((person for person, _ in members if person.email == address), None)
        if found is None:
            raise NotFound(f"Nobody with the address {address} belongs to the tenant {tenant_id}.")
        return found

    async def _authorize_change(
        self, asker: Asker, tenant_id: TenantId, person_id: str, role: Role | None
    ) -> tuple[Member, str]:
        """Return a member as he or she is now, and who asks for a change. Raises Forbidden, NotFound."""
        actor = _authorize(asker, tenant_id, "manage_people")
        mine = PersonId(person_id)
        found = await asyncio.to_thread(lambda: self._stores.records.find_member(tenant_id, mine))
        if found is None:
            raise NotFound("There is no such person in this organization any more.")
        for each in (found.role, role or found.role):
            _authorize(asker, tenant_id, _needed_for(each))
        return found, actor

    async def _check_invited(self, asker: Asker, tenant_id: TenantId, known: Person | None) -> None:
        if isinstance(asker, Operator):
            return
        members = await asyncio.to_thread(lambda: self._stores.records.list_members(tenant_id))
        if known is not None and any(person.id == known.id for person, _ in members):
            raise Conflict(
                f"{known.email} belongs to this organization already.", advice="Change the role in the list."
            )
        pending = await self.list_pending(asker, tenant_id)
        if len(members) + len(pending) >= MOST_PEOPLE:
            raise Conflict(
                f"An organization has at most {MOST_PEOPLE} people and invitations.",
                advice="Remove somebody, or end an invitation.",
            )


def check_email(text: str) -> str:
    """Return an email address in lower case. Raises InvalidRequest."""
    found = text.strip()
    if len(found) > LONGEST_EMAIL or not _EMAIL.fullmatch(found):
        raise InvalidRequest(
            "That is no email address.", advice="It looks like anna@example.com, in letters of ASCII."
        )
    return found.lower()


def check_role(text: str) -> Role:
    """Return a role. Raises InvalidRequest."""
    if text not in ROLES:
        raise InvalidRequest("That is no role.", advice=f"There are {', '.join(ROLES)}.")
    return text


def choose_roles(asker: SignedIn, tenant_id: TenantId) -> Sequence[Role]:
    """Return the roles that somebody may give: those that need no permission that he or she lacks."""
    role = asker.find_role(tenant_id)
    return tuple(each for each in ROLES if may(role, _needed_for(each)))


def refuse_link() -> NotFound:
    """Return the error for a link that does not work; why is not said."""
    return NotFound(
        "This link does not work: it has been used, has been taken back, or has run out.",
        advice="Ask whoever sent it for a new one. If you have used it before, sign in.",
    )


def _authorize(asker: Asker, tenant_id: TenantId, permission: Permission) -> str:
    """Return who asks, for the audit. Raises Forbidden where the role does not allow it."""
    if isinstance(asker, Operator):
        return asker.name
    check_permission(asker, tenant_id, permission)
    return asker.person.id


def _needed_for(role: Role) -> Permission:
    """Return the permission that a change to or from a role needs."""
    return "manage_owners" if role == "owner" else "manage_people"


def _refuse_race() -> Conflict:
    return Conflict(
        "Somebody else has changed this person's role meanwhile. Nothing was changed.",
        advice="Open the page again, and look at what it is now.",
    )
