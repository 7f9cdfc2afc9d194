"""What a client learns of a server before it calls anything: its title, and instructions for the model.

Called by `methods`. The title shows a person who has several servers which one it is. The instructions of an address
that reaches several companies name them, and have of the guidance the paragraphs that fit beside that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import orjson

from generator.catalog import Catalog
from runtime.mcp_server import discovery
from runtime.mcp_server.toolset import Toolset
from runtime.model import Account, Grant
from runtime.operations.companies import show_name
from runtime.operations.connections import LIST_CONNECTIONS

MOST_NAMED = 20
"""Companies that the instructions name; `list_connections` has all."""
LONGEST_INSTRUCTIONS = 2_048
"""Characters of the instructions where there are several companies: what the hosts that cut them pass on."""
LONGEST_NAMES = 700
"""Characters of the sentences that name them: 20 names of usual length, and what the guidance can spare."""
LONGEST_NAME = 60
"""Characters of a company's name in the instructions."""


@dataclass(frozen=True, slots=True)
class Identity:
    """How the server calls itself to clients."""

    name: str
    version: str


def describe_server(catalog: Catalog, identity: Identity, grant: Grant) -> bytes:
    """Return the `Implementation` of the server of a grant, JSON."""
    integration = catalog.integrations.get(grant.account.integration)
    title = integration.title if integration else identity.name
    if len(grant.companies) > 1:
        is_alike = len({each.account.integration for each in grant.companies}) == 1
        return _server_info(
            identity, title if is_alike else identity.name, f"{len(grant.companies)} companies"
        )
    return _server_info(identity, title, grant.account.name)


@lru_cache(maxsize=1024)
def _server_info(identity: Identity, title: str, company: str) -> bytes:
    named = f"{title}: {company}" if company else title
    return orjson.dumps({"name": identity.name, "title": named, "version": identity.version})


def write_instructions(catalog: Catalog, grant: Grant, toolset: Toolset) -> dict[str, str]:
    """Return the member of a result that has the instructions; nothing where there are none."""
    integration = catalog.integrations.get(grant.account.integration)
    guidance = integration.guidance if integration else ""
    first = [discovery.GUIDANCE] if toolset.discovery is not None else []
    if grant.companies:
        first.append(name_companies(grant))
        guidance = _cut_paragraphs(guidance, LONGEST_INSTRUCTIONS - sum(len(each) + 2 for each in first))
    text = "\n\n".join(part for part in (*first, guidance) if part)
    return {"instructions": text} if text else {}


def name_companies(grant: Grant) -> str:
    """Return sentences on the companies of a grant: as many names as fit, and the count in any case."""
    default, accounts = _quote(grant.account), [each.account for each in grant.companies]
    found = [
        _write_companies(default, accounts, named) for named in range(min(MOST_NAMED, len(accounts)), -1, -1)
    ]
    return next((text for text in found if len(text) <= LONGEST_NAMES), found[-1])


def _cut_paragraphs(text: str, most: int) -> str:
    """Return the first paragraphs of a text, as many as fit: half a rule may say the opposite of the whole one."""
    paragraphs = text.split("\n\n")
    while paragraphs and len("\n\n".join(paragraphs)) > most:
        paragraphs.pop()
    return "\n\n".join(paragraphs)


def _write_companies(default: str, accounts: Sequence[Account], named: int) -> str:
    """Return the sentences with so many names."""
    names, left = ", ".join(_quote(each) for each in accounts[:named]), len(accounts) - named
    more = f" and {left} more" if named and left else ""
    count = "1 company" if len(accounts) == 1 else f"{len(accounts)} companies"
    listed = f"{count}: {names}{more}" if named else count
    return (
        f"This server reaches {listed}. Calls without company go to {default}; {LIST_CONNECTIONS} lists them. Reads "
        'also take company "all" or a list; a write takes one.'
    )


def _quote(account: Account) -> str:
    """Return the name of a company in quotes, which it cannot end itself: others chose it."""
    name = show_name(account, LONGEST_NAME).replace('"', "'")
    return f'"{name}"' if name else account.id
