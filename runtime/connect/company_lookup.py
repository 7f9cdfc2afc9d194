"""Asks the vendor which companies a new access token is for, where neither the callback nor the token answer says it.

Called by `authorize`, when the code is exchanged. Then the fields of the account are known, or the person chooses one
of several companies. The request is a fact of the definition (`auth.lookup`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from generator.vendor import Integration
from runtime.connect.addresses import Addresses
from runtime.connect.headers import authorize_headers
from runtime.connect.vendor_http import VendorHttp
from runtime.errors import Conflict, VendorUnavailable
from runtime.model import Account, Credentials

PLACE = "lookup"
MOST_COMPANIES = 200
"""Companies on one page of choices. Whoever has more chooses fewer at the vendor."""
LONGEST_NAME = 200
"""Characters of a company's name that are shown."""
_AGAIN = "Nothing was connected. Ask for a new link and start again."


@dataclass(frozen=True, slots=True)
class Company:
    """A company that a token is for: what the vendor says of it, by the path behind `lookup.` of each field."""

    values: dict[str, Any]
    name: str = ""
    id: str = ""
    """What distinguishes it from the others, where there are several."""


async def look_up(
    http: VendorHttp,
    addresses: Addresses,
    integration: Integration,
    account: Account,
    credentials: Credentials,
) -> tuple[Company, ...]:
    """Return the companies that the vendor names for a token; one without values where none is looked up.

    Raises VendorUnavailable without an answer that can be read, Conflict for more companies than can be shown, or
    several inside of one.
    """
    paths = [
        each.source.partition(".")[2] for each in integration.account_fields if _is_looked_up(each.source)
    ]
    if not paths:
        return (Company({}),)
    root = urlsplit(addresses.find_base_url(integration, account))
    url = f"{root.scheme}://{root.netloc}{integration.auth.lookup}"
    answer = await http.get(url, authorize_headers(integration, account, credentials))
    if answer.status != 200:
        raise VendorUnavailable(
            f"{integration.title} could not be asked which company was chosen (HTTP {answer.status}).",
            advice=_AGAIN,
        )
    count = max(_count(answer.content, path) for path in paths)
    if count > MOST_COMPANIES:
        raise _too_many(integration, count)
    return tuple(_company(integration, answer.content, paths, place) for place in range(max(1, count)))


def _is_looked_up(source: str) -> bool:
    return source.startswith(f"{PLACE}.")


def _count(content: Any, path: str) -> int:
    """Return how many entries the first list on a dotted path has; 1 without one."""
    for name in path.split("."):
        if isinstance(content, list):
            return len(content)
        content = content.get(name) if isinstance(content, dict) else None
    return 1


def _company(integration: Integration, content: Any, paths: list[str], place: int) -> Company:
    values = {path: _value(integration, content, path, place) for path in paths}
    name = (
        _value(integration, content, integration.auth.lookup_name, place)
        if integration.auth.lookup_name
        else ""
    )
    is_shown = isinstance(name, str) and name.isprintable()
    return Company(values, name[:LONGEST_NAME] if is_shown else "")


def _value(integration: Integration, content: Any, path: str, place: int) -> Any:
    """Return what a dotted path leads to, at a place of the first list on it. Another list on it has one entry."""
    is_inside = False
    for name in path.split("."):
        if isinstance(content, list):
            if is_inside and len(content) > 1:
                raise _too_many(integration, len(content))
            at = 0 if is_inside else place
            content, is_inside = content[at] if name == "0" and at < len(content) else None, True
        else:
            content = content.get(name) if isinstance(content, dict) else None
    return content


def _too_many(integration: Integration, count: int) -> Conflict:
    return Conflict(
        f"{integration.title} named {count} companies for this connection, and one can be stored.",
        advice="Start again and choose one company at the vendor, or disconnect the others there first.",
    )
