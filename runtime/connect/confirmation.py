"""Asks the vendor whether a new access token belongs to the account that the callback named.

Called by `authorize`, when the code is exchanged and before the account is stored. Anybody can write a callback, so
that what it says about the company is believed only when the vendor answers for it to this very token. The request is a
fact of the definition (`auth.confirm`).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from generator.templates import fill_template
from generator.vendor import Confirmation, Integration
from runtime.connect.addresses import Addresses
from runtime.connect.headers import authorize_headers, fill_always_sent, fill_path
from runtime.connect.vendor_http import OAuthAnswer, VendorHttp
from runtime.errors import Conflict, Forbidden, VendorUnavailable
from runtime.model import Account, Credentials

_TRY_LATER = (408, 425, 429)
"""Refusals that say nothing of the account: too slow, too early, too often."""
_AGAIN = "Nothing was connected. Ask for a new link and start again."


async def confirm(
    http: VendorHttp,
    addresses: Addresses,
    integration: Integration,
    account: Account,
    credentials: Credentials,
) -> None:
    """Confirm that the credentials are those of the account, as far as the definition says how.

    Raises Forbidden when the vendor says no, VendorUnavailable when it gives no answer that can be read.
    """
    wanted = integration.auth.confirm
    if wanted is not None:
        answer = await ask_company(http, addresses, integration, account, credentials)
        _check(integration, wanted, account, answer)


async def ask_company(
    http: VendorHttp,
    addresses: Addresses,
    integration: Integration,
    account: Account,
    credentials: Credentials,
) -> OAuthAnswer:
    """Return what the vendor answers to the request of `auth.confirm`, which reads the company of an account.

    Raises Conflict where the definition has none, VendorUnavailable without an answer.
    """
    wanted = integration.auth.confirm
    if wanted is None:
        raise Conflict(f"The definition of {integration.title} names no request that reads the company.")
    if {".", ".."} & set(account.fields.values()):  # would lead to another address, however it is written
        raise _not_confirmed(integration)
    base = addresses.find_base_url(integration, account)
    always = fill_always_sent(integration.send_query, account.fields)
    query = f"?{urlencode(always)}" if always else ""
    url = fill_path(base, account.fields) + fill_path(wanted.path, account.fields) + query
    headers = {
        **fill_always_sent(integration.send_headers, account.fields),
        **authorize_headers(integration, account, credentials),
    }
    return await http.get(url, headers)


def _check(integration: Integration, wanted: Confirmation, account: Account, answer: OAuthAnswer) -> None:
    if 400 <= answer.status < 500 and answer.status not in _TRY_LATER:
        raise _not_confirmed(integration)
    value: Any = answer.values
    for name in wanted.answers:
        value = value.get(name) if isinstance(value, dict) else None
    has_value = value != {} and (isinstance(value, str | int | dict) and value is not False and value != "")
    if answer.status != 200 or not has_value:
        raise VendorUnavailable(
            f"{integration.title} could not be asked whether the company is right (HTTP {answer.status}).",
            advice=_AGAIN,
        )
    if wanted.equals and str(value) != fill_template(wanted.equals, account.fields.__getitem__):
        raise _not_confirmed(integration)


def _not_confirmed(integration: Integration) -> Forbidden:
    return Forbidden(f"{integration.title}, the vendor, did not confirm the company.", advice=_AGAIN)
