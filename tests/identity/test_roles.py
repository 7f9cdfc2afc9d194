"""What each role may do."""

from __future__ import annotations

from itertools import pairwise

import pytest

from runtime.errors import Forbidden
from runtime.identity.roles import PERMISSIONS, check_permission, may
from runtime.people import ROLES, Member, Person, PersonId, Role, Session, SessionId, SignedIn
from runtime.tenancy import TenantId

HERE, ELSEWHERE = TenantId("here"), TenantId("elsewhere")
ANNA = Person(PersonId("p1"), "anna@example.com", "Anna", 0.0)


def sign_in(role: Role) -> SignedIn:
    session = Session(SessionId("s1"), ANNA.id, "invitation", 0.0, 0.0)
    return SignedIn(ANNA, session, (Member(HERE, ANNA.id, role, 0.0),))


def test_each_role_may_do_what_the_one_before_may():
    for lower, higher in pairwise(ROLES):
        assert {each for each in PERMISSIONS if may(lower, each)} <= {
            each for each in PERMISSIONS if may(higher, each)
        }
    assert all(may("owner", each) for each in PERMISSIONS)
    assert not any(may(None, each) for each in PERMISSIONS)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_holds_in_its_own_tenant_only(role: Role):
    for permission in PERMISSIONS:
        with pytest.raises(Forbidden, match="you have none"):
            check_permission(sign_in(role), ELSEWHERE, permission)


def test_a_refusal_names_the_role_that_is_needed_and_the_one_that_is_there():
    check_permission(sign_in("admin"), HERE, "manage_people")
    with pytest.raises(Forbidden, match=r"needs the role admin .* your role is billing_admin"):
        check_permission(sign_in("billing_admin"), HERE, "manage_people")
