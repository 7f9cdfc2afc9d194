"""What the pages of one organization share: who may see them, the tabs of its settings, and forms with many choices.

Called by the pages below `/tenant/{tenant_id}`. Whoever does not belong to an organization is refused in the same
words whether it exists or not.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from runtime.errors import InvalidRequest
from runtime.identity.roles import Permission, check_permission, may
from runtime.people import Role, SignedIn
from runtime.tenancy import Reach, TenantId
from runtime.web.bodies import read_body
from runtime.web.person_pages import LONGEST_FORM, PersonPages, require_person
from runtime.web.signing_in import find_sessions, read_cookie

TENANT_PATH = "/tenant/{tenant_id}"
SETTINGS_PATH = TENANT_PATH + "/settings"
MOST_CHOICES = 40
"""Fields of a form with checkboxes: there are some ten scopes and ten events, and as many other fields."""
_AGAIN = "Open the page again."


class Tab(NamedTuple):
    """A page of the settings: its name, what it is called, where it is, and what looking at it asks of a role."""

    key: str
    title: str
    path: str
    permission: Permission


TABS = (
    Tab("general", "General", "/settings", "see_companies"),
    Tab("people", "People", "/people", "see_companies"),
    Tab("tokens", "API tokens", "/settings/tokens", "manage_settings"),
    Tab("webhooks", "Webhooks", "/settings/webhooks", "manage_settings"),
    Tab("integrations", "Integrations", "/settings/integrations", "see_companies"),
    Tab("budgets", "Budgets and limits", "/settings/budgets", "see_companies"),
    Tab("mapping", "Company mapping", "/company-mapping", "see_journal"),
    Tab("approvals", "Approvals", "/settings/approvals", "see_companies"),
    Tab("keys", "Keys", "/settings/keys", "manage_settings"),
    Tab("audit", "Audit log", "/settings/audit", "manage_settings"),
)


@dataclass(frozen=True, slots=True)
class TenantPlace:
    """The organization that a page is of, and who looks at it, in which role."""

    who: SignedIn
    tenant_id: TenantId
    role: Role

    def may(self, permission: Permission) -> bool:
        """Whether the viewer has a permission here."""
        return may(self.role, permission)

    @property
    def reach(self) -> Reach:
        """How far what is done here may reach."""
        return Reach(self.tenant_id)

    def find_address(self, path: str = "", **query: str) -> str:
        """Return the address of a page of this organization."""
        asked = f"?{urlencode(query)}" if query else ""
        return f"/tenant/{quote(self.tenant_id, safe='')}{path}{asked}"


class Sent(NamedTuple):
    """What a form has sent: the fields that are there once, and all of those that may be there several times."""

    values: dict[str, str]
    pairs: tuple[tuple[str, str], ...]

    def list_choices(self, name: str) -> list[str]:
        """Return what was chosen of checkboxes with one name."""
        return [value for key, value in self.pairs if key == name]


class TenantPages(PersonPages):
    """Shows pages of organizations."""

    async def show_tenant(
        self, request: Request, place: TenantPlace, page: str, tab: str, status: int = 200, **values: Any
    ) -> Response:
        """Return a page of an organization; `tab` is the one of its settings that it belongs to."""
        return await self.show(
            request,
            place.who,
            page,
            status,
            place=place,
            tab=tab,
            tabs=list_tabs(place),
            name_form=lambda form: name_form(form, place.tenant_id),
            **values,
        )

    async def check_choices(self, request: Request, place: TenantPlace, form: str) -> Sent:
        """Return the fields of a form of an organization. Raises Forbidden without its proof."""
        sent = await _read_choices(request)
        name = name_form(form, place.tenant_id)
        find_sessions(request).check_proof(read_cookie(request), name, sent.values.get("proof", ""))
        return sent


def list_tabs(place: TenantPlace) -> list[Tab]:
    """Return the pages of the settings that the viewer may see."""
    return [each for each in TABS if place.may(each.permission)]


def name_form(form: str, tenant_id: TenantId) -> str:
    """Return the name of a form of an organization, which its proof is for."""
    return f"{form} {tenant_id}"


def lead_to(place: TenantPlace, path: str, **query: str) -> Response:
    """Return the redirect to a page of the organization, which shows what was done."""
    return RedirectResponse(place.find_address(path, **query), 303)


def require_tenant(
    permission: Permission,
) -> Callable[
    [Callable[[Any, Request, TenantPlace], Awaitable[Response]]],
    Callable[[Any, Request], Awaitable[Response]],
]:
    """Return what wraps a handler of a page of an organization, for its people with a permission."""

    def wrap(
        handler: Callable[[Any, Request, TenantPlace], Awaitable[Response]],
    ) -> Callable[[Any, Request], Awaitable[Response]]:
        @require_person
        @functools.wraps(handler)
        async def answer(pages: TenantPages, request: Request, who: SignedIn) -> Response:
            return await handler(pages, request, _find_place(request, who, permission))

        return answer

    return wrap


def _find_place(request: Request, who: SignedIn, permission: Permission) -> TenantPlace:
    """Return the organization that is asked for. Raises Forbidden."""
    tenant_id = TenantId(request.path_params["tenant_id"])
    check_permission(who, tenant_id, permission)
    role = who.find_role(tenant_id)
    assert role is not None, "check_permission refuses whoever has no role"
    return TenantPlace(who, tenant_id, role)


async def _read_choices(request: Request) -> Sent:
    content = await read_body(request, LONGEST_FORM, _AGAIN)
    if content.count(b"&") >= MOST_CHOICES:
        raise InvalidRequest("This form has more fields than any page sends.", advice=_AGAIN)
    pairs = tuple(parse_qsl(content.decode("ascii", "replace"), max_num_fields=MOST_CHOICES))
    return Sent(dict(reversed(pairs)), pairs)
