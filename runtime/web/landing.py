"""Where a person lands who has asked for no page: at the company that was looked at last, or the only one there is.

Called by `routes` for `/`, and by `company_pages`, which notes what is looked at. The note is a cookie of the browser:
it names a company and lets nobody see it.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from runtime.deployment import Deployment
from runtime.identity.roles import may
from runtime.model import Account, AccountId
from runtime.people import Role, SignedIn
from runtime.web.navigation import find_company_address
from runtime.web.signing_in import find_sessions

ACCOUNTS_PATH = "/accounts"
CONNECTION_PATH = "/connection"
"""Below the address of a company."""
COMPANY_COOKIE = "company"
_REMEMBERED_SECONDS = 180 * 86_400
"""Half a year: who has been away for a season finds the company again."""
_CONNECTED = ("active", "needs_reauth")


async def find_start(deployment: Deployment, request: Request, who: SignedIn) -> str:
    """Return the address at which a person begins: that of a company, else the list of them."""
    last = request.cookies.get(COMPANY_COOKIE, "")
    account = await deployment.stores.look_up.find_account(AccountId(last)) if last else None
    if account is not None and who.find_role(account.tenant_id) is not None:
        return find_company_address(account.id)
    records = deployment.stores.records
    mine = await asyncio.to_thread(records.list_for_person, who.person.id, 2)
    return find_company_address(mine[0].id) if len(mine) == 1 else ACCOUNTS_PATH


def note_company(request: Request, response: Response, account: Account) -> Response:
    """Return a response that has its browser remember which company was looked at."""
    if request.cookies.get(COMPANY_COOKIE) != account.id:
        response.set_cookie(
            COMPANY_COOKIE, account.id, max_age=_REMEMBERED_SECONDS, path="/", httponly=True, samesite="lax",
            secure=find_sessions(request).is_secure,
        )  # fmt: skip
    return response


def lead_to_connection(request: Request, account: Account, role: Role) -> Response | None:
    """Return the redirect from a company's first page to its connection, which is all that can be shown of a company

    that is not connected, and to who may not see the books. None for everybody else, and at any other page.
    """
    base = find_company_address(account.id)
    if request.url.path != base or request.method not in ("GET", "HEAD"):
        return None
    if account.status in _CONNECTED and may(role, "see_journal"):
        return None
    return RedirectResponse(base + CONNECTION_PATH, 303, {"Cache-Control": "no-store"})
