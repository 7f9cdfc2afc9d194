"""The page of the people of a tenant: who belongs to it, invitations, roles.

Called by `routes`. What each role may do is decided in `identity.people`; the page shows the forms that whoever looks
at it may send, and asks again when one arrives.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from runtime.identity.people import Invited, People, choose_roles
from runtime.identity.roles import PERMISSIONS, is_at_least
from runtime.people import ROLES, SignedIn
from runtime.tenancy import TenantId
from runtime.web.person_pages import PageParts, PersonPages, require_person
from runtime.web.tenant_pages import TenantPlace, list_tabs, name_form

PEOPLE_PATH = "/tenant/{tenant_id}/people"
INVITE, END_INVITATION, CHANGE_ROLE, REMOVE = "invite", "end invitation", "change role", "remove person"
"""The names of the forms of the page; each goes with the tenant."""


class PeoplePages(PersonPages):
    """The people of one tenant."""

    def __init__(self, parts: PageParts) -> None:
        super().__init__(parts)
        self._people = People(parts.deployment)

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of this page."""
        return [
            PageRoute(PEOPLE_PATH, self.look, methods=["GET"]),
            Route(PEOPLE_PATH + "/invite", self.invite, methods=["POST"]),
            Route(PEOPLE_PATH + "/end-invitation", self.end_invitation, methods=["POST"]),
            Route(PEOPLE_PATH + "/role", self.change_role, methods=["POST"]),
            Route(PEOPLE_PATH + "/remove", self.remove, methods=["POST"]),
        ]

    @require_person
    async def look(self, request: Request, who: SignedIn) -> Response:
        """Show who belongs to a tenant."""
        return await self._show(request, who, _read_tenant(request))

    @require_person
    async def invite(self, request: Request, who: SignedIn) -> Response:
        """Make an invitation, and show its link this once."""
        tenant_id, values = await self._read(request, INVITE)
        made = await self._people.invite(who, tenant_id, values.get("email", ""), values.get("role", ""))
        self._log("person_invited", tenant=tenant_id, role=made.invitation.role, by=who.person.id)
        return await self._show(request, who, tenant_id, made)

    @require_person
    async def end_invitation(self, request: Request, who: SignedIn) -> Response:
        """End an invitation that has not been used."""
        tenant_id, values = await self._read(request, END_INVITATION)
        await self._people.take_back(who, tenant_id, values.get("invitation", ""))
        self._log("invitation_ended", tenant=tenant_id, by=who.person.id)
        return _lead_back(request)

    @require_person
    async def change_role(self, request: Request, who: SignedIn) -> Response:
        """Give somebody another role."""
        tenant_id, values = await self._read(request, CHANGE_ROLE)
        person = values.get("person", "")
        changed = await self._people.change_role(who, tenant_id, person, values.get("role", ""))
        self._log(
            "role_changed", tenant=tenant_id, person=changed.person_id, role=changed.role, by=who.person.id
        )
        return _lead_back(request)

    @require_person
    async def remove(self, request: Request, who: SignedIn) -> Response:
        """Remove somebody."""
        tenant_id, values = await self._read(request, REMOVE)
        await self._people.remove(who, tenant_id, values.get("person", ""))
        self._log("person_removed", tenant=tenant_id, by=who.person.id)
        return _lead_back(request)

    async def _read(self, request: Request, form: str) -> tuple[TenantId, dict[str, str]]:
        tenant_id = _read_tenant(request)
        return tenant_id, await self.check_form(request, name_form(form, tenant_id))

    async def _show(
        self, request: Request, who: SignedIn, tenant_id: TenantId, invited: Invited | None = None
    ) -> Response:
        people = await self._people.list_all(who, tenant_id)
        role = who.find_role(tenant_id)
        assert role is not None, "list_all refuses whoever has no role"
        place = TenantPlace(who, tenant_id, role)
        is_manager = place.may("manage_people")
        givable = choose_roles(who, tenant_id) if is_manager else ()
        return await self.show(
            request,
            who,
            "people",
            place=place,
            tab="people",
            tabs=list_tabs(place),
            tenant_id=tenant_id,
            people=people,
            pending=await self._people.list_pending(who, tenant_id) if is_manager else [],
            givable=givable,
            invited=invited,
            roles=ROLES,
            permissions=[
                (about, [is_at_least(each, least) for each in ROLES]) for least, about in PERMISSIONS.values()
            ],
            name_form=lambda form: name_form(form, tenant_id),
        )


class PageRoute(Route):
    """A page at a path that the management API has as well: for browsers, which ask for HTML and send no token."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return whether a request is for the page."""
        sent = Headers(scope=scope) if scope["type"] == "http" else Headers()
        is_browser = "text/html" in sent.get("accept", "") and "authorization" not in sent
        return super().matches(scope) if is_browser else (Match.NONE, {})


def _read_tenant(request: Request) -> TenantId:
    return TenantId(request.path_params["tenant_id"])


def _lead_back(request: Request) -> Response:
    return RedirectResponse(request.url.path.rpartition("/")[0], 303)
