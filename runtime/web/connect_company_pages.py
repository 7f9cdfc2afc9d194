"""The page at which a person connects a company: for which organization, at which vendor, and what to call it.

Called by `routes`. By OAuth it leads on to the vendor's consent, and from there back to the page of the account; a
vendor that wants keys instead is asked for nothing, and the account is active at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from generator.vendor import Integration
from runtime.errors import Forbidden, InvalidRequest, LedgerportError
from runtime.identity.roles import check_permission
from runtime.operations.account_fields import list_wanted_fields
from runtime.operations.account_keys import AccountKeys
from runtime.operations.accounts import About, Accounts
from runtime.operations.names import LONGEST_NAME, check_name
from runtime.people import SignedIn
from runtime.tenancy import Reach, TenantId
from runtime.web.account_list_pages import list_connectable
from runtime.web.account_view import describe_environment, list_vendors
from runtime.web.connect import SECRET_ADDRESS
from runtime.web.key_forms import FIELD, find_missing, read_fields
from runtime.web.landing import ACCOUNTS_PATH, CONNECTION_PATH
from runtime.web.navigation import find_company_address
from runtime.web.person_pages import PageParts, PersonPages, require_person

CONNECT = "connect company"
"""The name of the form of the page."""
PATH = ACCOUNTS_PATH + "/connect"


class ConnectCompanyPages(PersonPages):
    """Connects new companies."""

    def __init__(self, parts: PageParts, accounts: Accounts) -> None:
        super().__init__(parts)
        self._accounts = accounts

    def make_routes(self) -> list[BaseRoute]:
        """Return the routes of the page."""
        return [
            Route(PATH, self.look, methods=["GET"]),
            Route(PATH, self.connect, methods=["POST"]),
        ]

    @require_person
    async def look(self, request: Request, who: SignedIn) -> Response:
        """Show what can be connected."""
        tenants = check_connectable(who)
        asked = request.query_params.get("tenant", "")
        values = {"tenant": asked if asked in tenants else tenants[0]}
        return await self._show(request, who, request.query_params.get("integration", ""), values)

    @require_person
    async def connect(self, request: Request, who: SignedIn) -> Response:
        """Make the account and lead on to the vendor."""
        values = await self.check_form(request, CONNECT)
        tenant = TenantId(values.get("tenant", ""))
        check_permission(who, tenant, "connect_companies")
        integration = self._accounts.choose_integration(values.get("integration", ""))
        if errors := _check(integration, values):
            return await self._show(request, who, integration.name, values, 400, errors=errors)
        try:
            made = await self._create(who, tenant, integration, values)
        except LedgerportError as problem:
            if problem.status >= 500:
                raise
            return await self._show(request, who, integration.name, values, problem.status, problem=problem)
        self._log("account_made", account=made["id"], tenant=tenant, by=who.person.id)
        if address := made.get("authorize_url"):
            return RedirectResponse(address, 303, SECRET_ADDRESS)
        return RedirectResponse(f"{_address(made['id'])}?done=connected", 303)

    async def _create(
        self, who: SignedIn, tenant: TenantId, integration: Integration, values: Mapping[str, str]
    ) -> dict[str, Any]:
        by_consent = integration.auth.type == "oauth2"
        fields = read_fields(integration, values)
        await AccountKeys(self._accounts).check_new(integration.name, fields, reach=Reach(tenant))
        back = f"{self._deployment.settings.public_url}{ACCOUNTS_PATH}" if by_consent else ""
        about = About(tenant_id=tenant, return_url=back, read_only=values.get("read_only") == "yes")
        return await self._deployment.stores.write(
            lambda: self._accounts.create(
                values.get("name", ""),
                integration.name,
                fields,
                about=about,
                reach=Reach(tenant),
                actor=who.person.id,
            )
        )

    async def _show(
        self,
        request: Request,
        who: SignedIn,
        chosen: str,
        values: Mapping[str, str],
        status: int = 200,
        **more: Any,
    ) -> Response:
        vendors = list_vendors(self._accounts)
        ready = [each for each, fault in vendors if not fault]
        integration = next((each for each in ready if each.name == chosen), None)
        if integration is None and len(ready) == 1:
            integration = ready[0]
        wanted = list_wanted_fields(integration) if integration else ()
        secret = {FIELD + each.name for each in wanted if each.secret}
        return await self.show(
            request,
            who,
            "connect_company",
            status,
            section="accounts",
            vendors=vendors,
            integration=integration,
            fields=wanted,
            by_consent=integration is not None and integration.auth.type == "oauth2",
            environment_of=describe_environment(self._deployment),
            tenants=list_connectable(who),
            values={name: value for name, value in values.items() if name not in secret},
            longest_name=LONGEST_NAME,
            form=CONNECT,
            **{"errors": {}, "problem": None, **more},
        )


def check_connectable(who: SignedIn) -> list[TenantId]:
    """Return the organizations for which a person may connect companies. Raises Forbidden where there is none."""
    found = list_connectable(who)
    if not found:
        raise Forbidden(
            "Your role does not allow you to connect companies.",
            advice="Ask an owner or admin of the organization to connect it, or to change your role.",
        )
    return found


def _check(integration: Integration, values: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with each field of the form."""
    errors = {}
    try:
        check_name(values.get("name", ""))
    except InvalidRequest:
        errors["name"] = f"Give it a name of 1 to {LONGEST_NAME} characters, on one line."
    return errors | find_missing(integration, values)


def _address(account_id: str) -> str:
    return find_company_address(account_id, CONNECTION_PATH)
