"""Asks the vendor which company a new access token is for, where neither the callback nor the token answer says it.

Before it: `authorize` has exchanged the code. After it: the fields of the account are known, and it is stored. The
request is a fact of the definition (`auth.lookup`).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from generator.vendor import Integration
from runtime.connect.addresses import Addresses
from runtime.connect.headers import authorize_headers
from runtime.connect.vendor_http import VendorHttp
from runtime.errors import Conflict, VendorUnavailable
from runtime.model import Account, Credentials

PLACE = "lookup"
_AGAIN = "Nothing was connected. Ask for a new link and start again."


async def look_up(
    http: VendorHttp,
    addresses: Addresses,
    integration: Integration,
    account: Account,
    credentials: Credentials,
) -> dict[str, Any]:
    """Return what the vendor says of the company, by the path behind `lookup.` of each account field.

    Raises VendorUnavailable without an answer that can be read, Conflict when it names several companies.
    """
    paths = [
        each.source.partition(".")[2] for each in integration.account_fields if _is_looked_up(each.source)
    ]
    if not paths:
        return {}
    root = urlsplit(addresses.base_url(integration, account))
    url = f"{root.scheme}://{root.netloc}{integration.auth.lookup}"
    answer = await http.get(url, authorize_headers(integration, account, credentials))
    if answer.status != 200:
        raise VendorUnavailable(
            f"{integration.title} could not be asked which company was chosen (HTTP {answer.status}).",
            advice=_AGAIN,
        )
    return {path: _value(integration, answer.content, path) for path in paths}


def _is_looked_up(source: str) -> bool:
    return source.startswith(f"{PLACE}.")


def _value(integration: Integration, content: Any, path: str) -> Any:
    """Return what a dotted path leads to. A list on the way has one entry: another one would be another company."""
    for name in path.split("."):
        if isinstance(content, list) and len(content) > 1:
            raise Conflict(
                f"{integration.title} named {len(content)} companies for this connection, and one can be stored.",
                advice="Start again and choose one company at the vendor, or disconnect the others there first.",
            )
        if isinstance(content, list):
            content = content[0] if content and name == "0" else None
        else:
            content = content.get(name) if isinstance(content, dict) else None
    return content
