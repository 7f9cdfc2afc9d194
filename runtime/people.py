"""People as frozen values: who they are, their roles in tenants, how they sign in, and what they grant. See `model`.

Times are seconds since the epoch (UTC), as everywhere inside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NewType, get_args

from runtime.tenancy import AccountId, TenantId

PersonId = NewType("PersonId", str)
SessionId = NewType("SessionId", str)
InvitationId = NewType("InvitationId", str)
OAuthClientId = NewType("OAuthClientId", str)
"""What registration answered, or the https address of the document that describes the client."""
OAuthGrantId = NewType("OAuthGrantId", str)
Role = Literal["viewer", "member", "billing_admin", "admin", "owner"]
ROLES: tuple[Role, ...] = get_args(Role)
"""Each has in it what the one before may do."""
SESSION_IDLE_SECONDS = 12 * 3600.0
"""How long a session outlives its last use: a working day, so that nobody signs in twice in one."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in. `email` is in lower case, and no two people have the same."""

    id: PersonId
    email: str
    name: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Member:
    """The role of a person in one tenant."""

    tenant_id: TenantId
    person_id: PersonId
    role: Role
    created_at: float


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that works once, by which somebody becomes a member or signs in. Only the hash of its secret is stored.

    `signs_in`: it also signs in a person whom Ledgerport knows already. Only the operator's links do: whoever invites
    an address sees the link, and could otherwise sign in as anybody.
    """

    id: InvitationId
    tenant_id: TenantId
    email: str
    role: Role
    invited_by: str
    signs_in: bool
    created_at: float
    expires_at: float
    used_at: float | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which a person is signed in. Only the hash of its cookie is stored.

    `signed_in_by` says how: `invitation`, `passkey`, or `oidc:` and the name of the issuer.
    """

    id: SessionId
    person_id: PersonId
    signed_in_by: str
    created_at: float
    last_used_at: float


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who asks in a browser: the person, the session, and the person's roles."""

    person: Person
    session: Session
    members: tuple[Member, ...]

    def find_role(self, tenant_id: TenantId) -> Role | None:
        """Return the role of the person in a tenant; None where there is none."""
        return next((each.role for each in self.members if each.tenant_id == tenant_id), None)


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of a person. `id` is its credential id in base64url, `public_key` as the authenticator sent it."""

    id: str
    person_id: PersonId
    public_key: bytes
    sign_count: int
    name: str
    created_at: float
    last_used_at: float | None = None


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in that is under way: what it is by, what it has to remember, sealed, and in which browser it is."""

    kind: str
    sealed: bytes = field(repr=False)
    browser_hash: bytes = field(repr=False)
    return_to: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """A program that may ask people for a grant. `metadata` is what it says of itself (RFC 7591), checked.

    A `registered` one came by dynamic registration; a `document` is at the address that is its id, and was read until
    `fresh_until`. Nothing that either says of itself is verified, but that a document's host is the one in its id.
    """

    id: OAuthClientId
    kind: Literal["registered", "document"]
    metadata: dict[str, Any]
    created_at: float
    last_used_at: float | None = None
    fresh_until: float | None = None


@dataclass(frozen=True, slots=True)
class OAuthGrant:
    """What a person has let a client do, until it ends or is revoked. Which companies and tools those are is said by

    its MCP servers, one for each company. `resource` is the address that its access tokens are for, `redirect_host`
    where the person was sent back to.
    """

    id: OAuthGrantId
    person_id: PersonId
    client_id: OAuthClientId
    client_name: str
    redirect_host: str
    resource: str
    default_account_id: AccountId | None
    created_at: float
    expires_at: float | None
    last_used_at: float | None = None


@dataclass(frozen=True, slots=True)
class OAuthCode:
    """An authorization code of a grant. Only its hash is stored. `challenge` is the client's, by S256."""

    grant_id: OAuthGrantId
    client_id: OAuthClientId
    redirect_uri: str
    challenge: str
    scope: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class OAuthReach:
    """What an access token reaches, beside the accounts and filters of its grant.

    `scopes` are those that it has; `possible` those that the person's role would let a grant have as well. A client
    that does not `step_up` asks for no more scopes when a call needs them.
    """

    grant_id: OAuthGrantId
    scopes: frozenset[str]
    possible: frozenset[str]
    steps_up: bool


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs access tokens. `id` is its `kid`; `public` is its public half as a JWK, `sealed` the other."""

    id: str
    public: dict[str, Any]
    sealed: bytes = field(repr=False)
    created_at: float
    retired_at: float | None = None
