"""Where the page of a record is: the one place that knows its path."""

from __future__ import annotations

from urllib.parse import quote

from runtime.model import AccountId


def make_record_url(public_url: str, account_id: AccountId, resource: str, record_id: str) -> str:
    """Return the address of the page of a record of an integrated account."""
    steps = "/".join(quote(each, safe="") for each in (account_id, resource, record_id))
    return f"{public_url}/company/{steps}"
