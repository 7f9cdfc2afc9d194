"""The test of keys that a person has typed, before anything is stored; and of keys that a vendor seems to refuse.

Called by `operations.account_keys` and `tokens`. The request is the one of `auth.confirm`; a definition without one has
its keys tested by the first call.
"""

from __future__ import annotations

from generator.vendor import Integration
from runtime.connect.addresses import Addresses
from runtime.connect.confirmation import ask_company, confirm
from runtime.connect.vendor_http import VendorHttp
from runtime.errors import Forbidden, InvalidRequest, VendorUnavailable
from runtime.model import Account, Credentials

REFUSED = (401, 403)
"""RFC 9110 §15.5: who asks is not known, or may not."""
NOTHING_STORED = "Nothing was stored."


async def check_keys(
    http: VendorHttp, addresses: Addresses, integration: Integration, account: Account, keys: Credentials
) -> None:
    """Have the vendor confirm the keys of an account.

    Raises InvalidRequest when it refuses them, VendorUnavailable when it gives no answer that can be read.
    """
    if integration.auth.type != "headers":
        return
    try:
        await confirm(http, addresses, integration, account, keys)
    except Forbidden:
        raise InvalidRequest(
            f"{integration.title} does not accept these keys.",
            advice=f"{NOTHING_STORED} Check each of them, and whether they were made for this company.",
        ) from None
    except VendorUnavailable as problem:
        problem.advice = f"{NOTHING_STORED} Check where the company is, and try again."
        raise


async def are_refused(
    http: VendorHttp, addresses: Addresses, integration: Integration, account: Account, keys: Credentials
) -> bool:
    """Whether the vendor takes the stored keys no longer, once it has answered a call with 401.

    A vendor may answer so for one request that the keys are not good for, so that the request of `auth.confirm` decides
    where there is one. Raises VendorUnavailable.
    """
    if integration.auth.confirm is None:
        return True
    answer = await ask_company(http, addresses, integration, account, keys)
    return answer.status in REFUSED
