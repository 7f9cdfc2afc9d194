"""The navigation of a page: its sections, the company that is shown, and the companies that can be chosen.

Called by `person_pages`. Every page of a company has its address here, so that no template makes one up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from generator.catalog import Catalog
from runtime.identity.roles import may
from runtime.model import Account
from runtime.operations.companies import show_name
from runtime.people import SignedIn

MOST_COMPANIES = 12
"""Companies of the switcher; the page of all accounts has the others."""
COMPANY_PATH = "/company/{account_id}"


@dataclass(frozen=True, slots=True)
class Section:
    """A page of the navigation: `key` says which one is shown, `icon` is a name of `parts.html`."""

    key: str
    title: str
    path: str
    icon: str


COMPANY_SECTIONS = (
    Section("dashboard", "Dashboard", "", "dashboard"),
    Section("reports", "Reports", "/reports", "report"),
    Section("analysis", "Analysis", "/analysis", "chart"),
    Section("explorer", "Explorer", "/explorer", "search"),
    Section("approvals", "Approvals", "/approvals", "shield"),
    Section("journal", "Journal", "/journal", "journal"),
)
ACCESS_SECTIONS = (
    Section("servers", "MCP servers", "/servers", "server"),
    Section("connection", "Connection", "/connection", "plug"),
    Section("calls", "Call log", "/calls", "list"),
)
TENANT_SECTIONS = (
    Section("accounts", "Integrated accounts", "/accounts", "plug"),
    Section("agents", "Agents", "/agents", "shield"),
)
TABS = ("dashboard", "reports", "approvals", "journal", "servers")
"""What the tab bar of a phone has."""


@dataclass(frozen=True, slots=True)
class Company:
    """A company that can be chosen."""

    address: str
    name: str
    about: str
    initials: str
    is_shown: bool


def find_company_address(account_id: str, path: str = "") -> str:
    """Return the address of a page of a company."""
    return f"/company/{quote(account_id, safe='')}{path}"


def find_record_address(account_id: str, resource: str, record_id: str) -> str:
    """Return the address of the page of a record."""
    return find_company_address(account_id, f"/{quote(resource, safe='')}/{quote(record_id, safe='')}")


def show_company(account: Account, shown: Account | None) -> Company:
    """Return a company as the switcher has it."""
    name = show_name(account)
    return Company(
        find_company_address(account.id),
        name,
        account.environment.capitalize(),
        make_initials(name),
        shown is not None and shown.id == account.id,
    )


def find_work_tenants(accounts: Iterable[Account], who: SignedIn, catalog: Catalog) -> frozenset[str]:
    """Return the organizations whose navigation leads to the company mapping.

    Those are the ones that have a work system among the companies of the navigation, and whose mapping `who` may see.
    """
    seeing = {each.tenant_id for each in who.members if may(each.role, "see_journal")}
    work = {name for name, each in catalog.integrations.items() if each.system == "work"}
    return frozenset(each.tenant_id for each in accounts if each.integration in work) & seeing


def make_initials(name: str) -> str:
    """Return one or two letters that stand for a name."""
    words = [word for word in name.split() if word[:1].isalnum()]
    return "".join(word[0] for word in words[:2]).upper() or "?"


def list_tabs() -> Sequence[Section]:
    """Return the sections of the tab bar."""
    every = {each.key: each for each in (*COMPANY_SECTIONS, *ACCESS_SECTIONS)}
    return [every[key] for key in TABS]
