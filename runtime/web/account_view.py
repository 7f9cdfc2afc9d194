"""What the pages of accounts show of one: how it stands, as a status and a sentence, and what uses it.

Called by `account_list_pages` and `connection_pages`. What each status means for an agent is said here once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from generator.catalog import Catalog
from generator.vendor import Integration
from runtime.connect.links import Links
from runtime.deployment import Deployment
from runtime.errors import Conflict
from runtime.model import Account, AccountStatus
from runtime.operations.accounts import Accounts
from runtime.operations.companies import show_name
from runtime.stores.company_records import Uses
from runtime.web.navigation import find_company_address, make_initials

STATES: Mapping[AccountStatus, tuple[str, str]] = {
    "active": ("ok", "Connected"),
    "connecting": ("wait", "Connecting"),
    "needs_reauth": ("fail", "Needs re-connecting"),
    "disconnected": ("off", "Disconnected"),
}
"""The shape of each status, and its name on a page."""
_NOTHING_SENT = "Until then every call for this company is answered with an error, and nothing is sent."


@dataclass(frozen=True, slots=True)
class ShownAccount:
    """An account as a list has it."""

    account: Account
    name: str
    initials: str
    title: str
    kind: str
    status: str
    uses: Uses
    address: str
    may_connect: bool
    """Whether whoever looks at it may connect it, by a person's consent."""


def show_account(account: Account, catalog: Catalog, uses: Uses, *, is_allowed: bool) -> ShownAccount:
    """Return an account as a list has it. `is_allowed` says whether the viewer may connect companies."""
    integration = catalog.integrations.get(account.integration)
    name = show_name(account, len(account.name))
    kind, status = STATES[account.status]
    return ShownAccount(
        account,
        name,
        make_initials(name),
        integration.title if integration else account.integration,
        kind,
        status,
        uses,
        find_company_address(account.id, "/connection"),
        is_allowed and integration is not None and integration.auth.type == "oauth2",
    )


def explain_status(account: Account, title: str, *, has_keys: bool = False) -> tuple[str, str, str]:
    """Return the kind of a notice on how an account stands, what it says, and what to do; empty for one that works."""
    if account.status == "connecting":
        return "info", f"Nobody has agreed at {title} yet.", f"Connect the company. {_NOTHING_SENT}"
    if account.status == "disconnected":
        how = "Give its keys again" if has_keys else "Connect it again"
        advice = f"{how} to use it, or delete it. Its journal stays until then."
        return "info", "This company is disconnected: nothing reaches its books.", advice
    if account.status == "needs_reauth":
        reason = (
            "A renewal of the connection was interrupted before its result was stored."
            if account.ended_by == "interrupted"
            else f"{title} does not accept this connection any more."
        )
        who = "Somebody who may administer the company there has to"
        advice = f"{who} {'make other keys for it' if has_keys else 'agree again'}. {_NOTHING_SENT}"
        return "error", reason, advice
    return "", "", ""


def list_vendors(accounts: Accounts) -> list[tuple[Integration, str]]:
    """Return the integrations that can be connected, each with what is missing before it can be; mostly nothing."""
    links = accounts.authorizations.links
    return [(each, _find_fault(links, each)) for each in accounts.deployment.catalog().integrations.values()]


def describe_environment(deployment: Deployment) -> Callable[[Integration], str]:
    """Return what says in which environment of a vendor a company is connected: the operator has chosen it."""
    return lambda integration: deployment.settings.choose_environment(integration).capitalize()


def _find_fault(links: Links, integration: Integration) -> str:
    if not integration.auth.uses_app:
        return ""
    try:
        links.check_app(integration)
    except Conflict as missing:
        return missing.message
    return ""
